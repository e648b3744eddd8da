//! The backend `"tokio"`: which runtime runs a launch, and what happens when that runtime goes away.

use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use ::tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
use ::tokio::sync::oneshot;
use ::tokio::task::{LocalSet, spawn_blocking};
use ::tokio::time::sleep;
use fire_and_forget::{Loss, Pool, Refusal, fire_and_forget};

use crate::gate::{Gate, PATIENCE, Pass, signal};
use crate::recorder::{Class, row, watch};
use crate::tracked::{Drops, PanicsWhenDropped, Tracked};

fn multi_thread() -> Runtime {
    Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("multi")
        .enable_all()
        .build()
        .unwrap()
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn here() -> (Option<String>, RuntimeFlavor) {
    (
        thread::current().name().map(str::to_owned),
        Handle::current().runtime_flavor(),
    )
}

#[fire_and_forget(backend = "tokio")]
async fn tells_where_its_task_is(places: Sender<(Option<String>, RuntimeFlavor)>) {
    let _ = places.send(here());
}

#[test]
fn a_task_runs_on_the_runtime_of_its_caller() {
    let watched = watch!(tells_where_its_task_is);
    let (places, received) = signal();
    let runtime = multi_thread();
    runtime.block_on(async { tells_where_its_task_is(places.clone()) });
    assert_eq!(
        received.receive(),
        (Some("multi".into()), RuntimeFlavor::MultiThread)
    );
    tells_where_its_task_is(places);
    let (name, flavor) = received.receive();
    assert_eq!(flavor, RuntimeFlavor::MultiThread);
    assert_ne!(
        name.as_deref(),
        Some("multi"),
        "there was no runtime to launch it on"
    );
    watched.check(row!(launched: 2, ok: 2), &[]);
}

#[fire_and_forget]
async fn answers(answer: oneshot::Sender<thread::ThreadId>) {
    let _ = answer.send(thread::current().id());
}

#[test]
fn on_a_current_thread_runtime_the_task_runs_on_the_callers_thread() {
    let watched = watch!(answers);
    let (answer, answered) = oneshot::channel();
    let id = current_thread().block_on(async {
        answers(answer);
        assert_eq!(
            watched.counts().in_flight(),
            1,
            "it ran before the caller went on"
        );
        answered.await.unwrap()
    });
    assert_eq!(id, thread::current().id());
    watched.check(row!(launched: 1, ok: 1), &[]);
}

#[fire_and_forget]
async fn answers_from_a_local_set(answer: oneshot::Sender<()>) {
    let _ = answer.send(());
}

#[test]
fn a_local_set_and_the_blocking_pool_may_launch() {
    let watched = watch!(answers_from_a_local_set);
    let runtime = multi_thread();
    let (answer, answered) = oneshot::channel();
    LocalSet::new()
        .block_on(&runtime, async {
            answers_from_a_local_set(answer);
            answered.await
        })
        .unwrap();
    let (answer, answered) = oneshot::channel();
    runtime
        .block_on(async {
            spawn_blocking(|| answers_from_a_local_set(answer))
                .await
                .unwrap();
            answered.await
        })
        .unwrap();
    watched.check(row!(launched: 2, ok: 2), &[]);
}

#[fire_and_forget(backend = "tokio")]
fn uses_the_runtime_it_was_launched_in(places: Sender<(Option<String>, RuntimeFlavor)>) {
    let _ = places.send(here());
    let ran = Handle::current().block_on(async {
        ::tokio::spawn(async move { places.send(here()).is_ok() })
            .await
            .unwrap()
    });
    assert!(ran);
}

#[test]
fn a_plain_function_runs_on_a_worker_with_the_runtime_entered() {
    let watched = watch!(uses_the_runtime_it_was_launched_in);
    let (places, received) = signal();
    let runtime = multi_thread();
    runtime.block_on(async { uses_the_runtime_it_was_launched_in(places) });
    let (name, flavor) = received.receive();
    let name = name.unwrap();
    assert!(name.starts_with("pool-"), "{name}");
    assert_eq!(flavor, RuntimeFlavor::MultiThread);
    assert_eq!(received.receive().0.as_deref(), Some("multi"));
    watched.check(row!(launched: 1, ok: 1), &[]);
    assert_eq!(watched.entry().backend(), "tokio");
}

#[fire_and_forget(backend = "tokio")]
fn uses_a_runtime_of_the_crates_own(flavors: Sender<RuntimeFlavor>) {
    let _ = flavors.send(Handle::current().runtime_flavor());
    Handle::current().block_on(sleep(Duration::from_millis(1)));
}

#[fire_and_forget(backend = "tokio")]
async fn sleeps_without_a_runtime(flavors: Sender<RuntimeFlavor>) {
    sleep(Duration::from_millis(1)).await;
    let _ = flavors.send(Handle::current().runtime_flavor());
}

#[test]
fn where_there_is_no_runtime_one_starts_with_timers() {
    let (watched, task) = (
        watch!(uses_a_runtime_of_the_crates_own),
        watch!(sleeps_without_a_runtime),
    );
    let (flavors, received) = signal();
    uses_a_runtime_of_the_crates_own(flavors.clone());
    sleeps_without_a_runtime(flavors);
    assert!(
        received
            .receive_many(2)
            .iter()
            .all(|flavor| *flavor == RuntimeFlavor::MultiThread)
    );
    watched.check(row!(launched: 1, ok: 1), &[]);
    task.check(row!(launched: 1, ok: 1), &[]);
}

#[fire_and_forget]
async fn is_dropped_by_its_runtime(begun: Sender<()>, pass: Pass, _argument: Tracked) {
    let _ = begun.send(());
    pass.opened().await;
}

// Pitfalls 6 and 18.
#[test]
fn tasks_that_a_runtime_drops_are_lost_with_the_reason() {
    let watched = watch!(is_dropped_by_its_runtime);
    let gate = Gate::new();
    let drops = Drops::new();
    let (begun, beginnings) = signal();

    // Nobody drives this runtime: its tasks never begin.
    let runtime = current_thread();
    let entered = runtime.enter();
    for _ in 0..3 {
        is_dropped_by_its_runtime(begun.clone(), gate.pass(), drops.tracked());
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
            is_dropped_by_its_runtime(begun.clone(), gate.pass(), drops.tracked());
        }
    });
    beginnings.receive_many(2);
    drop(runtime);
    assert_eq!(watched.quiet(), row!(launched: 5, lost: 5));
    assert_eq!(drops.count(), 5);
    let losses: Vec<_> = watched.reports().iter().map(|seen| seen.class).collect();
    assert_eq!(losses[..3], [Class::Lost(Loss::NeverRan); 3]);
    assert_eq!(losses[3..], [Class::Lost(Loss::DroppedWhileRunning); 2]);
    drop(gate);
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

static POOL: Pool = Pool::new("tokio-tests").threads(1);

#[fire_and_forget(backend = POOL)]
fn runs_on_a_pool(pass: Pass) {
    pass.wait();
}

// Pitfall 18: `.wait()` there would block the thread that has to go on.
#[test]
fn waiting_inside_a_current_thread_runtime_fails_and_awaiting_works() {
    let watched = watch!(runs_on_a_pool);
    let gate = Gate::new();
    current_thread().block_on(async {
        runs_on_a_pool(gate.pass());
        let unfinished = POOL.flush(PATIENCE).wait().unwrap_err();
        let text = unfinished.to_string();
        assert!(
            text.contains("use `.await` in place of `.wait()`"),
            "{text}"
        );
        let wait = POOL.flush(PATIENCE);
        gate.open();
        wait.await.unwrap();
    });
    watched.check(row!(launched: 1, ok: 1), &[]);
}

#[fire_and_forget(backend = POOL)]
fn runs_on_a_pool_for_many() {}

#[test]
fn a_wait_is_a_future_on_any_executor_and_may_be_dropped() {
    let watched = watch!(runs_on_a_pool_for_many);
    runs_on_a_pool_for_many();
    multi_thread().block_on(async {
        POOL.flush(PATIENCE).await.unwrap();
        POOL.flush(PATIENCE).wait().unwrap();
        drop(POOL.flush(Duration::MAX));
        ::tokio::spawn(POOL.flush(Duration::MAX))
            .await
            .unwrap()
            .unwrap();
    });
    watched.check(row!(launched: 1, ok: 1), &[]);
}
