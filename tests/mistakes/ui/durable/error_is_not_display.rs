use fire_and_forget::fire_and_forget;

struct Full;

#[fire_and_forget(backend = "durable")]
fn store() -> Result<(), Full> {
    Err(Full)
}

fn main() {}
