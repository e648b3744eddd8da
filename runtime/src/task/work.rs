//! The shapes of a body: a call or a future, which either can give its arguments back or cannot.
//!
//! The expansion writes the body as a closure and wraps it here. A plain one (`Call`, `Make`) is `FnOnce()`. One under
//! `on_full = "reject"` (`CallOrReturn`, `MakeOrReturn`) is called once, in one of two ways: with a slot it moves its
//! arguments there and returns nothing; without one it returns the body. So a refusal gives the arguments back
//! without an allocation, and they are stored once.

use std::marker::PhantomData;

#[cfg(feature = "testing")]
use crate::testing::store::Begun;
use crate::thread::block_on::block_on;

/// A body with its arguments, which a thread runs.
pub trait Work: Send + 'static {
    /// The value that the body returns.
    type Output;
    /// The tuple of arguments that a refusal gives back; `()` where the policy never does.
    type Args;

    /// Whether the body is that of a daemon.
    const IS_DAEMON: bool = false;

    /// Runs the body.
    fn execute(self) -> Self::Output;

    /// Returns the arguments instead of running the body; `None` if this shape cannot.
    fn give_back(self) -> Option<Self::Args>;

    /// Runs the body as far as it goes without waiting. A captured launch does so on the test's thread, which must not block.
    #[cfg(feature = "testing")]
    fn begin(self) -> Begun<Self::Output>
    where
        Self: Sized,
    {
        Begun::Ended(self.execute())
    }
}

/// The closure of a `fn`.
#[derive(Debug, Clone)]
pub struct Call<F>(F);

/// Wraps the body of a `fn`.
pub fn call<F, R>(body: F) -> Call<F>
where
    F: FnOnce() -> R,
{
    Call(body)
}

impl<F, R> Work for Call<F>
where
    F: FnOnce() -> R + Send + 'static,
{
    type Output = R;
    type Args = ();

    fn execute(self) -> R {
        (self.0)()
    }

    fn give_back(self) -> Option<()> {
        None
    }
}

/// A body with its arguments, of which a future is made.
///
/// An executor polls the future as a task. As [`Work`], a thread makes the future and blocks on it, so the future need not be
/// `Send` there.
pub trait MakeFuture {
    /// The future of the body.
    type Future: Future;
    /// The tuple of arguments that a refusal gives back; `()` where the policy never does.
    type Args;

    /// Moves the arguments into the future.
    fn make(self) -> Self::Future;

    /// Makes the future for a test. The future of a daemon ends there where it first waits.
    #[cfg(feature = "testing")]
    fn make_for_a_test(self) -> Self::Future
    where
        Self: Sized,
    {
        self.make()
    }

    /// Returns the arguments instead of making the future; `None` if this shape cannot.
    fn give_back(self) -> Option<Self::Args>;
}

/// The closure of an `async fn`.
#[derive(Debug, Clone)]
pub struct Make<F>(F);

/// Wraps the body of an `async fn`.
pub fn make<F, R>(body: F) -> Make<F>
where
    F: FnOnce() -> R,
    R: Future,
{
    Make(body)
}

impl<F, R> MakeFuture for Make<F>
where
    F: FnOnce() -> R,
    R: Future,
{
    type Future = R;
    type Args = ();

    fn make(self) -> R {
        (self.0)()
    }

    fn give_back(self) -> Option<()> {
        None
    }
}

impl<F, R> Work for Make<F>
where
    F: FnOnce() -> R + Send + 'static,
    R: Future,
{
    type Output = R::Output;
    type Args = ();

    fn execute(self) -> R::Output {
        block_on(self.make())
    }

    fn give_back(self) -> Option<()> {
        None
    }
}

/// A closure that moves its arguments into the slot it is given, or returns the body if it is given none.
#[derive(Debug)]
struct OrReturn<F, A> {
    closure: F,
    args: PhantomData<fn() -> A>,
}

// Not derived, here and for the wrappers below: a derived `Clone` would require `A: Clone`.
impl<F: Clone, A> Clone for OrReturn<F, A> {
    fn clone(&self) -> Self {
        Self {
            closure: self.closure.clone(),
            args: PhantomData,
        }
    }
}

impl<F, A, B> OrReturn<F, A>
where
    F: FnOnce(Option<&mut Option<A>>) -> Option<B>,
{
    fn new(closure: F) -> Self {
        Self {
            closure,
            args: PhantomData,
        }
    }

    /// Returns the body, with the arguments inside.
    fn into_body(self) -> B {
        match (self.closure)(None) {
            Some(body) => body,
            None => {
                unreachable!("the closure keeps its arguments only when it has a slot for them")
            }
        }
    }

    /// Returns the arguments, and drops the rest.
    fn into_args(self) -> Option<A> {
        let mut slot = None;
        (self.closure)(Some(&mut slot));
        slot
    }
}

/// The closure of a `fn` that can give its arguments back: [`Call`] under `on_full = "reject"`.
#[derive(Debug)]
pub struct CallOrReturn<F, A>(OrReturn<F, A>);

impl<F: Clone, A> Clone for CallOrReturn<F, A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Wraps the body of a `fn` whose arguments can be given back.
pub fn call_or_return<F, A, B, R>(closure: F) -> CallOrReturn<F, A>
where
    F: FnOnce(Option<&mut Option<A>>) -> Option<B>,
    B: FnOnce() -> R,
{
    CallOrReturn(OrReturn::new(closure))
}

impl<F, A, B, R> Work for CallOrReturn<F, A>
where
    F: FnOnce(Option<&mut Option<A>>) -> Option<B> + Send + 'static,
    A: 'static,
    B: FnOnce() -> R,
{
    type Output = R;
    type Args = A;

    fn execute(self) -> R {
        self.0.into_body()()
    }

    fn give_back(self) -> Option<A> {
        self.0.into_args()
    }
}

/// The closure of an `async fn` that can give its arguments back: [`Make`] under `on_full = "reject"`.
#[derive(Debug)]
pub struct MakeOrReturn<F, A>(OrReturn<F, A>);

impl<F: Clone, A> Clone for MakeOrReturn<F, A> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Wraps the body of an `async fn` whose arguments can be given back.
pub fn make_or_return<F, A, B>(closure: F) -> MakeOrReturn<F, A>
where
    F: FnOnce(Option<&mut Option<A>>) -> Option<B>,
    B: Future,
{
    MakeOrReturn(OrReturn::new(closure))
}

impl<F, A, B> MakeFuture for MakeOrReturn<F, A>
where
    F: FnOnce(Option<&mut Option<A>>) -> Option<B>,
    B: Future,
{
    type Future = B;
    type Args = A;

    fn make(self) -> B {
        self.0.into_body()
    }

    fn give_back(self) -> Option<A> {
        self.0.into_args()
    }
}

impl<F, A, B> Work for MakeOrReturn<F, A>
where
    F: FnOnce(Option<&mut Option<A>>) -> Option<B> + Send + 'static,
    A: 'static,
    B: Future,
{
    type Output = B::Output;
    type Args = A;

    fn execute(self) -> B::Output {
        block_on(self.make())
    }

    fn give_back(self) -> Option<A> {
        self.0.into_args()
    }

    #[cfg(feature = "testing")]
    fn begin(self) -> Begun<B::Output> {
        Begun::Awaits(Box::pin(async move { self.make().await }))
    }
}
