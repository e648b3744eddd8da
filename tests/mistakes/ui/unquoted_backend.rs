use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = tokio)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
