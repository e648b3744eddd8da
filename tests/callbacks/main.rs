//! Code of the user's that each launch calls: the subscriber of `tracing`, and the recorder of `metrics`. Whichever callback
//! panics, launches or blocks, on whichever backend: every launch ends well, and others go on meanwhile.

mod backends;
mod recorder;
mod script;
#[allow(dead_code, reason = "another test looks into it")]
#[path = "../durable/store.rs"]
mod store;
mod subscriber;
