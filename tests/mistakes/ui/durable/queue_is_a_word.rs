use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable", queue = mail)]
fn welcome(to: String) {
    drop(to);
}

fn main() {}
