//! Destructors that panic: the test learns of it, and the process goes on.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

use fire_and_forget::{Refusal, fire_and_forget, testing};

use super::panic_of;

/// Counts that it was dropped, and panics.
struct PanicsWhenDropped(Arc<AtomicU32>);

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, SeqCst);
        resume_unwind(Box::new("deliberate, in a destructor"));
    }
}

#[fire_and_forget]
fn bad(_: PanicsWhenDropped) {}

#[fire_and_forget(on_full = "block")]
fn bad_and_waits(_: PanicsWhenDropped) {}

#[fire_and_forget]
async fn bad_task(_: PanicsWhenDropped) {}

#[test]
fn launches_whose_destructors_panic_are_all_dropped_and_the_first_panic_is_the_tests() {
    let dropped = Arc::new(AtomicU32::new(0));
    let launches = testing::capture();
    let launch = || (0..3).for_each(|_| bad(PanicsWhenDropped(Arc::clone(&dropped))));
    launch();
    let panic = panic_of(|| launches.discard());
    assert_eq!(panic, "deliberate, in a destructor");
    assert_eq!(dropped.load(SeqCst), 3);
    launch();
    let panic = panic_of(|| drop(launches));
    assert_eq!(panic, "deliberate, in a destructor");
    assert_eq!(dropped.load(SeqCst), 6);
}

#[test]
fn a_test_that_fails_may_leave_launches_whose_destructors_panic() {
    let dropped = Arc::new(AtomicU32::new(0));
    let panic = panic_of(|| {
        let _launches = testing::capture();
        bad(PanicsWhenDropped(Arc::clone(&dropped)));
        resume_unwind(Box::new("the test fails"));
    });
    assert_eq!(panic, "the test fails");
    assert_eq!(dropped.load(SeqCst), 1);
}

#[test]
fn a_launch_that_is_not_allowed_panics_once_though_its_destructor_does_too() {
    let dropped = Arc::new(AtomicU32::new(0));
    let launch = |launch: fn(PanicsWhenDropped)| {
        panic_of(|| launch(PanicsWhenDropped(Arc::clone(&dropped))))
    };
    let forbidding = testing::forbid();
    assert!(launch(bad).ends_with("forbids it here"));
    drop(forbidding);
    let _refusing = testing::refuse(Refusal::Full);
    assert!(launch(bad_and_waits).ends_with("it would block forever"));
    assert_eq!(dropped.load(SeqCst), 2);
}

#[test]
fn who_forgets_to_await_is_told_so_though_the_destructor_panics() {
    let dropped = Arc::new(AtomicU32::new(0));
    let launches = testing::capture();
    let launch = || bad_task(PanicsWhenDropped(Arc::clone(&dropped)));
    launch();
    let panic = panic_of(|| drop(launches.run()));
    assert!(panic.ends_with("write `launches.run().await`"), "{panic}");
    launch();
    let panic = panic_of(|| launches.run().errors());
    assert!(panic.ends_with("write `launches.run().await`"), "{panic}");
    assert_eq!(dropped.load(SeqCst), 2);
}

/// Launches when it is dropped.
struct LaunchesWhenDropped(fn());

impl Drop for LaunchesWhenDropped {
    fn drop(&mut self) {
        self.0();
    }
}

#[fire_and_forget]
fn is_launched_late() {
    unreachable!("it is not allowed");
}

#[fire_and_forget(on_full = "block")]
fn is_launched_late_and_waits() {
    unreachable!("it is refused");
}

#[test]
fn a_test_that_fails_may_launch_in_a_destructor_what_is_not_allowed() {
    let panic = panic_of(|| {
        let _forbidding = testing::forbid();
        let _launches = LaunchesWhenDropped(|| is_launched_late());
        resume_unwind(Box::new("the test fails"));
    });
    assert_eq!(panic, "the test fails");
    let panic = panic_of(|| {
        let _refusing = testing::refuse(Refusal::Full);
        let _launches = LaunchesWhenDropped(|| is_launched_late_and_waits());
        resume_unwind(Box::new("the test fails"));
    });
    assert_eq!(panic, "the test fails");
}

#[fire_and_forget]
fn is_refused(_: LaunchesWhenDropped) {}

fn launches_itself_when_it_is_refused() {
    is_refused(LaunchesWhenDropped(launches_itself_when_it_is_refused));
}

/// Each is dropped inside the destructor of the one before, as in a real refusal.
#[test]
fn refused_arguments_that_launch_themselves_again_come_to_an_end() {
    let _refusing = testing::refuse(Refusal::Full);
    launches_itself_when_it_is_refused();
}
