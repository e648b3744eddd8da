use fire_and_forget::fire_and_forget;
use std::rc::Rc;

#[derive(Clone)]
struct Audit(Rc<str>);

impl Audit {
    #[fire_and_forget]
    fn line(#[own] &self) {
        println!("{}", self.0);
    }
}

fn main() {}
