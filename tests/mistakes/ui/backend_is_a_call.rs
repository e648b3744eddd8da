use fire_and_forget::{Pool, fire_and_forget};

#[fire_and_forget(backend = Pool::new("mail").threads(4))]
fn audit(line: String) {
    drop(line);
}

fn main() {}
