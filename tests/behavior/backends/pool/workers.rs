//! The threads of a pool: how they come and go, their names, and how many there are.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, ThreadId};
use std::time::Duration;

use fire_and_forget::{Pool, fire_and_forget};
#[cfg(target_os = "linux")]
use waiting::wait_until;
use waiting::{Gate, Pass, signal};

use crate::recorder::{row, watch};
use crate::values::drops::{
    PanicsWhenDropped, PanicsWhenShown, leave_a_thread_local, panic_with_a_payload_that_panics,
};

static BRIEF: Pool = Pool::new("brief")
    .threads(2)
    .keep_alive(Duration::from_millis(1));

#[fire_and_forget(backend = BRIEF)]
fn leaves_a_thread_local(threads: Sender<ThreadId>) {
    let _ = threads.send(thread::current().id());
    leave_a_thread_local(threads);
}

// Pitfall 19; and the pool goes on after its last thread has retired.
#[test]
fn an_idle_thread_retires_and_another_comes() {
    let watched = watch!(leaves_a_thread_local);
    let mut seen = HashSet::new();
    for round in 1..=20 {
        let (threads, ids) = signal();
        leaves_a_thread_local(threads);
        let id = ids.receive();
        assert_eq!(id, ids.receive(), "it retires");
        assert!(seen.insert(id), "it has retired before");
        assert_eq!(watched.quiet(), row!(launched: round, ok: round));
    }
}

static STARTED: Pool = Pool::new("started-early").threads(1);

#[fire_and_forget(backend = STARTED)]
fn runs_on_a_started_pool(done: Sender<Option<String>>) {
    let _ = done.send(thread::current().name().map(str::to_owned));
}

#[test]
fn a_pool_can_be_started_before_its_first_launch_and_again() {
    let watched = watch!(runs_on_a_started_pool);
    for _ in 0..3 {
        STARTED.start();
    }
    #[cfg(target_os = "linux")]
    wait_for_thread("started-early-0");
    let (done, names) = signal();
    runs_on_a_started_pool(done);
    assert_eq!(names.receive().as_deref(), Some("started-early-0"));
    watched.check(row!(launched: 1, ok: 1), &[]);
}

#[cfg(target_os = "linux")]
fn wait_for_thread(name: &str) {
    let exists = || {
        std::fs::read_dir("/proc/self/task")
            .unwrap()
            .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
            .any(|comm| comm.trim_end() == name)
    };
    wait_until(format_args!("a thread `{name}`"), exists);
}

static NAMED: Pool = Pool::new("app::thumbnails").threads(3);

#[fire_and_forget(backend = NAMED)]
fn tells_the_name_of_its_thread(names: Sender<Option<String>>, pass: Pass) {
    pass.wait();
    let _ = names.send(thread::current().name().map(str::to_owned));
}

// Pitfall 16: the name and the number are cut at the front.
#[test]
fn threads_are_named_after_the_pool_and_numbered() {
    let watched = watch!(tells_the_name_of_its_thread);
    let gate = Gate::new();
    let (names, received) = signal();
    for _ in 0..3 {
        tells_the_name_of_its_thread(names.clone(), gate.pass());
    }
    gate.reached_by(3);
    gate.open();
    let mut names: Vec<_> = received.receive_many(3).into_iter().flatten().collect();
    names.sort();
    assert_eq!(names, ["thumbnails-0", "thumbnails-1", "thumbnails-2"]);
    watched.check(row!(launched: 3, ok: 3), &[]);
}

static EXACT: Pool = Pool::new("exact").threads(2);
static RUNNING: AtomicU32 = AtomicU32::new(0);

#[fire_and_forget(backend = EXACT)]
fn counts_who_else_runs(most: Arc<AtomicU32>, pass: Pass, threads: Sender<ThreadId>) {
    most.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
    pass.wait();
    let _ = threads.send(thread::current().id());
    RUNNING.fetch_sub(1, Ordering::SeqCst);
}

#[test]
fn no_more_bodies_run_at_once_than_the_pool_has_threads() {
    let watched = watch!(counts_who_else_runs);
    let most = Arc::new(AtomicU32::new(0));
    let gate = Gate::new();
    let (threads, ids) = signal();
    for _ in 0..2000 {
        counts_who_else_runs(most.clone(), gate.pass(), threads.clone());
    }
    gate.reached_by(2);
    gate.open();
    watched.check(row!(launched: 2000, ok: 2000), &[]);
    assert_eq!(most.load(Ordering::SeqCst), 2);
    assert_eq!(HashSet::<_>::from_iter(ids.so_far()).len(), 2);
}

static HARDY: Pool = Pool::new("hardy").threads(1);

#[fire_and_forget(backend = HARDY)]
fn has_a_payload_that_panics(threads: Sender<ThreadId>) {
    let _ = threads.send(thread::current().id());
    panic_with_a_payload_that_panics()
}

#[fire_and_forget(backend = HARDY)]
fn has_an_error_that_panics_when_shown(threads: Sender<ThreadId>) -> Result<(), PanicsWhenShown> {
    let _ = threads.send(thread::current().id());
    Err(PanicsWhenShown)
}

#[fire_and_forget(backend = HARDY)]
fn has_an_error_that_panics_when_dropped(
    threads: Sender<ThreadId>,
) -> Result<(), PanicsWhenDropped> {
    let _ = threads.send(thread::current().id());
    Err(PanicsWhenDropped)
}

#[fire_and_forget(backend = HARDY)]
async fn has_an_argument_that_panics(threads: Sender<ThreadId>, _argument: PanicsWhenDropped) {
    let _ = threads.send(thread::current().id());
}

// Pitfalls 2 and 4: the thread itself goes on, and is not replaced by another.
#[test]
fn a_thread_outlives_every_panic() {
    let watched = watch!(has_a_payload_that_panics);
    let (threads, ids) = signal();
    for _ in 0..3 {
        has_a_payload_that_panics(threads.clone());
        has_an_error_that_panics_when_shown(threads.clone());
        has_an_error_that_panics_when_dropped(threads.clone());
        has_an_argument_that_panics(threads.clone(), PanicsWhenDropped);
    }
    let ids = ids.receive_many(12);
    assert_eq!(ids, [ids[0]; 12]);
    assert_eq!(watched.quiet(), row!(launched: 3, panicked: 3));
}
