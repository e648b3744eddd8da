use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(line: Option<&str>) {
    let _ = line;
}

fn main() {}
