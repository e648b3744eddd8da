//! The body of a launch on a backend.

use super::Body;
use crate::account::in_flight::InFlight;
use crate::account::outcome::End;
use crate::account::site::Site;
use crate::task::work::Work;
use crate::thread::body;

/// A launch with its type, but for the guard: the function, the body with its arguments, and what turns the body's
/// value into an end.
#[derive(Debug)]
pub(crate) struct Launch<L, W, S> {
    pub(crate) site: L,
    pub(crate) work: W,
    pub(crate) settle: S,
}

impl<L, W, S> Body for Launch<L, W, S>
where
    L: Fn() -> &'static Site + Send + 'static,
    W: Work,
    S: FnOnce(W::Output, &InFlight) -> End + Send + 'static,
{
    const IS_DAEMON: bool = W::IS_DAEMON;

    #[inline]
    fn run(self, in_flight: &mut InFlight, left: &mut dyn FnMut()) -> End {
        left();
        let Self { work, settle, .. } = self;
        in_flight.start();
        in_flight.in_span(|| {
            let _daemon = const { W::IS_DAEMON }.then(|| body::enter_daemon(in_flight.site()));
            settle(work.execute(), in_flight)
        })
    }

    #[inline]
    unsafe fn site(this: *const Self) -> &'static Site {
        // SAFETY: the caller's promise. The closure alone is borrowed, which the attribute writes and which keeps a site at most.
        (unsafe { &(*this).site })()
    }
}
