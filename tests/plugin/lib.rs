//! What a library exports that launches.

#![expect(unsafe_code, reason = "symbols are exported under their own names")]

use std::time::Duration;

use fire_and_forget::{Backend, Pool, Task, fire_and_forget, shutdown};

static POOL: Pool = Pool::new("plugin").threads(2);

#[fire_and_forget(backend = POOL)]
fn on_pool() {}

#[fire_and_forget(backend = "thread")]
fn on_thread() {}

#[fire_and_forget(backend = "tokio")]
fn on_tokio_worker() {}

#[fire_and_forget]
async fn on_tokio() {}

/// Launches on all backends that have threads.
// SAFETY: no other library of these tests exports the name; so with all below.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_launch() {
    on_pool();
    on_thread();
    on_tokio_worker();
    on_tokio();
}

/// Runs each task at once.
struct InPlace;

impl Backend for InPlace {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        task.run();
        Ok(())
    }

    fn name(&self) -> &'static str {
        "in place"
    }
}

static IN_PLACE: InPlace = InPlace;

#[fire_and_forget(backend = IN_PLACE)]
fn in_place() {}

/// Launches without a thread.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_launch_in_place() {
    in_place();
}

/// Hides each task.
struct Keeping;

impl Backend for Keeping {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        std::mem::forget(task);
        Ok(())
    }

    fn name(&self) -> &'static str {
        "keeping"
    }
}

static KEEPING: Keeping = Keeping;

#[fire_and_forget(backend = KEEPING)]
fn is_kept() {}

/// Launches what is in flight from then on, without a thread.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_launch_and_keep() {
    is_kept();
}

/// Ends what [`plugin_launch`] began.
///
/// # Panics
///
/// If anything is left; that aborts the process.
// SAFETY: as above.
#[unsafe(no_mangle)]
pub extern "C" fn plugin_shut_down() {
    shutdown(Duration::from_secs(60)).wait().unwrap();
}
