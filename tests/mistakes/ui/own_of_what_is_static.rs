use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(#[own] line: &'static str) {
    println!("{line}");
}

fn main() {}
