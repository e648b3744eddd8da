use fire_and_forget::fire_and_forget;

const QUEUE: &str = "";

#[fire_and_forget(backend = "durable", queue = QUEUE)]
fn welcome(to: String) {
    drop(to);
}

fn main() {}
