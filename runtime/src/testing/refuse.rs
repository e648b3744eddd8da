//! Launches that a test refuses or forbids.

use crate::launch::rejected::Refusal;
use crate::testing::handle::{Handle, Scope};
use crate::testing::launcher::Launcher;
use crate::testing::mode::{Action, Coverage};

/// Refuses every launch of this thread for the given reason, until the guard is dropped.
///
/// The function's `on_full` decides what happens then: the launch is dropped and reported, or the caller gets the arguments back, or
/// the caller runs the body, whose panic reaches the test. The launch is outside the ledger.
///
/// # Panics
///
/// A launch with `on_full = "block"` panics, because it would wait for ever, unless the reason is
/// [`ShuttingDown`](Refusal::ShuttingDown). If the thread is already panicking, there is a line on standard error instead.
///
/// # Examples
///
/// ```
/// use fire_and_forget::{Refusal, fire_and_forget, testing};
///
/// #[fire_and_forget(on_full = "reject")]
/// fn index(document: String) {
///     println!("indexing {document}");
/// }
///
/// /// What it cannot launch, it keeps.
/// fn save(document: &str, later: &mut Vec<String>) {
///     if let Err(rejected) = index(document.to_owned()) {
///         later.push(rejected.into_args().0);
///     }
/// }
///
/// let mut later = Vec::new();
/// let refusing = testing::refuse(Refusal::Full);
/// save("a", &mut later);
/// drop(refusing);
/// assert_eq!(later, ["a"]);
/// ```
pub fn refuse(reason: Refusal) -> Refusing {
    Refusing {
        scope: Scope::new(Coverage::All, Action::Refuse(reason)),
    }
}

/// Refuses the launches of one function until the guard is dropped, as [`refuse`] does for all functions of this thread.
///
/// The launches of other functions are captured if the test has a [`capture`](super::capture), whichever of the two comes
/// first, and run otherwise. Several functions have a guard each. Of a generic function, `store::<u8>` is one instance, and
/// [`by_call`](super::by_call) means all.
///
/// # Panics
///
/// When it is a closure, a function pointer or the method of a trait object, which may call any function: see
/// [`by_call`](super::by_call). A launch panics as under [`refuse`].
///
/// # Examples
///
/// ```
/// use fire_and_forget::{Refusal, fire_and_forget, testing};
///
/// #[fire_and_forget(on_full = "reject")]
/// fn index(document: String) {
///     println!("indexing {document}");
/// }
///
/// #[fire_and_forget]
/// fn audit(line: &'static str) {
///     println!("{line}");
/// }
///
/// fn save(document: &str) {
///     match index(document.to_owned()) {
///         Ok(()) => audit("saved"),
///         Err(_) => audit("saved, and not indexed"),
///     }
/// }
///
/// let launches = testing::capture();
/// let refusing = testing::refuse_only(index, Refusal::Full);
/// save("a");
/// drop(refusing);
/// save("b");
/// assert_eq!(launches.take(audit), [("saved, and not indexed",), ("saved",)]);
/// assert_eq!(launches.take(index), [("b".to_owned(),)]);
/// ```
#[track_caller]
pub fn refuse_only<F, Args>(function: F, reason: Refusal) -> Refusing
where
    F: Launcher<Args>,
{
    Refusing {
        scope: Scope::new(Coverage::Only(function.asked()), Action::Refuse(reason)),
    }
}

/// Makes every launch of this thread panic in its caller, until the guard is dropped. Use it for code that must not launch.
///
/// If a destructor launches while the thread is already panicking, there is a line on standard error, and the launch does not run.
///
/// # Examples
///
/// ```should_panic
/// use fire_and_forget::{fire_and_forget, testing};
///
/// #[fire_and_forget]
/// fn welcome(to: String) {
///     println!("welcome, {to}");
/// }
///
/// let _forbidding = testing::forbid();
/// welcome("ada@example.com".into()); // panics
/// ```
pub fn forbid() -> Forbidding {
    Forbidding {
        scope: Scope::new(Coverage::All, Action::Forbid),
    }
}

/// Makes each launch of one function panic until the guard is dropped, as [`forbid`] does for all functions of this thread.
///
/// The launches of other functions are captured if the test has a [`capture`](super::capture), whichever of the two comes
/// first, and run otherwise. Several functions have a guard each. Of a generic function, `store::<u8>` is one instance, and
/// [`by_call`](super::by_call) means all.
///
/// # Panics
///
/// When it is a closure, a function pointer or the method of a trait object, which may call any function: see
/// [`by_call`](super::by_call).
///
/// # Examples
///
/// ```should_panic
/// use fire_and_forget::{fire_and_forget, testing};
///
/// #[fire_and_forget]
/// fn welcome(to: String) {
///     println!("welcome, {to}");
/// }
///
/// #[fire_and_forget]
/// fn charge(cents: u64) {
///     println!("{cents}");
/// }
///
/// let launches = testing::capture();
/// let _forbidding = testing::forbid_only(charge);
/// welcome("ada@example.com".into()); // captured
/// assert_eq!(launches.count(welcome), 1);
/// charge(100); // panics
/// ```
#[track_caller]
pub fn forbid_only<F, Args>(function: F) -> Forbidding
where
    F: Launcher<Args>,
{
    Forbidding {
        scope: Scope::new(Coverage::Only(function.asked()), Action::Forbid),
    }
}

/// The guard of [`refuse`] and [`refuse_only`]: until it is dropped, the launches of this thread are refused.
#[must_use = "launches are refused until this is dropped"]
#[derive(Debug)]
pub struct Refusing {
    scope: Scope,
}

impl Refusing {
    /// Refuses the launches of other threads, too.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.scope.handle()
    }
}

/// The guard of [`forbid`] and [`forbid_only`]: until it is dropped, the launches of this thread panic.
#[must_use = "launches are forbidden until this is dropped"]
#[derive(Debug)]
pub struct Forbidding {
    scope: Scope,
}

impl Forbidding {
    /// Makes the launches of other threads panic, too.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.scope.handle()
    }
}
