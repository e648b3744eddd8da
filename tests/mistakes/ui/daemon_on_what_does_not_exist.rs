use fire_and_forget::fire_and_forget;

#[fire_and_forget(daemon, backend = MAIL)]
async fn listen(port: u16) {
    drop(port);
}

fn main() {}
