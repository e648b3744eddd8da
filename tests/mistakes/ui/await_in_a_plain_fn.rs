use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(line: String) -> Result<(), String> {
    std::future::ready(()).await;
    Err(line)
}

fn main() {}
