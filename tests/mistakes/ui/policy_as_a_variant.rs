use fire_and_forget::fire_and_forget;

#[fire_and_forget(on_full = OnFull::Reject)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
