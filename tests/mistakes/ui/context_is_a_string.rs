use fire_and_forget::fire_and_forget;

#[fire_and_forget(context = "Tenant")]
fn audit(line: String) {
    drop(line);
}

fn main() {}
