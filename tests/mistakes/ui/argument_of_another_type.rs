use fire_and_forget::fire_and_forget;

#[fire_and_forget]
fn audit(line: String) {
    drop(line);
}

pub fn caller() {
    audit("borrowed");
}

fn main() {}
