use fire_and_forget::fire_and_forget;

struct Order {
    number: u64,
}

#[fire_and_forget(backend = "durable")]
fn ship(order: Order) {
    println!("{}", order.number);
}

fn main() {}
