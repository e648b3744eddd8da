//! Handlers of forks that launch, or wait.

use super::play::{check, check_reports, silent};

silent! {
    child_handler_waits
    handlers_of_each_kind_launch
    first_launch_in_a_handler
    shutdown_during_a_fork
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    child_handler_forks
    forks_of_several_threads
}

const REFUSED: &str =
    "was refused: the process was forked from one that had launched, and has none of its threads";

#[test]
fn child_handler_launches() {
    let reports = [
        "on_built_in_pool",
        "on_pool",
        "on_pool_async",
        "on_thread",
        "on_threads",
        "on_tokio_worker",
        "on_tokio",
        "or_block",
        "or_run_here",
    ]
    .map(|function| format!("`scenario::fork::{function}` ("));
    let reports = reports.each_ref().map(|report| (report.as_str(), REFUSED));
    check_reports("child_handler_launches", "", &reports);
}

#[test]
fn child_handler_launches_where_a_caller_would_wait() {
    let report = ("`scenario::fork_handlers::blocks` (", REFUSED);
    check_reports(
        "child_handler_launches_where_a_caller_would_wait",
        "",
        &[report],
    );
}
