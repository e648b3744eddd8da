use std::sync::LazyLock;

use fire_and_forget::{Pool, fire_and_forget};

mod pools {
    use super::*;

    pub static MAIL: LazyLock<Pool> = LazyLock::new(|| Pool::new("mail"));
}

#[fire_and_forget(backend = pools::MAIL)]
fn listen() -> ! {
    loop {}
}

fn main() {}
