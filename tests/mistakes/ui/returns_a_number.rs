use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(line: String) -> u64 {
    line.len() as u64
}

fn main() {}
