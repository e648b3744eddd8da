//! Mixed load from many threads, with the ledger held against independent counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use fire_and_forget::{Counts, Entry, Pool, Threads, fire_and_forget, ledger};
use waiting::{begin, wait_until};

use crate::recorder::{Class, Watched, watch_named};

/// What happened to one function, counted by callers and bodies themselves.
#[derive(Debug, Default)]
struct Tally {
    calls: AtomicU64,
    given_back: AtomicU64,
    ok: AtomicU64,
    failed: AtomicU64,
    panicked: AtomicU64,
}

impl Tally {
    const fn new() -> Self {
        Self {
            calls: AtomicU64::new(0),
            given_back: AtomicU64::new(0),
            ok: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            panicked: AtomicU64::new(0),
        }
    }

    /// Ends a body as `number` says, and counts that.
    fn end(&self, number: u64) -> Result<(), String> {
        match number % 16 {
            0 => {
                count(&self.failed);
                Err(format!("number {number}"))
            }
            1 => {
                count(&self.panicked);
                panic!("deliberate: number {number}")
            }
            _ => {
                count(&self.ok);
                Ok(())
            }
        }
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

static SMALL: Pool = Pool::new("hammer").threads(2).queue(8);
static LATEST: Pool = Pool::new("hammer-latest").threads(1).queue(4).drop_oldest();
static THREADS: Threads = Threads::new("hammer-threads").max_threads(8).queue(16);

/// Functions under load, each with its tally; `then` is what its body launches now and then.
macro_rules! hammered {
    ($($module:ident: $options:tt $([$function:tt])+, then $next:ident;)*) => {
        $(mod $module {
            #[allow(unused_imports, reason = "each function uses one of the backends")]
            use super::{LATEST, SMALL, THREADS};
            use super::{Launched, Tally, count, fire_and_forget};

            pub(super) static TALLY: Tally = Tally::new();

            hammered!(@attribute $options
                $($function)+ body(number: u64) -> Result<(), String> {
                    if number > 4 && number % 5 == 0 {
                        super::$next::launch(number / 5);
                    }
                    TALLY.end(number)
                }
            );

            pub(super) fn launch(number: u64) {
                count(&TALLY.calls);
                if body(number).given_back() {
                    count(&TALLY.given_back);
                }
            }
        })*
    };
    (@attribute ($($option:tt)*) $($item:tt)*) => {
        #[fire_and_forget($($option)*)]
        $($item)*
    };
}

hammered! {
    pool_drop: (backend = SMALL) [fn], then own_thread;
    pool_reject: (backend = SMALL, on_full = "reject") [fn], then pool_drop;
    pool_block: (backend = SMALL, on_full = "block") [fn], then pool_block;
    pool_caller_runs: (backend = SMALL, on_full = "caller_runs", max_in_flight = 3) [fn], then tokio_task;
    pool_latest: (backend = LATEST) [fn], then pool_latest;
    pool_async: (backend = SMALL) [async] [fn], then pool_reject;
    own_thread: (backend = THREADS) [fn], then tokio_worker;
    tokio_worker: (backend = "tokio", max_in_flight = 20) [fn], then pool_latest;
    tokio_task: (backend = "tokio", max_in_flight = 20) [async] [fn], then tokio_task;
    tokio_task_reject: (on_full = "reject", max_in_flight = 2) [async] [fn], then pool_async;
}

/// What a launcher returns.
trait Launched {
    fn given_back(self) -> bool;
}

impl Launched for () {
    fn given_back(self) -> bool {
        false
    }
}

impl<A> Launched for Result<(), fire_and_forget::Rejected<A>> {
    fn given_back(self) -> bool {
        self.is_err()
    }
}

const FUNCTIONS: usize = 10;
const LAUNCHING_THREADS: u64 = 4;
const LAUNCHES: u64 = 1500;

#[test]
fn the_ledger_agrees_with_independent_counts_under_mixed_load() {
    macro_rules! all {
        ($($module:ident),*) => {
            ([$(((watch_named(concat!(module_path!(), "::", stringify!($module), "::body"))), &$module::TALLY)),*],
             [$($module::launch),*] as [fn(u64); FUNCTIONS])
        };
    }
    let (functions, launchers) = all!(
        pool_drop,
        pool_reject,
        pool_block,
        pool_caller_runs,
        pool_latest,
        pool_async,
        own_thread,
        tokio_worker,
        tokio_task,
        tokio_task_reject
    );

    let is_over = Arc::new(AtomicBool::new(false));
    let snapshots = begin({
        let is_over = is_over.clone();
        move || take_snapshots(&is_over)
    });
    let callers: Vec<_> = (0..LAUNCHING_THREADS)
        .map(|thread| {
            begin(move || {
                for number in 0..LAUNCHES {
                    for launch in launchers {
                        launch(number * LAUNCHING_THREADS + thread);
                    }
                }
            })
        })
        .collect();
    for caller in callers {
        caller.end("a caller has launched all of its own: none is blocked");
    }
    wait_until("all functions are quiet at once", || {
        launched_when_quiet(&functions) == launched_when_quiet(&functions)
    });
    is_over.store(true, Ordering::Relaxed);
    assert!(snapshots.end("the snapshots end") > 0);

    for (watched, tally) in functions {
        check(watched, tally);
    }
    let sum = |class: fn(Counts) -> u64| -> u64 {
        functions
            .iter()
            .map(|(watched, _)| class(watched.counts()))
            .sum()
    };
    let (lost, refused) = (sum(|counts| counts.lost), sum(|counts| counts.refused));
    assert!(lost > 0, "the load was too light to evict");
    assert!(refused > 0, "the load was too light to be refused");
}

/// How often they have launched. If that stays the same, no body has launched another function meanwhile.
fn launched_when_quiet(functions: &[(Watched, &Tally)]) -> u64 {
    functions
        .iter()
        .map(|(watched, _)| watched.quiet().launched)
        .sum()
}

fn check(watched: Watched, tally: &Tally) {
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    let name = watched.name();
    let counts = watched.counts();
    assert_eq!(counts.launched, of(&tally.calls), "{name}");
    assert_eq!(counts.ok, of(&tally.ok), "{name}");
    assert_eq!(counts.failed, of(&tally.failed), "{name}");
    assert_eq!(counts.panicked, of(&tally.panicked), "{name}");
    assert_eq!(counts.in_flight(), 0, "{name}");

    let reports = watched.reports();
    let seen =
        |is_one: fn(Class) -> bool| reports.iter().filter(|seen| is_one(seen.class)).count() as u64;
    assert_eq!(
        counts.failed,
        seen(|class| class == Class::Failed),
        "{name}"
    );
    assert_eq!(
        counts.panicked,
        seen(|class| class == Class::Panicked),
        "{name}"
    );
    assert_eq!(
        counts.lost,
        seen(|class| matches!(class, Class::Lost(_))),
        "{name}"
    );
    assert_eq!(
        counts.refused,
        seen(|class| matches!(class, Class::Refused(_))) + of(&tally.given_back),
        "{name}"
    );
    assert_eq!(
        of(&tally.calls),
        of(&tally.ok) + of(&tally.failed) + of(&tally.panicked) + counts.lost + counts.refused,
        "{name}"
    );
}

/// Rows only grow, and none has ended more often than it launched. Returns how many snapshots were taken.
fn take_snapshots(is_over: &AtomicBool) -> u64 {
    let mut previous: Vec<Counts> = Vec::new();
    let mut taken = 0;
    while !is_over.load(Ordering::Relaxed) {
        let ledger = ledger();
        for (index, entry) in ledger.entries().iter().enumerate() {
            let now = entry.counts();
            let ended = now.ok + now.failed + now.panicked + now.lost + now.refused;
            assert!(ended <= now.launched, "{}: {now:?}", entry.function());
            assert_eq!(now.in_flight(), now.launched - ended);
            if let Some(before) = previous.get(index) {
                let is_monotonic = before.launched <= now.launched
                    && before.ok <= now.ok
                    && before.failed <= now.failed
                    && before.panicked <= now.panicked
                    && before.lost <= now.lost
                    && before.refused <= now.refused;
                assert!(
                    is_monotonic,
                    "{}: {before:?}, then {now:?}",
                    entry.function()
                );
            }
        }
        previous = ledger.entries().iter().map(Entry::counts).collect();
        taken += 1;
    }
    taken
}
