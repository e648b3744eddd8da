use fire_and_forget::fire_and_forget;

#[fire_and_forget(on_error = |error| println!("{error}"))]
fn audit(line: String) {
    drop(line);
}

fn main() {}
