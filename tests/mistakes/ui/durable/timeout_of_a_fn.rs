use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable", timeout = std::time::Duration::from_secs(30))]
fn welcome(to: String) {
    drop(to);
}

fn main() {}
