//! A library that launches, and is unloaded with `dlclose`.

use crate::play::{check, silent};

silent! {
    unload_after_shutdown
    unload_what_has_no_threads
}

#[test]
fn what_an_unloaded_library_leaves_unfinished_is_named() {
    check(
        "unload_what_has_no_threads_and_is_unfinished",
        "",
        "fire-and-forget: the process exits without waiting for `shutdown`; unfinished: `plugin::is_kept` (1 in flight)\n",
    );
}
