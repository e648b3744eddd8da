//! Backends that run no task by themselves.

use std::sync::Mutex;

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

/// Keeps its tasks until they are taken.
#[derive(Debug)]
pub struct Shelf(Mutex<Vec<Task>>);

/// The static for `backend = SHELF`.
pub static SHELF: Shelf = Shelf(Mutex::new(Vec::new()));

impl Shelf {
    /// Takes the oldest task.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn take(&self) -> Task {
        self.0.lock().unwrap().remove(0)
    }

    /// Runs all tasks.
    ///
    /// # Panics
    ///
    /// When a thread has panicked inside.
    pub fn run_all(&self) {
        let tasks = std::mem::take(&mut *self.0.lock().unwrap());
        tasks.into_iter().for_each(Task::run);
    }
}

impl Backend for Shelf {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        self.0.lock().unwrap().push(task);
        Ok(())
    }

    fn name(&self) -> &'static str {
        "shelf"
    }
}

/// Keeps its tasks for ever.
#[derive(Debug)]
pub struct Keeping;

/// The static for `backend = KEEPING`.
pub static KEEPING: Keeping = Keeping;

impl Backend for Keeping {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        std::mem::forget(task);
        Ok(())
    }

    fn name(&self) -> &'static str {
        "keeping"
    }
}
