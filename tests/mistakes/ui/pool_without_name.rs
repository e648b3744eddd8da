use fire_and_forget::Pool;
use fire_and_forget::fire_and_forget;

static MAIL: Pool = Pool::new("").threads(2);

#[fire_and_forget(backend = MAIL)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
