//! The end of a body with a context: its value is turned into an end, and reported, inside the context.
//!
//! The body returns its context with its value, as `Finished`. An error's `Display` and the error handler are the
//! user's code and run in the context; so does the report, for which the context travels on in `End::Within`. An end
//! without a report drops the context at once.

use super::{Contexts, Kept, Ran, run_anyway};
use crate::account::end::{End, Ended};
use crate::account::in_flight::InFlight;
#[cfg(feature = "durable")]
use crate::thread::unwind;
use crate::thread::unwind::Panic;

/// The value of a body, and the context that the body ran in.
#[derive(Debug)]
pub struct Finished<C, T> {
    /// `None` if its scope has panicked.
    context: Option<C>,
    value: Result<T, Panic>,
    also: Option<Panic>,
}

impl<C: Contexts, T> Finished<C, T> {
    pub(super) fn new(context: Option<C>, Ran { result, also }: Ran<T>) -> Self {
        Self {
            context,
            value: result,
            also,
        }
    }

    fn settle(self, in_flight: &InFlight, settle: impl FnOnce(T, &InFlight) -> End) -> End {
        let Self {
            mut context,
            value,
            mut also,
        } = self;
        let mut end = value.and_then(|value| {
            let ran = run_anyway(&mut context, || settle(value, in_flight));
            also = also.take().or(ran.also);
            ran.result
        });
        match also {
            // Panics of a captured launch reach the test that runs it.
            Some(panic) if in_flight.is_outside() => end = Err(panic),
            Some(panic) => in_flight.report_panic(&panic),
            None => {}
        }
        #[cfg(feature = "durable")]
        if let (Ok(End::Recorded(recorded)), Some(written)) = (&mut end, &context) {
            match unwind::catch_to_report(|| written.record(&mut recorded.record)) {
                Ok(()) => recorded.record.keep(context.take().map(Kept::new)),
                Err(panic) => end = Err(panic),
            }
        }
        match end {
            Ok(end @ (End::Failed(_) | End::Returned | End::Within(_))) => within(Ok(end), context),
            Ok(end) => {
                in_flight.discard(context);
                end
            }
            Err(panic) => within(Err(panic), context),
        }
    }
}

fn within(end: Result<End, Panic>, context: Option<impl Contexts>) -> End {
    End::Within(Box::new(Ended {
        end,
        context: context.map(Kept::new),
    }))
}

/// Wraps `settle`, which turns a value into an end, so that it runs in the context.
pub fn settle_within<C, T, S>(
    settle: S,
) -> impl Fn(Finished<C, T>, &InFlight) -> End + Send + 'static
where
    C: Contexts,
    S: Fn(T, &InFlight) -> End + Send + 'static,
{
    move |finished, in_flight| finished.settle(in_flight, &settle)
}
