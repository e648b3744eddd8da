//! A cell that lends its pointer to a closure, so that loom sees how long it is used.

#[cfg(fire_and_forget_loom)]
use loom::cell::UnsafeCell;
#[cfg(not(fire_and_forget_loom))]
use std::cell::UnsafeCell;

/// [`UnsafeCell`] with the one access that both std's and loom's can have.
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
