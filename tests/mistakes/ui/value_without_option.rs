use fire_and_forget::fire_and_forget;

#[fire_and_forget("pool")]
fn audit(line: String) {
    drop(line);
}

fn main() {}
