use fire_and_forget::fire_and_forget;

struct Order {
    number: u64,
}

#[fire_and_forget(backend = "durable", on_full = "reject")]
async fn ship(orders: Vec<Order>) {
    println!("{}", orders[0].number);
}

fn main() {}
