use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(#[own] lines: &[&str]) {
    println!("{lines:?}");
}

fn main() {}
