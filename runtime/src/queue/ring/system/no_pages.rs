//! In place of `pages.rs`, for systems that take no pages back as Linux does: all memory comes from the allocator.

use std::ptr::NonNull;

/// No block is so large, so no function below is called.
pub(super) const LARGE: usize = usize::MAX;

pub(super) fn zeros(_: usize) -> Option<NonNull<u8>> {
    None
}

/// # Safety
///
/// There is no block to pass: [`zeros`] returns none.
pub(super) unsafe fn free(_: NonNull<u8>, _: usize) {}

/// # Safety
///
/// There is no block to pass: [`zeros`] returns none.
pub(super) unsafe fn give_back(_: NonNull<u8>, _: NonNull<u8>) {}
