//! The span of one launch: opened when the launch is admitted, closed before it is counted as ended.

use super::guard::InFlight;
#[cfg(not(feature = "durable"))]
use crate::account::site::Site;
#[cfg(feature = "durable")]
pub(super) use crate::durable::launched_at;
#[cfg(not(feature = "durable"))]
use crate::report::place::Place;

#[cfg_attr(
    not(feature = "tracing"),
    expect(clippy::unused_self, reason = "there are spans with the feature alone")
)]
impl InFlight {
    #[inline]
    pub(crate) fn open_span(&mut self) {
        #[cfg(feature = "tracing")]
        launched_at(self.site, self.launched_at.into(), |place| {
            self.ticket.traced.open(self.site, place);
        });
    }

    /// Opens the span of a durable job, linked to the span that is described by this text.
    #[cfg(feature = "durable")]
    #[cfg_attr(not(feature = "tracing"), expect(unused_variables))]
    pub(crate) fn open_span_of_job(&mut self, launched_in: Option<&str>) {
        #[cfg(feature = "tracing")]
        launched_at(self.site, self.launched_at.into(), |place| {
            self.ticket
                .traced
                .open_of_job(self.site, place, launched_in);
        });
    }

    /// Returns the description of the span in which the job was launched.
    #[cfg(feature = "durable")]
    pub(crate) fn launched_in(&self) -> Option<&str> {
        #[cfg(feature = "tracing")]
        return self.ticket.traced.launched_in();
        #[cfg(not(feature = "tracing"))]
        None
    }

    /// Runs code in the span of this launch, if it has one.
    #[inline]
    pub(crate) fn in_span<R>(&self, code: impl FnOnce() -> R) -> R {
        #[cfg(feature = "tracing")]
        let _entered = self.ticket.traced.enter();
        code()
    }

    #[inline]
    pub(super) fn close_span(&mut self) {
        #[cfg(feature = "tracing")]
        self.ticket.traced.close();
    }
}

/// Only a durable job may have been launched in another place than its guard says.
#[cfg(not(feature = "durable"))]
#[inline]
pub(super) fn launched_at<R>(_: &Site, here: Place<'_>, with: impl FnOnce(Place<'_>) -> R) -> R {
    with(here)
}
