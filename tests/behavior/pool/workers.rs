//! The threads of a pool: how they come and go, their names, and how many there are.

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
use crate::tracked::leave_a_thread_local;

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
    for round in 1..=20 {
        let (threads, ids) = signal();
        leaves_a_thread_local(threads);
        assert_eq!(ids.receive(), ids.receive(), "it retires");
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
fn counts_who_else_runs(most: Arc<AtomicU32>) {
    most.fetch_max(RUNNING.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
    thread::yield_now();
    RUNNING.fetch_sub(1, Ordering::SeqCst);
}

#[test]
fn no_more_bodies_run_at_once_than_the_pool_has_threads() {
    let watched = watch!(counts_who_else_runs);
    let most = Arc::new(AtomicU32::new(0));
    for _ in 0..2000 {
        counts_who_else_runs(most.clone());
    }
    watched.check(row!(launched: 2000, ok: 2000), &[]);
    assert!(most.load(Ordering::SeqCst) <= 2);
}
