//! Backends on which no launch ever runs.

use fire_and_forget::{Backend, Task};

/// Drops every task.
#[derive(Debug)]
pub struct Forgetful;

/// The static for `backend = FORGETFUL`.
pub static FORGETFUL: Forgetful = Forgetful;

impl Backend for Forgetful {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        drop(task);
        Ok(())
    }

    fn name(&self) -> &'static str {
        "forgetful"
    }
}

/// Has no room.
#[derive(Debug)]
pub struct Full;

/// The static for `backend = FULL`.
pub static FULL: Full = Full;

impl Backend for Full {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        Err(task)
    }

    fn name(&self) -> &'static str {
        "full"
    }
}
