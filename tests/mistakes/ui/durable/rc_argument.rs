use std::rc::Rc;

use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable")]
fn ship(number: Rc<u64>) {
    println!("{number}");
}

fn main() {}
