use fire_and_forget::fire_and_forget;

#[fire_and_forget(threads = 4)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
