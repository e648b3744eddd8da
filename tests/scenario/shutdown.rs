//! `shutdown`: draining, refusing, the deadline, and who may call it from where.

use std::cell::RefCell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use fire_and_forget::{
    Event, Loss, Observer, Pool, Refusal, Report, Threads, fire_and_forget, flush, set_observer,
    shutdown, shutdown_on_drop,
};
use tokio::runtime::{Builder, Runtime};

use crate::{PATIENCE, counts, gate, pass, receive, wait_until};

crate::scenarios!(
    shutdown_drains,
    shutdown_refuses_launches_from_outside,
    shutdown_accepts_children_of_running_bodies,
    shutdown_keeps_its_deadline,
    shutdown_abandons_what_waits_for_a_thread,
    shutdown_twice,
    shutdown_joins_workers,
    shutdown_inside_a_body,
    shutdown_inside_a_multi_thread_runtime,
    shutdown_inside_a_current_thread_runtime,
    shutdown_without_launches,
    shutdown_that_is_dropped,
    shutdown_wakes_blocked_callers,
    shutdown_races_with_launches,
    deadline_races_with_launches,
    shutdown_on_drop_in_time,
    shutdown_on_drop_too_late,
    shutdown_on_drop_inside_a_current_thread_runtime,
    shutdown_on_drop_inside_a_current_thread_runtime_at_quiet,
);

static POOL: Pool = Pool::new("drained").threads(1);
static THREADS: Threads = Threads::new("drained-threads").max_threads(1);

#[fire_and_forget(backend = POOL)]
fn on_pool() {}

#[fire_and_forget(backend = "thread")]
fn on_thread() {}

#[fire_and_forget(backend = "tokio")]
fn on_tokio_worker() {}

#[fire_and_forget(backend = "tokio")]
async fn on_tokio() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[fire_and_forget(backend = POOL)]
async fn on_pool_async() {}

const PLAIN: [(&str, fn()); 5] = [
    ("shutdown::on_pool", on_pool),
    ("shutdown::on_thread", on_thread),
    ("shutdown::on_tokio_worker", on_tokio_worker),
    ("shutdown::on_tokio", on_tokio),
    ("shutdown::on_pool_async", on_pool_async),
];

fn launch_all(times: u32) {
    for _ in 0..times {
        for (_, launch) in PLAIN {
            launch();
        }
    }
}

/// Keeps the reports of losses and refusals as text.
struct Keeper;

static KEPT: Mutex<Vec<String>> = Mutex::new(Vec::new());

impl Observer for Keeper {
    fn report(&self, report: &Report<'_>) {
        let function = report.function();
        KEPT.lock().unwrap().push(match report.event() {
            Event::Lost(Loss::Abandoned) => format!("{function} abandoned"),
            Event::Refused(Refusal::ShuttingDown) => format!("{function} refused"),
            event => format!("{function} {event}"),
        });
    }
}

fn kept() -> Vec<String> {
    std::mem::take(&mut *KEPT.lock().unwrap())
}

fn shutdown_drains() {
    launch_all(200);
    shutdown(PATIENCE).wait().unwrap();
    for (function, _) in PLAIN {
        assert_eq!(counts(function), [200, 200, 0, 0, 0, 0], "{function}");
    }
}

#[fire_and_forget(backend = POOL, on_full = "reject")]
fn or_reject(_number: u8) {}

#[fire_and_forget(on_full = "reject")]
async fn or_reject_async(_number: u8) {}

#[fire_and_forget(backend = POOL, on_full = "block")]
fn or_block() {}

#[fire_and_forget(backend = POOL, on_full = "caller_runs")]
fn or_run_here() {
    panic!("it must not run");
}

/// Pitfall 7.
fn shutdown_refuses_launches_from_outside() {
    set_observer(Keeper).unwrap();
    let (open, closed) = gate();
    passes(closed);
    let wait = shutdown(PATIENCE);
    refuse_all(1);
    drop(open);
    wait.wait().unwrap();
    refuse_all(2);
}

fn refuse_all(round: u64) {
    launch_all(1);
    or_block();
    or_run_here();
    assert_eq!(or_reject(1).unwrap_err().reason(), Refusal::ShuttingDown);
    assert_eq!(or_reject_async(2).unwrap_err().into_args(), (2,));
    let all = [
        "on_pool",
        "on_thread",
        "on_tokio_worker",
        "on_tokio",
        "on_pool_async",
        "or_block",
        "or_run_here",
    ];
    assert_eq!(
        kept(),
        all.map(|name| format!("scenario::shutdown::{name} refused"))
    );
    for name in all.into_iter().chain(["or_reject", "or_reject_async"]) {
        assert_eq!(
            counts(&format!("shutdown::{name}")),
            [round, 0, 0, 0, 0, round],
            "{name}"
        );
    }
}

#[fire_and_forget]
fn passes(closed: Receiver<()>) {
    pass(&closed);
}

#[fire_and_forget(backend = "thread")]
fn passes_and_launches(closed: Receiver<()>) {
    pass(&closed);
    launch_all(3);
}

#[fire_and_forget]
async fn passes_and_launches_as_a_task(closed: tokio::sync::oneshot::Receiver<()>) {
    let _ = closed.await;
    launch_all(3);
    tokio::task::yield_now().await;
    launch_all(3);
}

/// Pitfall 9.
fn shutdown_accepts_children_of_running_bodies() {
    set_observer(Keeper).unwrap();
    let (open, closed) = gate();
    let (open_task, closed_task) = tokio::sync::oneshot::channel();
    passes_and_launches(closed);
    passes_and_launches_as_a_task(closed_task);
    let wait = shutdown(PATIENCE);
    on_pool();
    assert_eq!(kept(), ["scenario::shutdown::on_pool refused"]);
    drop(open);
    drop(open_task);
    wait.wait().unwrap();
    for (function, _) in PLAIN {
        let refused = u64::from(function == "shutdown::on_pool");
        assert_eq!(
            counts(function),
            [9 + refused, 9, 0, 0, 0, refused],
            "{function}"
        );
    }
    assert_eq!(kept(), [""; 0]);
}

#[fire_and_forget(backend = POOL)]
fn is_stuck(begun: Sender<()>, closed: Receiver<()>) {
    let _ = begun.send(());
    pass(&closed);
}

#[fire_and_forget(backend = POOL)]
fn waits_behind(_argument: Counted) {}

#[fire_and_forget]
async fn is_stuck_as_a_task(begun: Sender<()>) {
    let _ = begun.send(());
    std::future::pending::<()>().await;
}

/// Counts its drops.
struct Counted;

static DROPS: AtomicU32 = AtomicU32::new(0);

impl Drop for Counted {
    fn drop(&mut self) {
        DROPS.fetch_add(1, Ordering::SeqCst);
    }
}

/// Pitfalls 6 and 8.
fn shutdown_keeps_its_deadline() {
    set_observer(Keeper).unwrap();
    let (_open, closed) = gate();
    let (begun, beginnings) = channel();
    is_stuck(begun.clone(), closed);
    is_stuck_as_a_task(begun);
    receive(&beginnings);
    receive(&beginnings);
    for _ in 0..5 {
        waits_behind(Counted);
    }
    let called = Instant::now();
    let unfinished = shutdown(Duration::from_millis(50)).wait().unwrap_err();
    let took = called.elapsed();
    assert!(took >= Duration::from_millis(50), "{took:?}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    println!("{unfinished}");
    wait_until("what is queued is abandoned", || {
        counts("shutdown::waits_behind") == [5, 0, 0, 0, 5, 0]
    });
    assert_eq!(DROPS.load(Ordering::SeqCst), 5);
    let kept = kept();
    assert_eq!(kept, ["scenario::shutdown::waits_behind abandoned"; 5]);
    // What is running goes on: on a thread, and in the runtime of the crate's own.
    assert_eq!(counts("shutdown::is_stuck"), [1, 0, 0, 0, 0, 0]);
    assert_eq!(counts("shutdown::is_stuck_as_a_task"), [1, 0, 0, 0, 0, 0]);
}

#[fire_and_forget(backend = THREADS)]
fn is_stuck_on_a_thread(begun: Sender<()>, closed: Receiver<()>) {
    let _ = begun.send(());
    pass(&closed);
}

#[fire_and_forget(backend = THREADS)]
fn waits_for_a_thread(_argument: Counted) {}

/// Pitfall 6, for launches that have no thread yet. The stuck body ends after the deadline, and is still counted.
fn shutdown_abandons_what_waits_for_a_thread() {
    set_observer(Keeper).unwrap();
    let (open, closed) = gate();
    let (begun, beginnings) = channel();
    is_stuck_on_a_thread(begun, closed);
    receive(&beginnings);
    for _ in 0..5 {
        waits_for_a_thread(Counted);
    }
    println!("{}", shutdown(Duration::ZERO).wait().unwrap_err());
    wait_until("what is queued is abandoned", || {
        counts("shutdown::waits_for_a_thread") == [5, 0, 0, 0, 5, 0]
    });
    assert_eq!(DROPS.load(Ordering::SeqCst), 5);
    assert_eq!(
        kept(),
        ["scenario::shutdown::waits_for_a_thread abandoned"; 5]
    );
    drop(open);
    wait_until("the stuck body ends", || {
        counts("shutdown::is_stuck_on_a_thread") == [1, 1, 0, 0, 0, 0]
    });
}

fn shutdown_twice() {
    let (open, closed) = gate();
    passes(closed);
    let first = shutdown(PATIENCE);
    // With a deadline of its own this one would fail.
    let second = thread::spawn(|| shutdown(Duration::ZERO).wait());
    let third = shutdown(Duration::ZERO);
    drop(open);
    third.wait().unwrap();
    second.join().unwrap().unwrap();
    first.wait().unwrap();
    shutdown(Duration::ZERO).wait().unwrap();
    flush(Duration::ZERO).wait().unwrap();
}

thread_local! {
    static LOCAL: RefCell<Option<Slow>> = const { RefCell::new(None) };
}

static DESTROYED: AtomicU32 = AtomicU32::new(0);

/// Takes its time to be destroyed, so that only a join can have waited for it.
struct Slow;

impl Drop for Slow {
    fn drop(&mut self) {
        thread::sleep(Duration::from_millis(50));
        DESTROYED.fetch_add(1, Ordering::SeqCst);
    }
}

#[fire_and_forget(backend = POOL)]
fn leaves_a_local_on_a_worker() {
    LOCAL.set(Some(Slow));
}

#[fire_and_forget(backend = "thread")]
fn leaves_a_local_on_a_thread() {
    LOCAL.set(Some(Slow));
}

#[fire_and_forget]
async fn leaves_a_local_in_the_runtime() {
    LOCAL.set(Some(Slow));
}

/// Pitfall 15.
fn shutdown_joins_workers() {
    leaves_a_local_on_a_worker();
    leaves_a_local_on_a_thread();
    leaves_a_local_in_the_runtime();
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(DESTROYED.load(Ordering::SeqCst), 3);
}

#[fire_and_forget]
fn shuts_down(texts: Sender<String>) {
    let _ = texts.send(shutdown(Duration::MAX).wait().unwrap_err().to_string());
}

#[fire_and_forget]
async fn shuts_down_in_a_task(texts: Sender<String>) {
    let _ = texts.send(shutdown(Duration::MAX).await.unwrap_err().to_string());
}

fn shutdown_inside_a_body() {
    let (texts, received) = channel();
    shuts_down(texts.clone());
    println!("{}", receive(&received));
    flush(PATIENCE).wait().unwrap();
    shuts_down_in_a_task(texts);
    println!("{}", receive(&received));
    flush(PATIENCE).wait().unwrap();
    launch_all(1);
    flush(PATIENCE).wait().unwrap();
    for (function, _) in PLAIN {
        assert_eq!(counts(function), [1, 1, 0, 0, 0, 0], "{function}");
    }
    shutdown(PATIENCE).wait().unwrap();
}

/// Pitfall 18: blocking is allowed on a thread of such a runtime, and the rest of it goes on.
fn shutdown_inside_a_multi_thread_runtime() {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        launch_all(50);
        flush(PATIENCE).wait().unwrap();
        launch_all(50);
        flush(PATIENCE).await.unwrap();
        launch_all(50);
        tokio::spawn(shutdown(PATIENCE)).await.unwrap().unwrap();
        shutdown(PATIENCE).wait().unwrap();
    });
    for (function, _) in PLAIN {
        assert_eq!(counts(function), [150, 150, 0, 0, 0, 0], "{function}");
    }
}

/// Pitfall 18. The runtime of the crate's own was started outside, and ends while this one is the current.
fn shutdown_inside_a_current_thread_runtime() {
    launch_all(1);
    flush(PATIENCE).wait().unwrap();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        launch_all(50);
        let wait = shutdown(PATIENCE);
        let unfinished = shutdown(PATIENCE).wait().unwrap_err().to_string();
        println!("{}", unfinished.split(';').next().unwrap());
        wait.await.unwrap();
    });
    for (function, _) in PLAIN {
        assert_eq!(counts(function), [51, 51, 0, 0, 0, 0], "{function}");
    }
}

fn shutdown_without_launches() {
    shutdown(Duration::ZERO).wait().unwrap();
    on_pool();
    assert_eq!(counts("shutdown::on_pool"), [1, 0, 0, 0, 0, 1]);
}

#[expect(unused_must_use, reason = "the shutdown goes on without its wait")]
fn shutdown_that_is_dropped() {
    let (open, closed) = gate();
    passes(closed);
    shutdown(PATIENCE);
    on_pool();
    drop(open);
    wait_until("the body ends", || {
        counts("shutdown::passes") == [1, 1, 0, 0, 0, 0]
    });
    assert_eq!(counts("shutdown::on_pool"), [1, 0, 0, 0, 0, 1]);
}

static FULL: Pool = Pool::new("full").threads(1).queue(1);

#[fire_and_forget(backend = FULL, on_full = "block")]
fn waits_for_room(begun: Sender<()>, closed: Receiver<()>) {
    let _ = begun.send(());
    pass(&closed);
}

/// A caller that waits for room is refused by the shutdown, not stuck.
fn shutdown_wakes_blocked_callers() {
    set_observer(Keeper).unwrap();
    let (open, closed) = gate();
    let (begun, beginnings) = channel();
    waits_for_room(begun.clone(), closed);
    receive(&beginnings);
    let (open_next, closed) = gate();
    waits_for_room(begun.clone(), closed);
    let caller = thread::spawn(|| waits_for_room(begun, gate().1));
    wait_until("the third caller waits", || {
        counts("shutdown::waits_for_room")[0] == 3
    });
    let wait = shutdown(PATIENCE);
    caller.join().unwrap();
    assert_eq!(kept(), ["scenario::shutdown::waits_for_room refused"]);
    drop((open, open_next));
    wait.wait().unwrap();
    assert_eq!(counts("shutdown::waits_for_room"), [3, 2, 0, 0, 0, 1]);
}

static LATEST: Pool = Pool::new("latest").threads(1).queue(4).drop_oldest();

#[fire_and_forget(backend = LATEST)]
fn may_be_evicted(_argument: Counted) {}

#[fire_and_forget(backend = LATEST, on_full = "reject")]
fn may_evict_itself(_argument: Counted, again: bool) {
    if again {
        may_be_evicted(Counted);
    }
}

#[fire_and_forget(backend = POOL, on_full = "block")]
fn may_block(_argument: Counted) {}

#[fire_and_forget(backend = THREADS)]
async fn may_wait_for_a_thread(_argument: Counted) {}

#[fire_and_forget]
async fn may_be_dropped(_argument: Counted) {
    tokio::task::yield_now().await;
}

/// Counts the reports that it sees.
struct Counting;

static REPORTS: AtomicU32 = AtomicU32::new(0);

impl Observer for Counting {
    fn report(&self, _: &Report<'_>) {
        REPORTS.fetch_add(1, Ordering::SeqCst);
    }
}

/// Launches from several threads until all is refused, with the shutdown in the midst of it. Every call ends in one
/// class, is reported unless it went well or was given back, and drops its argument once.
fn race(timeout: Duration) {
    set_observer(Counting).unwrap();
    let (calls, given_back) = (AtomicU32::new(0), AtomicU32::new(0));
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut after_the_end = 0;
                while after_the_end < 20 {
                    may_be_evicted(Counted);
                    may_block(Counted);
                    may_wait_for_a_thread(Counted);
                    may_be_dropped(Counted);
                    // A pool that evicts is never full: it gives arguments back only because of the shutdown.
                    if may_evict_itself(Counted, true).is_err() {
                        given_back.fetch_add(1, Ordering::SeqCst);
                        after_the_end += 1;
                    }
                    calls.fetch_add(5, Ordering::SeqCst);
                }
            });
        }
        wait_until("some have been launched", || {
            calls.load(Ordering::SeqCst) > 500
        });
        let result = shutdown(timeout).wait();
        assert!(result.is_ok() || timeout.is_zero(), "{result:?}");
    });
    wait_until("every launch has ended", || {
        fire_and_forget::ledger().total().in_flight() == 0
    });
    let total = fire_and_forget::ledger().total();
    let children = counts("shutdown::may_evict_itself")[1];
    let load = |counter: &AtomicU32| u64::from(counter.load(Ordering::SeqCst));
    assert_eq!(total.launched, load(&calls) + children);
    assert_eq!(total.ok + total.lost + total.refused, total.launched);
    assert_eq!(
        total.lost + total.refused,
        load(&REPORTS) + load(&given_back)
    );
    assert_eq!(load(&DROPS), total.launched);
    assert!(total.refused >= 3 * 5 * 19, "{total:?}");
}

/// Pitfalls 6, 7 and 20.
fn shutdown_races_with_launches() {
    race(PATIENCE);
}

fn deadline_races_with_launches() {
    race(Duration::ZERO);
}

#[fire_and_forget]
fn prints() {
    println!("the body ran");
}

fn shutdown_on_drop_in_time() {
    let _guard = shutdown_on_drop(PATIENCE);
    prints();
}

fn shutdown_on_drop_too_late() {
    let (open, closed) = gate();
    let guard = shutdown_on_drop(Duration::from_millis(20));
    passes(closed);
    drop(guard);
    drop(open);
}

#[fire_and_forget]
async fn begins_and_is_stuck(begun: Sender<()>) {
    let _ = begun.send(());
    std::future::pending::<()>().await;
}

/// Waiting would stop the tasks of that runtime. So it begins the shutdown, says what to do instead, and goes on.
fn shutdown_on_drop_inside_a_current_thread_runtime() {
    let (begun, beginnings) = channel();
    Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(async {
            let guard = shutdown_on_drop(PATIENCE);
            begins_and_is_stuck(begun);
            tokio::task::yield_now().await;
            receive(&beginnings);
            let dropped = Instant::now();
            drop(guard);
            let took = dropped.elapsed();
            assert!(took < PATIENCE / 2, "{took:?}");
            on_pool();
        });
}

/// Where nothing is in flight, there is nothing to say.
fn shutdown_on_drop_inside_a_current_thread_runtime_at_quiet() {
    let runtime = Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let _guard = shutdown_on_drop(PATIENCE);
        prints();
        flush(PATIENCE).await.unwrap();
        leaves_a_local_on_a_worker();
        flush(PATIENCE).await.unwrap();
    });
    assert_eq!(DESTROYED.load(Ordering::SeqCst), 1);
    runtime.block_on(async {
        let _guard = shutdown_on_drop(Duration::ZERO);
        shutdown(PATIENCE).await.unwrap();
    });
}
