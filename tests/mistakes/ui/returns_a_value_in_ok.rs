use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(line: String) -> Result<usize, String> {
    Ok(line.len())
}

fn main() {}
