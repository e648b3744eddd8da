#![deny(warnings)]

use fire_and_forget::fire_and_forget;

#[fire_and_forget(on_full = "reject")]
fn audit(line: String) {
    drop(line);
}

pub fn caller() {
    audit(String::new());
}

fn main() {}
