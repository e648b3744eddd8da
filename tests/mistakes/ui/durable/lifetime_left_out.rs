use std::borrow::Cow;

use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable")]
fn welcome(to: Cow<str>) {
    println!("{to}");
}

fn main() {}
