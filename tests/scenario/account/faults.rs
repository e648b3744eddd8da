//! One fault on every backend at once: an observer that panics, bodies that never return, and arguments that panic where
//! they are abandoned.

use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::available_parallelism;
use std::time::Duration;

use fire_and_forget::{
    Counts, Entry, Event, Loss, Pool, Report, Threads, fire_and_forget, flush, ledger,
    set_observer, shutdown,
};
use tokio::runtime::Builder;
use waiting::backends::SHELF;
use waiting::{Gate, PATIENCE, Pass, wait_until};

crate::scenarios!(
    an_observer_panics_on_every_backend,
    bodies_never_return_on_any_backend,
    abandoned_arguments_panic_on_every_backend,
);

static POOL: Pool = Pool::new("faulty").threads(1);
static THREADS: Threads = Threads::new("faulty-threads").max_threads(1);

/// An argument whose drop panics, without a word from the hook.
struct Bomb;

static BOMBS_DROPPED: AtomicU32 = AtomicU32::new(0);

impl Drop for Bomb {
    fn drop(&mut self) {
        BOMBS_DROPPED.fetch_add(1, Ordering::SeqCst);
        resume_unwind(Box::new("a bomb"));
    }
}

/// What a body does when it has passed.
enum Then {
    Return,
    Fail,
    Panic,
    /// As an argument that is abandoned, when it never gets there.
    Drop(Bomb),
}

static BODIES: AtomicU32 = AtomicU32::new(0);

impl Then {
    fn act(self) -> Result<(), &'static str> {
        BODIES.fetch_add(1, Ordering::SeqCst);
        match self {
            Self::Return => Ok(()),
            Self::Fail => Err("failed"),
            Self::Panic => resume_unwind(Box::new("panicked")),
            Self::Drop(bomb) => {
                std::mem::forget(bomb);
                Ok(())
            }
        }
    }
}

macro_rules! on_every_backend {
    ($($name:ident: $backend:tt $([$function:tt])+ $(.$pass:tt())+;)*) => {
        $(
            on_every_backend!(@item $backend $($function)+ $name $(.$pass())+);
        )*

        const ALL: &[(&str, fn(Pass, Then))] = &[$((concat!(module_path!(), "::", stringify!($name)), $name)),*];
    };
    (@item $backend:tt fn $name:ident .wait()) => {
        #[fire_and_forget(backend = $backend)]
        fn $name(pass: Pass, then: Then) -> Result<(), &'static str> {
            pass.wait();
            then.act()
        }
    };
    (@item $backend:tt async fn $name:ident .opened()) => {
        #[fire_and_forget(backend = $backend)]
        async fn $name(pass: Pass, then: Then) -> Result<(), &'static str> {
            pass.opened().await;
            then.act()
        }
    };
}

on_every_backend! {
    on_built_in_pool: "pool" [fn] .wait();
    on_pool: POOL [fn] .wait();
    on_pool_async: POOL [async] [fn] .opened();
    on_thread: "thread" [fn] .wait();
    on_threads: THREADS [fn] .wait();
    on_threads_async: THREADS [async] [fn] .opened();
    on_tokio_worker: "tokio" [fn] .wait();
    on_tokio: "tokio" [async] [fn] .opened();
    on_shelf: SHELF [fn] .wait();
    on_shelf_async: SHELF [async] [fn] .opened();
}

fn counts(function: &str) -> Counts {
    ledger().get(function).unwrap().counts()
}

/// Each report goes to standard error instead, and the launch is counted as ever.
fn an_observer_panics_on_every_backend() {
    static SEEN: AtomicU32 = AtomicU32::new(0);
    set_observer(|_: &Report<'_>| {
        SEEN.fetch_add(1, Ordering::SeqCst);
        resume_unwind(Box::new("no disk"));
    })
    .unwrap();
    for (_, launch) in ALL {
        for then in [Then::Fail, Then::Return, Then::Panic, Then::Return] {
            launch(Pass::open(), then);
        }
    }
    SHELF.run_all();
    flush(PATIENCE).wait().unwrap();
    for (function, _) in ALL {
        let counts = counts(function);
        assert_eq!(
            (counts.launched, counts.ok, counts.failed, counts.panicked),
            (4, 2, 1, 1),
            "{function}"
        );
    }
    let launches = 4 * u32::try_from(ALL.len()).unwrap();
    assert_eq!(BODIES.load(Ordering::SeqCst), launches);
    assert_eq!(SEEN.load(Ordering::SeqCst), launches / 2);
}

/// They are named, each of them, and so is what waits behind them.
fn bodies_never_return_on_any_backend() {
    static LOST: AtomicU32 = AtomicU32::new(0);
    set_observer(|report: &Report<'_>| {
        assert!(matches!(report.event(), Event::Lost(Loss::Abandoned)));
        LOST.fetch_add(1, Ordering::SeqCst);
    })
    .unwrap();
    let gate = Gate::new();
    for (_, launch) in ALL {
        launch(gate.pass(), Then::Return);
    }
    let unfinished = shutdown(Duration::from_millis(50)).wait().unwrap_err();
    let named: Vec<_> = unfinished
        .entries()
        .iter()
        .map(|entry| (entry.function(), entry.counts().in_flight()))
        .collect();
    let all: Vec<_> = ALL.iter().map(|(function, _)| (*function, 1)).collect();
    assert_eq!(named, all);
    // What has not begun is abandoned: there was one thread for two of them.
    gate.open();
    SHELF.run_all();
    wait_until("all have ended", || ledger().total().in_flight() == 0);
    let total = ledger().total();
    assert_eq!(total.ok, u64::from(BODIES.load(Ordering::SeqCst)));
    assert_eq!(total.lost, u64::from(LOST.load(Ordering::SeqCst)));
    assert_eq!(total.ok + total.lost, total.launched);
}

/// What a full backend has queued, or nobody drives.
const BEHIND: [fn(Pass, Then); 8] = [
    on_built_in_pool,
    on_pool,
    on_pool_async,
    on_threads,
    on_threads_async,
    on_tokio_worker,
    on_tokio,
    on_shelf,
];

/// At the deadline of the shutdown, on whichever thread: each is counted and reported as lost, and its panic, too.
fn abandoned_arguments_panic_on_every_backend() {
    static REPORTS: Mutex<Vec<String>> = Mutex::new(Vec::new());
    set_observer(|report: &Report<'_>| {
        let line = format!("{} {}", report.function(), report.event());
        REPORTS.lock().unwrap().push(line);
    })
    .unwrap();
    let gate = Gate::new();
    // One body for each thread that could take another one.
    let threads = available_parallelism().map_or(4, NonZeroUsize::get).max(4);
    let mut stuck = 2;
    on_pool(gate.pass(), Then::Return);
    on_threads(gate.pass(), Then::Return);
    for _ in 0..threads {
        on_built_in_pool(gate.pass(), Then::Return);
        stuck += 1;
    }
    gate.reached_by(stuck);
    // Nobody drives this runtime.
    let runtime = Builder::new_current_thread().build().unwrap();
    let entered = runtime.enter();
    for launch in BEHIND {
        for _ in 0..3 {
            launch(Pass::open(), Then::Drop(Bomb));
        }
    }
    drop(entered);
    shutdown(Duration::ZERO).wait().unwrap_err();
    // What a backend of the user's still has does not run any more.
    SHELF.take().run();
    drop(SHELF.take());
    drop(SHELF.take());
    drop(runtime);
    gate.open();
    wait_until("all have ended", || ledger().total().in_flight() == 0);

    let total = ledger().total();
    let bodies = u32::try_from(stuck).unwrap();
    assert_eq!(BODIES.load(Ordering::SeqCst), bodies);
    assert_eq!(total.ok, u64::from(bodies));
    assert_eq!(total.lost, 3 * 8);
    assert_eq!(total.launched, total.ok + total.lost);
    assert_eq!(BOMBS_DROPPED.load(Ordering::SeqCst), 3 * 8);
    let reports = REPORTS.lock().unwrap();
    assert_eq!(reports.len(), 2 * 3 * 8, "{reports:#?}");
    for launched in ALL {
        let of_this: Vec<_> = reports
            .iter()
            .filter_map(|line| line.strip_prefix(launched.0)?.strip_prefix(' '))
            .collect();
        let lost = counts_or_zero(launched.0).lost;
        for event in [
            "panicked: a bomb",
            "was lost: still queued at the deadline of the shutdown",
        ] {
            let seen = of_this.iter().filter(|text| **text == event).count();
            assert_eq!(seen as u64, lost, "{} {event}: {of_this:?}", launched.0);
        }
    }
}

fn counts_or_zero(function: &str) -> Counts {
    ledger()
        .get(function)
        .map_or_else(Counts::default, Entry::counts)
}
