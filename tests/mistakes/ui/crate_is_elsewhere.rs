use fire_and_forget::fire_and_forget;

#[fire_and_forget(crate = crate::vendor::launching)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
