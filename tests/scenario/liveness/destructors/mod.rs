//! Launches and waits from destructors.

pub(crate) mod again;
pub(crate) mod evicted;
pub(crate) mod large;
pub(crate) mod launches;
pub(crate) mod waits;

use std::time::Duration;

use fire_and_forget::{Backend, Executor, Pool, Task};

/// As an expression: the literal is a compile error.
const NONE: usize = 0;

/// Its worker retires at once.
static BRIEF: Pool = Pool::new("brief").threads(1).keep_alive(Duration::ZERO);

static LATEST: Pool = Pool::new("latest").threads(1).queue(1).drop_oldest();

/// Drops every future, as one that has been shut down does.
struct Ended;

static ENDED: Ended = Ended;

impl Backend for Ended {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        Err(task)
    }

    fn name(&self) -> &'static str {
        "ended"
    }
}

impl Executor for Ended {
    fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
        drop(future);
    }
}
