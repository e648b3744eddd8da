//! A future of whatever type, in a place of fixed size: what makes code that is compiled for a future one for many.
//!
//! A `Pin<Box<dyn Future>>` would do the same with an allocation for each task.

use std::marker::PhantomPinned;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

use crate::account::in_flight::InFlight;
use crate::account::outcome::End;

/// A future, or none, in a place that a `P` would fit.
pub(crate) struct ErasedFuture<P> {
    /// How to use the value in `place`; `None` once it has been dropped.
    methods: Option<&'static Methods>,
    place: MaybeUninit<P>,
    /// The future in the place may point into itself.
    _pinned: PhantomPinned,
}

/// A future, and what turns its output into an end.
pub(crate) struct Settled<F, S> {
    pub(crate) future: F,
    pub(crate) settle: S,
}

/// The methods of one type of future. Each takes a pointer to a pinned place that holds a value of that type.
struct Methods {
    /// Once it is ready, only to be dropped.
    poll: unsafe fn(NonNull<()>, &mut Context<'_>, &InFlight) -> Poll<End>,
    /// The place is empty then.
    drop: unsafe fn(NonNull<()>),
}

impl<P> ErasedFuture<P> {
    #[inline]
    pub(crate) fn new<F, S>(value: Settled<F, S>) -> Self
    where
        F: Future + Send + 'static,
        S: Fn(F::Output, &InFlight) -> End + Send + 'static,
    {
        // Known at compile time, and yet not asserted there: that would also be done for the branches not taken.
        assert!(fits::<Settled<F, S>, P>());
        let mut place = MaybeUninit::<P>::uninit();
        // SAFETY: the assertion above says that the place is large enough for the value and sufficiently aligned.
        unsafe { place.as_mut_ptr().cast::<Settled<F, S>>().write(value) };
        Self {
            methods: Some(&Methods {
                poll: poll::<F, S>,
                drop: drop::<F, S>,
            }),
            place,
            _pinned: PhantomPinned,
        }
    }

    /// Polls the future; says how its launch ended, once it is ready. Panics as the future does.
    ///
    /// # Panics
    ///
    /// When there is no future any more.
    pub(crate) fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        in_flight: &InFlight,
    ) -> Poll<End> {
        let (methods, place) = self.parts();
        let methods = methods.expect("polled after it was dropped");
        // SAFETY: while there are methods, there is a value of their type; pinned, as its place is.
        unsafe { (methods.poll)(place, cx, in_flight) }
    }

    /// Drops the future, if there still is one. That is code of the user's, and may panic.
    pub(crate) fn discard(self: Pin<&mut Self>) {
        let (methods, place) = self.parts();
        if let Some(methods) = methods.take() {
            // SAFETY: as in `poll`; the methods are taken before the value is dropped, so nobody uses it again.
            unsafe { (methods.drop)(place) }
        }
    }

    fn parts(self: Pin<&mut Self>) -> (&mut Option<&'static Methods>, NonNull<()>) {
        // SAFETY: nothing is moved. `Self` is not `Unpin`, because of `_pinned`: a reference to it does not claim to be
        // the only way to what is pinned in it.
        let this = &raw mut *unsafe { self.get_unchecked_mut() };
        // SAFETY: `this` is valid for as long as the borrow that `self` was. No reference to the place is made, which
        // would claim to be the only way there: the future may keep pointers into itself. `methods` lies beside it.
        unsafe {
            let place = NonNull::new_unchecked(&raw mut (*this).place);
            (&mut (*this).methods, place.cast())
        }
    }
}

impl<P> Drop for ErasedFuture<P> {
    fn drop(&mut self) {
        // SAFETY: what is being dropped is not moved any more.
        unsafe { Pin::new_unchecked(self) }.discard();
    }
}

/// Does a `T` fit where a `P` would?
pub(crate) const fn fits<T, P>() -> bool {
    size_of::<T>() <= size_of::<P>() && align_of::<T>() <= align_of::<P>()
}

/// # Safety
///
/// The place is pinned, and holds a `Settled<F, S>`.
unsafe fn poll<F, S>(place: NonNull<()>, cx: &mut Context<'_>, in_flight: &InFlight) -> Poll<End>
where
    F: Future,
    S: Fn(F::Output, &InFlight) -> End,
{
    let settled = place.cast::<Settled<F, S>>().as_ptr();
    // SAFETY: the caller's promise. A reference to each of the two, and none to both: only that to the future is one to
    // what may keep pointers into itself, and it is what every poll of a future takes.
    let (future, settle) = unsafe { (&mut (*settled).future, &(*settled).settle) };
    // SAFETY: the place is pinned, and the future is only used here and dropped where it is.
    let future = unsafe { Pin::new_unchecked(future) };
    future.poll(cx).map(|output| settle(output, in_flight))
}

/// # Safety
///
/// The place holds a `Settled<F, S>`, which is not used again.
unsafe fn drop<F, S>(place: NonNull<()>) {
    // SAFETY: the caller's promise.
    unsafe { place.cast::<Settled<F, S>>().drop_in_place() }
}
