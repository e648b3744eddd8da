use fire_and_forget::fire_and_forget;
use std::cell::Cell;

#[fire_and_forget]
async fn count(#[own] number: &Cell<u8>) {
    std::future::ready(()).await;
    number.set(number.get() + 1);
}

fn main() {}
