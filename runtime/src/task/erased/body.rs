//! A body with its arguments, of whatever type, in a place of fixed size: what makes a launch free of allocations.
//!
//! A `Box<dyn FnOnce()>` would do the same with one allocation in the caller and one release in a worker, and the
//! latter goes past the allocator's caches.

use std::any::TypeId;
use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::NonNull;

use crate::account::in_flight::InFlight;
use crate::account::outcome::End;
use crate::account::site::Site;
use crate::queue::ring::Occupied;
use crate::task::task::Task;
use crate::thread::unwind::{self, Panic};

/// A body with its arguments, before its type is erased.
pub(crate) trait Body: Send + 'static {
    /// Does it go on until the process stops?
    const IS_DAEMON: bool;

    /// Runs the body, and says how its launch ended; or passes the launch on, and takes it out of the guard. Panics as the
    /// body does. What takes long says first that the body has left its place.
    fn run(self, in_flight: &mut InFlight, left: &mut dyn FnMut()) -> End;

    /// The function that was launched.
    ///
    /// By a pointer, and not by a reference, which would reach into the arguments: what is in a `Cell` may be changed
    /// by a reference, and whoever asks here may not.
    ///
    /// # Safety
    ///
    /// It points to a value that may be read.
    unsafe fn site(this: *const Self) -> &'static Site;
}

/// A body of some type, or none.
#[repr(C)] // The place comes last: see `Task`.
pub(crate) struct ErasedBody {
    /// How to use the value in `place`; `None` once it has been moved out.
    methods: Option<&'static Methods>,
    place: Place,
    /// A body may be sent to another thread, not shared with one.
    not_sync: PhantomData<Cell<()>>,
}

/// Room for arguments of 96 bytes, or of 8 less for a time in each ticket, and for what is traced. With the rest of a
/// task and the stamp of its slot, that makes 128.
type Place = [MaybeUninit<usize>; WORDS];

const WORDS: usize = match (cfg!(feature = "metrics"), cfg!(feature = "tracing")) {
    (false, false) => 12,
    (true, false) | (false, true) => 11,
    (true, true) => 10,
};

/// The methods of one type of body. Each takes a pointer to a place that holds a value of that type.
struct Methods {
    /// Of a body that its launcher may have back.
    type_id: Option<fn() -> TypeId>,
    /// Moves the value out, and says so before it is used.
    run: unsafe fn(NonNull<Place>, &mut InFlight, &mut dyn FnMut()) -> End,
    /// Moves the value out.
    drop: unsafe fn(NonNull<Place>),
    site: unsafe fn(NonNull<Place>) -> &'static Site,
}

/// Has the methods of a `T`.
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
    /// Loads a body that fits: see [`fits`]; one that does not fits in a box. It can be had back with
    /// [`take`](Self::take) if it is returnable.
    #[inline]
    pub(crate) fn new<T: Body>(body: T, is_returnable: bool) -> Self {
        // Known at compile time, and yet not asserted there: that would also be done for the branch not taken.
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

    /// As [`new`](Self::new), in a box if it does not fit.
    #[inline]
    pub(crate) fn anywhere<T: Body>(body: T, is_returnable: bool) -> Self {
        if const { fits::<T>() } {
            Self::new(body, is_returnable)
        } else {
            Self::new(Box::new(body), is_returnable)
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.methods.is_none()
    }

    /// Runs the body, if there still is one, and says how its launch ended.
    pub(crate) fn run(&mut self, in_flight: &mut InFlight) -> Option<Result<End, Panic>> {
        let body = self.take_out()?;
        // SAFETY: the place is where it was, and nobody has used it since.
        Some(unsafe { body.run(in_flight, &mut || {}) })
    }

    /// As [`run`](Self::run), of a task in the slot of a queue: the slot is freed, and `left` called, as soon as the body
    /// has left it for this thread's stack.
    #[inline]
    pub(crate) fn run_from(
        mut slot: Occupied<'_, Task>,
        in_flight: &mut InFlight,
        left: &mut dyn FnMut(),
    ) -> Option<Result<End, Panic>> {
        let body = slot.with(|task| task.body().take_out())?;
        let mut slot = Some(slot);
        // SAFETY: the place is in the slot, which is freed as soon as the body has left it and not before.
        Some(unsafe {
            body.run(in_flight, &mut || {
                slot = None;
                left();
            })
        })
    }

    fn take_out(&mut self) -> Option<TakenBody> {
        Some(TakenBody {
            methods: self.methods.take()?,
            place: NonNull::from(&mut self.place),
        })
    }

    /// Drops the body, if there still is one. That is code of the user's, and may panic.
    pub(crate) fn discard(&mut self) {
        if let Some(methods) = self.methods.take() {
            // SAFETY: as in `run`.
            unsafe { (methods.drop)(NonNull::from(&mut self.place)) }
        }
    }

    /// Leaves the body where it is for ever, if there still is one.
    pub(crate) fn leak(&mut self) {
        self.methods = None;
    }

    /// The function that was launched, if there still is a body.
    pub(crate) fn site(&self) -> Option<&'static Site> {
        let methods = self.methods?;
        // SAFETY: as in `run`; the value is only read.
        Some(unsafe { (methods.site)(NonNull::from(&self.place)) })
    }

    /// Moves the body out, if it is of this type.
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
        // SAFETY: the methods are those of a `T`, so `place` holds one; they are gone, so nobody moves it out again.
        Some(unsafe { self.place.as_ptr().cast::<T>().read() })
    }
}

/// A body still in its place, which does not know of it any more.
struct TakenBody {
    methods: &'static Methods,
    place: NonNull<Place>,
}

impl TakenBody {
    /// Runs the body; says so when it has left its place.
    ///
    /// # Safety
    ///
    /// The place is where it was, and nobody has used it since or does before `left` is called.
    unsafe fn run(self, in_flight: &mut InFlight, left: &mut dyn FnMut()) -> Result<End, Panic> {
        // Caught here, once for all bodies.
        unwind::catch_to_report(|| {
            // SAFETY: the methods are those of the value in the place, and the caller promises the rest.
            unsafe { (self.methods.run)(self.place, in_flight, left) }
        })
    }
}

impl Drop for ErasedBody {
    fn drop(&mut self) {
        self.discard();
    }
}

/// What does not fit.
impl<T: Body> Body for Box<T> {
    const IS_DAEMON: bool = T::IS_DAEMON;

    #[inline]
    fn run(self, in_flight: &mut InFlight, left: &mut dyn FnMut()) -> End {
        (*self).run(in_flight, left)
    }

    unsafe fn site(this: *const Self) -> &'static Site {
        // SAFETY: the caller's promise; the box is read, and not what is in it.
        let body: *const T = unsafe { &raw const **this };
        // SAFETY: what is in a box may be read.
        unsafe { T::site(body) }
    }
}

/// The room for a body.
pub(crate) const INLINE_BYTES: usize = size_of::<Place>();

/// The function that was launched with this body.
#[inline]
pub(crate) fn site<T: Body>(body: &T) -> &'static Site {
    // SAFETY: a reference points to what may be read.
    unsafe { T::site(body) }
}

/// Is there room for it?
pub(crate) const fn fits<T>() -> bool {
    size_of::<T>() <= size_of::<Place>() && align_of::<T>() <= align_of::<Place>()
}

/// # Safety
///
/// The place holds a `T`, which is not used again.
unsafe fn run<T: Body>(
    place: NonNull<Place>,
    in_flight: &mut InFlight,
    left: &mut dyn FnMut(),
) -> End {
    // SAFETY: the caller's promise.
    let body = unsafe { place.cast::<T>().read() };
    body.run(in_flight, left)
}

/// # Safety
///
/// The place holds a `T`, which is not used again.
unsafe fn drop<T: Body>(place: NonNull<Place>) {
    // SAFETY: the caller's promise.
    unsafe { place.cast::<T>().drop_in_place() }
}

/// # Safety
///
/// The place holds a `T`.
unsafe fn site_at<T: Body>(place: NonNull<Place>) -> &'static Site {
    // SAFETY: the caller's promise.
    unsafe { T::site(place.cast::<T>().as_ptr()) }
}
