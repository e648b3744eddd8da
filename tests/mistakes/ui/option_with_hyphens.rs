use fire_and_forget::fire_and_forget;

#[fire_and_forget(max-in-flight = 5)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
