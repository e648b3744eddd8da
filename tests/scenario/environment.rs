//! The variable that sizes the built-in pool.

use std::collections::BTreeSet;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Barrier};
use std::thread;

use fire_and_forget::{fire_and_forget, flush};
use waiting::{PATIENCE, signal};

crate::scenarios!(pool_threads_meet);

#[fire_and_forget]
fn meets(all_here: Option<Arc<Barrier>>, names: Sender<String>) {
    if let Some(all_here) = all_here {
        all_here.wait();
    }
    let _ = names.send(thread::current().name().unwrap_or_default().to_owned());
}

/// Three bodies at once, and then many: the names of all threads that took part.
fn pool_threads_meet() {
    let all_here = Arc::new(Barrier::new(3));
    let (names, received) = signal();
    for _ in 0..3 {
        meets(Some(all_here.clone()), names.clone());
    }
    let mut all = BTreeSet::from_iter(received.receive_many(3));
    for _ in 0..500 {
        meets(None, names.clone());
    }
    flush(PATIENCE).wait().unwrap();
    all.extend(received.so_far());
    println!("{}", Vec::from_iter(all).join(" "));
}
