//! The threads are joined: the destructors of their thread-locals have run.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use fire_and_forget::{fire_and_forget, shutdown};
use tokio::runtime::Handle;
use waiting::PATIENCE;

use super::bodies::POOL;

crate::scenarios!(
    shutdown_joins_the_workers_of_a_pool,
    shutdown_joins_threads_of_one_launch,
    shutdown_joins_the_threads_of_its_own_runtime,
    shutdown_joins_the_threads_of_its_own_runtime_if_a_fn_started_it,
);

thread_local! {
    static LOCAL: RefCell<Option<Slow>> = const { RefCell::new(None) };
}

pub(super) static DESTROYED: AtomicU32 = AtomicU32::new(0);

/// Takes its time to be destroyed, so that only a join can have waited for it.
struct Slow;

impl Drop for Slow {
    fn drop(&mut self) {
        thread::sleep(Duration::from_millis(50));
        DESTROYED.fetch_add(1, Ordering::SeqCst);
    }
}

#[fire_and_forget(backend = POOL)]
pub(super) fn leaves_a_local_on_a_worker() {
    LOCAL.set(Some(Slow));
}

#[fire_and_forget(backend = "thread")]
fn leaves_a_local_on_a_thread() {
    LOCAL.set(Some(Slow));
}

#[fire_and_forget]
async fn leaves_a_local_in_the_runtime() {
    LOCAL.set(Some(Slow));
}

#[fire_and_forget(backend = "tokio")]
fn leaves_a_local_in_the_runtime_it_starts() {
    let task = tokio::spawn(async { LOCAL.set(Some(Slow)) });
    Handle::current().block_on(task).unwrap();
}

fn shutdown_joins_the_workers_of_a_pool() {
    check(leaves_a_local_on_a_worker);
}

fn shutdown_joins_threads_of_one_launch() {
    check(leaves_a_local_on_a_thread);
}

fn shutdown_joins_the_threads_of_its_own_runtime() {
    check(leaves_a_local_in_the_runtime);
}

fn shutdown_joins_the_threads_of_its_own_runtime_if_a_fn_started_it() {
    check(leaves_a_local_in_the_runtime_it_starts);
}

/// Pitfall 15. Each alone: to wait for one of them is to wait as long as the others take.
fn check(launch: fn()) {
    launch();
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(DESTROYED.load(Ordering::SeqCst), 1);
}
