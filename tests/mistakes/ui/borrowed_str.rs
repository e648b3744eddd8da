use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(line: &str) {
    println!("{line}");
}

fn main() {}
