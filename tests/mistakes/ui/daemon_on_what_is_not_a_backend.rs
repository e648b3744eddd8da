use fire_and_forget::fire_and_forget;

static MAIL: u8 = 0;

#[fire_and_forget(daemon, backend = MAIL)]
fn listen(port: u16) {
    drop(port);
}

fn main() {}
