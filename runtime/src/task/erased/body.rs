//! A body with its arguments, of any type, in a place of fixed size, so that a launch allocates nothing.
//!
//! A `Box<dyn FnOnce()>` would cost an allocation in the caller and a release in a worker, which goes past the
//! allocator's caches. Here a body of up to `INLINE_BYTES` lies in the task itself; a larger one lies in a box, which
//! fits.
//!
//! The invariant: while `methods` is `Some`, `place` holds a value of the type whose methods they are. Every function that
//! moves or drops that value takes `methods` out first, so the value is used once.

use std::any::TypeId;
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::{self, MaybeUninit};
use std::ptr::NonNull;

use crate::account::end::End;
use crate::account::in_flight::InFlight;
use crate::account::site::Site;
use crate::backend::lane::Runtime;
use crate::queue::ring::Occupied;
use crate::task::task::Task;
use crate::thread::unwind::{self, Panic};

/// A body with its arguments, before its type is erased.
pub(crate) trait Body: Send + 'static {
    /// Whether the body is that of a daemon whose backend must have a thread of its own for it.
    const IS_DAEMON: bool;

    /// Runs the body, and returns how its launch ended; or takes the launch out of the guard, and gives it to an executor.
    ///
    /// Panics as the body does. Calls `left` before it does anything that takes long: the body has left its place then, and
    /// the slot of a queue is free for another. An executor gets `runtime`, if the caller has one.
    fn run(
        self,
        in_flight: &mut InFlight,
        left: &mut dyn FnMut(),
        runtime: Option<&Runtime>,
    ) -> End;

    /// Returns the site of the function.
    ///
    /// Takes a pointer, because [`ErasedBody::site`] has a shared reference to plain bytes, which does not permit a write;
    /// a `&Self` made of it would claim to permit one if the arguments contain a `Cell`.
    ///
    /// # Safety
    ///
    /// `this` must point to a value that may be read.
    unsafe fn site(this: *const Self) -> &'static Site;
}

/// A body of some type, or none.
#[repr(C)] // The place comes last, so that short arguments write fewer cache lines: see `Task`.
pub(crate) struct ErasedBody {
    /// The methods of the value in `place`; `None` once it has been moved out or dropped.
    methods: Option<&'static Methods>,
    place: Place,
    /// A body is `Send`, and need not be `Sync`.
    not_sync: PhantomData<Cell<()>>,
}

/// Room for arguments: 96 bytes, and 8 bytes less for the time (`metrics`) and for the span (`tracing`) in the ticket. A task
/// and its slot's stamp are 128 bytes together.
type Place = [MaybeUninit<usize>; WORDS];

const WORDS: usize = match (cfg!(feature = "metrics"), cfg!(feature = "tracing")) {
    (false, false) => 12,
    (true, false) | (false, true) => 11,
    (true, true) => 10,
};

/// The methods of one type of body. Each takes a pointer to a place that must hold a value of that type.
struct Methods {
    /// Set for a body that its launcher may take back with [`ErasedBody::take`].
    type_id: Option<fn() -> TypeId>,
    run: Run,
    /// Drops the value in its place.
    drop: unsafe fn(NonNull<Place>),
    site: unsafe fn(NonNull<Place>) -> &'static Site,
}

/// Moves the value out and runs it; see [`Body::run`].
type Run = unsafe fn(NonNull<Place>, &mut InFlight, &mut dyn FnMut(), Option<&Runtime>) -> End;

/// Carries the methods of a `T`, as constants.
struct Of<T>(PhantomData<T>);

impl<T: Body> Of<T> {
    const METHODS: Methods = Methods {
        type_id: None,
        run: run::<T>,
        drop: drop::<T>,
        site: site_at::<T>,
    };
    const RETURNABLE: Methods = Methods {
        type_id: Some(TypeId::of::<T>),
        ..Self::METHODS
    };
}

impl ErasedBody {
    /// Stores a body that [`fits`]. A returnable one can be taken back with [`take`](Self::take).
    #[inline]
    pub(crate) fn new<T: Body>(body: T, is_returnable: bool) -> Self {
        // Not in a `const` block: that would also be evaluated for the branch that is not taken.
        assert!(fits::<T>());
        let mut place: Place = [MaybeUninit::uninit(); WORDS];
        // SAFETY: the assertion above says that the place is large enough for a `T` and sufficiently aligned.
        unsafe { place.as_mut_ptr().cast::<T>().write(body) };
        Self {
            methods: Some(if is_returnable {
                &Of::<T>::RETURNABLE
            } else {
                &Of::<T>::METHODS
            }),
            place,
            not_sync: PhantomData,
        }
    }

    /// Stores a body of any size: in a box if it does not fit.
    #[inline]
    pub(crate) fn anywhere<T: Body>(body: T, is_returnable: bool) -> Self {
        if const { fits::<T>() } {
            Self::new(body, is_returnable)
        } else {
            Self::new(Box::new(body), is_returnable)
        }
    }

    /// Moves the body out, whatever its type, and leaves this empty.
    #[inline]
    pub(crate) fn move_out(&mut self) -> Self {
        Self {
            methods: self.methods.take(),
            place: self.place,
            not_sync: PhantomData,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.methods.is_none()
    }

    /// Runs the body and returns how its launch ended; `None` if the body has gone.
    #[inline]
    pub(crate) fn run(&mut self, in_flight: &mut InFlight) -> Option<Result<End, Panic>> {
        self.run_on(in_flight, None)
    }

    /// Runs a body that passes its launch on to an executor, so that its end is not counted. With a runtime, it is spawned
    /// there.
    #[inline]
    pub(crate) fn pass_on(&mut self, in_flight: &mut InFlight, runtime: Option<&Runtime>) {
        match self.run_on(in_flight, runtime) {
            // Its destructor, which has nothing to do, would be one more page of code to load.
            Some(Ok(end @ End::Ok)) => mem::forget(end),
            end => mem::drop(end),
        }
    }

    #[inline]
    fn run_on(
        &mut self,
        in_flight: &mut InFlight,
        runtime: Option<&Runtime>,
    ) -> Option<Result<End, Panic>> {
        let body = self.take_out()?;
        // SAFETY: `self` is borrowed until `run` returns, so the place stays where `take_out` found it, and nothing else
        // uses it.
        Some(unsafe { body.run(in_flight, &mut || {}, runtime) })
    }

    /// Runs the body of a task that is in the slot of a queue. Frees the slot, and calls `left`, as soon as the body has
    /// been moved to this thread's stack.
    ///
    /// The body is moved once, and its end is returned in registers: two cores run 16 to 20 million launches per second, and
    /// 11 to 13 million without both.
    #[inline]
    pub(crate) fn run_from(
        mut slot: Occupied<'_, Task>,
        in_flight: &mut InFlight,
        left: &mut dyn FnMut(),
    ) -> Option<Result<End, Panic>> {
        let body = slot.with(|task| task.body().take_out())?;
        let mut slot = Some(slot);
        // SAFETY: the place is in the slot, which this function holds until the closure below frees it. `Body::run` calls that
        // closure only after the body has left the place.
        Some(unsafe {
            let left = &mut || {
                slot = None;
                left();
            };
            body.run(in_flight, left, None)
        })
    }

    /// Takes the methods out, which leaves this empty; the value is still in its place.
    #[inline]
    fn take_out(&mut self) -> Option<TakenBody> {
        Some(TakenBody {
            methods: self.methods.take()?,
            place: NonNull::from(&mut self.place),
        })
    }

    /// Drops the body, if it is still here. Runs destructors of the user's, which may panic.
    #[inline]
    pub(crate) fn discard(&mut self) {
        if let Some(methods) = self.methods.take() {
            // SAFETY: the methods were here, so the place holds a value of their type; they have been taken out, so nothing
            // uses that value again.
            unsafe { (methods.drop)(NonNull::from(&mut self.place)) }
        }
    }

    /// Forgets the body without dropping it.
    pub(crate) fn leak(&mut self) {
        self.methods = None;
    }

    /// Returns the site of the function, if the body is still here.
    #[inline]
    pub(crate) fn site(&self) -> Option<&'static Site> {
        let methods = self.methods?;
        // SAFETY: the methods are here, so the place holds a value of their type, which `site` only reads.
        Some(unsafe { (methods.site)(NonNull::from(&self.place)) })
    }

    /// Moves the body out, if it is a `T` and was stored as returnable.
    pub(crate) fn take<T: Body>(&mut self) -> Option<T> {
        if const { fits::<T>() } {
            self.take_in_place::<T>()
        } else {
            self.take_in_place::<Box<T>>().map(|body| *body)
        }
    }

    fn take_in_place<T: Body>(&mut self) -> Option<T> {
        let methods = self.methods?;
        if methods.type_id.map(|of| of()) != Some(TypeId::of::<T>()) {
            return None;
        }
        self.methods = None;
        // SAFETY: the methods were those of a `T`, so `place` holds one; `methods` is `None` now, so nothing moves it out
        // again.
        Some(unsafe { self.place.as_ptr().cast::<T>().read() })
    }
}

/// A body that is still in its place, and whose `ErasedBody` is empty: `run` alone may use it.
struct TakenBody {
    methods: &'static Methods,
    place: NonNull<Place>,
}

impl TakenBody {
    /// Runs the body, and calls `left` when it has left its place.
    ///
    /// # Safety
    ///
    /// The place must not have moved or been used since `take_out`, and must stay valid and unused until `left` is called.
    #[inline]
    unsafe fn run(
        self,
        in_flight: &mut InFlight,
        left: &mut dyn FnMut(),
        runtime: Option<&Runtime>,
    ) -> Result<End, Panic> {
        // Caught here and not in the method, so that this is compiled once for all bodies.
        unwind::catch_to_report(|| {
            // SAFETY: `take_out` found methods, so the place holds a value of their type; the caller promises the rest.
            unsafe { (self.methods.run)(self.place, in_flight, left, runtime) }
        })
    }
}

impl Drop for ErasedBody {
    #[inline]
    fn drop(&mut self) {
        self.discard();
    }
}

/// A body that does not fit in a place.
impl<T: Body> Body for Box<T> {
    const IS_DAEMON: bool = T::IS_DAEMON;

    #[inline]
    fn run(
        self,
        in_flight: &mut InFlight,
        left: &mut dyn FnMut(),
        runtime: Option<&Runtime>,
    ) -> End {
        (*self).run(in_flight, left, runtime)
    }

    unsafe fn site(this: *const Self) -> &'static Site {
        // SAFETY: the caller promises that the box may be read; its content is not.
        let body: *const T = unsafe { &raw const **this };
        // SAFETY: a box that may be read holds a value that may be read.
        unsafe { T::site(body) }
    }
}

/// The number of bytes of a body that is stored without an allocation.
pub(crate) const INLINE_BYTES: usize = size_of::<Place>();

/// Returns the site of the function that this body belongs to.
#[inline]
pub(crate) fn site<T: Body>(body: &T) -> &'static Site {
    // SAFETY: a reference points to a value that may be read.
    unsafe { T::site(body) }
}

/// Returns whether a `T` fits in a place.
pub(crate) const fn fits<T>() -> bool {
    size_of::<T>() <= size_of::<Place>() && align_of::<T>() <= align_of::<Place>()
}

/// # Safety
///
/// The place must hold a `T`, which nothing uses again.
unsafe fn run<T: Body>(
    place: NonNull<Place>,
    in_flight: &mut InFlight,
    left: &mut dyn FnMut(),
    runtime: Option<&Runtime>,
) -> End {
    // SAFETY: the caller promises that the place holds a `T`, and that nothing reads it again.
    let body = unsafe { place.cast::<T>().read() };
    body.run(in_flight, left, runtime)
}

/// # Safety
///
/// The place must hold a `T`, which nothing uses again.
unsafe fn drop<T: Body>(place: NonNull<Place>) {
    // SAFETY: the caller promises that the place holds a `T`, and that nothing drops it again.
    unsafe { place.cast::<T>().drop_in_place() }
}

/// # Safety
///
/// The place must hold a `T`.
unsafe fn site_at<T: Body>(place: NonNull<Place>) -> &'static Site {
    // SAFETY: the caller promises that the place holds a `T`, so it may be read.
    unsafe { T::site(place.cast::<T>().as_ptr()) }
}
