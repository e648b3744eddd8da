//! What was wrong.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Notes something that is wrong. The first ones say enough.
pub(crate) fn add(fault: String) {
    let mut faults = faults();
    if faults.len() < MOST {
        eprintln!("wrong: {fault}");
        faults.push(fault);
    }
}

pub(crate) fn all() -> Vec<String> {
    faults().clone()
}

fn faults() -> MutexGuard<'static, Vec<String>> {
    static FAULTS: Mutex<Vec<String>> = Mutex::new(Vec::new());
    FAULTS.lock().unwrap_or_else(PoisonError::into_inner)
}

const MOST: usize = 100;
