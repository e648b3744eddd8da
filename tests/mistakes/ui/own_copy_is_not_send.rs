use fire_and_forget::fire_and_forget;
use std::rc::Rc;

#[fire_and_forget]
fn audit(number: u32, #[own] line: &Rc<str>) {
    println!("{number} {line}");
}

fn main() {}
