//! What one callback does in one case.

use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

use waiting::Pass;

use crate::backends::Function;

/// What a callback does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    /// Each time.
    Panics,
    /// The first time.
    Launches,
    /// The first time.
    Blocks,
}

pub(crate) const ACTS: [Act; 3] = [Act::Panics, Act::Launches, Act::Blocks];

/// What the name of each step begins with.
pub(crate) const EVERY: &str = "";

#[derive(Debug)]
pub(crate) struct Script {
    /// How the names of the steps begin that are meant.
    pub(crate) step: &'static str,
    pub(crate) act: Act,
    played: Mutex<Option<(&'static Function, Pass)>>,
    is_armed: AtomicBool,
    has_acted: AtomicBool,
}

impl Script {
    pub(crate) fn new(step: &'static str, act: Act) -> Self {
        Self {
            step,
            act,
            played: Mutex::new(None),
            is_armed: AtomicBool::new(false),
            has_acted: AtomicBool::new(false),
        }
    }

    /// Says of which function callbacks are meant, and what they wait for.
    pub(crate) fn begin(&self, function: &'static Function, pass: Pass) {
        *self.played.lock().unwrap() = Some((function, pass));
    }

    /// From now on callbacks act.
    pub(crate) fn arm(&self) {
        self.is_armed.store(true, SeqCst);
    }

    pub(crate) fn is_of(&self, function: &str) -> bool {
        let played = self.played.lock().unwrap();
        played.as_ref().is_some_and(|it| it.0.name == function)
    }

    pub(crate) fn has_acted(&self) -> bool {
        self.has_acted.load(SeqCst)
    }

    /// A callback for the function has come to this step.
    pub(crate) fn at(&self, step: &str) {
        if !step.starts_with(self.step) || !self.is_armed.load(SeqCst) {
            return;
        }
        self.has_acted.store(true, SeqCst);
        if let Act::Panics = self.act {
            resume_unwind(Box::new("without a word from the hook"));
        }
        if !self.is_armed.swap(false, SeqCst) {
            return;
        }
        let Some((function, pass)) = self.played.lock().unwrap().clone() else {
            return;
        };
        if let Act::Launches = self.act {
            (function.launch)();
        } else {
            pass.wait();
        }
    }
}
