use fire_and_forget::fire_and_forget;

#[fire_and_forget(pools::MAIL)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
