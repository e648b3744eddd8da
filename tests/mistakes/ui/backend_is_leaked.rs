use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = Pool::new("mail").leak())]
fn audit(line: String) {
    drop(line);
}

fn main() {}
