//! Executors of the user's: whatever they do with a future, the launch is accounted for.
//!
//! What holds on every backend is tested on smol, too: `suite/`.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::mpsc::Sender;
use std::sync::{LazyLock, Mutex};
use std::thread::{self, ThreadId};

use fire_and_forget::{Backend, Executor, Loss, Pool, Refusal, Task, fire_and_forget};
use waiting::{Gate, Pass, signal};

use crate::recorder::{Class, row, watch};
use crate::values::drops::{Drops, PanicsWhenDropped, Tracked};
use crate::values::ends::{End, Failure, end};

/// An executor that is one function, of a type of its own; a `fn` it refuses.
macro_rules! executor {
    ($static:ident: $type:ident = $spawn:expr) => {
        struct $type;

        impl Backend for $type {
            fn submit(&'static self, task: Task) -> Result<(), Task> {
                Err(task)
            }

            fn name(&self) -> &'static str {
                stringify!($static)
            }
        }

        impl Executor for $type {
            fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
                let spawn: fn(Spawned) = $spawn;
                spawn(Box::pin(future));
            }
        }

        static $static: $type = $type;
    };
}

type Spawned = Pin<Box<dyn Future<Output = ()> + Send>>;

executor!(IN_PLACE: InPlace = |future| ::smol::block_on(future));

#[fire_and_forget(backend = IN_PLACE)]
async fn runs_in_place(ids: Sender<ThreadId>, how: End) -> Result<(), Failure> {
    let _ = ids.send(thread::current().id());
    end(how)
}

#[test]
fn an_executor_may_run_the_future_at_once_and_no_panic_comes_out_of_it() {
    let watched = watch!(runs_in_place);
    let (ids, received) = signal();
    for how in [End::Ok, End::Panicked, End::Failed] {
        runs_in_place(ids.clone(), how);
    }
    assert_eq!(received.so_far(), [thread::current().id(); 3]);
    watched.check(
        row!(launched: 3, ok: 1, failed: 1, panicked: 1),
        &["panicked: deliberate", "failed: as it was told"],
    );
    assert_eq!(watched.entry().backend(), "IN_PLACE");
}

executor!(FORGETFUL: Forgetful = |future| drop(future));

#[fire_and_forget(backend = FORGETFUL)]
async fn is_forgotten(_argument: Tracked) {}

#[fire_and_forget(backend = FORGETFUL)]
async fn is_forgotten_with_a_bomb(_argument: PanicsWhenDropped) {}

#[test]
fn a_future_that_its_executor_drops_is_lost_and_reported() {
    let (watched, bomb) = (watch!(is_forgotten), watch!(is_forgotten_with_a_bomb));
    let drops = Drops::new();
    is_forgotten(drops.tracked());
    is_forgotten_with_a_bomb(PanicsWhenDropped);
    assert_eq!(drops.count(), 1);
    watched.check(
        row!(launched: 1, lost: 1),
        &["was lost: dropped before it began"],
    );
    bomb.check(
        row!(launched: 1, lost: 1),
        &[
            "panicked: deliberate, in a destructor",
            "was lost: dropped before it began",
        ],
    );
}

executor!(IMPATIENT: Impatient = |mut future| {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let _ = future.as_mut().poll(&mut context);
});

#[fire_and_forget(backend = IMPATIENT)]
async fn is_given_up(_argument: Tracked, pass: Pass) {
    pass.opened().await;
}

#[test]
fn a_future_that_its_executor_drops_while_it_waits_is_lost_while_running() {
    let watched = watch!(is_given_up);
    let drops = Drops::new();
    let gate = Gate::new();
    is_given_up(drops.tracked(), gate.pass());
    assert_eq!(drops.count(), 1);
    watched.quiet();
    assert_eq!(watched.counts(), row!(launched: 1, lost: 1));
    assert_eq!(
        watched.reports()[0].class,
        Class::Lost(Loss::DroppedWhileRunning)
    );
}

executor!(PANICKING: Panicking = |_future| panic!("deliberate, in `spawn`"));

#[fire_and_forget(backend = PANICKING)]
async fn is_met_with_a_panic(_argument: Tracked) {}

#[fire_and_forget(backend = PANICKING, on_full = "reject", max_in_flight = 1)]
async fn is_met_with_a_panic_and_a_limit(_argument: Tracked) {}

#[test]
fn an_executor_that_panics_loses_the_launch_and_not_its_caller() {
    let watched = watch!(is_met_with_a_panic);
    let limited = watch!(is_met_with_a_panic_and_a_limit);
    let drops = Drops::new();
    is_met_with_a_panic(drops.tracked());
    for _ in 0..3 {
        is_met_with_a_panic_and_a_limit(drops.tracked()).unwrap();
    }
    assert_eq!(drops.count(), 4);
    watched.check(
        row!(launched: 1, lost: 1),
        &["was lost: dropped before it began"],
    );
    limited.check(
        row!(launched: 3, lost: 3),
        &["was lost: dropped before it began"; 3],
    );
}

static SHELVED: Mutex<Vec<Spawned>> = Mutex::new(Vec::new());

executor!(SHELF: Shelf = |future| SHELVED.lock().unwrap().push(future));

#[fire_and_forget(backend = SHELF, on_full = "reject")]
async fn waits_on_a_shelf(_argument: Tracked) {}

#[test]
fn an_executor_without_bound_has_that_of_the_function() {
    const BOUND: usize = 16_384;
    let watched = watch!(waits_on_a_shelf);
    let drops = Drops::new();
    for _ in 0..BOUND {
        waits_on_a_shelf(drops.tracked()).unwrap();
    }
    let rejected = waits_on_a_shelf(drops.tracked()).unwrap_err();
    assert_eq!(rejected.reason(), Refusal::MaxInFlight);
    assert_eq!(drops.count(), 0);
    drop(rejected);
    for future in SHELVED.lock().unwrap().drain(..) {
        ::smol::block_on(future);
    }
    let bound = BOUND.try_into().unwrap();
    watched.check(row!(launched: bound + 1, ok: bound, refused: 1), &[]);
    assert_eq!(drops.count(), BOUND + 1);
}

/// The futures of the tests below are counted here, so that it is seen which launches were spawned.
struct Counting {
    spawned: Mutex<Vec<&'static str>>,
}

impl Counting {
    const fn new() -> Self {
        Self {
            spawned: Mutex::new(Vec::new()),
        }
    }
}

impl Backend for Counting {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        self.spawned.lock().unwrap().push("a task");
        task.run();
        Ok(())
    }

    fn name(&self) -> &'static str {
        "counting"
    }
}

impl Executor for Counting {
    fn spawn(&'static self, future: impl Future<Output = ()> + Send + 'static) {
        self.spawned.lock().unwrap().push("a future");
        ::smol::spawn(future).detach();
    }
}

static COUNTING: Counting = Counting::new();
static FOR_ROCKETS: Counting = Counting::new();
static LAZY: LazyLock<Counting> = LazyLock::new(Counting::new);
static ELSEWHERE: &Counting = &COUNTING;

#[fire_and_forget(backend = COUNTING)]
async fn is_spawned(done: Sender<()>) {
    let _ = done.send(());
}

#[fire_and_forget(backend = LAZY)]
async fn is_spawned_lazily(done: Sender<()>) {
    let _ = done.send(());
}

#[fire_and_forget(backend = ELSEWHERE)]
async fn is_spawned_elsewhere(done: Sender<()>) {
    let _ = done.send(());
}

#[fire_and_forget(backend = COUNTING)]
fn is_submitted(done: Sender<()>) {
    let _ = done.send(());
}

#[test]
fn an_executor_spawns_each_async_fn_and_is_submitted_each_fn() {
    let (done, ends) = signal();
    is_spawned(done.clone());
    is_spawned_elsewhere(done.clone());
    is_submitted(done.clone());
    is_spawned_lazily(done);
    ends.receive_many(4);
    assert_eq!(
        *COUNTING.spawned.lock().unwrap(),
        ["a future", "a future", "a task"]
    );
    assert_eq!(*LAZY.spawned.lock().unwrap(), ["a future"]);
}

static BLOCKING: Pool = Pool::new("blocking");
static LAZY_BLOCKING: LazyLock<Pool> = LazyLock::new(|| Pool::new("lazy blocking"));

#[fire_and_forget(backend = BLOCKING)]
async fn keeps_to_one_thread(pass: Pass, done: Sender<bool>) {
    let id = Rc::new(thread::current().id());
    pass.opened().await;
    let _ = done.send(*id == thread::current().id());
}

#[fire_and_forget(backend = LAZY_BLOCKING)]
async fn keeps_to_one_lazy_thread(pass: Pass, done: Sender<bool>) {
    let id = Rc::new(thread::current().id());
    pass.opened().await;
    let _ = done.send(*id == thread::current().id());
}

#[test]
fn where_there_is_no_executor_a_thread_blocks_on_a_future_that_need_not_be_send() {
    let gate = Gate::new();
    let (done, stayed) = signal();
    keeps_to_one_thread(gate.pass(), done.clone());
    keeps_to_one_lazy_thread(gate.pass(), done);
    gate.open();
    assert_eq!(stayed.receive_many(2), [true, true]);
}

/// Methods of the user's, of all types, under names that a launch might have.
mod rocket {
    use super::{FOR_ROCKETS, POOL_OF_ROCKETS, Sender, fire_and_forget};

    trait Rocket: Sized {
        fn launch(self) {}
        fn launch_or_reject(&self) {}
    }

    impl<T> Rocket for T {}

    #[fire_and_forget(backend = FOR_ROCKETS)]
    async fn is_spawned(done: Sender<()>) {
        let _ = done.send(());
    }

    #[fire_and_forget(backend = POOL_OF_ROCKETS)]
    async fn is_blocked_on(done: Sender<()>) {
        let _ = done.send(());
    }

    #[test]
    fn methods_of_the_users_do_not_get_in_between() {
        ().launch();
        ().launch_or_reject();
        let (done, ends) = super::signal();
        is_blocked_on(done.clone());
        is_spawned(done);
        ends.receive_many(2);
    }
}

static POOL_OF_ROCKETS: Pool = Pool::new("rockets");
