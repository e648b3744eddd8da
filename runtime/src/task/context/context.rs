//! The trait `Context` that users implement, and the captured contexts of one launch as a single value (`Contexts`).

#[cfg(feature = "durable")]
use crate::durable::Record;
use crate::thread::unwind;

/// A value that surrounds code and is not an argument: a task-local, a tenant, the id of a request.
///
/// `context = Tenant` in the attribute carries it to the launched body.
///
/// A launch calls [`capture`](Self::capture) in its caller, and the rest runs inside [`scope`](Self::scope), on whatever
/// thread:
///
/// - the body, and each poll of a future;
/// - the destructors of its arguments and of its future, even if the body never runs;
/// - its error handler and its report, however the launch ends.
///
/// Arguments that are refused under `on_full = "reject"` come back without the context. The [guide](crate::guide::context) has
/// whole programs, and says how it works on `"durable"`.
///
/// # Panics
///
/// A panic of `capture` reaches the caller, and nothing is launched. A panic of `scope` before it calls its code counts as
/// a panic of the body, which does not run. A later panic of `scope` is reported in addition to how the launch ended, like
/// that of a destructor. In both cases `scope` is not called again for this launch, and the rest of the launch runs without
/// the context. A panic of the code does not reach `scope`.
///
/// # Examples
///
/// ```
/// use std::cell::RefCell;
/// use std::time::Duration;
/// use fire_and_forget::{Context, fire_and_forget};
///
/// thread_local! {
///     static TENANT: RefCell<String> = const { RefCell::new(String::new()) };
/// }
///
/// struct Tenant(String);
///
/// impl Context for Tenant {
///     fn capture() -> Self {
///         Self(TENANT.with_borrow(String::clone))
///     }
///
///     fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
///         let outer = TENANT.replace(self.0.clone());
///         let result = code();
///         TENANT.set(outer);
///         result
///     }
/// }
///
/// #[fire_and_forget(context = Tenant)]
/// fn audit(line: String) {
///     let tenant = TENANT.with_borrow(String::clone);
///     assert_eq!(format!("{tenant}: {line}"), "acme: signed in");
/// }
///
/// TENANT.set("acme".into());
/// audit("signed in".into());
/// # fire_and_forget::flush(Duration::from_secs(5)).wait()?;
/// # assert_eq!(fire_and_forget::ledger().total().ok, 1);
/// # Ok::<(), fire_and_forget::Unfinished>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a context",
    label = "a launch cannot capture this",
    note = "implement `fire_and_forget::Context` for this type: a launch calls `capture`, and the body runs inside `scope`"
)]
pub trait Context: Send + 'static {
    /// Captures the context of the caller, on its thread, before the launch is counted.
    fn capture() -> Self;

    /// Runs code inside the captured context. It may be called any number of times for one launch, on any threads.
    fn scope<R>(&self, code: impl FnOnce() -> R) -> R;
}

/// All contexts of one launch.
pub trait Contexts: Send + 'static {
    /// Runs code in all of them; the first in the attribute's list is the outermost.
    fn enter(&self, code: &mut dyn FnMut());

    /// Adds them to the record of a durable launch, beside the arguments.
    #[cfg(feature = "durable")]
    fn record(&self, _: &mut Record) {}
}

/// A captured context, and its scope as a closure.
#[derive(Debug)]
pub struct Captured<C, S> {
    context: C,
    scope: S,
}

/// Wraps a context and its scope.
///
/// The scope is a closure in place of a bound `C: Context`: rustc then reports a type that is no context once, at its path.
pub const fn captured<C, S>(context: C, scope: S) -> Captured<C, S>
where
    S: Fn(&C, &mut dyn FnMut()),
{
    Captured { context, scope }
}

impl<C, S> Contexts for Captured<C, S>
where
    C: Send + 'static,
    S: Fn(&C, &mut dyn FnMut()) + Send + 'static,
{
    fn enter(&self, code: &mut dyn FnMut()) {
        (self.scope)(&self.context, code);
    }
}

/// A captured context of a durable launch, which is stored beside the arguments.
#[cfg(feature = "durable")]
#[derive(Debug)]
pub struct ToStore<C, S, P> {
    captured: Captured<C, S>,
    put: P,
}

/// Wraps a captured context, and the closure that stores it.
#[cfg(feature = "durable")]
pub const fn to_store<C, S, P>(captured: Captured<C, S>, put: P) -> ToStore<C, S, P>
where
    P: Fn(&C, &mut Record),
{
    ToStore { captured, put }
}

#[cfg(feature = "durable")]
impl<C, S, P> Contexts for ToStore<C, S, P>
where
    Captured<C, S>: Contexts,
    C: Send + 'static,
    S: Send + 'static,
    P: Fn(&C, &mut Record) + Send + 'static,
{
    fn enter(&self, code: &mut dyn FnMut()) {
        self.captured.enter(code);
    }

    fn record(&self, record: &mut Record) {
        (self.put)(&self.captured.context, record);
    }
}

/// Two contexts, one around the other; either may be a `Both` again.
#[derive(Debug)]
pub struct Both<A, B> {
    outer: A,
    inner: B,
}

/// Puts `outer` around `inner`.
pub const fn both<A, B>(outer: A, inner: B) -> Both<A, B> {
    Both { outer, inner }
}

impl<A: Contexts, B: Contexts> Contexts for Both<A, B> {
    fn enter(&self, code: &mut dyn FnMut()) {
        let mut entered = Ok(());
        // A panic of the inner scope is carried past the outer scope, which sees only code that returns.
        self.outer
            .enter(&mut || entered = unwind::catch(|| self.inner.enter(code)));
        if let Err(panic) = entered {
            unwind::resume(&panic);
        }
    }

    #[cfg(feature = "durable")]
    fn record(&self, record: &mut Record) {
        self.outer.record(record);
        self.inner.record(record);
    }
}
