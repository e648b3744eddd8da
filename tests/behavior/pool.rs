//! The pool: order, eviction, how its threads come and go, their names, and waiting for one pool.

use std::cell::RefCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Barrier, LazyLock};
use std::thread;
use std::time::Duration;

use fire_and_forget::{Backend, Loss, Pool, Task, fire_and_forget};

use crate::gate::{Gate, PATIENCE, Pass, signal};
use crate::recorder::{Class, row, watch};
use crate::tracked::{Drops, PanicsWhenDropped, Tracked};

static ORDERED: Pool = Pool::new("ordered").threads(1);

#[fire_and_forget(backend = ORDERED)]
fn keeps_its_place(done: Sender<u32>, number: u32) {
    let _ = done.send(number);
}

#[test]
fn a_pool_of_one_thread_is_first_in_first_out() {
    let watched = watch!(keeps_its_place);
    let (done, numbers) = signal();
    for number in 0..5000 {
        keeps_its_place(done.clone(), number);
    }
    assert!(numbers.receive_many(5000).into_iter().eq(0..5000));
    watched.check(row!(launched: 5000, ok: 5000), &[]);
}

static LATEST: Pool = Pool::new("latest").threads(1).queue(2).drop_oldest();

#[fire_and_forget(backend = LATEST)]
fn may_be_evicted(done: Sender<u32>, number: u32, pass: Pass, _argument: Tracked) {
    let _ = done.send(number);
    pass.wait();
}

#[test]
fn a_full_pool_evicts_its_oldest_launch() {
    let watched = watch!(may_be_evicted);
    let gate = Gate::new();
    let drops = Drops::new();
    let (done, numbers) = signal();
    may_be_evicted(done.clone(), 0, gate.pass(), drops.tracked());
    assert_eq!(numbers.receive(), 0);
    for number in 1..=6 {
        may_be_evicted(done.clone(), number, gate.pass(), drops.tracked());
    }
    // The service thread drops them, off the caller's path.
    watched.wait_until(|counts| counts.lost == 4);
    assert_eq!(drops.count(), 4);
    gate.open();
    assert_eq!(numbers.receive_many(2), [5, 6]);
    watched.check(
        row!(launched: 7, ok: 3, lost: 4),
        &["was lost: a newer launch took its place in the full queue"; 4],
    );
    for report in watched.reports() {
        assert_eq!(report.class, Class::Lost(Loss::Evicted));
        assert_ne!(report.thread, thread::current().id());
    }
    assert_eq!(drops.count(), 7);
}

static EVICTING: Pool = Pool::new("evicting").threads(1).queue(1).drop_oldest();

#[fire_and_forget(backend = EVICTING)]
fn has_an_argument_that_panics(begun: Sender<()>, pass: Pass, argument: Option<PanicsWhenDropped>) {
    let _ = begun.send(());
    pass.wait();
    drop(argument);
}

// Pitfall 4.
#[test]
fn an_evicted_argument_whose_drop_panics_is_reported() {
    let watched = watch!(has_an_argument_that_panics);
    let gate = Gate::new();
    let (begun, beginnings) = signal();
    has_an_argument_that_panics(begun.clone(), gate.pass(), None);
    beginnings.receive();
    has_an_argument_that_panics(begun.clone(), gate.pass(), Some(PanicsWhenDropped));
    has_an_argument_that_panics(begun.clone(), gate.pass(), None);
    watched.wait_until(|counts| counts.lost == 1);
    has_an_argument_that_panics(begun, gate.pass(), None);
    watched.wait_until(|counts| counts.lost == 2);
    gate.open();
    watched.check(
        row!(launched: 4, ok: 2, lost: 2),
        &[
            "panicked: deliberate, in a destructor",
            "was lost: a newer launch took its place in the full queue",
            "was lost: a newer launch took its place in the full queue",
        ],
    );
}

static EVICTING_WITH_DESTRUCTORS: Pool = Pool::new("destroying").threads(1).queue(1).drop_oldest();

#[fire_and_forget(backend = EVICTING_WITH_DESTRUCTORS)]
fn launches_again_when_evicted(begun: Sender<u32>, pass: Pass, argument: Option<Relaunch>) {
    let _ = begun.send(argument.map_or(0, Relaunch::disarm));
    pass.wait();
}

/// Launches one more of its kind when it is dropped, until none is left.
struct Relaunch {
    left: u32,
    begun: Sender<u32>,
    pass: Pass,
}

impl Relaunch {
    fn disarm(mut self) -> u32 {
        std::mem::take(&mut self.left)
    }
}

impl Drop for Relaunch {
    fn drop(&mut self) {
        let Some(left) = self.left.checked_sub(1) else {
            return;
        };
        let next = Self {
            left,
            begun: self.begun.clone(),
            pass: self.pass.clone(),
        };
        launches_again_when_evicted(self.begun.clone(), self.pass.clone(), Some(next));
    }
}

// Pitfall 14: each eviction launches onto the same full pool, and so evicts again.
#[test]
fn a_destructor_of_an_evicted_argument_may_launch_on_the_same_pool() {
    let watched = watch!(launches_again_when_evicted);
    let gate = Gate::new();
    let (begun, beginnings) = signal();
    launches_again_when_evicted(begun.clone(), gate.pass(), None);
    assert_eq!(beginnings.receive(), 0);
    let first = Relaunch {
        left: 5,
        begun: begun.clone(),
        pass: gate.pass(),
    };
    launches_again_when_evicted(begun.clone(), gate.pass(), Some(first));
    // Evicts the first, whose destructor evicts this one and is queued itself.
    launches_again_when_evicted(begun, gate.pass(), None);
    watched.wait_until(|counts| counts.lost == 2);
    gate.open();
    assert_eq!(beginnings.receive(), 4);
    assert_eq!(watched.quiet(), row!(launched: 4, ok: 2, lost: 2));
}

static BRIEF: Pool = Pool::new("brief")
    .threads(2)
    .keep_alive(Duration::from_millis(1));

thread_local! {
    static LOCAL: RefCell<Option<SendsWhenDropped>> = const { RefCell::new(None) };
}

struct SendsWhenDropped(Sender<String>);

impl Drop for SendsWhenDropped {
    fn drop(&mut self) {
        let _ = self.0.send("retired".into());
    }
}

#[fire_and_forget(backend = BRIEF)]
fn leaves_a_thread_local(retired: Sender<String>) {
    LOCAL.set(Some(SendsWhenDropped(retired)));
}

// Pitfall 19; and the pool goes on after its last thread has retired.
#[test]
fn an_idle_thread_retires_and_another_comes() {
    let watched = watch!(leaves_a_thread_local);
    for round in 1..=20 {
        let (retired, retirements) = signal();
        leaves_a_thread_local(retired);
        assert_eq!(retirements.receive(), "retired");
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
    let begun = std::time::Instant::now();
    let exists = || {
        std::fs::read_dir("/proc/self/task")
            .unwrap()
            .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("comm")).ok())
            .any(|comm| comm.trim_end() == name)
    };
    while !exists() {
        assert!(begun.elapsed() < PATIENCE, "no thread `{name}`");
        thread::yield_now();
    }
}

static NAMED: Pool = Pool::new("app::thumbnails").threads(3);

#[fire_and_forget(backend = NAMED)]
fn tells_the_name_of_its_thread(names: Sender<Option<String>>, all_here: Arc<Barrier>) {
    all_here.wait();
    let _ = names.send(thread::current().name().map(str::to_owned));
}

// Pitfall 16: the name and the number are cut at the front.
#[test]
fn threads_are_named_after_the_pool_and_numbered() {
    let watched = watch!(tells_the_name_of_its_thread);
    let all_here = Arc::new(Barrier::new(3));
    let (names, received) = signal();
    for _ in 0..3 {
        tells_the_name_of_its_thread(names.clone(), all_here.clone());
    }
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

static CONFIGURED: LazyLock<Pool> = LazyLock::new(|| {
    let threads = std::env::var("NO_SUCH_VARIABLE").map_or(1, |text| text.len());
    Pool::new("configured").threads(threads).queue(1)
});

#[fire_and_forget(backend = CONFIGURED)]
fn runs_on_a_lazy_pool(begun: Sender<()>, pass: Pass) {
    let _ = begun.send(());
    pass.wait();
}

#[test]
fn a_pool_may_sit_in_a_lazy_lock() {
    let watched = watch!(runs_on_a_lazy_pool);
    let gate = Gate::new();
    let (begun, beginnings) = signal();
    runs_on_a_lazy_pool(begun.clone(), gate.pass());
    beginnings.receive();
    runs_on_a_lazy_pool(begun.clone(), gate.pass());
    runs_on_a_lazy_pool(begun, gate.pass());
    gate.open();
    CONFIGURED.flush(PATIENCE).wait().unwrap();
    watched.check(
        row!(launched: 3, ok: 2, refused: 1),
        &["was refused: the queue is full"],
    );
    assert_eq!(watched.entry().backend(), "configured");
}

static REFERRED: &Pool = {
    static POOL: Pool = Pool::new("referred").threads(1);
    &POOL
};

#[fire_and_forget(backend = REFERRED)]
fn runs_on_a_reference() {}

#[test]
fn a_static_may_refer_to_a_pool() {
    let watched = watch!(runs_on_a_reference);
    runs_on_a_reference();
    watched.check(row!(launched: 1, ok: 1), &[]);
    assert_eq!(watched.entry().backend(), "referred");
}

static CHOSEN: &dyn Backend = &ORDERED;

#[fire_and_forget(backend = CHOSEN)]
fn runs_on_a_trait_object() {}

#[test]
fn a_static_may_be_a_trait_object() {
    let watched = watch!(runs_on_a_trait_object);
    runs_on_a_trait_object();
    watched.check(row!(launched: 1, ok: 1), &[]);
    assert_eq!(watched.entry().backend(), "ordered");
}

static BROKEN: LazyLock<Broken> = LazyLock::new(|| panic!("deliberate, in an initializer"));

struct Broken;

impl Backend for Broken {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        Err(task)
    }

    fn name(&self) -> &'static str {
        "broken"
    }
}

#[fire_and_forget(backend = BROKEN)]
fn has_no_backend(_argument: Tracked) {}

#[test]
fn a_backend_whose_initializer_panics_loses_its_launches_and_says_so() {
    let watched = watch!(has_no_backend);
    let drops = Drops::new();
    has_no_backend(drops.tracked());
    has_no_backend(drops.tracked());
    watched.check(
        row!(launched: 2, lost: 2),
        &["was lost: dropped before it began"; 2],
    );
    assert_eq!(drops.count(), 2);
}

static FLUSHED: Pool = Pool::new("flushed").threads(1);
static OTHER: Pool = Pool::new("other").threads(1);

#[fire_and_forget(backend = FLUSHED)]
fn is_waited_for(pass: Pass) {
    pass.wait();
}

#[fire_and_forget(backend = OTHER)]
fn is_not_waited_for(pass: Pass) {
    pass.wait();
}

#[test]
fn flush_waits_for_one_pool_and_names_what_is_left() {
    let (watched, other) = (watch!(is_waited_for), watch!(is_not_waited_for));
    let gate = Gate::new();
    FLUSHED.flush(Duration::ZERO).wait().unwrap();
    is_not_waited_for(gate.pass());
    is_waited_for(Pass::open());
    FLUSHED.flush(PATIENCE).wait().unwrap();
    assert_eq!(watched.counts(), row!(launched: 1, ok: 1));

    is_waited_for(gate.pass());
    is_waited_for(gate.pass());
    let unfinished = FLUSHED.flush(Duration::from_millis(5)).wait().unwrap_err();
    assert_eq!(
        unfinished.to_string(),
        format!(
            "the deadline has passed; unfinished: `{}` (2 in flight)",
            watched.name()
        )
    );
    assert_eq!(unfinished.entries().len(), 1);
    assert_eq!(unfinished.entries()[0].function(), watched.name());
    assert_eq!(unfinished.entries()[0].counts().in_flight(), 2);
    assert_eq!(other.counts().in_flight(), 1);

    let wait = FLUSHED.flush(PATIENCE);
    gate.open();
    wait.wait().unwrap();
    watched.check(row!(launched: 3, ok: 3), &[]);
    other.check(row!(launched: 1, ok: 1), &[]);
}

static FLUSHING: Pool = Pool::new("flushing").threads(1);

#[fire_and_forget(backend = FLUSHING)]
fn flushes_its_own_pool(done: Sender<String>) {
    let _ = match FLUSHING.flush(PATIENCE).wait() {
        Ok(()) => done.send("waited".into()),
        Err(unfinished) => done.send(unfinished.to_string()),
    };
}

#[test]
fn flush_of_a_pool_inside_a_body_fails_at_once() {
    let watched = watch!(flushes_its_own_pool);
    let (done, texts) = signal();
    flushes_its_own_pool(done);
    let text = texts.receive();
    assert!(text.starts_with("waiting inside a launched body"), "{text}");
    watched.check(row!(launched: 1, ok: 1), &[]);
}
