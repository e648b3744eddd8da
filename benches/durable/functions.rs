//! What is launched, and what counts bodies.

use std::sync::{Condvar, Mutex, PoisonError};

use fire_and_forget::{Pool, fire_and_forget};

static ORDINARY: Pool = Pool::new("ordinary").threads(1);

/// A launch that is stored. A full outbox makes its caller wait, so that none is refused.
#[fire_and_forget(backend = "durable", on_full = "block")]
pub(crate) fn durable(to: String, order: u64) {
    body(&to, order);
}

/// The same launch on a pool of one thread, which is what the outbox is.
#[fire_and_forget(backend = ORDINARY, on_full = "block")]
pub(crate) fn ordinary(to: String, order: u64) {
    body(&to, order);
}

/// The name of [`durable`] in the store.
pub(crate) const DURABLE: &str = concat!(module_path!(), "::durable");

fn body(to: &str, order: u64) {
    std::hint::black_box((to, order));
    ended();
}

/// Texts to launch with, made before a clock starts.
pub(crate) fn texts(count: usize) -> Vec<String> {
    (0..count)
        .map(|_| "ada.lovelace@example.com".into())
        .collect()
}

/// A body has ended.
pub(crate) fn ended() {
    let mut bodies = BODIES.lock().unwrap_or_else(PoisonError::into_inner);
    bodies.ended += 1;
    if bodies.ended == bodies.wanted {
        ENOUGH.notify_all();
    }
}

/// Waits until so many bodies have ended in this process.
pub(crate) fn wait_for(wanted: usize) {
    let mut bodies = BODIES.lock().unwrap_or_else(PoisonError::into_inner);
    bodies.wanted = wanted;
    drop(ENOUGH.wait_while(bodies, |bodies| bodies.ended < bodies.wanted));
}

struct Bodies {
    ended: usize,
    wanted: usize,
}

static BODIES: Mutex<Bodies> = Mutex::new(Bodies {
    ended: 0,
    wanted: 0,
});
static ENOUGH: Condvar = Condvar::new();
