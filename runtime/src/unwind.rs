//! Panics of user code are caught here and nowhere else.

use std::any::Any;
use std::fmt;
#[cfg(any(feature = "durable", feature = "testing"))]
use std::panic::resume_unwind;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::body;

/// Runs user code; a panic in it comes back as its message.
///
/// Unwind safety is asserted: what the code touched is dropped by the caller and never looked at again.
pub(crate) fn catch<R>(code: impl FnOnce() -> R) -> Result<R, Panic> {
    // Not a guard: nothing unwinds here, and what a guard adds to each launch is forty instructions in place of two.
    let nested = body::call();
    let result = catch_unwind(AssertUnwindSafe(code)).map_err(Panic::from_payload);
    body::returned(nested);
    result
}

/// Goes on with a panic that was caught, without a word from the hook.
#[cfg(any(feature = "durable", feature = "testing"))]
pub(crate) fn resume(panic: &Panic) -> ! {
    resume_unwind(Box::new(panic.message().to_owned()))
}

/// A caught panic, reduced to what it said. One word, so that it does not enlarge the results of what did not panic.
#[derive(Debug)]
pub(crate) struct Panic {
    message: Box<Message>,
}

#[derive(Debug)]
enum Message {
    Literal(&'static str),
    Formatted(String),
    Unknown,
}

impl Panic {
    pub(crate) fn message(&self) -> &str {
        match &*self.message {
            Message::Literal(text) => text,
            Message::Formatted(text) => text,
            Message::Unknown => "a value that is not a string",
        }
    }

    #[cold]
    fn from_payload(payload: Box<dyn Any + Send>) -> Self {
        let message = match payload.downcast::<String>() {
            Ok(text) => Message::Formatted(*text),
            Err(payload) => {
                let message = match payload.downcast_ref::<&'static str>() {
                    Some(text) => Message::Literal(text),
                    None => Message::Unknown,
                };
                discard(payload);
                message
            }
        };
        Self {
            message: Box::new(message),
        }
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

/// Drops a payload whose own destructor may panic. The payload of that second panic is leaked: dropping it
/// could go on for ever.
fn discard(payload: Box<dyn Any + Send>) {
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
}
