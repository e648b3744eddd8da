use fire_and_forget::fire_and_forget;

const MAIL: fire_and_forget::Pool = fire_and_forget::Pool::new("mail");

#[fire_and_forget(backend = MAIL)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
