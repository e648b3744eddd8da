//! Values whose copies are counted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

/// How many copies of the values of one kind were made and dropped, and where.
#[derive(Debug, Clone, Default)]
pub(crate) struct Copies(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    made: Mutex<Vec<ThreadId>>,
    dropped: AtomicUsize,
}

impl Copies {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn original(&self) -> Copied {
        Copied {
            copies: self.clone(),
            is_copy: false,
        }
    }

    /// Made by whom.
    pub(crate) fn made(&self) -> Vec<ThreadId> {
        self.0.made.lock().unwrap().clone()
    }

    /// Compares how many were made by this thread, and how many of these were dropped by any.
    #[track_caller]
    pub(crate) fn check(&self, made: usize, dropped: usize) {
        assert_eq!(self.made(), vec![thread::current().id(); made]);
        assert_eq!(self.0.dropped.load(Ordering::SeqCst), dropped);
    }
}

/// An original, or a copy of one.
#[derive(Debug)]
pub(crate) struct Copied {
    copies: Copies,
    is_copy: bool,
}

impl Copied {
    pub(crate) fn is_copy(&self) -> bool {
        self.is_copy
    }
}

impl Clone for Copied {
    fn clone(&self) -> Self {
        self.copies
            .0
            .made
            .lock()
            .unwrap()
            .push(thread::current().id());
        Self {
            copies: self.copies.clone(),
            is_copy: true,
        }
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        if self.is_copy {
            self.copies.0.dropped.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Cannot be copied after all.
#[derive(Debug)]
pub(crate) struct PanicsWhenCopied;

impl Clone for PanicsWhenCopied {
    fn clone(&self) -> Self {
        panic!("deliberate, in a `clone`")
    }
}
