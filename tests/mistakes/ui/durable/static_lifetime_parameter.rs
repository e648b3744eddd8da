use std::borrow::Cow;

use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable")]
fn store<'a: 'static>(text: Cow<'a, str>) {
    drop(text);
}

fn main() {}
