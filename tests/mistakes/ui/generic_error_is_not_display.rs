use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit<E: Send + 'static>(error: E) -> Result<(), E> {
    Err(error)
}

fn main() {}
