use std::rc::Rc;
use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit((line, count): (Rc<str>, u32)) {
    println!("{line} {count}");
}

fn main() {}
