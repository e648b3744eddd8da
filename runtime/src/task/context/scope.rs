//! Runs code in a context. The scope of the context is the user's, and may panic before it calls the code, or after.
//!
//! A panic before the code means that a body has panicked ([`run`]), while other code runs without the context
//! ([`run_anyway`]). A panic after the code is returned beside the result. In both cases the context is dropped, and the rest
//! of the launch runs without it. A panic of the code is caught inside the scope, so the scope never unwinds because of it.

use std::task::Poll;

use super::Contexts;
use crate::thread::unwind::{self, Panic};

/// The result of code that was given to a context.
pub(crate) struct Ran<R> {
    pub(crate) result: Result<R, Panic>,
    /// A second panic: of the scope after the code, or of the destructor of a body that did not run.
    pub(crate) also: Option<Panic>,
}

impl<R> Ran<R> {
    /// Asks whether the body has ended; an `Err` goes on, and is returned as such.
    ///
    /// A body that would go on ends here if the scope has panicked.
    pub(super) fn ended<T, G>(self, ask: impl FnOnce(R) -> Result<T, G>) -> Result<Ran<T>, G> {
        let Self { result, also } = self;
        let (result, also) = match (result.map(ask), also) {
            (Ok(Err(goes_on)), None) => return Err(goes_on),
            (Ok(Err(_)), Some(panic)) => (Err(panic), None),
            (Ok(Ok(value)), also) => (Ok(value), also),
            (Err(panic), also) => (Err(panic), also),
        };
        Ok(Ran { result, also })
    }
}

impl<R> Ran<Poll<R>> {
    /// Returns `Pending` if the polled future goes on, under the rule of `ended`.
    pub(crate) fn ready(self) -> Poll<Ran<R>> {
        let ended = self.ended(|polled| match polled {
            Poll::Ready(value) => Ok(value),
            Poll::Pending => Err(()),
        });
        ended.map_or(Poll::Pending, Poll::Ready)
    }
}

/// Runs a body. A scope that panics first counts as a panic of the body, which is dropped.
///
/// A context whose scope panics is dropped and set to `None`.
pub(crate) fn run<C: Contexts, R>(context: &mut Option<C>, body: impl FnOnce() -> R) -> Ran<R> {
    enter(context, body, |body, panic| Ran {
        result: Err(panic),
        also: unwind::catch_to_report(|| drop(body)).err(),
    })
}

/// Runs code that has to run in any case: without the context if the scope panics first.
pub(crate) fn run_anyway<C: Contexts, R>(
    context: &mut Option<C>,
    code: impl FnOnce() -> R,
) -> Ran<R> {
    enter(context, code, |code, panic| Ran {
        result: unwind::catch_to_report(code),
        also: Some(panic),
    })
}

/// Runs code in the context, if there is one; calls `left` with code that the scope did not call, and the scope's panic.
fn enter<C, R, F>(context: &mut Option<C>, code: F, left: impl FnOnce(F, Panic) -> Ran<R>) -> Ran<R>
where
    C: Contexts,
    F: FnOnce() -> R,
{
    let Some(scope) = context else {
        return Ran {
            result: unwind::catch_to_report(code),
            also: None,
        };
    };
    let (mut code, mut result) = (Some(code), None);
    let entered = unwind::catch_to_report(|| {
        scope.enter(&mut || result = code.take().map(unwind::catch_to_report));
    });
    if entered.is_err() {
        // Caught: the destructor of a context is the user's, and this one's scope has panicked before.
        let _ = unwind::catch(|| drop(context.take()));
    }
    match (result, code, entered) {
        (Some(result), _, entered) => Ran {
            result,
            also: entered.err(),
        },
        (None, Some(code), Err(panic)) => left(code, panic),
        (None, ..) => unreachable!("a scope returns what its code returns, and nothing else"),
    }
}
