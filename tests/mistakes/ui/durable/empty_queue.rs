use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable", queue = "")]
fn welcome(to: String) {
    drop(to);
}

fn main() {}
