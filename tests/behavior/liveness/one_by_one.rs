//! Launches one by one and in small bursts, with random gaps: each has to wake somebody, on every backend.
//!
//! A lost wake-up shows where nothing comes after it that would make up for it. So a caller waits until all that it has
//! launched has begun, and only then launches again. A short run of this is among the ordinary tests; for a long one, say
//! how many launches each run is to have, and let no other test wake what is asleep:
//!
//! `ONE_BY_ONE_LAUNCHES=100000 cargo test --release -p tests --test behavior one_by_one -- --test-threads=1`

use std::convert::Infallible;
use std::fmt;
use std::ops::RangeInclusive;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use fire_and_forget::{Pool, Threads};
use waiting::{Random, any_seed, spin_for};

use crate::recorder::{Watched, row};
use crate::suite::backends::for_each_backend;

// Pitfall 13, with what all backends have in common.
macro_rules! suite {
    ($backend:tt, $named:literal, $function:tt, $pass:tt) => {
        super::each_launch_begins! { (backend = $backend), $function, EachRuns }
    };
}
for_each_backend! { suite }

macro_rules! each_launch_begins {
    (($($option:tt)*), [$($function:tt)+], $promise:ident) => {
        use $crate::liveness::one_by_one::{Promise, Sign, check};

        #[fire_and_forget::fire_and_forget($($option)*)]
        $($function)+ begins(sign: Sign) {
            sign.begin();
        }

        #[test]
        fn each_launch_begins() {
            check(crate::recorder::watch!(begins), Promise::$promise, begins, inside);
        }
    };
}
use each_launch_begins;

/// Functions on the backends of this file.
macro_rules! on {
    ($($module:ident: $options:tt $function:tt $promise:ident;)+) => {
        $(
            mod $module {
                use $crate::suite::backends::no_runtime as inside;
                #[allow(unused_imports, reason = "each function uses one of the backends")]
                use super::{BRIEF, FEW, FULL, LATEST, MANY, ONE, RETIRING};

                super::each_launch_begins! { $options, $function, $promise }
            }
        )+
    };
}

// Pitfall 13, with what can be set.
on! {
    one_worker: (backend = ONE) [fn] EachRuns;
    one_worker_async: (backend = ONE) [async fn] EachRuns;
    many_workers: (backend = MANY) [fn] EachRuns;
    brief_workers: (backend = BRIEF) [fn] EachRuns;
    brief_workers_async: (backend = BRIEF) [async fn] EachRuns;
    retiring_workers: (backend = RETIRING) [fn] EachRuns;
    few_threads: (backend = FEW) [fn] EachRuns;
    few_threads_async: (backend = FEW) [async fn] EachRuns;
    full_pool: (backend = FULL, on_full = "block") [fn] EachRuns;
    limit_of_one: (backend = MANY, on_full = "block", max_in_flight = 1) [fn] EachRuns;
    latest_only: (backend = LATEST) [fn] SomeAreEvicted;
}

/// Pools whose workers look at the queue when they are woken, and else never: a worker that retires looks once more, and
/// would make up for a wake-up that was lost. Where there is a single one, no other can do so, either.
static ONE: Pool = Pool::new("one").threads(1).keep_alive(Duration::MAX);
static MANY: Pool = Pool::new("many").threads(8).keep_alive(Duration::MAX);
static FULL: Pool = Pool::new("full")
    .threads(1)
    .queue(1)
    .keep_alive(Duration::MAX);
static LATEST: Pool = Pool::new("latest")
    .threads(1)
    .queue(1)
    .keep_alive(Duration::MAX)
    .drop_oldest();

/// Launches meet workers on their way out: in the gaps, and at once.
static BRIEF: Pool = Pool::new("brief")
    .threads(3)
    .keep_alive(Duration::from_micros(50));
static RETIRING: Pool = Pool::new("retiring").threads(1).keep_alive(Duration::ZERO);

/// Some of a burst wait for a thread to end.
static FEW: Threads = Threads::new("few").max_threads(2);

/// What a backend promises of a launch that it has taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Promise {
    EachRuns,
    /// In a burst; what comes alone runs.
    SomeAreEvicted,
}

/// Launches alone and in bursts, by one caller and by four at once; `inside` enters the runtime that each is to be in.
#[track_caller]
fn check<G: 'static>(watched: Watched, promise: Promise, launch: fn(Sign), inside: fn() -> G) {
    let per_run = number_in("ONE_BY_ONE_LAUNCHES").unwrap_or(200);
    let seed = number_in("ONE_BY_ONE_SEED").unwrap_or_else(any_seed);
    let (mut launched, mut begun) = (0, 0);
    for callers in [1, 4] {
        for burst in [1..=1, 2..=5] {
            let may_evict =
                promise == Promise::SomeAreEvicted && (callers, &burst) != (1, &(1..=1));
            let run = Run {
                watched,
                launches: per_run / callers,
                callers,
                burst,
                seed,
            };
            let begun_now = run.play(launch, inside);
            launched += run.launches * callers;
            begun += begun_now;
            assert!(
                may_evict || begun_now == run.launches * callers,
                "{begun_now} launches have begun, and the others were dropped: {run}"
            );
        }
    }
    watched.quiet();
    assert_eq!(
        watched.counts(),
        row!(launched: launched, ok: begun, lost: launched - begun)
    );
}

fn number_in(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    match text.parse() {
        Ok(number) => Some(number),
        Err(error) => panic!("{variable}={text}: {error}"),
    }
}

/// Callers of one function, at work at the same time.
#[derive(Clone)]
struct Run {
    watched: Watched,
    /// Of each caller.
    launches: u64,
    callers: u64,
    /// How many come at once.
    burst: RangeInclusive<u64>,
    seed: u64,
}

impl Run {
    /// Returns how many launches have begun.
    fn play<G: 'static>(&self, launch: fn(Sign), inside: fn() -> G) -> u64 {
        let (working, work) = channel();
        let calls: Vec<Arc<Calls>> = (0..self.callers).map(|_| Arc::default()).collect();
        let mut threads = Vec::new();
        for (calls, seed) in calls.iter().cloned().zip(self.seed..) {
            let (run, working): (Self, Sender<Infallible>) = (self.clone(), working.clone());
            threads.push(thread::spawn(move || {
                let _working = working;
                let _inside = inside();
                run.call(launch, &calls, Random::new(seed));
            }));
        }
        drop(working);
        self.watch(&work, &calls);
        for thread in threads {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
        let begun = calls
            .iter()
            .map(|calls| calls.begun.load(Ordering::Acquire));
        begun.sum()
    }

    /// Each launch meets a worker that is about to sleep, asleep, being woken, or on its way out.
    fn call(&self, launch: fn(Sign), calls: &Arc<Calls>, mut random: Random) {
        let mut launched = 0;
        while launched < self.launches {
            let longest = self.burst.end() - self.burst.start();
            let burst = self.burst.start() + random.below(longest + 1);
            for _ in 0..burst.min(self.launches - launched) {
                launched += 1;
                calls.launched.store(launched, Ordering::Relaxed);
                launch(Sign {
                    calls: calls.clone(),
                    caller: thread::current(),
                });
            }
            calls.wait_until_over(launched, random.one_in(2));
            spin_for(random.shorter_than(LONGEST_GAP));
        }
    }

    /// Waits for the end of the work, while all go on. Not left to the callers, because a launch may block them.
    #[track_caller]
    fn watch(&self, work: &Receiver<Infallible>, callers: &[Arc<Calls>]) {
        let mut before = Vec::new();
        let mut naps = 0;
        while work.recv_timeout(NAP) == Err(RecvTimeoutError::Timeout) {
            let now: Vec<_> = callers.iter().map(|calls| calls.progress()).collect();
            naps = if now == before { naps + 1 } else { 0 };
            before = now;
            assert!(
                naps < NAPS,
                "nothing goes on: of each caller, launched and begun or dropped, {before:?}; {self}"
            );
        }
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            watched,
            launches,
            callers,
            burst,
            seed,
        } = self;
        let entry = watched.entry();
        write!(
            f,
            "`{}` on \"{}\", {callers} callers with {launches} launches each in bursts of {burst:?}, \
             ONE_BY_ONE_SEED={seed}, {:?}",
            watched.name(),
            entry.backend(),
            entry.counts()
        )
    }
}

/// What one caller has launched, and what has become of it.
#[derive(Default)]
struct Calls {
    launched: AtomicU64,
    begun: AtomicU64,
    /// Begun, or dropped before.
    over: AtomicU64,
}

impl Calls {
    /// The caller stays awake meanwhile, for a while, or sleeps: its processor is then free for others.
    fn wait_until_over(&self, launches: u64, is_awake: bool) {
        let began = Instant::now();
        while self.over.load(Ordering::Acquire) < launches {
            if is_awake && began.elapsed() < LONGEST_GAP {
                thread::yield_now();
            } else {
                thread::park();
            }
        }
    }

    fn progress(&self) -> (u64, u64) {
        let launched = self.launched.load(Ordering::Relaxed);
        (launched, self.over.load(Ordering::Relaxed))
    }
}

/// The argument of one launch: tells its caller what becomes of it.
struct Sign {
    calls: Arc<Calls>,
    caller: Thread,
}

impl Sign {
    /// To be called by the body.
    fn begin(self) {
        self.calls.begun.fetch_add(1, Ordering::Release);
    }
}

impl Drop for Sign {
    fn drop(&mut self) {
        self.calls.over.fetch_add(1, Ordering::Release);
        self.caller.unpark();
    }
}

const LONGEST_GAP: Duration = Duration::from_micros(100);

/// So long nothing goes on only where a wake-up is lost, and less than the ten seconds after which an idle worker retires,
/// looks once more and makes up for it. In naps, so that a machine that stands still meanwhile does not count.
const NAP: Duration = Duration::from_millis(100);
const NAPS: u32 = 60;
