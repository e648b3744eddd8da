//! What a body may return, and how that ends its launch.

use std::convert::Infallible;
use std::fmt::Display;

use crate::account::end::End;
use crate::account::in_flight::InFlight;
use crate::thread::unwind;

/// A return type that says all there is to say: `()`, `!` or `Result<(), E>`.
#[diagnostic::on_unimplemented(
    message = "a launched function returns `()`, `!` or `Result<(), E>`, not `{Self}`",
    label = "this value would be thrown away: no caller waits for it",
    note = "return `()` or `Result<(), E>`, and send the value through a channel inside the body"
)]
pub trait Outcome<E>: Sized {
    /// What it comes to.
    ///
    /// # Errors
    ///
    /// When it is an error.
    fn into_result(self) -> Result<(), E>;

    /// How the launch ends: as the value says. An error goes to `report`, which puts it into words.
    #[inline]
    fn settle(self, launch: &InFlight, report: fn(E, &InFlight) -> End) -> End {
        match self.into_result() {
            Ok(()) => End::Ok,
            Err(error) => report(error, launch),
        }
    }

    /// The same of a function with `on_error`: its handler takes the error instead of the observer.
    ///
    /// The handler is no `impl Fn(E)`: for one that does not fit, the compiler would propose a closure, which
    /// `on_error` does not take.
    #[inline]
    fn settle_with(self, launch: &InFlight, handler: &dyn Fn(E)) -> End {
        match self.into_result() {
            Ok(()) => End::Ok,
            Err(error) => handle(error, launch, handler),
        }
    }
}

/// Gives the error to its handler, which is the user's: a panic in it goes no further than a report, or to the test that
/// runs the launch.
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

/// Stands for `!`, whose values the compiler would take for anything.
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

/// An error that a report can show.
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

/// Puts the error into words, and drops it.
///
/// The compiler shows the line of the bound to whoever returns a generic error that does not meet it.
#[cold]
#[inline(never)]
pub fn report<E>(error: E, launch: &InFlight) -> End
where
    E: Display, // to be reported, unless a function takes it: `on_error = handler`
{
    // `{:#}` is how `anyhow` and `eyre` print the whole chain of causes. Rendered here, so that an observer never runs
    // a `Display` that panics.
    let text = unwind::catch_to_report(|| format!("{error:#}"))
        .unwrap_or_else(|panic| format!("an error whose `Display` {panic}"));
    launch.discard(error);
    End::Failed(Box::new(text))
}
