//! Which runtime runs a launch, and on which thread.

use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use ::tokio::runtime::{Handle, RuntimeFlavor};
use ::tokio::sync::oneshot;
use ::tokio::task::{LocalSet, spawn_blocking};
use ::tokio::time::sleep;
use fire_and_forget::fire_and_forget;
use waiting::{in_time, signal};

use super::runtimes::{current_thread, multi_thread};
use crate::recorder::{row, watch};

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
    let (id, own) = in_time("the task answers", move || {
        let id = current_thread().block_on(async {
            answers(answer);
            assert_eq!(
                watched.counts().in_flight(),
                1,
                "it ran before the caller went on"
            );
            answered.await.unwrap()
        });
        (id, thread::current().id())
    });
    assert_eq!(id, own);
    watched.check(row!(launched: 1, ok: 1), &[]);
}

#[fire_and_forget]
async fn answers_from_a_local_set(answer: oneshot::Sender<()>) {
    let _ = answer.send(());
}

#[test]
fn a_local_set_and_the_blocking_pool_may_launch() {
    let watched = watch!(answers_from_a_local_set);
    in_time("the task of a local set answers", || {
        let (answer, answered) = oneshot::channel();
        LocalSet::new().block_on(&multi_thread(), async {
            answers_from_a_local_set(answer);
            answered.await.unwrap();
        });
    });
    in_time("the task of a blocking thread answers", || {
        let (answer, answered) = oneshot::channel();
        multi_thread().block_on(async {
            spawn_blocking(|| answers_from_a_local_set(answer))
                .await
                .unwrap();
            answered.await.unwrap();
        });
    });
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
