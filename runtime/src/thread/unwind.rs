//! Calls user code and catches its panics. Every call of user code goes through this file.
//!
//! A panic is reduced to its message. [`catch_to_report`] is for code whose panic the caller reports; the hook of
//! `panic_hook.rs` then prints nothing. [`catch`] is for the rest, such as wakers and subscribers; their panics are printed by the
//! panic hook alone. Both tell the thread that it is in user code (`body.rs`), where a wait for quiet would wait for itself.

use std::any::Any;
use std::backtrace::Backtrace;
use std::borrow::Cow;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::thread;

use crate::report::place::Place;
use crate::thread::body;
use crate::thread::noted::{self, NO_TEXT, Noted};

/// Runs user code, and returns the message of its panic, which only the panic hook has printed: see [`catch_to_report`].
///
/// Unwind safety is asserted: the caller drops what the code touched, and never reads it.
pub(crate) fn catch<R>(code: impl FnOnce() -> R) -> Result<R, Panic> {
    // No guard, because nothing unwinds here: a guard would add 40 instructions to each launch in place of 2.
    let nested = body::call();
    let result = catch_unwind(AssertUnwindSafe(code));
    body::returned(nested);
    result.map_err(|payload| Panic::from_payload(payload, None))
}

/// Runs user code whose panic the caller reports; with [`hook_panics`](crate::hook_panics), no panic hook prints it.
#[inline]
pub(crate) fn catch_to_report<R>(code: impl FnOnce() -> R) -> Result<R, Panic> {
    let nested = body::call_reported();
    let result = catch_unwind(AssertUnwindSafe(code));
    if body::returned(nested) {
        return take_noted(result);
    }
    result.map_err(|payload| Panic::from_payload(payload, None))
}

/// Adds what the hook has noted to the result of a call. Not inlined, so that the result of a call without a panic stays in
/// registers.
#[cold]
#[inline(never)]
fn take_noted<R>(result: thread::Result<R>) -> Result<R, Panic> {
    match result {
        Ok(value) => {
            noted::take(None);
            Ok(value)
        }
        Err(payload) => {
            let noted = noted::take(Some(&*payload));
            Err(Panic::from_payload(payload, noted))
        }
    }
}

/// Resumes a caught panic, without calling the panic hook.
pub(crate) fn resume(panic: &Panic) -> ! {
    resume_unwind(Box::new(panic.message().to_owned()))
}

/// A caught panic, reduced to its message and place. Boxed, so that it does not enlarge the `Result` of code that did not
/// panic.
#[derive(Debug)]
pub(crate) struct Panic(Box<Caught>);

#[derive(Debug)]
struct Caught {
    message: Cow<'static, str>,
    noted: Option<Box<Noted>>,
}

impl Panic {
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// Returns where it panicked, if the hook has noted that.
    pub(crate) fn place(&self) -> Option<Place<'_>> {
        Some(self.0.noted.as_ref()?.place())
    }

    pub(crate) fn backtrace(&self) -> Option<&Backtrace> {
        self.0.noted.as_ref()?.backtrace()
    }

    #[cold]
    fn from_payload(payload: Box<dyn Any + Send>, noted: Option<Box<Noted>>) -> Self {
        let message = match payload.downcast::<String>() {
            Ok(text) => Cow::Owned(*text),
            Err(payload) => {
                let literal = payload.downcast_ref::<&'static str>().copied();
                discard(payload);
                Cow::Borrowed(literal.unwrap_or(NO_TEXT))
            }
        };
        Self(Box::new(Caught { message, noted }))
    }
}

/// Writes `panicked at src/mail.rs:12: no route`, or the same without the place.
impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("panicked")?;
        if let Some(place) = self.place() {
            write!(f, " at {place}")?;
        }
        write!(f, ": {}", self.message())
    }
}

/// Drops a payload, whose destructor may panic. The payload of that second panic is leaked, because its destructor may panic
/// again, without an end.
fn discard(payload: Box<dyn Any + Send>) {
    let nested = body::call();
    if let Err(second) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(second);
    }
    body::returned(nested);
}
