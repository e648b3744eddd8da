//! Whether the backend of a path has a thread for a daemon. A pool has none: its threads are there for all launches.
//!
//! The compiler finds out, and underlines the path. [`ThreadsOf`] has the method `__threads` if its backend is a pool, and
//! dereferences to [`OwnThreads`], which has it for any other. The name begins with two underscores, so that no trait of
//! the user's has it.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::LazyLock;

use crate::backend::Pool;

/// Makes the compiler underline the path to a pool.
pub fn must_suit_a_daemon(_: &dyn SuitsADaemon) {}

/// The value whose method `__threads` returns [`SharedThreads`] where the backend is a [`Pool`], and [`OwnThreads`]
/// otherwise.
#[must_use]
pub const fn threads_of<B>(_: &'static B) -> ThreadsOf<B> {
    ThreadsOf(OwnThreads(()), PhantomData)
}

/// The type that asks the compiler: see [`threads_of`].
#[derive(Debug)]
pub struct ThreadsOf<B>(OwnThreads, PhantomData<B>);

impl<B: IsPool> ThreadsOf<B> {
    /// The threads of a pool.
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

/// The threads of a backend that is no pool.
#[derive(Debug)]
pub struct OwnThreads(());

impl OwnThreads {
    /// A thread or a task for each launch.
    #[must_use]
    pub fn __threads(&self) -> &Self {
        self
    }
}

/// Threads that all launches share. The type of the backend is in it, so that a path that does not exist causes no further
/// error.
#[derive(Debug)]
pub struct SharedThreads<B>(PhantomData<B>);

/// A pool, also behind the types that a static may have around it.
pub trait IsPool {}

impl IsPool for Pool {}
impl<P: IsPool> IsPool for LazyLock<P> {}
impl<P: IsPool> IsPool for &'static P {}

/// A backend that [`must_suit_a_daemon`] accepts.
#[diagnostic::on_unimplemented(
    message = "a daemon or a `-> !` function cannot run on a pool: it would keep a shared thread forever",
    label = "the threads of this pool are shared",
    note = "write `backend = \"thread\"`, or the path of a static `Threads`: each launch gets a thread of its own"
)]
pub trait SuitsADaemon {}

#[diagnostic::do_not_recommend]
impl SuitsADaemon for OwnThreads {}

#[diagnostic::do_not_recommend]
impl<B: HasThreads> SuitsADaemon for SharedThreads<B> {}

/// Implemented by no pool.
pub trait HasThreads {}
