use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable", attempts = 0)]
fn welcome(to: String) {
    drop(to);
}

fn main() {}
