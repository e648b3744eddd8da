//! Launches and waits from destructors: of thread-locals, of arguments that are evicted, abandoned, refused or dropped
//! by a runtime.

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use fire_and_forget::{
    Backend, Executor, Pool, Refusal, Report, Task, WhyUnfinished, fire_and_forget, flush,
    set_observer, shutdown,
};
use waiting::backends::FORGETFUL;
use waiting::{Gate, PATIENCE, Pass, in_time, signal, wait_until};

use crate::counts;

crate::scenarios!(
    a_body_runs_in_its_caller_where_tokio_is_gone,
    thread_local_destructor_launches,
    thread_local_destructor_launches_in_a_worker,
    thread_local_destructor_launches_at_exit,
    refused_arguments_that_launch_themselves_again,
    refused_tasks_that_launch_themselves_again,
    dropped_arguments_that_launch_themselves_again,
    refused_arguments_that_launch_each_other,
    futures_dropped_by_an_executor_that_launch_themselves_again,
    futures_given_back_by_an_executor_that_launch_themselves_again,
    futures_dropped_by_a_runtime_that_launch_themselves_again,
    large_arguments_that_launch_themselves_again,
    evicted_argument_launches,
    abandoned_argument_launches,
    destructors_do_not_wait_for_their_own_launch,
    an_observer_does_not_wait_for_the_launch_it_sees,
    thread_local_destructor_does_not_wait_for_its_own_end,
    thread_local_destructor_waits_for_a_launch,
    evicted_arguments_that_take_long,
    evicted_arguments_that_evict_while_one_is_stuck,
);

#[fire_and_forget]
fn on_pool() {}

#[fire_and_forget(backend = "thread")]
fn on_thread() {}

#[fire_and_forget(backend = "tokio")]
fn on_tokio_worker() {}

#[fire_and_forget]
async fn on_tokio() {}

#[fire_and_forget(on_full = "block", max_in_flight = 1)]
fn after_blocking() {}

/// As an expression: the literal is a compile error.
const NONE: usize = 0;

#[fire_and_forget(max_in_flight = NONE)]
fn is_refused() {}

/// Launches on every backend when it is dropped.
struct Launches;

impl Drop for Launches {
    fn drop(&mut self) {
        on_pool();
        on_thread();
        on_tokio_worker();
        on_tokio();
        after_blocking();
        is_refused();
        let _ = fire_and_forget::ledger().to_string();
    }
}

/// Launches itself again, wherever it is dropped.
struct Again(fn(Again));

impl Drop for Again {
    fn drop(&mut self) {
        AGAIN.fetch_add(1, Ordering::SeqCst);
        (self.0)(Self(self.0));
    }
}

static AGAIN: AtomicU32 = AtomicU32::new(0);

#[fire_and_forget(max_in_flight = NONE)]
fn refuses(_: Again) {}

#[fire_and_forget(max_in_flight = NONE)]
async fn refuses_a_task(_: Again) {}

#[fire_and_forget(backend = FORGETFUL)]
fn forgets(_: Again) {}

#[track_caller]
fn check_again(function: &str, launch: fn(Again), lost: u64) {
    let (act, before) = (launch, AGAIN.load(Ordering::SeqCst));
    in_time(
        "a destructor that launches itself again comes to an end",
        move || {
            act(Again(act));
        },
    );
    let times = u64::from(AGAIN.load(Ordering::SeqCst) - before);
    assert!((1..1000).contains(&times), "{times}");
    // The last one was leaked, and counted all the same.
    let [launched, .., refused] = counts(function);
    assert_eq!(launched, times + 1);
    assert_eq!(refused, if lost > 0 { 0 } else { times + 1 });
}

/// Pitfall 24.
fn refused_arguments_that_launch_themselves_again() {
    check_again("destructors::refuses", refuses, 0);
}

/// Pitfall 24.
fn refused_tasks_that_launch_themselves_again() {
    check_again("destructors::refuses_a_task", refuses_a_task, 0);
}

/// Pitfall 24: the backend drops each task.
fn dropped_arguments_that_launch_themselves_again() {
    check_again("destructors::forgets", forgets, 1);
}

/// Drops every future, as one that has been shut down does.
struct Ended;

static ENDED: Ended = Ended;

impl Backend for Ended {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        Err(task)
    }

    fn name(&self) -> &'static str {
        "ended"
    }
}

impl Executor for Ended {
    fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
        drop(future);
    }
}

#[fire_and_forget(backend = ENDED)]
async fn is_dropped_by_an_executor(_: Again) {}

#[fire_and_forget(backend = ENDED, on_full = "reject")]
async fn is_given_back_too_deep(_: Again) {}

#[fire_and_forget(backend = "tokio")]
async fn is_dropped_by_an_ended_runtime(_: Again) {}

/// Of so many launches that were dropped, the last one was not even handed over.
#[track_caller]
fn check_dropped_futures(function: &str, launch: fn(Again)) {
    let act = launch;
    in_time("a destructor that launches itself again ends", move || {
        act(Again(act));
    });
    let [launched, .., lost, refused] = counts(function);
    assert!((2..1000).contains(&launched), "{launched}");
    assert_eq!((lost, refused), (launched - 1, 1));
}

/// Pitfall 24: nobody can leak what the executor has pinned.
fn futures_dropped_by_an_executor_that_launch_themselves_again() {
    check_dropped_futures(
        "destructors::is_dropped_by_an_executor",
        is_dropped_by_an_executor,
    );
}

/// Pitfall 24: the caller keeps the arguments of the deepest one.
fn futures_given_back_by_an_executor_that_launch_themselves_again() {
    check_dropped_futures("destructors::is_given_back_too_deep", |again| {
        if let Err(rejected) = is_given_back_too_deep(again) {
            assert_eq!(rejected.reason(), Refusal::TooDeep);
            std::mem::forget(rejected);
        }
    });
}

/// Pitfall 24.
fn futures_dropped_by_a_runtime_that_launch_themselves_again() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    fire_and_forget::set_tokio_handle(runtime.handle().clone()).unwrap();
    drop(runtime);
    check_dropped_futures(
        "destructors::is_dropped_by_an_ended_runtime",
        is_dropped_by_an_ended_runtime,
    );
}

/// Launches itself again, wherever it is dropped; so many times in all.
struct Large<const BYTES: usize> {
    launch: fn(Self),
    _bytes: [u8; BYTES],
}

impl<const BYTES: usize> Large<BYTES> {
    fn go(launch: fn(Self)) {
        launch(Self {
            launch,
            _bytes: [0; BYTES],
        });
    }
}

impl<const BYTES: usize> Drop for Large<BYTES> {
    fn drop(&mut self) {
        if LARGE.fetch_add(1, Ordering::SeqCst) < 10_000 {
            Self::go(self.launch);
        }
    }
}

static LARGE: AtomicU32 = AtomicU32::new(0);

#[fire_and_forget(max_in_flight = NONE)]
fn refuses_large<const BYTES: usize>(_: Large<BYTES>) {}

#[fire_and_forget(max_in_flight = NONE)]
async fn refuses_a_large_task<const BYTES: usize>(_: Large<BYTES>) {}

#[fire_and_forget(backend = FORGETFUL)]
fn forgets_large<const BYTES: usize>(_: Large<BYTES>) {}

#[fire_and_forget(backend = ENDED)]
async fn drops_a_large_task<const BYTES: usize>(_: Large<BYTES>) {}

#[fire_and_forget(max_in_flight = NONE, on_full = "caller_runs")]
fn runs_large_in_place<const BYTES: usize>(_: Large<BYTES>) {}

#[fire_and_forget(max_in_flight = NONE, on_full = "caller_runs")]
fn fails_large_in_place<const BYTES: usize>(large: Large<BYTES>) -> Result<(), Complaint<BYTES>> {
    Err(Complaint(large))
}

/// Launches again while it is put into words, and when it is dropped.
struct Complaint<const BYTES: usize>(Large<BYTES>);

impl<const BYTES: usize> fmt::Display for Complaint<BYTES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if LARGE.fetch_add(1, Ordering::SeqCst) < 10_000 {
            Large::go(self.0.launch);
        }
        f.write_str("no")
    }
}

#[fire_and_forget(max_in_flight = NONE, on_full = "caller_runs")]
fn panics_large_in_place<const BYTES: usize>(large: Large<BYTES>) {
    std::panic::resume_unwind(Box::new(large));
}

#[fire_and_forget(max_in_flight = NONE, on_full = "caller_runs", on_error = handles_large)]
fn hands_large_to_its_handler<const BYTES: usize>(
    large: Large<BYTES>,
) -> Result<(), Complaint<BYTES>> {
    Err(Complaint(large))
}

fn handles_large<const BYTES: usize>(complaint: Complaint<BYTES>) {
    let Complaint(large) = complaint;
    Large::go(large.launch);
    drop(large);
}

/// On a thread of the usual size.
fn large_arguments_that_launch_themselves_again() {
    set_observer(|_: &Report<'_>| ()).unwrap();
    launch_large::<4_096>();
    launch_large::<16_384>();
    let total = fire_and_forget::ledger().total();
    assert_eq!(total.in_flight(), 0);
}

fn launch_large<const BYTES: usize>() {
    let launches: [fn(Large<BYTES>); 8] = [
        refuses_large,
        refuses_a_large_task,
        forgets_large,
        drops_a_large_task,
        runs_large_in_place,
        fails_large_in_place,
        panics_large_in_place,
        hands_large_to_its_handler,
    ];
    for launch in launches {
        LARGE.store(0, Ordering::SeqCst);
        in_time("destructors of large arguments come to an end", move || {
            Large::go(launch);
        });
    }
}

/// Pitfall 24: after a shutdown, when everything is refused, and with two functions in turn.
fn refused_arguments_that_launch_each_other() {
    shutdown(PATIENCE).wait().unwrap();
    in_time("destructors that launch each other come to an end", || {
        one(Turn(0));
    });
    let all = fire_and_forget::ledger().total();
    assert_eq!((all.in_flight(), all.launched), (0, all.refused));
}

/// Launches one of two functions, each in its turn.
struct Turn(u32);

impl Drop for Turn {
    fn drop(&mut self) {
        let next = Self(self.0 + 1);
        if self.0.is_multiple_of(2) {
            other(next);
        } else {
            one(next);
        }
    }
}

#[fire_and_forget(backend = "thread")]
fn one(_: Turn) {}

#[fire_and_forget]
async fn other(_: Turn) {}

thread_local! {
    static LOCAL: RefCell<Option<Launches>> = const { RefCell::new(None) };
}

/// Compares the counts of each function that a destructor launches, but for the one that is refused always.
#[track_caller]
fn check_launches(each: [u64; 6]) {
    for function in [
        "on_pool",
        "on_thread",
        "on_tokio_worker",
        "on_tokio",
        "after_blocking",
    ] {
        let counts = counts(&format!("destructors::{function}"));
        assert_eq!(counts, each, "{function}");
    }
    let times = each[0];
    assert_eq!(
        counts("destructors::is_refused"),
        [times, 0, 0, 0, 0, times]
    );
}

fn thread_local_destructor_launches() {
    in_time("the destructor has launched", || {
        thread::spawn(|| LOCAL.set(Some(Launches))).join().unwrap();
    });
    flush(PATIENCE).wait().unwrap();
    check_launches([1, 1, 0, 0, 0, 0]);
}

static BRIEF: Pool = Pool::new("brief").threads(1).keep_alive(Duration::ZERO);

#[fire_and_forget(backend = BRIEF)]
fn leaves_a_local() {
    LOCAL.set(Some(Launches));
}

/// In a worker that retires, and in a thread of its own.
fn thread_local_destructor_launches_in_a_worker() {
    leaves_a_local();
    leaves_a_local_on_a_thread();
    wait_until("both threads have gone", || {
        fire_and_forget::ledger()
            .get("scenario::destructors::is_refused")
            .is_some_and(|entry| entry.counts().launched == 2)
    });
    flush(PATIENCE).wait().unwrap();
    check_launches([2, 2, 0, 0, 0, 0]);
    shutdown(PATIENCE).wait().unwrap();
}

#[fire_and_forget(backend = "thread")]
fn leaves_a_local_on_a_thread() {
    LOCAL.set(Some(Launches));
}

/// On the main thread, after `main`: whatever becomes of the launches, nothing crashes.
fn thread_local_destructor_launches_at_exit() {
    LOCAL.set(Some(Launches));
    println!("the end of `main`");
}

static LATEST: Pool = Pool::new("latest").threads(1).queue(1).drop_oldest();

#[fire_and_forget(backend = LATEST)]
fn owns(pass: Pass, argument: Option<Launches>) {
    pass.wait();
    drop(argument);
}

/// Pitfall 14.
fn evicted_argument_launches() {
    let gate = Gate::holding(|pass| owns(pass, None));
    for _ in 0..100 {
        owns(Pass::open(), Some(Launches));
    }
    wait_until("99 are evicted", || counts("destructors::owns")[4] == 99);
    gate.open();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(counts("destructors::owns"), [101, 2, 0, 0, 99, 0]);
    let total = fire_and_forget::ledger().total();
    assert_eq!(total.launched, 101 + 600);
    assert_eq!(total.in_flight(), 0);
}

static QUEUE: Pool = Pool::new("queue").threads(1);

#[fire_and_forget(backend = QUEUE)]
fn waits_behind(pass: Pass, argument: Option<Launches>) {
    pass.wait();
    drop(argument);
}

/// Pitfall 14: the shutdown has ended by then, so they are refused.
fn abandoned_argument_launches() {
    let gate = Gate::holding(|pass| waits_behind(pass, None));
    for _ in 0..10 {
        waits_behind(Pass::open(), Some(Launches));
    }
    shutdown(Duration::ZERO).wait().unwrap_err();
    wait_until("all are abandoned", || {
        counts("destructors::waits_behind")[4] == 10
    });
    check_launches([10, 0, 0, 0, 0, 10]);
    gate.open();
}

/// Waits for quiet, for as long as it takes, when it is dropped.
struct Waits(Sender<[WhyUnfinished; 2]>);

impl Drop for Waits {
    fn drop(&mut self) {
        let _ = self.0.send(wait_in_vain());
    }
}

/// Waits for what cannot come, and is told so at once.
fn wait_in_vain() -> [WhyUnfinished; 2] {
    [flush(Duration::MAX), shutdown(Duration::MAX)].map(|wait| wait.wait().unwrap_err().reason())
}

#[fire_and_forget(backend = LATEST)]
fn is_evicted(pass: Pass, _argument: Option<Waits>) {
    pass.wait();
}

#[fire_and_forget(max_in_flight = NONE)]
fn is_refused_with(_argument: Waits) {}

#[fire_and_forget(backend = FORGETFUL)]
fn is_forgotten(_argument: Waits) {}

#[fire_and_forget]
async fn is_dropped_by_its_runtime(_argument: Waits) {}

/// A launch ends when its arguments have been dropped, so these would wait for themselves: on the caller's thread, on
/// that which drops what was evicted, on that which drops a runtime.
fn destructors_do_not_wait_for_their_own_launch() {
    let (told, reasons) = signal();
    let check = || assert_eq!(reasons.receive(), [WhyUnfinished::InsideBody; 2]);
    is_refused_with(Waits(told.clone()));
    check();
    is_forgotten(Waits(told.clone()));
    check();
    let gate = Gate::holding(|pass| is_evicted(pass, None));
    is_evicted(Pass::open(), Some(Waits(told.clone())));
    is_evicted(Pass::open(), None);
    check();
    wait_until("it is evicted", || {
        counts("destructors::is_evicted")[4] == 1
    });
    gate.open();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let entered = runtime.enter();
    is_dropped_by_its_runtime(Waits(told));
    drop(entered);
    drop(runtime);
    check();
    flush(PATIENCE).wait().unwrap();
    let total = fire_and_forget::ledger().total();
    assert_eq!((total.lost, total.refused, total.in_flight()), (3, 1, 0));
    // The shutdown has not begun.
    on_pool();
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(counts("destructors::on_pool"), [1, 1, 0, 0, 0, 0]);
}

/// Of a refusal, on the caller's thread, where no body runs.
fn an_observer_does_not_wait_for_the_launch_it_sees() {
    let (told, reasons) = signal();
    set_observer(move |_: &Report<'_>| {
        let _ = told.send(wait_in_vain());
    })
    .unwrap();
    is_refused();
    assert_eq!(reasons.receive(), [WhyUnfinished::InsideBody; 2]);
}

thread_local! {
    static WAITS: RefCell<Option<Waits>> = const { RefCell::new(None) };
    static LAUNCHES_AND_WAITS: RefCell<Option<LaunchesAndWaits>> = const { RefCell::new(None) };
}

#[fire_and_forget(backend = BRIEF)]
fn leaves_what_waits(argument: Waits) {
    WAITS.set(Some(argument));
}

#[fire_and_forget(backend = "thread")]
fn leaves_what_waits_on_a_thread(argument: Waits) {
    WAITS.set(Some(argument));
}

/// A shutdown joins that thread, so it would wait for itself.
fn thread_local_destructor_does_not_wait_for_its_own_end() {
    let (told, reasons) = signal();
    leaves_what_waits(Waits(told.clone()));
    leaves_what_waits_on_a_thread(Waits(told));
    assert_eq!(reasons.receive_many(2), [[WhyUnfinished::InsideBody; 2]; 2]);
    shutdown(PATIENCE).wait().unwrap();
}

/// Launches when it is dropped, and waits until that has run.
struct LaunchesAndWaits(Sender<()>);

impl Drop for LaunchesAndWaits {
    fn drop(&mut self) {
        for _ in 0..10 {
            let (ran, runs) = signal();
            runs_on_a_thread(ran);
            runs.receive();
        }
        let _ = self.0.send(());
    }
}

#[fire_and_forget(backend = "thread")]
fn runs_on_a_thread(ran: Sender<()>) {
    let _ = ran.send(());
}

#[fire_and_forget(backend = BRIEF)]
fn leaves_what_launches_and_waits(argument: LaunchesAndWaits) {
    LAUNCHES_AND_WAITS.set(Some(argument));
}

#[fire_and_forget(backend = "thread")]
fn leaves_what_launches_and_waits_on_a_thread(argument: LaunchesAndWaits) {
    LAUNCHES_AND_WAITS.set(Some(argument));
}

/// Whoever creates threads must not be held up by one that is going.
fn thread_local_destructor_waits_for_a_launch() {
    let (done, dones) = signal();
    leaves_what_launches_and_waits(LaunchesAndWaits(done.clone()));
    leaves_what_launches_and_waits_on_a_thread(LaunchesAndWaits(done));
    dones.receive_many(2);
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(
        counts("destructors::runs_on_a_thread"),
        [20, 20, 0, 0, 0, 0]
    );
}

/// Takes its time to be dropped, and counts that.
struct Slow;

static SLOW_DROPS: AtomicU32 = AtomicU32::new(0);

impl Drop for Slow {
    fn drop(&mut self) {
        thread::sleep(Duration::from_millis(20));
        SLOW_DROPS.fetch_add(1, Ordering::SeqCst);
    }
}

#[fire_and_forget(backend = LATEST)]
fn is_evicted_slowly(pass: Pass, argument: Option<Slow>) {
    pass.wait();
    std::mem::forget(argument);
}

#[fire_and_forget(backend = "thread")]
fn sees_slow_drops(drops: Sender<u32>) {
    let _ = drops.send(SLOW_DROPS.load(Ordering::SeqCst));
}

/// The thread that drops them has other things to do in between.
fn evicted_arguments_that_take_long() {
    set_observer(|_: &Report<'_>| ()).unwrap();
    let gate = Gate::holding(|pass| is_evicted_slowly(pass, None));
    for _ in 0..100 {
        is_evicted_slowly(Pass::open(), Some(Slow));
    }
    let (told, drops) = signal();
    sees_slow_drops(told);
    let drops = drops.receive();
    assert!(drops < 99, "the thread came after {drops} of 99");
    gate.open();
    flush(PATIENCE).wait().unwrap();
    assert_eq!(SLOW_DROPS.load(Ordering::SeqCst), 99);
    assert_eq!(
        counts("destructors::is_evicted_slowly"),
        [101, 2, 0, 0, 99, 0]
    );
}

static CROWDED: Pool = Pool::new("crowded").threads(1).drop_oldest();

/// Waits, or launches one more, when it is dropped.
enum WhenDropped {
    Waits(Pass),
    Launches,
}

impl Drop for WhenDropped {
    fn drop(&mut self) {
        match self {
            Self::Waits(pass) => pass.wait(),
            Self::Launches => is_crowded_out(None),
        }
    }
}

#[fire_and_forget(backend = CROWDED)]
fn is_crowded_out(_argument: Option<WhenDropped>) {}

#[fire_and_forget(backend = CROWDED)]
fn occupies_crowded(pass: Pass) {
    pass.wait();
}

/// The thread that drops them is stuck, so the caller does; and each evicts the next.
fn evicted_arguments_that_evict_while_one_is_stuck() {
    set_observer(|_: &Report<'_>| ()).unwrap();
    let gate = Gate::holding(occupies_crowded);
    let stuck = Gate::new();
    is_crowded_out(Some(WhenDropped::Waits(stuck.pass())));
    // The queue holds 16,384, and 1,024 may wait to be dropped.
    let launches = 2 * 16_384;
    in_time("the caller's stack is large enough", move || {
        for _ in 0..launches {
            is_crowded_out(Some(WhenDropped::Launches));
        }
    });
    stuck.reached_by(1);
    stuck.open();
    gate.open();
    flush(PATIENCE).wait().unwrap();
    let total = fire_and_forget::ledger().total();
    assert_eq!(total.launched, total.ok + total.lost);
    // Itself, the one that is stuck, what was launched here, and one for each of these.
    assert_eq!(total.launched, 2 + 2 * launches);
}

fn nothing() -> usize {
    0
}

#[fire_and_forget(backend = "tokio", on_full = "caller_runs", max_in_flight = nothing())]
fn runs_in_its_caller() {}

struct LaunchesLast;

impl Drop for LaunchesLast {
    fn drop(&mut self) {
        runs_in_its_caller();
    }
}

/// Of the thread-locals of a thread, the first one is destroyed last.
fn a_body_runs_in_its_caller_where_tokio_is_gone() {
    thread_local!(static LAST: LaunchesLast = const { LaunchesLast });
    let ends = thread::spawn(|| {
        LAST.with(|_| ());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {});
    });
    ends.join().unwrap();
    assert_eq!(
        counts("destructors::runs_in_its_caller"),
        [1, 1, 0, 0, 0, 0]
    );
}
