//! The shapes of a body: a call or a future, which may or may not give its arguments back.

use std::marker::PhantomData;

#[cfg(feature = "testing")]
use crate::testing::store::Begun;
use crate::thread::block_on::block_on;

/// A body with its arguments, ready to run on some thread.
pub trait Work: Send + 'static {
    /// What the body returns.
    type Output;
    /// The tuple of arguments that a refusal gives back; `()` where the policy never does.
    type Args;

    /// Does it go on until the process stops?
    const IS_DAEMON: bool = false;

    /// Runs the body.
    fn execute(self) -> Self::Output;

    /// Takes the arguments out instead.
    fn give_back(self) -> Option<Self::Args>;

    /// Runs the body as far as it goes without waiting: for a test, whose thread has other things to do meanwhile.
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

/// A body that makes a future: a task of an executor; or as [`Work`], where a thread blocks on it. That thread then makes
/// it, so it need not be `Send`.
pub trait MakeFuture {
    /// The body.
    type Future: Future;
    /// The tuple of arguments that a refusal gives back; `()` where the policy never does.
    type Args;

    /// Moves the arguments into the future.
    fn make(self) -> Self::Future;

    /// The same for a test, for which a future that goes on ends where it first waits.
    #[cfg(feature = "testing")]
    fn make_for_a_test(self) -> Self::Future
    where
        Self: Sized,
    {
        self.make()
    }

    /// Takes the arguments out instead.
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

/// A closure that either moves its arguments into the slot it is handed, or returns the body.
#[derive(Debug)]
struct OrReturn<F, A> {
    closure: F,
    args: PhantomData<fn() -> A>,
}

// Not derived, as for those around it: that would ask for `A: Clone`, too.
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

    /// The body, with the arguments inside.
    fn into_body(self) -> B {
        match (self.closure)(None) {
            Some(body) => body,
            None => {
                unreachable!("the closure keeps its arguments only when it has a slot for them")
            }
        }
    }

    /// The arguments, without the body.
    fn into_args(self) -> Option<A> {
        let mut slot = None;
        (self.closure)(Some(&mut slot));
        slot
    }
}

/// The counterpart of [`Call`] under `on_full = "reject"`.
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

/// The counterpart of [`Make`] under `on_full = "reject"`.
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
