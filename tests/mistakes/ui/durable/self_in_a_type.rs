use fire_and_forget::fire_and_forget;

#[derive(serde::Serialize, serde::Deserialize)]
struct Order(u64);

impl Order {
    #[fire_and_forget(backend = "durable")]
    fn ship(order: Self) {
        println!("{}", order.0);
    }
}

fn main() {}
