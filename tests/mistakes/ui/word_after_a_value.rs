use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "pool" now)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
