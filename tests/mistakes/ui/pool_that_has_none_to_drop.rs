use fire_and_forget::Pool;
use fire_and_forget::fire_and_forget;

static LATEST: Pool = Pool::new("latest").drop_oldest().queue(0);

#[fire_and_forget(backend = LATEST)]
fn audit(line: String) {
    drop(line);
}

fn main() {}
