use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable")]
fn welcome(_: String) {}

fn main() {}
