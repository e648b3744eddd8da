//! A backend that is an expression: chosen at each launch.

mod accounts;
mod forms;
mod policies;

use std::sync::mpsc::Sender;
use std::thread;

use fire_and_forget::Pool;

/// A pool of one thread made at run time.
fn pool(name: &'static str, queue: usize) -> &'static Pool {
    Pool::new(name).threads(1).queue(queue).leak()
}

/// Tells on which thread it is called: that of a pool of one thread is called after the pool.
fn tell_thread(threads: &Sender<String>) {
    let name = thread::current().name().unwrap_or_default().to_owned();
    let _ = threads.send(name);
}
