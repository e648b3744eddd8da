use std::borrow::Cow;
use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit<'a>(line: Cow<'a, str>) {
    let _ = line;
}

fn main() {}
