use fire_and_forget::fire_and_forget;

#[fire_and_forget(backend = "tokio", daemon)]
fn listen(port: u16) {
    drop(port);
}

fn main() {}
