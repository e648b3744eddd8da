//! Zeroed memory that becomes resident page by page: from the system itself on 64-bit Linux, elsewhere from the allocator.

mod memory;
#[cfg_attr(
    all(
        target_os = "linux",
        target_pointer_width = "64",
        any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64"
        ),
        not(miri)
    ),
    path = "pages.rs"
)]
#[cfg_attr(
    not(all(
        target_os = "linux",
        target_pointer_width = "64",
        any(
            target_arch = "x86_64",
            target_arch = "aarch64",
            target_arch = "riscv64"
        ),
        not(miri)
    )),
    path = "no_pages.rs"
)]
mod pages;

pub(super) use self::memory::{Memory, NATURAL_ALIGN};
