use std::sync::mpsc::Receiver;

use fire_and_forget::fire_and_forget;

#[fire_and_forget(daemon, restart = "on_failure")]
fn index(name: String, pages: Receiver<String>) {
    drop((name, pages));
}

fn main() {}
