//! One fault on every backend at once.

use super::play::{check, play, silent};

silent! {
    bodies_never_return_on_any_backend
    abandoned_arguments_panic_on_every_backend
}

// Pitfall 4.
#[test]
fn an_observer_that_panics_harms_no_backend() {
    let played = play("an_observer_panics_on_every_backend");
    assert_eq!(played.code, Some(0), "{played:?}");
    let (panics, reports): (Vec<_>, Vec<_>) = played
        .stderr
        .lines()
        .partition(|line| *line == "fire-and-forget: the observer panicked: no disk");
    assert_eq!((panics.len(), reports.len()), (20, 20), "{played:?}");
    let of = |event| reports.iter().filter(|line| line.contains(event)).count();
    assert_eq!(
        (of(") failed: failed; "), of(") panicked: panicked; ")),
        (10, 10)
    );
}
