use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = 4)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
