use fire_and_forget::fire_and_forget;
use std::fmt::Display;

#[fire_and_forget]
fn audit(#[own] line: &dyn Display) {
    println!("{line}");
}

fn main() {}
