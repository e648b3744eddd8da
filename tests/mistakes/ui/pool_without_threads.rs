use fire_and_forget::Pool;
use fire_and_forget::fire_and_forget;

static MAIL: Pool = Pool::new("mail").threads(0);

#[fire_and_forget(backend = MAIL)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
