use std::rc::Rc;

use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable")]
async fn wait() {
    let number = Rc::new(5);
    std::future::ready(()).await;
    println!("{number}");
}

fn main() {}
