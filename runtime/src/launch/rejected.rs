//! Why a launch was refused, and the error of `on_full = "reject"`, which returns the arguments.

use std::error::Error;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::stop::phase;

/// The reason why a launch was not admitted. The [guide](crate::guide::overload) says what to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The queue of the backend is full.
    Full,
    /// The function has as many launches queued and running as its limit allows. The limit is that of `max_in_flight`;
    /// an `async fn` on `"tokio"` or an [`Executor`](crate::Executor) has a limit of 16,384 without this option.
    MaxInFlight,
    /// [`shutdown`](crate::shutdown) has begun, and the launch came from outside a running body. Or this process was
    /// [forked](crate#forks-and-libraries) from a process that had launched before.
    ShuttingDown,
    /// The caller's stack might overflow: it is inside too many nested bodies that run in place, or nested destructors of
    /// dropped arguments. See [`"block"`](crate::guide::overload#block).
    TooDeep,
    /// There is no room, and the caller cannot run the body in place: the [`Threads`](crate::Threads) of the function promise a
    /// [`stack_size`](crate::Threads::stack_size) above the 2 MiB that other threads have.
    StackTooSmall,
    /// A [daemon](macro@crate::fire_and_forget#daemon) needs a thread of its own, and the backend has none for it. A backend
    /// of yours may hand it to a [`Pool`](crate::Pool), whose threads are shared; or the system refuses threads, and
    /// the caller would have to run it in place.
    NoThread,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "the queue is full",
            Self::MaxInFlight => {
                "the function's limit of launches in flight is reached (see `max_in_flight`)"
            }
            Self::TooDeep => {
                "too many bodies that run in their caller, or destructors that launch, are nested"
            }
            Self::StackTooSmall => {
                "there is no room, and the stack of the caller is smaller than the `stack_size` of the backend"
            }
            Self::NoThread => "a daemon needs a thread of its own, and the backend has none",
            Self::ShuttingDown if phase::is_forked() => {
                "the process was forked after its parent had launched, and has no threads to run it"
            }
            Self::ShuttingDown => "the process is shutting down",
        })
    }
}

/// A refused launch of a function with `on_full = "reject"`: the arguments, and the reason.
///
/// `Args` is the tuple of the parameters, `self` first. The [guide](crate::guide::overload#reject) has this policy beside the
/// others.
///
/// # Examples
///
/// ```
/// use fire_and_forget::{Refusal, fire_and_forget};
///
/// #[fire_and_forget(on_full = "reject", max_in_flight = 1)]
/// fn refresh(key: String, wait: std::sync::mpsc::Receiver<()>) {
///     let _ = wait.recv();
///     println!("refreshed {key}");
/// }
///
/// let (go, wait) = std::sync::mpsc::channel();
/// refresh("a".into(), wait).expect("nothing is in flight");
///
/// let rejected = refresh("b".into(), std::sync::mpsc::channel().1).unwrap_err();
/// assert_eq!(rejected.reason(), Refusal::MaxInFlight);
/// let (key, _) = rejected.into_args();
/// assert_eq!(key, "b");
/// # drop(go);
/// ```
pub struct Rejected<Args> {
    /// The mutex is never locked. It makes this type `Sync` where the arguments are only `Send`, as `?` needs in a function
    /// that returns `anyhow::Result`.
    args: Mutex<Args>,
    reason: Refusal,
}

impl<Args> Rejected<Args> {
    pub(crate) fn new(args: Args, reason: Refusal) -> Self {
        Self {
            args: Mutex::new(args),
            reason,
        }
    }

    /// Returns the arguments of the call, in a tuple, `self` first.
    pub fn into_args(self) -> Args {
        self.args
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns why the launch was refused.
    pub fn reason(&self) -> Refusal {
        self.reason
    }
}

// Does not require `Args: Debug`, so that `unwrap` and `?` work for every function.
impl<Args> fmt::Debug for Rejected<Args> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rejected")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl<Args> fmt::Display for Rejected<Args> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "launch refused: {}", self.reason)
    }
}

impl<Args> Error for Rejected<Args> {}
