use fire_and_forget::{Pool, fire_and_forget};

fn mail() -> Pool {
    Pool::new("mail")
}

#[fire_and_forget(backend = mail)]
fn audit(line: String) {
    println!("{line}");
}

fn main() {
    audit("line".into());
}
