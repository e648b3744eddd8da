use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(line: String) -> std::io::Result<usize> {
    Ok(line.len())
}

fn main() {}
