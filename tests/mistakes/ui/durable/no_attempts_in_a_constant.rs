use fire_and_forget::fire_and_forget;

const ATTEMPTS: u32 = 0;

#[fire_and_forget(backend = "durable", attempts = ATTEMPTS)]
fn welcome(to: String) {
    drop(to);
}

fn main() {}
