//! `context`: in force for the reports and destructors of launches that never run, and not between polls.

use std::sync::mpsc::{Sender, channel};

use ::tokio::runtime::Builder;
use ::tokio::task::yield_now;
use fire_and_forget::{Pool, fire_and_forget};
use waiting::backends::FORGETFUL;
use waiting::{Gate, Pass, signal};

use crate::recorder::{row, watch};
use crate::values::contexts::{Barred, SaysWhereItIsDropped, Tenant, around, call_as};

static LATEST: Pool = Pool::new("latest context")
    .threads(1)
    .queue(1)
    .drop_oldest();

#[fire_and_forget(backend = LATEST, context = Tenant)]
fn may_be_evicted(pass: Pass, says: SaysWhereItIsDropped) {
    pass.wait();
    drop(says);
}

#[test]
fn an_evicted_launch_is_dropped_and_reported_in_its_context() {
    let watched = watch!(may_be_evicted);
    let (says, said) = signal();
    call_as("ada");
    let gate = Gate::holding(|pass| may_be_evicted(pass, SaysWhereItIsDropped(says.clone())));
    call_as("bob");
    may_be_evicted(gate.pass(), SaysWhereItIsDropped(says.clone()));
    call_as("cleo");
    may_be_evicted(gate.pass(), SaysWhereItIsDropped(says));
    assert_eq!(said.receive(), "dropped: bob");
    watched.wait_until(|counts| counts.lost == 1);
    gate.open();
    watched.check(
        row!(launched: 3, ok: 2, lost: 1),
        &["was lost: a newer launch took its place in the full queue"],
    );
    assert_eq!(watched.reports()[0].around, "bob");
}

#[fire_and_forget(backend = FORGETFUL, context = Tenant)]
async fn is_forgotten(says: SaysWhereItIsDropped) {
    says.say("run");
}

#[test]
fn a_launch_that_its_backend_drops_is_dropped_and_reported_in_its_context() {
    let watched = watch!(is_forgotten);
    let (says, said) = signal();
    call_as("ada");
    is_forgotten(SaysWhereItIsDropped(says));
    assert_eq!(said.receive(), "dropped: ada");
    watched.check(
        row!(launched: 1, lost: 1),
        &["was lost: dropped before it began"],
    );
    assert_eq!(watched.reports()[0].around, "ada");
}

#[fire_and_forget(context = Tenant)]
async fn is_dropped_by_its_runtime(pass: Pass, says: SaysWhereItIsDropped) {
    pass.opened().await;
    drop(says);
}

#[test]
fn a_task_that_its_runtime_drops_is_dropped_and_reported_in_its_context() {
    let watched = watch!(is_dropped_by_its_runtime);
    let (says, said) = signal();
    let gate = Gate::new();
    let runtime = Builder::new_current_thread().build().unwrap();
    let launch = |caller| {
        call_as(caller);
        is_dropped_by_its_runtime(gate.pass(), SaysWhereItIsDropped(says.clone()));
    };
    runtime.block_on(async {
        launch("ada");
        yield_now().await;
    });
    gate.reached_by(1);
    let entered = runtime.enter();
    launch("bob");
    drop(entered);
    call_as("cleo");
    drop(runtime);
    let mut drops = said.receive_many(2);
    drops.sort_unstable();
    assert_eq!(drops, ["dropped: ada", "dropped: bob"]);
    assert_eq!(watched.quiet(), row!(launched: 2, lost: 2));
    let mut reports: Vec<_> = watched
        .reports()
        .into_iter()
        .map(|report| (report.around, report.text))
        .collect();
    reports.sort_unstable();
    let lost = |caller: &str, how: &str| (caller.to_owned(), format!("was lost: dropped {how}"));
    assert_eq!(
        reports,
        [
            lost("ada", "while it was running"),
            lost("bob", "before it began")
        ]
    );
}

#[test]
fn a_runtime_that_a_panic_drops_has_its_tasks_dropped_in_their_context() {
    #[fire_and_forget(context = Tenant)]
    async fn is_unwound(says: SaysWhereItIsDropped) {
        says.say("run");
    }
    #[fire_and_forget(context = Barred)]
    async fn is_unwound_and_its_scope_panics(says: SaysWhereItIsDropped) {
        says.say("run");
    }
    let watched = [watch!(is_unwound), watch!(is_unwound_and_its_scope_panics)];
    let (says, said) = channel();
    call_as("ada");
    let unwound = std::panic::catch_unwind(|| {
        let runtime = Builder::new_current_thread().build().unwrap();
        let _entered = runtime.enter();
        is_unwound(SaysWhereItIsDropped(says.clone()));
        is_unwound_and_its_scope_panics(SaysWhereItIsDropped(says));
        panic!("deliberate");
    });
    assert!(unwound.is_err());
    let mut drops: Vec<_> = said.iter().collect();
    drops.sort_unstable();
    assert_eq!(drops, ["dropped: ", "dropped: ada"]);
    for watched in watched {
        assert_eq!(watched.quiet(), row!(launched: 1, lost: 1));
    }
    assert_eq!(watched[0].reports()[0].around, "ada");
}

#[fire_and_forget(context = Tenant)]
async fn is_polled_often(says: Sender<String>) {
    for _ in 0..3 {
        let _ = says.send(around());
        yield_now().await;
    }
}

#[fire_and_forget]
async fn is_polled_in_between(says: Sender<String>) {
    for _ in 0..3 {
        let _ = says.send(around());
        yield_now().await;
    }
}

#[test]
fn a_context_is_in_force_at_each_poll_and_not_in_between() {
    let runtime = Builder::new_current_thread().build().unwrap();
    let (says, said) = signal();
    runtime.block_on(async {
        call_as("ada");
        is_polled_often(says.clone());
        call_as("bob");
        is_polled_often(says.clone());
        is_polled_in_between(says);
        for _ in 0..9 {
            yield_now().await;
        }
    });
    let mut all = said.receive_many(9);
    all.sort_unstable();
    assert_eq!(all, ["", "", "", "ada", "ada", "ada", "bob", "bob", "bob"]);
}
