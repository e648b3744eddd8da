use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(#[own(String)] line: &str) {
    println!("{line}");
}

fn main() {}
