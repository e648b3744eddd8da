use fire_and_forget::fire_and_forget;

#[fire_and_forget]
async fn audit(line: String) -> Result<(), String> {
    line
}

fn main() {}
