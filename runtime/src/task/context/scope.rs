//! Runs code in a context, whose scope is code of the user's: it may panic before the code runs, and after.

use std::task::Poll;

use super::Contexts;
use crate::thread::unwind::{self, Panic};

/// What came of code that was to run in a context.
pub(crate) struct Ran<R> {
    pub(crate) result: Result<R, Panic>,
    /// Another panic: of the scope, or of what did not run when it was dropped.
    pub(crate) also: Option<Panic>,
}

impl<R> Ran<R> {
    /// Asks whether the body has ended. One that would go on does not, if the scope has panicked.
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
    /// The same of a future that was polled.
    pub(crate) fn ready(self) -> Poll<Ran<R>> {
        let ended = self.ended(|polled| match polled {
            Poll::Ready(value) => Ok(value),
            Poll::Pending => Err(()),
        });
        ended.map_or(Poll::Pending, Poll::Ready)
    }
}

/// Runs a body. If the scope panics first, the body has panicked, and is dropped.
///
/// A context whose scope panics is dropped, too: it is in force no more.
pub(crate) fn run<C: Contexts, R>(context: &mut Option<C>, body: impl FnOnce() -> R) -> Ran<R> {
    enter(context, body, |body, panic| Ran {
        result: Err(panic),
        also: unwind::catch_to_report(|| drop(body)).err(),
    })
}

/// Runs what has to run in any case. If the scope panics first, it runs without the context.
pub(crate) fn run_anyway<C: Contexts, R>(
    context: &mut Option<C>,
    code: impl FnOnce() -> R,
) -> Ran<R> {
    enter(context, code, |code, panic| Ran {
        result: unwind::catch_to_report(code),
        also: Some(panic),
    })
}

/// Runs code in the context, if there is one; `left` sees to code that did not run.
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
        // By itself: it is the user's, and has panicked before.
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
