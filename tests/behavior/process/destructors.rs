//! Launches from destructors: of thread-locals, of evicted and of abandoned arguments.

use super::play::{check_lines, play};

#[test]
fn destructors_of_thread_locals_may_launch() {
    for name in [
        "thread_local_destructor_launches",
        "thread_local_destructor_launches_in_a_worker",
    ] {
        let played = play(name);
        assert_eq!(played.code, Some(0), "{played:?}");
        let refused = if name.ends_with("_worker") { 2 } else { 1 };
        check_lines(
            &played.stderr,
            &vec![("`scenario::destructors::is_refused` (", "was refused"); refused],
        );
    }
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
