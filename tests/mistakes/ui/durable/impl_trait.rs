use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable")]
fn welcome(to: impl Into<String>) {
    drop(to.into());
}

fn main() {}
