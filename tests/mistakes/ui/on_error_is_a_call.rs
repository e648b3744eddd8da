use fire_and_forget::fire_and_forget;

#[fire_and_forget(on_error = alert())]
fn audit(line: String) {
    drop(line);
}

fn main() {}
