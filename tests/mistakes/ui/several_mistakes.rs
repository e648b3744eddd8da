use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "pol", on_ful = "drop", max_in_flight = "many")]
fn audit(line: String) {
    drop(line);
}

fn main() {}
