use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(line: String) -> Result<(), String> {
    line
}

fn main() {}
