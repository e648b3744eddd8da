//! A future of any type in a place of fixed size, so that an executor's code is compiled for a few sizes and not for each
//! future. A `Pin<Box<dyn Future>>` would do the same with an allocation for each task.
//!
//! The invariant: while `methods` is `Some`, `place` holds a `Settled<F, S>` of the types whose methods they are, pinned
//! with the `ErasedFuture`. The future may contain pointers into itself. So `parts` never makes a reference to the place,
//! which would claim to be the only pointer to it; and the value is never moved, and dropped where it lies.

use std::marker::PhantomPinned;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::{Context, Poll};

use crate::account::end::End;
use crate::account::in_flight::InFlight;

/// A future, or none, in a place with the size and the alignment of a `P`.
pub(crate) struct ErasedFuture<P> {
    /// The methods of the value in `place`; `None` once it has been dropped.
    methods: Option<&'static Methods>,
    place: MaybeUninit<P>,
    /// The future in the place may point into itself, so this type is not `Unpin`.
    _pinned: PhantomPinned,
}

/// A future, and the closure that turns its output into an end.
pub(crate) struct Settled<F, S> {
    pub(crate) future: F,
    pub(crate) settle: S,
}

/// The methods of one type of future. Each takes a pointer to a pinned place that must hold a value of that type.
struct Methods {
    /// Polls the future. Not called again once it is ready.
    poll: unsafe fn(NonNull<()>, &mut Context<'_>, &InFlight) -> Poll<End>,
    /// Drops the value, and leaves the place empty.
    drop: unsafe fn(NonNull<()>),
}

impl<P> ErasedFuture<P> {
    /// Stores a future that [`fits`].
    #[inline]
    pub(crate) fn new<F, S>(value: Settled<F, S>) -> Self
    where
        F: Future + Send + 'static,
        S: Fn(F::Output, &InFlight) -> End + Send + 'static,
    {
        // Not in a `const` block: that would also be evaluated for the branches that are not taken.
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

    /// Polls the future; once it is ready, returns how its launch ended. Panics as the future does.
    ///
    /// # Panics
    ///
    /// Panics if the future has been dropped.
    pub(crate) fn poll(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        in_flight: &InFlight,
    ) -> Poll<End> {
        let (methods, place) = self.parts();
        let methods = methods.expect("polled after it was dropped");
        // SAFETY: `methods` is `Some`, so the place holds a value of their type; it is pinned because `self` is.
        unsafe { (methods.poll)(place, cx, in_flight) }
    }

    /// Drops the future, if it is still here. Runs destructors of the user's, which may panic.
    pub(crate) fn discard(self: Pin<&mut Self>) {
        let (methods, place) = self.parts();
        if let Some(methods) = methods.take() {
            // SAFETY: `methods` was `Some`, so the place holds a value of their type; they have been taken out, so nothing
            // uses it again.
            unsafe { (methods.drop)(place) }
        }
    }

    /// Returns the methods by reference, and the place by pointer.
    fn parts(self: Pin<&mut Self>) -> (&mut Option<&'static Methods>, NonNull<()>) {
        // SAFETY: nothing is moved. `Self` is not `Unpin`, because of `_pinned`, so a mutable reference to it does not claim to
        // be the only pointer to what is pinned in it.
        let this = &raw mut *unsafe { self.get_unchecked_mut() };
        // SAFETY: `this` is valid for as long as `self` was borrowed. No reference to the place is made, which would claim to
        // be the only pointer there, while the future may keep pointers into itself. `methods` does not overlap the place.
        unsafe {
            let place = NonNull::new_unchecked(&raw mut (*this).place);
            (&mut (*this).methods, place.cast())
        }
    }
}

impl<P> Drop for ErasedFuture<P> {
    fn drop(&mut self) {
        // SAFETY: a value that is being dropped is not moved any more.
        unsafe { Pin::new_unchecked(self) }.discard();
    }
}

/// Returns whether a `T` fits in a place with the size and the alignment of a `P`.
pub(crate) const fn fits<T, P>() -> bool {
    size_of::<T>() <= size_of::<P>() && align_of::<T>() <= align_of::<P>()
}

/// # Safety
///
/// The place must be pinned and hold a `Settled<F, S>`.
unsafe fn poll<F, S>(place: NonNull<()>, cx: &mut Context<'_>, in_flight: &InFlight) -> Poll<End>
where
    F: Future,
    S: Fn(F::Output, &InFlight) -> End,
{
    let settled = place.cast::<Settled<F, S>>().as_ptr();
    // SAFETY: the caller promises that the place holds a `Settled<F, S>`. Each field gets a reference of its own, and the
    // whole gets none: only the reference to the future covers a value that may keep pointers into itself, and every poll
    // takes such a one.
    let (future, settle) = unsafe { (&mut (*settled).future, &(*settled).settle) };
    // SAFETY: the caller promises that the place is pinned; the future is used only here, and `drop` drops it in place.
    let future = unsafe { Pin::new_unchecked(future) };
    future.poll(cx).map(|output| settle(output, in_flight))
}

/// # Safety
///
/// The place must hold a `Settled<F, S>`, which nothing uses again.
unsafe fn drop<F, S>(place: NonNull<()>) {
    // SAFETY: the caller promises that the place holds a `Settled<F, S>`, and that nothing drops it again.
    unsafe { place.cast::<Settled<F, S>>().drop_in_place() }
}
