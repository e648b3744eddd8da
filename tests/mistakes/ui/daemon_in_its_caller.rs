use fire_and_forget::fire_and_forget;

#[fire_and_forget(daemon, on_full = "caller_runs")]
fn listen(port: u16) {
    drop(port);
}

fn main() {}
