use fire_and_forget::fire_and_forget;

const LIMIT: u32 = 100;

#[fire_and_forget(max_in_flight = LIMIT)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
