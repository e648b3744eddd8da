//! The service thread, and what it does for everybody else: it creates and joins threads.
//!
//! Where the system refuses a thread, the launch stays queued, and the service thread asks again. Where it refuses the service
//! thread, a thread with a small stack tries again to start it; where that is refused, too, the caller runs what nobody else
//! could, if its stack is as large as was promised. Callers that block keep their own deadline, and a thread keeps those of
//! tasks (`stop/wait/timer.rs`), in case the service thread is held up by code of the user's; where it is refused itself, they do
//! what it would do for them. So whoever awaits a wait may create that thread. No lock is held while a tokio runtime starts, and
//! only bodies that need it wait for that, for a while.

pub(crate) mod backoff;
pub(crate) mod service;
pub(crate) mod threads;
