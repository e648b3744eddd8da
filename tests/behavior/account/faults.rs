//! An observer that panics, bodies that never return and arguments that panic: each on every backend at once.

use crate::play::{check, play, silent};

silent! {
    bodies_never_return_on_any_backend
    abandoned_arguments_panic_on_every_backend
}

// Pitfall 4.
#[test]
fn an_observer_that_panics_harms_no_backend() {
    let played = play("an_observer_panics_on_every_backend");
    assert_eq!(played.code, Some(0), "{played:?}");
    let reports: Vec<_> = played.stderr.lines().collect();
    assert_eq!(reports.len(), 20, "{played:?}");
    for line in &reports {
        assert!(
            line.ends_with("; the observer panicked: no disk"),
            "{played:?}"
        );
    }
    let of = |event| reports.iter().filter(|line| line.contains(event)).count();
    assert_eq!(
        (of(") failed: failed; "), of(") panicked: panicked; ")),
        (10, 10)
    );
}
