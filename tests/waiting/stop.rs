//! A body that runs until the process stops.

use std::thread;

use fire_and_forget::is_stopping;

/// Asks again and again, as a daemon with work to do would.
pub fn work_until_stopping() {
    while !is_stopping() {
        thread::yield_now();
    }
}
