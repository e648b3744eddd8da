#![deny(dead_code)]

use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit() {}

fn main() {}
