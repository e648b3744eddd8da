//! Wrappers that carry the context of a launch with its body, which runs, is polled and is dropped in that context.
//!
//! `Within` wraps the body before it runs, `Scoped` wraps its future. Each takes the context out once: with the value of the
//! body (`Finished`), or in its destructor, which drops the body in the context and then leaves the context for the
//! report.

use std::pin::Pin;
use std::task::{Context as Waiter, Poll};
use std::thread;

use pin_project_lite::pin_project;

use super::kept::leave;
use super::{Contexts, Finished, Ran, run, run_anyway};
use crate::task::work::{MakeFuture, Work};
#[cfg(feature = "testing")]
use crate::testing::store::Begun;
use crate::thread::unwind;

/// A body with its arguments, and the context of its launch.
#[derive(Debug)]
pub struct Within<C: Contexts, W> {
    /// `None` once it has been taken out, with the body.
    context: Option<C>,
    body: Option<W>,
}

/// Puts a body into a context.
pub fn within<C: Contexts, W>(context: C, body: W) -> Within<C, W> {
    Within {
        context: Some(context),
        body: Some(body),
    }
}

impl<C: Contexts, W> Within<C, W> {
    fn into_parts(mut self) -> (Option<C>, W) {
        match self.body.take() {
            Some(body) => (self.context.take(), body),
            None => unreachable!("it is taken out once, by value"),
        }
    }

    /// Returns the body, and drops the context. A panic of the context's destructor, which is the user's, is swallowed.
    fn into_body(self) -> W {
        let (context, body) = self.into_parts();
        let _ = unwind::catch(|| drop(context));
        body
    }
}

impl<C: Contexts, W: Work> Work for Within<C, W> {
    type Output = Finished<C, W::Output>;
    type Args = W::Args;

    const IS_DAEMON: bool = W::IS_DAEMON;

    fn execute(self) -> Self::Output {
        let (mut context, body) = self.into_parts();
        let ran = run(&mut context, || body.execute());
        Finished::new(context, ran)
    }

    fn give_back(self) -> Option<W::Args> {
        self.into_body().give_back()
    }

    #[cfg(feature = "testing")]
    fn begin(self) -> Begun<Self::Output> {
        let (mut context, body) = self.into_parts();
        let begun = run(&mut context, || body.begin());
        let ended = begun.ended(|begun| match begun {
            Begun::Ended(value) => Ok(value),
            Begun::Awaits(future) => Err(future),
        });
        match ended {
            Ok(ran) => Begun::Ended(Finished::new(context, ran)),
            Err(future) => Begun::Awaits(Box::pin(Scoped::new(context, future))),
        }
    }
}

impl<C: Contexts, M: MakeFuture> MakeFuture for Within<C, M> {
    type Future = Scoped<C, M::Future>;
    type Args = M::Args;

    fn make(self) -> Self::Future {
        let (context, body) = self.into_parts();
        // No code of the user's runs while the future is made, so none runs outside the context.
        Scoped::new(context, body.make())
    }

    fn give_back(self) -> Option<M::Args> {
        self.into_body().give_back()
    }
}

impl<C: Contexts, W> Drop for Within<C, W> {
    fn drop(&mut self) {
        if let Some(body) = self.body.take() {
            drop_within(self.context.take(), || drop(body));
        }
    }
}

pin_project! {
    /// A future that is polled in a context.
    #[derive(Debug)]
    pub struct Scoped<C: Contexts, F> {
        // `None` once it has been taken out.
        context: Option<C>,
        #[pin]
        future: Option<F>,
    }

    impl<C: Contexts, F> PinnedDrop for Scoped<C, F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            if let Some(context) = this.context.take() {
                drop_within(Some(context), || this.future.set(None));
            }
        }
    }
}

impl<C: Contexts, F> Scoped<C, F> {
    fn new(context: Option<C>, future: F) -> Self {
        Self {
            context,
            future: Some(future),
        }
    }
}

impl<C: Contexts, F: Future> Future for Scoped<C, F> {
    type Output = Finished<C, F::Output>;

    fn poll(self: Pin<&mut Self>, waiter: &mut Waiter<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(future) = this.future.as_pin_mut() else {
            unreachable!("it is there until it is dropped")
        };
        let polled = run(this.context, || future.poll(waiter));
        let ended = polled.ready();
        ended.map(|ran| Finished::new(this.context.take(), ran))
    }
}

/// Drops a body in its context, and leaves the context for the report.
///
/// Called by destructors. A panic is passed on, unless the thread unwinds already: a second one would abort the process.
fn drop_within<C: Contexts>(mut context: Option<C>, drop: impl FnOnce()) {
    let Ran { result, also } = run_anyway(&mut context, drop);
    let left = unwind::catch_to_report(|| context.map_or((), leave));
    let panic = result.err().or(also).or(left.err());
    if let Some(panic) = panic
        && !thread::panicking()
    {
        unwind::resume(&panic);
    }
}
