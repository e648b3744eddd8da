//! Whether the backend of a path has a thread for a daemon: the compiler finds out, and says it at the path. The methods have
//! names that no trait of the user's has.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::LazyLock;

use crate::backend::Pool;

/// Underlines the path to a pool.
pub fn must_suit_a_daemon(_: &dyn SuitsADaemon) {}

/// Asks the compiler. It has the method `__threads` of [`SharedThreads`] where the backend is a [`Pool`], and otherwise that of any.
#[must_use]
pub const fn threads_of<B>(_: &'static B) -> ThreadsOf<B> {
    ThreadsOf(OwnThreads(()), PhantomData)
}

/// See [`threads_of`].
#[derive(Debug)]
pub struct ThreadsOf<B>(OwnThreads, PhantomData<B>);

impl<B: IsPool> ThreadsOf<B> {
    /// Those of a pool.
    #[must_use]
    pub fn __threads(&self) -> &SharedThreads<B> {
        &SharedThreads(PhantomData)
    }
}

impl<B> Deref for ThreadsOf<B> {
    type Target = OwnThreads;

    fn deref(&self) -> &OwnThreads {
        &self.0
    }
}

/// Those of a backend that is no pool.
#[derive(Debug)]
pub struct OwnThreads(());

impl OwnThreads {
    /// A thread or a task for each launch.
    #[must_use]
    pub fn __threads(&self) -> &Self {
        self
    }
}

/// Threads that all launches share. With the type of the backend: of a path that does not exist, nothing else is to be said.
#[derive(Debug)]
pub struct SharedThreads<B>(PhantomData<B>);

/// A pool, behind whatever a static may have it.
pub trait IsPool {}

impl IsPool for Pool {}
impl<P: IsPool> IsPool for LazyLock<P> {}
impl<P: IsPool> IsPool for &'static P {}

/// What [`must_suit_a_daemon`] takes.
#[diagnostic::on_unimplemented(
    message = "a daemon would keep a thread of this pool for good, which is there for others",
    label = "a `Pool` runs no daemon, nor a function that returns `!`",
    note = "write `backend = \"thread\"`, or name a static `Threads`: a new thread for each launch"
)]
pub trait SuitsADaemon {}

#[diagnostic::do_not_recommend]
impl SuitsADaemon for OwnThreads {}

#[diagnostic::do_not_recommend]
impl<B: HasThreads> SuitsADaemon for SharedThreads<B> {}

/// No pool has threads for daemons.
pub trait HasThreads {}
