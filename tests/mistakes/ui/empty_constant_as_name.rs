use fire_and_forget::fire_and_forget;

const NAME: &str = " ";

#[fire_and_forget(name = NAME)]
fn audit(line: String) {
    println!("{line}");
}

fn main() {
    audit("line".into());
}
