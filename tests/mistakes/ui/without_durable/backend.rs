use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable", attempts = 5)]
fn welcome(to: String) {
    drop(to);
}

fn main() {
    welcome("ada@example.com".into());
}
