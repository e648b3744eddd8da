use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(line: String) {
    if line.is_empty() {
        return 5;
    }
}

fn main() {}
