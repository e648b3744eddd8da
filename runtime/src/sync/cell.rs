//! A cell that hands out its pointer to a closure, so that loom can see how long it is used.

#[cfg(fire_and_forget_loom)]
use loom::cell::UnsafeCell;
#[cfg(not(fire_and_forget_loom))]
use std::cell::UnsafeCell;

/// [`UnsafeCell`] in the one shape that the standard library's and loom's both can have.
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct Cell<T>(UnsafeCell<T>);

impl<T> Cell<T> {
    #[cfg(any(fire_and_forget_loom, fire_and_forget_shuttle))]
    pub(crate) fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    #[inline]
    pub(crate) fn with_mut<R>(&self, access: impl FnOnce(*mut T) -> R) -> R {
        #[cfg(fire_and_forget_loom)]
        return self.0.with_mut(access);
        #[cfg(not(fire_and_forget_loom))]
        return access(self.0.get());
    }
}
