use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "pool", attempts = 5)]
fn welcome(to: String) {
    drop(to);
}

fn main() {}
