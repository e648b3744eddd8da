//! What a body may return, and how that ends its launch.

use std::convert::Infallible;
use std::fmt::Display;

use crate::in_flight::InFlight;
use crate::unwind;

/// A return type that says all there is to say: `()`, `!` or `Result<(), E>`.
#[diagnostic::on_unimplemented(
    message = "a launched function returns `()`, `!` or `Result<(), E>`, not `{Self}`",
    label = "this value would be thrown away: nobody waits for it",
    note = "send the value through a channel, or store it where it is needed, from inside the body"
)]
pub trait Outcome: Sized {
    /// Ends the launch in the class that the value stands for.
    fn settle(self, launch: InFlight);
}

impl Outcome for () {
    fn settle(self, launch: InFlight) {
        launch.ok();
    }
}

/// Stands for `!`, which cannot be named on stable.
impl Outcome for Infallible {
    fn settle(self, _: InFlight) {
        match self {}
    }
}

impl<E: Display> Outcome for Result<(), E> {
    fn settle(self, launch: InFlight) {
        match self {
            Ok(()) => launch.ok(),
            Err(error) => {
                // `{:#}` is how `anyhow` and `eyre` print the whole chain of causes. Rendered here, so that an
                // observer never runs a `Display` that panics.
                let text = unwind::catch(|| format!("{error:#}"))
                    .unwrap_or_else(|panic| format!("an error whose `Display` panicked: {panic}"));
                launch.discard(error);
                launch.failed(&text);
            }
        }
    }
}

/// Ends the launch of a function with `on_error`: its handler takes the error instead of the observer.
pub fn settle_with<E>(outcome: Result<(), E>, launch: InFlight, handler: impl FnOnce(E)) {
    match outcome {
        Ok(()) => launch.ok(),
        Err(error) => {
            if let Err(panic) = unwind::catch(|| handler(error)) {
                launch.report_panic(&panic);
            }
            launch.failed_and_handled();
        }
    }
}
