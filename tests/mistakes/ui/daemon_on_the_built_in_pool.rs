use fire_and_forget::fire_and_forget;

#[fire_and_forget(daemon, backend = "pool")]
fn listen(port: u16) {
    drop(port);
}

fn main() {}
