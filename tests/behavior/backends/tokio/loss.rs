//! Tasks that do not end: their runtime goes away, has gone, or has too many of them.

use std::sync::mpsc::Sender;
use std::time::Duration;

use ::tokio::runtime::{Handle, Id, Runtime};
use fire_and_forget::{Loss, Refusal, fire_and_forget};
use waiting::{Gate, Pass, signal};

use super::runtimes::{current_thread, multi_thread};
use crate::recorder::{Class, row, watch};
use crate::values::drops::{Drops, PanicsWhenDropped, Tracked};

#[fire_and_forget]
async fn is_dropped_by_its_runtime(pass: Pass, _argument: Tracked) {
    pass.opened().await;
}

// Pitfalls 6 and 18.
#[test]
fn tasks_that_a_runtime_drops_are_lost_with_the_reason() {
    let watched = watch!(is_dropped_by_its_runtime);
    let gate = Gate::new();
    let drops = Drops::new();

    // Nobody drives this runtime: its tasks never begin.
    let runtime = current_thread();
    let entered = runtime.enter();
    for _ in 0..3 {
        is_dropped_by_its_runtime(gate.pass(), drops.tracked());
    }
    drop(entered);
    assert_eq!(watched.counts().in_flight(), 3);
    drop(runtime);
    watched.check(
        row!(launched: 3, lost: 3),
        &["was lost: dropped before it began"; 3],
    );

    // Here they have begun.
    let runtime = multi_thread();
    runtime.block_on(async {
        for _ in 0..2 {
            is_dropped_by_its_runtime(gate.pass(), drops.tracked());
        }
    });
    gate.reached_by(2);
    drop(runtime);
    assert_eq!(watched.quiet(), row!(launched: 5, lost: 5));
    assert_eq!(drops.count(), 5);
    let losses: Vec<_> = watched.reports().iter().map(|seen| seen.class).collect();
    assert_eq!(losses[..3], [Class::Lost(Loss::NeverRan); 3]);
    assert_eq!(losses[3..], [Class::Lost(Loss::DroppedWhileRunning); 2]);
    drop(gate);
}

/// How a body ends a runtime.
#[derive(Debug, Clone, Copy)]
enum Ending {
    Drop,
    InTheBackground,
    AfterATimeout,
}

impl Ending {
    fn end(self, runtime: Runtime) {
        match self {
            Self::Drop => drop(runtime),
            Self::InTheBackground => runtime.shutdown_background(),
            Self::AfterATimeout => runtime.shutdown_timeout(Duration::ZERO),
        }
    }
}

#[fire_and_forget]
fn ends_a_runtime(runtime: Runtime, ending: Ending) {
    ending.end(runtime);
}

#[fire_and_forget(backend = "tokio")]
fn ends_a_runtime_inside_another(runtime: Runtime, ending: Ending) {
    ending.end(runtime);
}

#[fire_and_forget]
async fn ends_a_runtime_in_a_task(runtime: Runtime, ending: Ending) {
    ending.end(runtime);
}

#[fire_and_forget]
async fn waits_in_a_runtime_that_ends(pass: Pass, _argument: Tracked) {
    pass.opened().await;
}

#[test]
fn a_body_may_end_a_runtime_and_its_tasks_are_lost() {
    let tasks = watch!(waits_in_a_runtime_that_ends);
    let bodies = [
        watch!(ends_a_runtime),
        watch!(ends_a_runtime_inside_another),
        watch!(ends_a_runtime_in_a_task),
    ];
    let launchers = [
        ends_a_runtime,
        ends_a_runtime_inside_another,
        ends_a_runtime_in_a_task,
    ];
    let gate = Gate::new();
    let drops = Drops::new();
    let (mut begun, mut waiting) = (0, 0);
    for launch in launchers {
        for ending in [Ending::Drop, Ending::InTheBackground, Ending::AfterATimeout] {
            let runtime = multi_thread();
            runtime.block_on(async {
                for _ in 0..3 {
                    waits_in_a_runtime_that_ends(gate.pass(), drops.tracked());
                }
            });
            begun += 3;
            gate.reached_by(begun);
            launch(runtime, ending);

            // Nobody drives this one.
            let runtime = current_thread();
            let entered = runtime.enter();
            for _ in 0..2 {
                waits_in_a_runtime_that_ends(gate.pass(), drops.tracked());
            }
            drop(entered);
            waiting += 2;
            launch(runtime, ending);
        }
    }
    for body in bodies {
        body.quiet();
    }
    let all = (begun + waiting) as u64;
    assert_eq!(tasks.quiet(), row!(launched: all, lost: all));
    assert_eq!(drops.count() as u64, all);
    let lost = |loss| {
        let reports = tasks.reports();
        let of_this = reports
            .iter()
            .filter(|seen| seen.class == Class::Lost(loss));
        of_this.count()
    };
    assert_eq!(lost(Loss::DroppedWhileRunning), begun);
    assert_eq!(lost(Loss::NeverRan), waiting);
    bodies[0].check(row!(launched: 6, ok: 6), &[]);
    bodies[1].check(row!(launched: 6, ok: 6), &[]);
    // To wait for the end of a runtime's threads is what tokio refuses in a task.
    let task = bodies[2].quiet();
    assert_eq!((task.launched, task.ok + task.panicked), (6, 6));
    for report in bodies[2].texts() {
        assert!(
            report.starts_with("panicked: Cannot drop a runtime in a context"),
            "{report}"
        );
    }
    assert_eq!(bodies[2].texts().len() as u64, task.panicked);
    drop(gate);
}

#[fire_and_forget]
async fn blocks_its_thread(pass: Pass) {
    pass.wait();
}

#[test]
fn a_task_that_outlives_its_runtime_ends_as_it_does() {
    let watched = watch!(blocks_its_thread);
    let gate = Gate::new();
    let runtime = multi_thread();
    let entered = runtime.enter();
    blocks_its_thread(gate.pass());
    gate.reached_by(1);
    drop(entered);
    runtime.shutdown_background();
    assert_eq!(watched.counts().in_flight(), 1);
    gate.open();
    watched.check(row!(launched: 1, ok: 1), &[]);
}

#[fire_and_forget]
async fn comes_too_late(_argument: Tracked) {}

#[fire_and_forget(backend = "tokio")]
fn comes_too_late_for_a_task(_argument: Tracked) {}

// Pitfall 7.
#[test]
fn a_launch_in_a_runtime_that_is_gone_is_lost_and_not_a_panic() {
    let watched = watch!(comes_too_late);
    let plain = watch!(comes_too_late_for_a_task);
    let drops = Drops::new();
    let runtime = multi_thread();
    let handle = runtime.handle().clone();
    drop(runtime);
    let _entered = handle.enter();
    comes_too_late(drops.tracked());
    comes_too_late_for_a_task(drops.tracked());
    watched.check(
        row!(launched: 1, lost: 1),
        &["was lost: dropped before it began"],
    );
    plain.check(row!(launched: 1, ok: 1), &[]);
    assert_eq!(drops.count(), 2);
}

#[fire_and_forget(backend = "tokio", on_full = "caller_runs", max_in_flight = 1)]
fn says_its_runtime(pass: Pass, ids: Sender<Id>) {
    let _ = ids.send(Handle::current().id());
    pass.wait();
}

/// Launches when it is dropped.
struct Launches(Sender<Id>);

impl Drop for Launches {
    fn drop(&mut self) {
        says_its_runtime(Pass::open(), self.0.clone());
    }
}

// `tokio::spawn` drops the future, and meanwhile lets its thread enter no runtime.
#[test]
fn a_launch_by_a_future_that_comes_too_late_may_be_run_in_place() {
    let watched = watch!(says_its_runtime);
    let runtime = multi_thread();
    let handle = runtime.handle().clone();
    drop(runtime);
    let _entered = handle.enter();
    let (ids, runs) = signal();
    let gate = Gate::holding(|pass| says_its_runtime(pass, ids.clone()));
    let launches = Launches(ids);
    ::tokio::spawn(async { drop(launches) });
    assert_eq!([runs.receive(), runs.receive()], [handle.id(); 2]);
    gate.open();
    watched.check(row!(launched: 2, ok: 2), &[]);
}

#[fire_and_forget]
async fn drops_an_argument_that_panics_with_its_runtime(pass: Pass, argument: PanicsWhenDropped) {
    pass.opened().await;
    drop(argument);
}

// Pitfall 4.
#[test]
fn an_argument_that_panics_while_its_runtime_is_dropped_goes_no_further() {
    let watched = watch!(drops_an_argument_that_panics_with_its_runtime);
    let gate = Gate::new();
    let runtime = current_thread();
    runtime.block_on(async {
        drops_an_argument_that_panics_with_its_runtime(gate.pass(), PanicsWhenDropped);
    });
    drop(runtime);
    watched.check(
        row!(launched: 1, lost: 1),
        &[
            "panicked: deliberate, in a destructor",
            "was lost: dropped before it began",
        ],
    );
}

#[fire_and_forget]
async fn is_bounded_by_default(_pass: Pass) {}

// Pitfall 10.
#[test]
fn tasks_are_bounded_without_being_asked() {
    let watched = watch!(is_bounded_by_default);
    let pass = Pass::open();
    let runtime = current_thread();
    let entered = runtime.enter();
    for _ in 0..16_386 {
        is_bounded_by_default(pass.clone());
    }
    assert_eq!(watched.counts(), row!(launched: 16_386, refused: 2));
    drop(entered);
    drop(runtime);
    assert_eq!(
        watched.quiet(),
        row!(launched: 16_386, lost: 16_384, refused: 2)
    );
    let classes: Vec<_> = watched.reports().iter().map(|seen| seen.class).collect();
    assert_eq!(classes.len(), 16_386);
    assert_eq!(classes[..2], [Class::Refused(Refusal::MaxInFlight); 2]);
}
