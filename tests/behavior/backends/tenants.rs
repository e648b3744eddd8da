//! A pool for each tenant, made at run time.

use crate::play::{check, silent};

silent! {
    a_thousand_tenants_have_a_pool_each
}

#[test]
fn a_tenant_is_left_at_the_exit() {
    check(
        "a_tenant_is_left_at_the_exit",
        "",
        "fire-and-forget: the process exits without waiting for `shutdown`; unfinished: `scenario::backends::tenants::work` (3 in flight)\n",
    );
}

#[test]
fn a_panic_at_the_start_of_threads_is_said_once() {
    check(
        "a_panic_at_the_start_of_threads_is_said_once",
        "",
        "fire-and-forget: `on_thread_start` of `unlucky` panicked: no such processor; its threads still run launches\n",
    );
}
