use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = MAIL)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
