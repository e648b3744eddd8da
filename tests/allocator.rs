//! An allocator that launches: wherever a launch allocates, no lock of ours may be held. On Linux, which tells who sleeps.
//!
//! First launches are played by processes of their own: this very test, told by a variable what to do.

#![cfg(target_os = "linux")]
#![expect(unsafe_code, reason = "an allocator is what this is about")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::process::{Command, Stdio};
use std::thread;

use fire_and_forget::{Pool, Threads, fire_and_forget};
use waiting::{Gate, PATIENCE, Pass, in_time, signal, wait_until};

struct Launching;

type Launch = fn();
type Countdown = (u32, Launch);

thread_local! {
    /// At which call of this thread one more launch is made, and which: this many come before.
    static COUNTDOWN: Cell<Option<Countdown>> = const { Cell::new(None) };
    /// What is launched at each large allocation of this thread, those of that launch among them.
    static AT_LARGE: Cell<Option<Launch>> = const { Cell::new(None) };
}

fn allocates(layout: Layout) {
    counts();
    if layout.size() >= LARGE
        && let Some(launch) = AT_LARGE.get()
    {
        launch();
    }
}

fn counts() {
    match COUNTDOWN.get() {
        Some((0, launch)) => {
            COUNTDOWN.set(None);
            launch();
        }
        Some((left, launch)) => COUNTDOWN.set(Some((left - 1, launch))),
        None => {}
    }
}

/// In bytes: less than the queue of a pool has.
const LARGE: usize = 1 << 20;

// SAFETY: every call is handed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Launching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocates(layout);
        // SAFETY: the caller keeps the contract of this very function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        allocates(layout);
        // SAFETY: likewise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        counts();
        // SAFETY: likewise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Launching = Launching;

static SMALL: Pool = Pool::new("small").threads(1).queue(1);

#[fire_and_forget(backend = SMALL, on_full = "block")]
fn waits_for_room(pass: Pass) {
    pass.wait();
}

#[test]
fn an_allocator_may_launch_while_its_caller_waits_for_room() {
    let mut allocations = 0;
    loop {
        let gate = Gate::holding(waits_for_room);
        waits_for_room(Pass::open());
        let before = launched();
        let pass = Pass::open();
        let (named, name) = signal();
        let caller = thread::spawn(move || {
            let link = std::fs::read_link("/proc/thread-self").unwrap();
            named.send(link.join("stat")).unwrap();
            COUNTDOWN.set(Some((allocations, || waits_for_room(Pass::open()))));
            waits_for_room(pass);
            COUNTDOWN.take().is_none()
        });
        let state = std::path::Path::new("/proc").join(name.receive());
        wait_until("it waits for room", || {
            launched() > before && sleeps(&state)
        });
        gate.open();
        let has_launched = caller.join().unwrap();
        SMALL.flush(PATIENCE).wait().unwrap();
        if !has_launched {
            break;
        }
        allocations += 1;
    }
    assert!(allocations > 0, "nothing is allocated by who waits");
}

static OWN: Pool = Pool::new("own").threads(1);
static LATEST: Pool = Pool::new("latest").threads(1).queue(1).drop_oldest();
static THREADS: Threads = Threads::new("each");

#[fire_and_forget(backend = OWN)]
fn on_a_pool() {}

#[fire_and_forget]
fn on_the_pool() {}

#[fire_and_forget(backend = THREADS)]
fn on_a_thread() {}

fn on_tokio() {
    is_a_task();
}

#[fire_and_forget(backend = "tokio")]
async fn is_a_task() {}

/// As an expression: the literal is a compile error.
const NONE: usize = 0;

#[fire_and_forget(max_in_flight = NONE)]
fn is_refused() {}

#[fire_and_forget(backend = LATEST)]
fn is_evicted() {}

/// What is done first in a process, and what the allocator launches meanwhile.
const FIRST: &[(&str, fn(), Launch)] = &[
    ("a launch on a pool", on_a_pool, on_a_pool),
    ("a launch on the built-in pool", on_the_pool, on_the_pool),
    ("a launch on threads", on_a_thread, on_a_thread),
    ("a refusal that is reported", is_refused, is_refused),
    ("an eviction", evict, is_evicted),
    ("a flush", launch_and_flush, on_a_pool),
    ("a start of a pool", start, on_a_pool),
    ("a task without a runtime", on_tokio, on_tokio),
    #[cfg(feature = "testing")]
    ("a capture", captured::take_and_run, on_a_pool),
    #[cfg(feature = "testing")]
    ("captures in one another", captured::nest, on_a_pool),
    #[cfg(feature = "testing")]
    ("a launch beside a capture", captured::miss, on_a_thread),
];

fn evict() {
    (0..4).for_each(|_| is_evicted());
}

fn launch_and_flush() {
    on_a_thread();
    fire_and_forget::flush(PATIENCE).wait().unwrap();
}

fn start() {
    OWN.start();
}

#[cfg(feature = "testing")]
mod captured {
    use std::sync::mpsc::channel;
    use std::thread;

    use fire_and_forget::testing::{capture, forbid};

    use super::{on_a_pool, on_a_thread};

    pub(super) fn take_and_run() {
        let launches = capture();
        for _ in 0..5 {
            on_a_pool();
            on_a_thread();
        }
        let mut taken = launches.count(on_a_pool);
        assert!(launches.take(on_a_pool).len() >= taken);
        taken = launches.len();
        assert!(format!("{launches:?}").lines().count() >= taken.min(1));
        launches.run();
        launches.discard();
        on_a_pool();
    }

    pub(super) fn nest() {
        let _outer = capture();
        let _others: Vec<_> = (0..9).map(|_| capture()).collect();
        on_a_thread();
    }

    /// Another thread captures meanwhile, or nobody would note the launch.
    pub(super) fn miss() {
        let (captures, is_capturing) = channel();
        let (ended, end) = channel::<()>();
        let other = thread::spawn(move || {
            let forbidding = forbid();
            captures.send(()).unwrap();
            let _ = end.recv();
            drop(forbidding);
        });
        is_capturing.recv().unwrap();
        on_a_thread();
        drop(ended);
        other.join().unwrap();
    }
}

/// Says to a process what it is to play: its number, and at which call of the allocator it launches.
const PLAYS: &str = "ALLOCATOR_PLAYS";

/// By the process: the allocator has launched.
const LAUNCHED: i32 = 10;
/// There are fewer calls.
const OVER: i32 = 11;

#[test]
fn an_allocator_may_launch_at_each_call_by_what_a_process_does_first() {
    if let Ok(what) = std::env::var(PLAYS) {
        play(&what);
    }
    for (number, (what, ..)) in FIRST.iter().enumerate() {
        let mut calls = 0;
        let end = loop {
            match play_in_a_process(number, calls) {
                Some(LAUNCHED) => calls += 1,
                end => break end,
            }
        };
        assert_eq!(end, Some(OVER), "{what}, at call {calls}");
        assert!(calls > 0, "nothing is allocated by {what}");
    }
}

#[test]
fn an_allocator_may_launch_at_each_large_allocation_and_its_launch_makes_one() {
    if std::env::var(PLAYS).is_ok() {
        exit_when_quiet("a queue", || {
            AT_LARGE.set(Some(on_the_pool));
            on_the_pool();
            AT_LARGE.set(None);
            LAUNCHED
        });
    }
    let name = "an_allocator_may_launch_at_each_large_allocation_and_its_launch_makes_one";
    assert_eq!(run_in_a_process(name, "it"), Some(LAUNCHED));
}

fn play_in_a_process(number: usize, calls: u32) -> Option<i32> {
    let name = "an_allocator_may_launch_at_each_call_by_what_a_process_does_first";
    run_in_a_process(name, &format!("{number} {calls}"))
}

fn run_in_a_process(name: &str, what: &str) -> Option<i32> {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", name, "--nocapture"])
        .env(PLAYS, what)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().unwrap().code()
}

fn play(what: &str) -> ! {
    let (number, calls) = what.split_once(' ').unwrap();
    let (what, act, launch) = FIRST[number.parse::<usize>().unwrap()];
    let calls = calls.parse().unwrap();
    exit_when_quiet(what, move || {
        COUNTDOWN.set(Some((calls, launch)));
        act();
        if COUNTDOWN.take().is_none() {
            LAUNCHED
        } else {
            OVER
        }
    });
}

/// Leaves with what `act` says, or fails where it hangs, or something is not accounted for.
fn exit_when_quiet(what: &str, act: impl FnOnce() -> i32 + Send + 'static) -> ! {
    let code = in_time(what, act);
    fire_and_forget::flush(PATIENCE).wait().unwrap();
    assert_eq!(fire_and_forget::ledger().total().in_flight(), 0);
    std::process::exit(code);
}

fn sleeps(thread: &std::path::Path) -> bool {
    std::fs::read_to_string(thread).is_ok_and(|state| state.contains(") S "))
}

fn launched() -> u64 {
    fire_and_forget::ledger().total().launched
}
