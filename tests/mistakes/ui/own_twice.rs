use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(#[own] #[own] line: &str) {
    println!("{line}");
}

fn main() {}
