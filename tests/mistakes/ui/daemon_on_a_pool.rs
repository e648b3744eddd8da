use fire_and_forget::{Pool, fire_and_forget};

static MAIL: Pool = Pool::new("mail");

#[fire_and_forget(daemon, backend = MAIL)]
async fn listen(port: u16) {
    drop(port);
}

fn main() {}
