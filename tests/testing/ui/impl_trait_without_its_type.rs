use std::fmt::Display;

use fire_and_forget::{fire_and_forget, testing};

#[fire_and_forget]
fn print(what: impl Display + Send + 'static) {
    println!("{what}");
}

fn main() {
    let launches = testing::capture();
    print("text");
    let calls = launches.take(print);
    assert_eq!(calls.len(), 1);
}
