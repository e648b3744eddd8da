//! Return types that a launched function may have, and how each value ends the launch.

use std::convert::Infallible;
use std::fmt::Display;

use crate::account::end::End;
use crate::account::in_flight::InFlight;
use crate::thread::unwind;

/// A return type that loses nothing when the launch ends: `()`, `!` or `Result<(), E>`.
#[diagnostic::on_unimplemented(
    message = "a launched function returns `()`, `!` or `Result<(), E>`, not `{Self}`",
    label = "this value would be thrown away: no caller waits for it",
    note = "return `()` or `Result<(), E>`, and send the value through a channel inside the body"
)]
pub trait Outcome<E>: Sized {
    /// Converts the value into a result.
    ///
    /// # Errors
    ///
    /// If the body returned an error.
    fn into_result(self) -> Result<(), E>;

    /// Ends the launch with this value. `report` formats an error.
    #[inline]
    fn settle(self, launch: &InFlight, report: fn(E, &InFlight) -> End) -> End {
        match self.into_result() {
            Ok(()) => End::Ok,
            Err(error) => report(error, launch),
        }
    }

    /// Ends the launch with this value; the handler of `on_error` takes an error in place of the observer.
    ///
    /// The handler is a `dyn Fn(E)`: with `impl Fn(E)`, the compiler would suggest a closure for a handler that does
    /// not fit, and `on_error` takes no closure.
    #[inline]
    fn settle_with(self, launch: &InFlight, handler: &dyn Fn(E)) -> End {
        match self.into_result() {
            Ok(()) => End::Ok,
            Err(error) => handle(error, launch, handler),
        }
    }
}

/// Calls the user's error handler. A panic in it is caught and reported, or reaches the test that runs the launch.
#[cold]
#[inline(never)]
fn handle<E>(error: E, launch: &InFlight, handler: &dyn Fn(E)) -> End {
    if launch.is_outside() {
        handler(error);
    } else if let Err(panic) = unwind::catch_to_report(|| handler(error)) {
        launch.report_panic(&panic);
    }
    End::Handled
}

#[diagnostic::do_not_recommend]
impl Outcome<Infallible> for () {
    fn into_result(self) -> Result<(), Infallible> {
        Ok(())
    }
}

/// Stands for `!`: an `impl` for `!` itself would make the compiler infer `!` for any value.
#[diagnostic::do_not_recommend]
impl Outcome<Self> for Infallible {
    fn into_result(self) -> Result<(), Self> {
        Err(self)
    }
}

#[diagnostic::do_not_recommend]
impl<E> Outcome<E> for Result<(), E> {
    fn into_result(self) -> Self {
        self
    }
}

/// An error that can be shown in a report.
#[diagnostic::on_unimplemented(
    message = "the error `{Self}` cannot be reported, because it does not implement `Display`",
    label = "this error would not be reported",
    note = "implement `Display` for it, or name a function that takes it: `on_error = handler`"
)]
pub trait Reported: Sized {
    /// See [`report`].
    fn report(self, launch: &InFlight) -> End;
}

#[diagnostic::do_not_recommend]
impl<E: Display> Reported for E {
    #[inline]
    fn report(self, launch: &InFlight) -> End {
        report(self, launch)
    }
}

/// Formats the error, and drops it.
///
/// rustc prints the line of the bound when a function returns a generic error that is not `Display`.
#[cold]
#[inline(never)]
pub fn report<E>(error: E, launch: &InFlight) -> End
where
    E: Display, // to be reported, unless a function takes it: `on_error = handler`
{
    // `{:#}` makes `anyhow` and `eyre` print the whole chain of causes. The text is made here, so that no observer
    // runs a `Display` that panics.
    let text = unwind::catch_to_report(|| format!("{error:#}"))
        .unwrap_or_else(|panic| format!("an error whose `Display` {panic}"));
    launch.discard(error);
    End::Failed(Box::new(text))
}
