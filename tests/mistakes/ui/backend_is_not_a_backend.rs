use fire_and_forget::fire_and_forget;

static MAIL: u8 = 0;

#[fire_and_forget(backend = MAIL)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
