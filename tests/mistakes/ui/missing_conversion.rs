use fire_and_forget::fire_and_forget;

#[fire_and_forget]
async fn audit(line: String) -> Result<(), std::num::ParseIntError> {
    std::fs::write("audit", line)?;
    Ok(())
}

fn main() {}
