//! Fork handlers (`pthread_atfork`) that launch or wait.

use super::fork::{REFUSED, check_refusals};
use crate::play::{check, check_reports, silent};

silent! {
    child_handler_waits
    handlers_of_each_kind_launch
    first_launch_in_a_handler
    shutdown_during_a_fork
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    child_handler_forks
    forks_of_several_threads
}

#[test]
fn child_handler_launches() {
    check_refusals("child_handler_launches");
}

#[test]
fn child_handler_launches_where_a_caller_would_wait() {
    let report = ("`scenario::system::fork_handlers::blocks` (", REFUSED);
    check_reports(
        "child_handler_launches_where_a_caller_would_wait",
        "",
        &[report],
    );
}
