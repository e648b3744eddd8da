//! The end of the process: when launches are admitted, who waits for those in flight, and what is said at exit.
//!
//! A shutdown goes from open to draining to ended, and never back (`phase.rs`). While draining, only launches from inside a
//! running body are admitted. The service thread ends it at the first moment of quiet or at the deadline; then what is queued is
//! abandoned, and the threads are joined. A body that never returns cannot be stopped, only named. A flush is the same wait
//! without the change of phase. A wait knows a trait of what it waits for (`wait/scope.rs`); pools, stores and the shutdown
//! implement it.

pub(crate) mod exit;
pub(crate) mod fork;
pub(crate) mod phase;
pub(crate) mod progress;
pub(crate) mod shutdown;
pub(crate) mod stopping;
pub(crate) mod wait;
pub(crate) mod waiting;
