//! Launches that are refused, or not allowed, because a test says so.

use crate::rejected::Refusal;
use crate::testing::handle::{Handle, Scope};
use crate::testing::launcher::Launcher;
use crate::testing::mode::{Fate, Reach};

/// Refuses every launch of this thread for the given reason, until the guard is dropped.
///
/// What follows is what the function's `on_full` says: the launch is dropped and reported, the caller gets the
/// arguments back, or runs the body, whose panic reaches the test. It is outside the ledger.
///
/// # Panics
///
/// A launch of a function with `on_full = "block"` panics, for it would wait for ever; unless the reason is
/// [`ShuttingDown`](Refusal::ShuttingDown). Where a panic is unwinding already, it is a line on standard error.
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
        scope: Scope::new(Reach::All, Fate::Refuse(reason)),
    }
}

/// Refuses the launches of one function, as [`refuse`] refuses all of this thread, until the guard is dropped.
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
        scope: Scope::new(Reach::Only(function.asked()), Fate::Refuse(reason)),
    }
}

/// Has every launch of this thread panic in its caller, until the guard is dropped: for code that must not launch.
///
/// A launch by a destructor, while a panic is unwinding already, is a line on standard error, and does not run.
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
        scope: Scope::new(Reach::All, Fate::Forbid),
    }
}

/// Has each launch of one function panic, as [`forbid`] does with all of this thread, until the guard is dropped.
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
        scope: Scope::new(Reach::Only(function.asked()), Fate::Forbid),
    }
}

/// Until it is dropped, the launches of this thread are refused; of [`refuse`] and [`refuse_only`].
#[must_use = "launches are refused until this is dropped"]
#[derive(Debug)]
pub struct Refusing {
    scope: Scope,
}

impl Refusing {
    /// Has the launches of other threads refused, too.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.scope.handle()
    }
}

/// Until it is dropped, the launches of this thread panic; of [`forbid`] and [`forbid_only`].
#[must_use = "launches are forbidden until this is dropped"]
#[derive(Debug)]
pub struct Forbidding {
    scope: Scope,
}

impl Forbidding {
    /// Has the launches of other threads panic, too.
    #[must_use]
    pub fn handle(&self) -> Handle {
        self.scope.handle()
    }
}
