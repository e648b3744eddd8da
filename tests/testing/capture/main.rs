//! Code that launches, tested with the module `testing`: a module for each of its concepts.

mod by_call;
mod chosen;
mod contexts;
mod copies;
mod destructors;
mod durable;
mod forms;
mod refusals;
mod runs;
mod takes;
mod threads;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a panic of this code says.
#[track_caller]
fn panic_of<R>(code: impl FnOnce() -> R) -> String {
    let Err(payload) = catch_unwind(AssertUnwindSafe(code)) else {
        panic!("this was to panic");
    };
    text(payload.as_ref())
}

fn text(payload: &(dyn Any + Send)) -> String {
    match (
        payload.downcast_ref::<String>(),
        payload.downcast_ref::<&str>(),
    ) {
        (Some(text), _) => text.clone(),
        (None, Some(text)) => (*text).to_owned(),
        (None, None) => panic!("the payload is not a text"),
    }
}
