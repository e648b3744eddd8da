//! Where launches wait to be run, and where callers wait for room.
//!
//! As many launches may be on a pool as its queue holds and it has threads: an idle thread is room. The number of busy workers
//! lies in the same word as the position up to which the queue has been emptied, so a take and a change of that number are one
//! step, and what is pushed minus what has ended is known exactly.

pub(crate) mod capacity;
pub(crate) mod ring;
