use std::rc::Rc;
use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(count: u32, line: Rc<str>) {
    println!("{line} {count}");
}

fn main() {}
