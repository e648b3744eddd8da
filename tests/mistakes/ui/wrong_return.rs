use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(line: String) -> Result<(), String> {
    if line.is_empty() {
        return 5;
    }
    Ok(())
}

fn main() {}
