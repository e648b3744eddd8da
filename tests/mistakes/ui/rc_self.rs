use std::rc::Rc;
use fire_and_forget::fire_and_forget;

struct Audit;

impl Audit {
    #[fire_and_forget]
    fn line(self: Rc<Self>, line: String) {
        drop(line);
    }
}

fn main() {}
