use fire_and_forget::fire_and_forget;

#[fire_and_forget(max_in_flight = -1)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
