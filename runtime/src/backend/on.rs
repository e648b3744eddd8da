//! How an `async fn` is launched on the backend of a path: the compiler finds out whether that is an executor.
//!
//! [`On`] has the launching methods if its backend is an [`Executor`], and dereferences to [`Blocking`], which has methods
//! of the same names for any backend. Method lookup takes the first that fits. The names begin with two underscores, so
//! that no trait of the user's has them. Bounds decide which method fits, so both have them written out.

use std::marker::PhantomData;
use std::ops::Deref;

use crate::__private::{blocking, launch, launch_or_reject, spawn, spawn_again, spawn_or_reject};
use crate::account::end::End;
use crate::account::in_flight::InFlight;
use crate::account::site::Site;
use crate::backend::{Backend, Executor};
use crate::launch::launch::start_again;
use crate::launch::on_full::OnFull;
use crate::launch::rejected::Rejected;
use crate::launch::restart::AsyncRestarting;
use crate::task::work::{MakeFuture, Work};

/// Launches an `async fn` on a `B`: as a task if `B` is an executor, and by [`Blocking`] if not.
#[derive(Debug)]
pub struct On<B>(PhantomData<B>);

/// Launches an `async fn` where a thread blocks on its future.
#[derive(Debug)]
pub struct Blocking(());

/// The value whose methods launch on a backend of this type.
#[must_use]
pub const fn on<B>(_: &'static B) -> On<B> {
    On(PhantomData)
}

impl<B> Deref for On<B> {
    type Target = Blocking;

    fn deref(&self) -> &Blocking {
        &Blocking(())
    }
}

impl<E: Executor> On<E> {
    /// Launches the future as a task.
    #[inline]
    #[track_caller]
    pub fn __launch<L, M, S>(
        &self,
        site: L,
        backend: &'static E,
        limit: Option<usize>,
        body: M,
        settle: S,
    ) where
        L: Fn() -> &'static Site + Send + 'static,
        M: MakeFuture + Send + 'static,
        M::Args: 'static,
        M::Future: Send + 'static, // on a backend that is no `Executor`, it need not be `Send`
        S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
    {
        spawn(site, backend, limit, body, settle);
    }

    /// Launches the future as a task; a refusal gives the arguments back.
    ///
    /// # Errors
    ///
    /// When the launch is refused.
    #[inline]
    #[track_caller]
    pub fn __launch_or_reject<L, M, S>(
        &self,
        site: L,
        backend: &'static E,
        limit: Option<usize>,
        body: M,
        settle: S,
    ) -> Result<(), Rejected<M::Args>>
    where
        L: Fn() -> &'static Site + Send + 'static,
        M: MakeFuture + Send + 'static,
        M::Args: 'static,
        M::Future: Send + 'static, // on a backend that is no `Executor`, it need not be `Send`
        S: Fn(<M::Future as Future>::Output, &InFlight) -> End + Send + 'static,
    {
        spawn_or_reject(site, backend, limit, body, settle)
    }

    /// Launches a daemon again, as a task.
    pub fn __launch_again<M, L, S>(&self, it: AsyncRestarting<M, E, L, S>)
    where
        M: MakeFuture + Clone + Send + 'static,
        M::Future: Send + 'static,
        L: Fn() -> &'static Site + Clone + Send + 'static,
        S: Fn(
                <<AsyncRestarting<M, E, L, S> as MakeFuture>::Future as Future>::Output,
                &InFlight,
            ) -> End
            + Clone
            + Send
            + 'static,
    {
        spawn_again(it);
    }
}

impl Blocking {
    /// Launches the body on a thread, which blocks on the future.
    #[inline]
    #[track_caller]
    pub fn __launch<L, B, W, S>(
        &self,
        site: L,
        backend: &'static B,
        limit: Option<usize>,
        work: W,
        settle: S,
    ) where
        L: Fn() -> &'static Site + Send + 'static,
        B: Backend,
        W: Work,
        W::Args: 'static,
        S: FnOnce(W::Output, &InFlight) -> End + Send + 'static,
    {
        launch(site, backend, OnFull::Drop, limit, blocking(work), settle);
    }

    /// Launches the body on a thread, which blocks on the future; a refusal gives the arguments back.
    ///
    /// # Errors
    ///
    /// When the launch is refused.
    #[inline]
    #[track_caller]
    pub fn __launch_or_reject<L, B, W, S>(
        &self,
        site: L,
        backend: &'static B,
        limit: Option<usize>,
        work: W,
        settle: S,
    ) -> Result<(), Rejected<W::Args>>
    where
        L: Fn() -> &'static Site + Send + 'static,
        B: Backend,
        W: Work,
        W::Args: 'static,
        S: FnOnce(W::Output, &InFlight) -> End + Send + 'static,
    {
        launch_or_reject(site, backend, limit, blocking(work), settle)
    }

    /// Launches a daemon again, on a thread, which blocks on the future.
    pub fn __launch_again<M, B, L, S>(&self, it: AsyncRestarting<M, B, L, S>)
    where
        M: MakeFuture + Clone + Send + 'static,
        B: Backend,
        L: Fn() -> &'static Site + Clone + Send + 'static,
        S: FnOnce(<AsyncRestarting<M, B, L, S> as Work>::Output, &InFlight) -> End
            + Clone
            + Send
            + 'static,
    {
        start_again(it.0.start(), blocking(it));
    }
}
