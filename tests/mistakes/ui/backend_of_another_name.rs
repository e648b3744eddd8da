use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "rayon")]
fn audit(line: String) {
    drop(line);
}

fn main() {}
