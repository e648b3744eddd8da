//! Launches that are refused, or not allowed, because a test says so.

use crate::rejected::Refusal;
use crate::testing::handle::{Handle, Scope};
use crate::testing::mode::Mode;

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
        scope: Scope::new(Mode::Refuse(reason)),
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
        scope: Scope::new(Mode::Forbid),
    }
}

/// Until it is dropped, the launches of this thread are refused; of [`refuse`].
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

/// Until it is dropped, the launches of this thread panic; of [`forbid`].
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
