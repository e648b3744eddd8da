use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable")]
fn store<T: Send + 'static>(value: T) {
    drop(value);
}

fn main() {}
