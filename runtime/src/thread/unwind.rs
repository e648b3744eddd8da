//! Panics of user code are caught here and nowhere else.

use std::any::Any;
use std::backtrace::Backtrace;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use crate::report::report::Place;
use crate::thread::panics::Noted;
use crate::thread::{body, panics};

/// Runs user code; a panic in it comes back as its message, and is told by the panic hook alone: see [`catch_to_report`].
///
/// Unwind safety is asserted: what the code touched is dropped by the caller and never looked at again.
pub(crate) fn catch<R>(code: impl FnOnce() -> R) -> Result<R, Panic> {
    // Not a guard: nothing unwinds here, and what a guard adds to each launch is forty instructions in place of two.
    let nested = body::call();
    let result = catch_unwind(AssertUnwindSafe(code));
    body::returned(nested);
    result.map_err(|payload| Panic::from_payload(payload, None))
}

/// The same of code whose panic is reported by the caller: with [`hook_panics`](crate::hook_panics), no hook tells it.
#[inline]
pub(crate) fn catch_to_report<R>(code: impl FnOnce() -> R) -> Result<R, Panic> {
    let nested = body::call_reported();
    let result = catch_unwind(AssertUnwindSafe(code));
    if body::returned(nested) {
        return take_noted(result);
    }
    result.map_err(|payload| Panic::from_payload(payload, None))
}

/// Apart from the way of every launch, on which hardly anything panics: the result stays in registers there.
#[cold]
#[inline(never)]
fn take_noted<R>(result: thread::Result<R>) -> Result<R, Panic> {
    match result {
        Ok(value) => {
            panics::take(None);
            Ok(value)
        }
        Err(payload) => {
            let noted = panics::take(Some(&*payload));
            Err(Panic::from_payload(payload, noted))
        }
    }
}

/// Goes on with a panic that was caught, without a word from the hook.
pub(crate) fn resume(panic: &Panic) -> ! {
    resume_unwind(Box::new(panic.message().to_owned()))
}

/// A caught panic, reduced to what it said. One word, so that it does not enlarge the results of what did not panic.
#[derive(Debug)]
pub(crate) struct Panic(Box<Caught>);

#[derive(Debug)]
struct Caught {
    message: Message,
    noted: Option<Box<Noted>>,
}

#[derive(Debug)]
enum Message {
    Literal(&'static str),
    Formatted(String),
    Unknown,
}

impl Panic {
    pub(crate) fn message(&self) -> &str {
        match &self.0.message {
            Message::Literal(text) => text,
            Message::Formatted(text) => text,
            Message::Unknown => NO_TEXT,
        }
    }

    /// Where it began, if the hook has noted it.
    pub(crate) fn place(&self) -> Option<Place<'_>> {
        Some(self.0.noted.as_ref()?.place())
    }

    pub(crate) fn backtrace(&self) -> Option<&Backtrace> {
        self.0.noted.as_ref()?.backtrace()
    }

    #[cold]
    fn from_payload(payload: Box<dyn Any + Send>, noted: Option<Box<Noted>>) -> Self {
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
        Self(Box::new(Caught { message, noted }))
    }
}

/// What it did: `panicked at src/mail.rs:12: no route`, or without the place.
impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("panicked")?;
        if let Some(place) = self.place() {
            write!(f, " at {place}")?;
        }
        write!(f, ": {}", self.message())
    }
}

/// The text of a payload, if it is one.
pub(crate) fn text_of(payload: &(dyn Any + Send)) -> Option<&str> {
    let literal = || payload.downcast_ref::<&'static str>().copied();
    let formatted = payload.downcast_ref::<String>().map(String::as_str);
    formatted.or_else(literal)
}

/// The same, or what there is to say of another.
pub(crate) fn message_of(payload: &(dyn Any + Send)) -> &str {
    text_of(payload).unwrap_or(NO_TEXT)
}

const NO_TEXT: &str = "a value that is not a string";

/// Drops a payload whose own destructor may panic. The payload of that second panic is leaked: dropping it
/// could go on for ever.
fn discard(payload: Box<dyn Any + Send>) {
    let nested = body::call();
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
    body::returned(nested);
}
