//! Launches from destructors: of thread-locals, of evicted and of abandoned arguments.

use super::play::{check_reports, play};

#[test]
fn destructors_of_thread_locals_may_launch() {
    let refused = ("`scenario::destructors::is_refused` (", "was refused");
    check_reports("thread_local_destructor_launches", "", &[refused]);
    check_reports(
        "thread_local_destructor_launches_in_a_worker",
        "",
        &[refused; 2],
    );
    let played = play("thread_local_destructor_launches_at_exit");
    assert_eq!(
        (played.code, &*played.stdout),
        (Some(0), "the end of `main`\n"),
        "{played:?}"
    );
}

// Pitfall 14.
#[test]
fn destructors_of_evicted_and_abandoned_arguments_may_launch() {
    for name in ["evicted_argument_launches", "abandoned_argument_launches"] {
        let played = play(name);
        assert_eq!(played.code, Some(0), "{played:?}");
    }
}
