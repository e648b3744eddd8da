use fire_and_forget::fire_and_forget;

#[fire_and_forget(name = NAME)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
