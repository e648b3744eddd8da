use fire_and_forget::{Pool, fire_and_forget};

static MAIL: Pool = Pool::new("mail");

fn pool_of(_: String) -> &'static Pool {
    &MAIL
}

#[fire_and_forget(backend = pool_of(to))]
fn welcome(to: String) {
    drop(to);
}

fn main() {}
