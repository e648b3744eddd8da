use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "pol")]
fn audit(line: String) {
    drop(line);
}

fn main() {}
