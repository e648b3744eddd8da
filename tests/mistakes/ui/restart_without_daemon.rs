use fire_and_forget::fire_and_forget;

#[fire_and_forget(restart = "always")]
fn listen(port: u16) {
    drop(port);
}

fn main() {}
