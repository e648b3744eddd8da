//! The observer that turns reports into `tracing` events.

use ::tracing::dispatcher::{self, Dispatch};
use ::tracing::field::display;
use ::tracing::subscriber::NoSubscriber;

use super::event::Event;
use super::report::Report;
use super::set::Observer;
use super::stderr;

/// Turns each report into an event, with the feature `tracing`: `ERROR` for failed and panicked launches, `WARN` for lost and refused
/// ones. Inside a [`Limited`](crate::observer::Limited), it makes at most ten a second, and a `WARN` that says how many were left out.
///
/// The message is the [`Event`](crate::Event), with the line of a panic [if it is known](crate::hook_panics). The fields are
/// `function`, `backend` and `launched_at` (file and line). The target is the module of the function, as if the event came from its
/// body.
///
/// An event is in the span of its launch. A refused launch has no span, so its event is in the caller's span.
///
/// If the thread has no subscriber, the report goes to standard error. If a subscriber filters the event out, it does not.
///
/// # Examples
///
/// ```
/// use fire_and_forget::{fire_and_forget, observer};
///
/// #[fire_and_forget]
/// fn welcome(to: String) -> Result<(), String> {
///     Err(format!("no route to {to}"))
/// }
///
/// tracing_subscriber::fmt().with_writer(std::io::stderr).init();
/// fire_and_forget::set_observer(observer::Tracing)?;
///
/// let _request = tracing::info_span!("request").entered();
/// // ERROR app::welcome{…}: app: failed: no route to ada function="app::welcome" backend="pool" …
/// welcome("ada".into());
/// # fire_and_forget::flush(std::time::Duration::from_secs(5)).wait()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Tracing;

impl Observer for Tracing {
    fn report(&self, report: &Report<'_>) {
        // This check comes first: without a subscriber on this thread, other subscribers must not be asked about the
        // callsite.
        if dispatcher::get_default(Dispatch::is::<NoSubscriber>) {
            return stderr::write(report);
        }
        let callsites = report.site().callsites();
        let callsite = match report.event() {
            Event::Failed(_) | Event::Returned | Event::Dropped | Event::Panicked(_) => {
                &callsites.error
            }
            #[cfg(feature = "durable")]
            Event::GivenUp { .. } => &callsites.error,
            Event::Lost(_) | Event::Refused(_) | Event::LeftOut(_) => &callsites.warning,
        };
        let wanted = callsite.wanted();
        let message = display(report.told());
        // The check is repeated where the event is sent, because the subscriber of a thread may change between two
        // calls.
        let is_told = dispatcher::get_default(|dispatch| {
            if dispatch.is::<NoSubscriber>() {
                return false;
            }
            if let Some(wanted) = wanted {
                let (on, at) = (report.backend(), report.launched_at());
                wanted.tell(dispatch, on, at, Some(&message), |metadata, values| {
                    dispatch.event(&::tracing::Event::new(metadata, values));
                });
            }
            true
        });
        if !is_told {
            stderr::write(report);
        }
    }
}
