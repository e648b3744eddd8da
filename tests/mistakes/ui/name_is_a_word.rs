use fire_and_forget::fire_and_forget;

#[fire_and_forget(name = mail)]
fn audit(line: String) {
    println!("{line}");
}

fn main() {
    audit("line".into());
}
