//! Runtimes that come and go, with launches on them from wherever there can be some: from tasks, from tasks that block their
//! thread, from threads outside, from destructors; before a runtime goes away, while it does, and afterwards.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, TryLockError};
use std::thread::sleep;
use std::time::Duration;

use ::tokio::runtime::{Builder, Handle, Runtime};
use ::tokio::task::{block_in_place, spawn_blocking, yield_now};
use fire_and_forget::set_tokio_handle;
use waiting::{Begun, Random, begin, wait_until};

use crate::alarm;
use crate::functions::{Function, tokio, tokio_async, tokio_async_reject, tokio_kept};

/// Has one or more for a moment.
pub(crate) fn come_and_go(random: &mut Random) {
    match random.below(8) {
        0..3 => has_a_current_thread_runtime(random),
        3 => has_one_runtime_in_another(random),
        4 => has_a_runtime_that_outlasts_its_launches(random),
        _ => has_a_runtime_that_goes_away_under_load(random),
    }
}

/// In every other run, threads that are in no runtime launch on one of this program; else on that of the crate.
pub(crate) fn give(random: &mut Random) -> Option<Runtime> {
    let is_given = random.one_in(2);
    println!(
        "threads in no runtime launch on {}",
        if is_given {
            "one that they are given"
        } else {
            "that of the crate"
        }
    );
    is_given.then(|| {
        let runtime = built(&mut Builder::new_multi_thread());
        if set_tokio_handle(runtime.handle().clone()).is_err() {
            unreachable!("nobody else sets one");
        }
        runtime
    })
}

/// Waits until all have ended that launch on runtimes: what goes away in the background lets them go on for a while.
pub(crate) fn expect_no_launchers() {
    wait_until("nobody launches on a runtime that has gone", || {
        LAUNCHERS.load(Ordering::SeqCst) == 0
    });
}

static LAUNCHERS: AtomicUsize = AtomicUsize::new(0);

/// So many there have been.
pub(crate) fn count() -> usize {
    COUNT.load(Ordering::Relaxed)
}

static COUNT: AtomicUsize = AtomicUsize::new(0);

fn has_a_current_thread_runtime(random: &mut Random) {
    let runtime = built(&mut Builder::new_current_thread());
    runtime.block_on(async {
        launch(random, true);
        for _ in 0..random.below(50) {
            alarm::wait(random.one_in(4)).await;
        }
    });
    go_away(runtime, random);
}

/// Those who launch are in the middle of it when it goes, and some go on afterwards.
fn has_a_runtime_that_goes_away_under_load(random: &mut Random) {
    let runtime = multi_thread(1 + random.below(3));
    let is_gone = Arc::new(AtomicBool::new(false));
    let outside: Vec<_> = (0..random.below(3))
        .map(|_| launch_from_outside(runtime.handle(), &is_gone, random))
        .collect();
    for _ in 0..random.below(4) {
        runtime.spawn(launch_from_inside(Launches::new(random)));
    }
    if random.one_in(2) {
        let _entered = runtime.enter();
        launch(random, true);
    }
    if random.one_in(4) {
        runtime.block_on(async {
            launch(random, true);
            alarm::wait(random.one_in(2)).await;
        });
    }
    if random.one_in(2) {
        sleep(random.shorter_than(LONGEST_STAY));
    }
    go_away(runtime, random);
    is_gone.store(true, Ordering::Relaxed);
    for thread in outside {
        thread.end("a thread launches on a runtime that has gone");
    }
}

/// One thread launches on both in turn, and either may go first.
fn has_one_runtime_in_another(random: &mut Random) {
    let outer = multi_thread(1);
    let inner = multi_thread(2);
    let entered = outer.enter();
    for _ in 0..random.below(8) {
        launch_once(random, true);
        let _entered = inner.enter();
        launch_once(random, true);
    }
    drop(entered);
    let (first, second) = if random.one_in(2) {
        (outer, inner)
    } else {
        (inner, outer)
    };
    go_away(first, random);
    let entered = second.enter();
    launch(random, true);
    drop(entered);
    go_away(second, random);
}

/// It goes when all has ended that was launched on it: nothing may be lost, or lie there for ever.
fn has_a_runtime_that_outlasts_its_launches(random: &mut Random) {
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = match TURN.try_lock() {
        Ok(turn) => turn,
        Err(TryLockError::Poisoned(error)) => error.into_inner(),
        // Two of them would wait for each other's launches.
        Err(TryLockError::WouldBlock) => return,
    };
    let kept = &tokio_kept::FUNCTION;
    let runtime = multi_thread(2 + random.below(2));
    let from_outside = random.below(2) * random.below(BURST);
    let outside = begin({
        let (handle, mut random) = (runtime.handle().clone(), Random::new(random.draw()));
        move || {
            let _entered = handle.enter();
            (0..from_outside).for_each(|_| kept.launch(Random::new(random.draw()), 0, false));
        }
    });
    runtime.block_on(async {
        for _ in 0..random.below(4) {
            let (burst, mut random) = (1 + random.below(BURST), Random::new(random.draw()));
            let blocks = ::tokio::spawn(async move {
                (0..burst).for_each(|_| kept.launch(Random::new(random.draw()), 0, false));
                sleep(random.shorter_than(LONGEST_BLOCK));
            });
            blocks.await.expect("a task that launches does not panic");
        }
    });
    outside.end("a thread launches on a runtime");
    wait_until("all launches have ended on a runtime that stays", || {
        kept.tally.dropped_arguments.get() == kept.tally.calls.get()
    });
    go_away(runtime, random);
}

/// A task of the runtime that launches in each way in which a task can.
async fn launch_from_inside(mut launches: Launches) {
    let mut random = Random::new(launches.random.draw());
    for _ in 0..random.below(16) {
        match random.below(8) {
            0 => {
                launch(&mut random, true);
                sleep(random.shorter_than(LONGEST_BLOCK));
            }
            1 => block_in_place(|| launch(&mut random, true)),
            2 => {
                launch_once(&mut random, true);
                block_in_place(|| has_a_current_thread_runtime(&mut random));
                launch(&mut random, true);
            }
            3 => {
                let mut other = Launches::new(&mut random);
                spawn_blocking(move || launch(&mut other.random, true));
            }
            4 => alarm::wait(random.one_in(2)).await,
            5 => {
                let mut other = Launches::new(&mut random);
                let task = ::tokio::spawn(async move {
                    alarm::wait(other.random.one_in(2)).await;
                    launch_once(&mut other.random, true);
                });
                task.abort();
            }
            _ => launch(&mut random, true),
        }
        yield_now().await;
    }
    alarm::wait(launches.random.one_in(2)).await;
}

/// Launches from a thread that is in the runtime, and not of it, until the runtime has gone and once more.
fn launch_from_outside(
    handle: &Handle,
    is_gone: &Arc<AtomicBool>,
    random: &mut Random,
) -> Begun<()> {
    let (handle, is_gone, mut random) = (
        handle.clone(),
        Arc::clone(is_gone),
        Random::new(random.draw()),
    );
    begin(move || {
        let _entered = handle.enter();
        loop {
            let was_gone = is_gone.load(Ordering::Relaxed);
            launch(&mut random, true);
            if was_gone {
                return;
            }
            if !random.one_in(4) {
                sleep(random.shorter_than(LONGEST_BLOCK));
            }
        }
    })
}

/// Launches when it is dropped: by a task that ends, that is aborted, or that goes with its runtime. Whoever has it is counted as a
/// launcher.
struct Launches {
    random: Random,
}

impl Launches {
    fn new(random: &mut Random) -> Self {
        LAUNCHERS.fetch_add(1, Ordering::SeqCst);
        Self {
            random: Random::new(random.draw()),
        }
    }
}

impl Drop for Launches {
    fn drop(&mut self) {
        // Not always in the runtime, and elsewhere nothing would end what stays.
        launch(&mut self.random, false);
        LAUNCHERS.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Launches alone or in a burst, now and then of more than the queue of a runtime has room for.
fn launch(random: &mut Random, may_stay: bool) {
    let burst = match random.below(64) {
        0 => 1 + random.below(LARGEST_BURST),
        1..32 => 1 + random.below(BURST),
        _ => 1,
    };
    (0..burst).for_each(|_| launch_once(random, may_stay));
}

fn launch_once(random: &mut Random, may_stay: bool) {
    let here: [&'static Function; 4] = [
        &tokio::FUNCTION,
        &tokio_async::FUNCTION,
        &tokio_async::FUNCTION,
        &tokio_async_reject::FUNCTION,
    ];
    let function = here[usize::try_from(random.below(4)).unwrap_or_default()];
    let stays = may_stay && random.one_in(16);
    function.launch(Random::new(random.draw()), 0, stays);
}

fn multi_thread(threads: u64) -> Runtime {
    let threads = usize::try_from(threads).unwrap_or(1);
    built(Builder::new_multi_thread().worker_threads(threads))
}

/// One, which is counted.
pub(crate) fn built(builder: &mut Builder) -> Runtime {
    COUNT.fetch_add(1, Ordering::Relaxed);
    builder.build().expect("threads can be started")
}

/// In each way there is.
pub(crate) fn go_away(runtime: Runtime, random: &mut Random) {
    match random.below(4) {
        0 => runtime.shutdown_background(),
        1 => runtime.shutdown_timeout(random.shorter_than(LONGEST_STAY)),
        _ => drop(runtime),
    }
}

const BURST: u64 = 60;
const LARGEST_BURST: u64 = 3_000;
const LONGEST_BLOCK: Duration = Duration::from_micros(500);
const LONGEST_STAY: Duration = Duration::from_millis(8);
