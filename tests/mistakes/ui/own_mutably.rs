use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(#[own] lines: &mut Vec<String>) {
    lines.clear();
}

fn main() {}
