//! Names a function by a call of it, for functions that cannot be passed by name.

use std::ptr;

use crate::account::site::Site;
use crate::testing::capture::Capture;
use crate::testing::launcher::{Asked, Launcher, sealed};
use crate::testing::mode::Coverage;

/// Names the function that this call launches, to ask for its launches. The call launches nothing.
///
/// Use it for a function that cannot be passed by itself, because a parameter is `impl Trait` or a closure, whose type has no name. It
/// means all instances of the function, with any types of arguments. For a method that a trait provides, it means those of all types.
///
/// The launches can be [counted](super::Capture::count) and [run](super::Capture::run_only), and the function
/// [refused](super::refuse_only) or [forbidden](super::forbid_only). To [take](super::Capture::take) launches out, name an
/// instance.
///
/// # Panics
///
/// If the call launches nothing on this thread, or launches more than one function; and if the call panics, or a destructor of its
/// arguments, which are dropped.
///
/// # Examples
///
/// ```
/// use fire_and_forget::{fire_and_forget, testing};
/// use std::sync::mpsc;
///
/// #[fire_and_forget]
/// fn submit(job: impl FnOnce() + Send + 'static) {
///     job();
/// }
///
/// let launches = testing::capture();
/// let (answers, received) = mpsc::channel();
/// submit(move || {
///     let _ = answers.send(7);
/// });
/// assert_eq!(launches.count(testing::by_call(|| submit(|| ()))), 1);
/// launches.run();
/// assert_eq!(received.recv(), Ok(7));
/// ```
#[track_caller]
pub fn by_call<R: sealed::Returned>(call: impl FnOnce() -> R) -> ByCall {
    let launches = Capture::new(Coverage::Call);
    drop(call());
    let entries = launches.entries();
    // The launches are dropped before the panic: a destructor that panics during an unwinding would abort the process.
    launches.discard();
    let Some(first) = entries.first() else {
        panic!("the call has launched nothing on this thread: call the function that you mean");
    };
    assert!(
        entries.iter().all(|it| ptr::eq(it.site(), first.site())),
        "the call has launched more than one function: {entries:?}"
    );
    ByCall { site: first.site() }
}

/// A function that was named by a call, from [`by_call`].
#[must_use = "it names a function, and does nothing by itself"]
#[derive(Debug, Clone, Copy)]
pub struct ByCall {
    site: &'static Site,
}

#[diagnostic::do_not_recommend]
impl Launcher<ByCall> for ByCall {}

impl sealed::Launcher<ByCall> for ByCall {
    fn asked(self) -> Asked {
        Asked::every(self.site)
    }
}
