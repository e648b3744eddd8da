use fire_and_forget::fire_and_forget;

#[fire_and_forget(retries = 3)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
