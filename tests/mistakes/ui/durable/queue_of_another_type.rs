use fire_and_forget::fire_and_forget;

const QUEUE: usize = 1024;

#[fire_and_forget(backend = "durable", queue = QUEUE)]
fn welcome(to: String) {
    drop(to);
}

fn main() {}
