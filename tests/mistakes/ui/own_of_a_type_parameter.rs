use fire_and_forget::fire_and_forget;
use std::fmt::Display;

#[fire_and_forget]
fn audit<T: Display + Send + 'static>(#[own] line: &T) {
    println!("{line}");
}

fn main() {}
