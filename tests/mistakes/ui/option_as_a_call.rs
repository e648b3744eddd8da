use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend("pool"))]
fn audit(line: String) {
    drop(line);
}

fn main() {}
