#![deny(warnings)]

use fire_and_forget::fire_and_forget;

#[fire_and_forget]
pub fn audit(line: String) {}

fn main() {}
