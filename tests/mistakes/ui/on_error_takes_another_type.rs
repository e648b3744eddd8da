use fire_and_forget::fire_and_forget;

fn alert(_: u32) {}

#[fire_and_forget(on_error = alert)]
fn audit(line: String) -> Result<(), String> {
    Err(line)
}

fn main() {}
