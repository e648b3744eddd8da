//! One message for each panic, after `hook_panics`.

use crate::play::{Played, end, play, scenario};

/// Plays a scenario that ends well, and compares its standard error line by line: see [`compare`].
#[track_caller]
fn check(name: &str, expected: &[&str]) {
    let played = play(name);
    assert_eq!(played.code, Some(0), "{name}: {played:?}");
    assert_eq!(played.stderr.lines().count(), expected.len(), "{played:?}");
    compare(&played, expected);
}

/// Compares the first lines of standard error. `{0}` stands for the first place that the scenario says, and so on; `…` for
/// anything; and `NAME|` for a report of that function.
#[track_caller]
fn compare(played: &Played, expected: &[&str]) {
    let places: Vec<_> = played.stdout.lines().collect();
    assert!(
        played.stderr.lines().count() >= expected.len(),
        "{played:?}"
    );
    for (line, expected) in played.stderr.lines().zip(expected) {
        let mut wanted = match expected.split_once('|') {
            Some((function, text)) => {
                let place = "tests/scenario/account/panics.rs:…";
                let function =
                    format!("fire-and-forget: `scenario::account::panics::{function}` ({place})");
                format!("{function} {text}; launched at …")
            }
            None => (*expected).to_owned(),
        };
        for (number, place) in places.iter().enumerate() {
            wanted = wanted.replace(&format!("{{{number}}}"), place);
        }
        let mut parts = wanted.split('…');
        let mut rest = line.strip_prefix(parts.next().unwrap_or_default());
        for part in parts {
            rest = rest
                .and_then(|rest| rest.split_once(part))
                .map(|(_, rest)| rest);
        }
        let fits = rest.is_some_and(|rest| rest.is_empty() || wanted.ends_with('…'));
        assert!(fits, "{line}\n{wanted}");
    }
}

#[test]
fn a_panic_on_any_backend_is_one_line_with_its_place() {
    check(
        "panics_on_each_backend",
        &[
            "on_the_pool|panicked at {0}: a",
            "on_a_pool|panicked at {1}: b",
            "on_a_thread|panicked at {2}: c",
            "on_threads|panicked at {3}: d",
            "on_tokio|panicked at {4}: e",
            "as_a_task|panicked at {5}: f",
            "as_a_future_on_a_pool|panicked at {6}: g",
            "in_place|panicked at {7}: h",
        ],
    );
}

#[test]
fn a_panic_in_what_belongs_to_a_launch_is_reported_with_its_place() {
    check(
        "panics_of_what_belongs_to_a_launch",
        &[
            "is_refused|panicked at {0}: an argument",
            "is_refused|was refused: …",
            "drops_it_at_its_end|panicked at {1}: an argument",
            "drops_it_at_its_end_as_a_future|panicked at {2}: an argument",
            "has_a_handler|panicked at {3}: a handler",
            "fails_without_words|failed: an error whose `Display` panicked at {4}: a display",
            "panics_with_a_number|panicked at {5}: a value that is not a string",
            "panics_with_a_literal|panicked at {6}: a literal",
        ],
    );
}

#[test]
fn a_panic_that_a_body_catches_is_said_and_is_no_report() {
    check(
        "panics_that_bodies_catch",
        &[
            "fire-and-forget: a launched body caught a panic at {0}: caught",
            "fire-and-forget: a launched body panicked at {1}: caught",
            "fire-and-forget: a launched body caught a panic at {2}: caught",
            "catches_twice_and_fails|failed: an error",
            "fire-and-forget: a launched body panicked at {3}: caught",
            "catches_and_panics|panicked at {4}: uncaught",
            "fire-and-forget: a launched body caught a panic at {5}: caught",
            "catches_in_a_poll|panicked at {6}: in a later poll",
        ],
    );
}

#[test]
fn a_panic_that_is_resumed_has_the_place_where_it_began_or_none() {
    check(
        "panics_that_are_resumed",
        &[
            "resumes_what_it_caught|panicked at {0}: caught",
            "fire-and-forget: a launched body caught a panic at {1}: caught",
            "resumes_something_else|panicked: something else",
            "other hook: another thread",
            "resumes_what_another_thread_said|panicked: another thread",
        ],
    );
}

#[test]
fn a_panic_of_a_launch_that_runs_while_another_body_unwinds_has_its_own_place() {
    check(
        "panics_inside_each_other",
        &[
            "in_place|panicked at {1}: h",
            "launches_as_it_unwinds|panicked at {0}: outside",
        ],
    );
}

#[test]
fn a_panic_elsewhere_goes_to_the_other_hook() {
    check(
        "panics_elsewhere",
        &[
            "other hook: the main thread",
            "other hook: a thread of its own",
            "other hook: the main thread again",
        ],
    );
}

#[test]
fn a_panic_of_an_observer_is_said_with_its_place_behind_the_report() {
    check(
        "panics_of_an_observer",
        &[
            "fire-and-forget: `scenario::account::panics::on_a_pool` (…) panicked at {0}: b; launched at …; the observer panicked at {1}: the observer",
            "panicked: b: {2}",
        ],
    );
}

#[test]
fn a_later_hook_comes_first_and_a_second_call_changes_nothing() {
    check(
        "panics_with_hooks_around",
        &[
            "later hook: b",
            "on_a_pool|panicked at {0}: b",
            "later hook: the main thread",
            "other hook: the main thread",
        ],
    );
}

#[test]
fn without_the_call_the_hook_and_the_report_are_two_messages_and_no_place_is_known() {
    check(
        "panics_without_the_hook",
        &[
            "only hook: b",
            "`scenario::account::panics::on_a_pool` (…) panicked: b; launched at …",
            "only hook: caught",
        ],
    );
}

#[test]
fn a_backtrace_that_is_asked_for_stands_below_the_line() {
    let name = "panics_with_a_backtrace";
    for (value, is_asked) in [("1", true), ("full", true), ("0", false)] {
        let mut command = scenario(name);
        let child = command.env("RUST_BACKTRACE", value).spawn().unwrap();
        let played = end(name, child, String::new());
        compare(&played, &["on_a_pool|panicked at {0}: b"]);
        let status = played.stdout.lines().last();
        assert_eq!(status, Some(&*is_asked.to_string()), "{played:?}");
        let mut lines = played.stderr.lines().skip(1);
        assert_eq!(
            lines.next() == Some("stack backtrace:"),
            is_asked,
            "{played:?}"
        );
        let names_it = lines.any(|line| line.contains("on_a_pool"));
        assert_eq!(names_it, is_asked, "{played:?}");
    }
}

/// The language aborts, whatever we do; all that led to it is said.
#[cfg(unix)]
#[test]
fn what_a_body_panicked_with_is_said_before_the_process_aborts() {
    let abort = Some(6);
    let played = play("panic_in_a_destructor_of_a_body_that_panics");
    assert_eq!(played.signal, abort, "{played:?}");
    compare(
        &played,
        &[
            "fire-and-forget: a launched body panicked at {0}: the body",
            "fire-and-forget: a launched body panicked at {1}: an argument",
            "other hook: panic in a destructor during cleanup",
        ],
    );
    let played = play("panic_in_a_function_that_cannot_unwind");
    assert_eq!(played.signal, abort, "{played:?}");
    compare(
        &played,
        &[
            "fire-and-forget: a launched body panicked at {0}: for C",
            "other hook: panic in a function that cannot unwind",
        ],
    );
}
