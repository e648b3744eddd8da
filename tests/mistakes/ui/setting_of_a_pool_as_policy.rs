use fire_and_forget::fire_and_forget;

#[fire_and_forget(on_full = "drop_oldest")]
fn audit(line: String) {
    drop(line);
}

fn main() {}
