use fire_and_forget::fire_and_forget;

struct Audit;

impl Audit {
    #[fire_and_forget]
    fn line(#[own] self) {
        drop(self);
    }
}

fn main() {}
