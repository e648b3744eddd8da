use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "durable", daemon)]
fn listen(port: u16) {
    drop(port);
}

fn main() {}
