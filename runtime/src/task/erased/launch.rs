//! The body of a launch that a thread runs: a `fn`, or an `async fn` on whose future the thread blocks.

use super::Body;
use crate::account::end::End;
use crate::account::in_flight::InFlight;
use crate::account::site::Site;
use crate::backend::lane::Runtime;
use crate::task::work::Work;
use crate::thread::body;

/// A launch with its types, without its guard: the site, the body with its arguments, and the closure that turns the body's
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
    fn run(self, in_flight: &mut InFlight, left: &mut dyn FnMut(), _: Option<&Runtime>) -> End {
        left();
        let Self { work, settle, .. } = self;
        in_flight.start();
        in_flight.in_span(|| {
            let _daemon =
                const { W::IS_DAEMON }.then(|| body::enter_daemon(in_flight.site().marks()));
            settle(work.execute(), in_flight)
        })
    }

    #[inline]
    unsafe fn site(this: *const Self) -> &'static Site {
        // SAFETY: the caller promises that `this` may be read. Only the closure `site` is borrowed, which the attribute
        // writes and which captures a `&'static Site` at most, so the reference covers no `Cell`.
        (unsafe { &(*this).site })()
    }
}
