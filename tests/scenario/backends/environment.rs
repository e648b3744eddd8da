//! `FIRE_AND_FORGET_POOL_THREADS` sizes the built-in pool.

use std::collections::BTreeSet;
use std::sync::mpsc::Sender;
use std::thread;

use fire_and_forget::{fire_and_forget, flush};
use waiting::{Gate, PATIENCE, Pass, signal};

crate::scenarios!(pool_threads_meet);

#[fire_and_forget]
fn meets(pass: Pass, names: Sender<String>) {
    pass.wait();
    let _ = names.send(thread::current().name().unwrap_or_default().to_owned());
}

/// Three bodies at once, and then many: the names of all threads that took part.
fn pool_threads_meet() {
    let gate = Gate::new();
    let (names, received) = signal();
    for _ in 0..3 {
        meets(gate.pass(), names.clone());
    }
    gate.reached_by(3);
    gate.open();
    let mut all = BTreeSet::from_iter(received.receive_many(3));
    for _ in 0..500 {
        meets(gate.pass(), names.clone());
    }
    flush(PATIENCE).wait().unwrap();
    all.extend(received.so_far());
    println!("{}", Vec::from_iter(all).join(" "));
}
