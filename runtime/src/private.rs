//! The items that the expansion of the attribute names. Only the expansion may use them: they are outside semantic versioning.

pub use core::convert::{Infallible, identity};
pub use core::option::Option::{None, Some};
pub use core::{concat, module_path};
pub use std::borrow::ToOwned;

pub use crate::account::end::{End, Ended};
pub use crate::account::in_flight::InFlight;
pub use crate::account::outcome::{Outcome, Reported, report};
pub use crate::account::site::Site;
pub use crate::account::sites::Sites;
pub use crate::launch::launch::launch_again;
pub use crate::launch::on_full::OnFull;
pub use crate::launch::own::{Copied, copied, copied_before, copy_of, into_copy, lend};
pub use crate::launch::parameter::{
    Borrowing, Cloneable, MustBeOwned, OfOneType, Owning, Parameter, cloneable, must_be_owned,
    owned, parameter, sendable,
};
pub use crate::launch::rejected::Rejected;
pub use crate::launch::restart::{
    Again, AsyncRestarting, Restart, Restarting, UntilEnded, restarting, settle_restarting,
    settling,
};
pub use crate::launch::spawn::spawn_again;
pub use crate::queue::ring::Vacant;
pub use crate::task::context::{
    Both, Captured, Context, Contexts, Finished, Scoped, Within, both, captured, settle_within,
    within,
};
pub use crate::task::daemon::{
    AsyncDaemon, Daemon, UntilStopped, async_daemon, daemon, settle_daemon,
};
pub use crate::task::work::{
    Call, CallOrReturn, Make, MakeFuture, MakeOrReturn, Work, call, call_or_return, make,
    make_or_return,
};
#[cfg(feature = "tracing")]
pub use crate::trace::Trace;

#[cfg(feature = "tokio")]
pub use crate::backend::tokio::{
    built_in::{Tokio, built_in as tokio},
    worker::{InRuntime, blocking, call_in_runtime, call_in_runtime_or_return},
};

/// Wraps the body of an `async fn` on whose future a thread blocks.
#[cfg(not(feature = "tokio"))]
pub use core::convert::identity as blocking;

pub use crate::backend::{
    Choose, Expression, backend, built_in_pool as pool, built_in_threads as thread, choose,
    daemon_fits::{
        HasThreads, IsPool, OwnThreads, SharedThreads, SuitsADaemon, ThreadsOf, must_suit_a_daemon,
        threads_of,
    },
    on::{Blocking, On, on},
};

#[cfg(feature = "durable")]
pub use crate::durable::private::{
    Arguments, Job, JobOptions, Listed, Outbox, Record, Run, Storable, durable, store,
};
#[cfg(feature = "durable")]
pub use crate::task::context::{ToStore, to_store};
#[cfg(feature = "durable")]
pub use core::result::Result::Ok;
#[cfg(feature = "durable")]
pub use inventory::submit;

#[cfg(not(feature = "testing"))]
pub use self::always::{launch, launch_or_reject, spawn, spawn_or_reject};
#[cfg(feature = "testing")]
pub use crate::testing::{
    launch::{launch, launch_or_reject},
    launcher::sealed,
    spawn::{spawn, spawn_or_reject},
    store::Begun,
};

/// The functions that launch. With the feature `testing`, those of `testing` stand before them, which may capture a launch.
pub mod always {
    pub use crate::launch::launch::{launch, launch_or_reject};
    pub use crate::launch::spawn::{spawn, spawn_or_reject};
}

/// Marks a parameter as used that only `max_in_flight` names, because the body binds it anew.
pub const fn uses<T: ?Sized>(_: &T) {}

/// The type of `max_in_flight`. The expansion does not write `usize`, because a type of the user's may have that name.
pub type Limit = usize;

/// The return type of a launcher under `on_full = "reject"`, behind an associated type.
///
/// Clippy does not look through it. `clippy::result_large_err` would blame the user for the size of the error, which is that
/// of the arguments.
pub type Result<T, E> = <core::result::Result<T, E> as Itself>::Itself;

/// Names a type by way of an associated type: see [`Result`].
pub trait Itself {
    /// The type itself.
    type Itself;
}

impl<T> Itself for T {
    type Itself = T;
}
