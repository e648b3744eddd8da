use fire_and_forget::fire_and_forget;

struct Full;

#[fire_and_forget]
fn audit(line: String) -> Result<(), Full> {
    drop(line);
    Err(Full)
}

fn main() {}
