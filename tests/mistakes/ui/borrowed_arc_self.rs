use fire_and_forget::fire_and_forget;
use std::sync::Arc;

struct Audit;

impl Audit {
    #[fire_and_forget]
    fn line(self: &Arc<Self>, line: String) {
        drop(line);
    }
}

fn main() {}
