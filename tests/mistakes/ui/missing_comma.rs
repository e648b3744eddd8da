use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "pool" on_full = "block")]
fn audit(line: String) {
    drop(line);
}

fn main() {}
