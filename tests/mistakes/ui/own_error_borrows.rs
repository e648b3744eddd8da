use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(#[own] line: &str) -> Result<(), &str> {
    Err(line)
}

fn main() {}
