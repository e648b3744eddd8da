//! A body that has come to its end in a context, in which it is settled and reported.

use super::{Contexts, Kept, Ran, run_anyway};
use crate::account::in_flight::InFlight;
use crate::account::outcome::End;
#[cfg(feature = "durable")]
use crate::thread::unwind;
use crate::thread::unwind::Panic;

/// What a body came to, and the context that it ran in.
#[derive(Debug)]
pub struct Finished<C, T> {
    /// None: its scope has panicked.
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
            // It reaches the test that runs the launch.
            Some(panic) if in_flight.is_outside() => end = Err(panic),
            Some(panic) => in_flight.report_panic(&panic),
            None => {}
        }
        #[cfg(feature = "durable")]
        if let (Ok(End::Recorded(record)), Some(written)) = (&mut end, &context) {
            match unwind::catch_to_report(|| written.record(record)) {
                Ok(()) => record.keep(context.take().map(Kept::new)),
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

/// How a body ended, and the context to report it in.
#[derive(Debug)]
pub struct Ended {
    pub(crate) end: Result<End, Panic>,
    pub(crate) context: Option<Kept>,
}

fn within(end: Result<End, Panic>, context: Option<impl Contexts>) -> End {
    End::Within(Box::new(Ended {
        end,
        context: context.map(Kept::new),
    }))
}

/// Turns what the body came to into an end, in the context.
pub fn settle_within<C, T, S>(
    settle: S,
) -> impl Fn(Finished<C, T>, &InFlight) -> End + Send + 'static
where
    C: Contexts,
    S: Fn(T, &InFlight) -> End + Send + 'static,
{
    move |finished, in_flight| finished.settle(in_flight, &settle)
}
