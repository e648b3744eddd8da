use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "pool")]
#[fire_and_forget(on_full = "reject")]
fn audit(line: String) {
    drop(line);
}

fn main() {}
