//! Launches on their way to a store: written as JSON by a pool of one thread, then kept until an adapter takes them.
//!
//! A durable launch is a launch on the pool `OUTBOX` whose body writes the arguments down (`store`). That body ends with
//! `End::Recorded`, and the guard waits in a [`Launch`] until the adapter ends it. Up to `MOST` launches are kept; at more,
//! the pool's thread blocks, and its bounded queue fills up. Inside `collect`, the caller's thread writes the arguments
//! itself, and the launch goes to the closure's caller.
//!
//! At the deadline of a shutdown, the adapter's function saves what is left. A launch is in one of three places, in this
//! order: the pool, `KEPT`, the adapter (`TAKEN`). `are_all_saved` reads them in the same order, so it misses none.

use std::cell::{RefCell, RefMut};
use std::fmt;
use std::future::poll_fn;
use std::mem;
use std::panic::Location;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};
use std::{thread, vec};

use super::arguments::Record;
use super::definition::Definition;
use super::names::NAME;
use super::{missing, stop};
use crate::account::end::{End, Ended, Recorded};
use crate::account::in_flight::InFlight;
use crate::backend::{Backend, ByLauncher, Pool};
use crate::launch::rejected::Refusal;
use crate::queue::capacity::Room;
use crate::queue::ring::Vacant;
use crate::report::{Event, Loss};
use crate::stop::phase;
use crate::sync::process::{AtomicUsize, Condvar, Instant, Mutex, MutexGuard, OnceLock};
use crate::sync::{lock, with_room};
use crate::task::context;
use crate::task::task::Task;
use crate::thread::{body, unwind};

/// The backend of durable functions: a pool whose one thread writes arguments down, and keeps them for an adapter.
#[derive(Debug)]
pub struct Outbox(Pool);

static OUTBOX: Outbox = Outbox(Pool::new(NAME).threads(1));

/// Returns the static behind `backend = "durable"`.
#[must_use]
pub fn durable() -> &'static Outbox {
    &OUTBOX
}

impl Backend for Outbox {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        if is_collecting() {
            task.run();
            Ok(())
        } else {
            self.0.submit(task)
        }
    }

    fn name(&self) -> &str {
        NAME
    }

    #[inline]
    fn claim(&'static self, launcher: ByLauncher) -> Option<Vacant<'static, Task>> {
        if is_collecting() {
            None
        } else {
            self.0.claim(launcher)
        }
    }

    #[inline]
    fn filled(&'static self) {
        self.0.filled();
    }

    fn offer(&'static self, task: &mut Option<Task>) {
        if !is_collecting() {
            self.0.offer(task);
        } else if let Some(task) = task.take() {
            task.run();
        }
    }

    /// Refuses: after writing the arguments down, the caller would find no room to keep them.
    fn refuses_in_place(&self, _: ByLauncher) -> Option<Refusal> {
        Some(Refusal::Full)
    }

    fn room(&'static self, launcher: ByLauncher) -> Option<&'static Room> {
        self.0.room(launcher)
    }
}

/// Turns the record, which is the value of a durable launch's body, into the end of that body.
#[must_use]
pub fn store(record: Record, _: &InFlight) -> End {
    End::Recorded(Box::new(Recorded { record, hold }))
}

/// One launch that is to be stored. It is in flight until one of its methods ends it; dropped before, it is lost.
pub struct Launch {
    /// `None` once it has ended.
    in_flight: Option<InFlight>,
    definition: &'static Definition,
    arguments: Vec<u8>,
    launched_on: SystemTime,
    /// The context that the launch is reported in.
    context: Option<context::Kept>,
    /// Whether [`next`] returned it, so that `TAKEN` counts it.
    is_taken: bool,
}

impl Launch {
    /// Returns the name of the function.
    #[must_use]
    pub fn function(&self) -> &'static str {
        self.definition.name()
    }

    /// Returns the queue that its job belongs to.
    #[must_use]
    pub fn queue(&self) -> &'static str {
        self.definition.options().queue
    }

    /// Returns the number of failures after which its job is given up.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.definition.options().attempts
    }

    /// Returns its arguments: a JSON object with a field for each parameter.
    #[must_use]
    pub fn arguments(&self) -> &[u8] {
        &self.arguments
    }

    /// Returns the line that launched it.
    #[must_use]
    pub fn launched_at(&self) -> &'static Location<'static> {
        match &self.in_flight {
            Some(in_flight) => in_flight.launched_at(),
            None => unreachable!("it ends when it goes away"),
        }
    }

    /// Returns the span that launched it, as [`Propagation`](super::Propagation) describes it, for
    /// [`Stored::launched_in`](super::Stored::launched_in): JSON of at most [`MOST_TRACE_BYTES`](super::MOST_TRACE_BYTES)
    /// bytes. `None` if the job is linked to no span, and always without the feature `tracing`.
    #[must_use]
    pub fn launched_in(&self) -> Option<&str> {
        self.in_flight.as_ref()?.launched_in()
    }

    /// Returns when its arguments were written down, by the clock of this machine.
    #[must_use]
    pub fn launched_on(&self) -> SystemTime {
        self.launched_on
    }

    /// Ends the launch as ok: the store has it.
    pub fn stored(self) {
        self.ended(End::Ok);
    }

    /// Ends the launch as failed, and reports it: the store will never take it, for this reason.
    pub fn failed(self, error: &dyn fmt::Display) {
        let text = format!("could not be stored: {error}");
        self.ended(End::Failed(Box::new(text)));
    }

    /// Ends the launch as lost, and reports it: the transaction that it was stored in was rolled back.
    pub fn rolled_back(mut self) {
        self.lose(Loss::RolledBack);
    }

    /// Ends the launch as lost, and reports it: a file has it, for the next program that opens the store.
    pub fn spooled(mut self) {
        self.lose(Loss::Spooled);
    }

    /// Ends the launch as lost, and reports it: it was not stored before the deadline.
    pub fn abandon(mut self) {
        self.lose(Loss::Abandoned);
    }

    fn ended(mut self, end: End) {
        if let Some(in_flight) = self.in_flight.take() {
            in_flight.ended_within(Ended {
                end: Ok(end),
                context: self.context.take(),
            });
        }
    }

    fn lose(&mut self, loss: Loss) {
        if let Some(mut in_flight) = self.in_flight.take() {
            if let Some(context) = self.context.take() {
                in_flight.report_within(context, Event::Lost(loss).into());
            }
            in_flight.lost(loss);
        }
    }
}

impl Drop for Launch {
    fn drop(&mut self) {
        self.lose(Loss::NeverRan);
        if self.is_taken {
            TAKEN.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// The number of launches from [`next`] that have not ended.
static TAKEN: AtomicUsize = AtomicUsize::new(0);

impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launch")
            .field("function", &self.function())
            .finish_non_exhaustive()
    }
}

/// Keeps a launch whose arguments have been written down.
///
/// Blocks the outbox's own thread while `MOST` launches are kept; others wait in the outbox's bounded queue meanwhile. No
/// other thread blocks here: if the system refuses the outbox its thread, others write launches down, which fail at `MOST`.
fn hold(in_flight: InFlight, mut record: Record) {
    let definition = record.definition();
    let context = record.take_context();
    let arguments = match record.into_json() {
        Ok(arguments) => arguments,
        Err(text) => {
            let end = Ok(End::Failed(Box::new(text)));
            return in_flight.ended_within(Ended { end, context });
        }
    };
    let launch = Launch {
        in_flight: Some(in_flight),
        definition,
        arguments,
        launched_on: SystemTime::now(),
        context,
        is_taken: false,
    };
    let Some(launch) = collected(launch) else {
        return;
    };
    let may_wait = body::is_on_its_thread();
    let is_full = |kept: &mut Kept| {
        may_wait && kept.launches.len() >= MOST && !kept.is_saving && !phase::has_ended()
    };
    let wait = || {
        HAS_ROOM
            .wait_while(kept(), is_full)
            .unwrap_or_else(PoisonError::into_inner)
    };
    let mut kept = with_room(wait, |kept| &mut kept.launches);
    if kept.launches.len() >= MOST && !kept.is_saving && !may_wait {
        drop(kept);
        launch.failed(&"too many launches wait for the store already");
        return;
    }
    if phase::has_ended() {
        drop(kept);
        match SAVE.get() {
            Some(save) => call(save, vec![launch]),
            None => launch.abandon(),
        }
        return;
    }
    kept.launches.push(launch);
    let waker = kept.waker.take();
    drop(kept);
    wake(waker);
}

/// Takes up to `most` launches, the oldest first, as soon as there is one. Returns `None` once a shutdown has ended and none is
/// left.
///
/// Only one future may wait here at a time.
///
/// # Cancel safety
///
/// A future that is dropped has taken no launch.
pub async fn next(most: usize) -> Option<Vec<Launch>> {
    poll_fn(|context| poll_next(context, most)).await
}

fn poll_next(context: &Context<'_>, most: usize) -> Poll<Option<Vec<Launch>>> {
    // Both before the lock: to clone a waker is code of the executor, and an allocator may be the user's.
    let waker = context.waker().clone();
    let mut launches = Vec::with_capacity(most.min(MOST));
    let mut kept = kept();
    if kept.launches.is_empty() && !phase::has_ended() {
        let older = kept.waker.replace(waker);
        drop(kept);
        drop(older);
        return Poll::Pending;
    }
    let count = kept.launches.len().min(launches.capacity());
    // Under the lock, so that `are_all_saved`, if it finds none kept, finds them counted as taken.
    TAKEN.fetch_add(count, Ordering::SeqCst);
    launches.extend(kept.launches.drain(..count).map(|mut launch| {
        launch.is_taken = true;
        launch
    }));
    drop(kept);
    HAS_ROOM.notify_all();
    Poll::Ready(if launches.is_empty() {
        None
    } else {
        Some(launches)
    })
}

/// Wakes what waits here, because the phase of the shutdown has changed.
pub(super) fn recheck() {
    let waker = kept().waker.take();
    HAS_ROOM.notify_all();
    wake(waker);
}

/// Wakes a waker, which is code of an executor: a panic in it goes no further.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        let _ = unwind::catch(|| waker.wake());
    }
}

/// Sets the function that saves launches which could not be stored before the deadline of a shutdown, in a file for example.
///
/// It is called on any thread, with the launches that no adapter has taken, and must end each of them. It is called again
/// with a launch whose arguments were just being written down.
///
/// Returns false if one has been set before, which stays.
pub fn on_deadline(save: impl Fn(Vec<Launch>) + Send + Sync + 'static) -> bool {
    SAVE.set(Box::new(save)).is_ok()
}

/// Has the adapter's function save all launches that no adapter has taken. Called at the deadline of a shutdown, before what is
/// left is abandoned.
pub(crate) fn save_what_is_left() {
    let Some(save) = SAVE.get() else {
        return;
    };
    kept().is_saving = true;
    HAS_ROOM.notify_all();
    // The outbox's thread runs the queue meanwhile, too; a launch that it has taken out comes to `hold`.
    OUTBOX.0.drain();
    let launches = mem::take(&mut kept().launches);
    call(save, launches);
}

/// Calls the adapter's function. If it panics, the launches that it has not ended are lost, and reported.
fn call(save: &Save, launches: Vec<Launch>) {
    let _ = unwind::catch(|| save(launches));
}

/// Saves the launches that were kept in the last moment of a shutdown; without a function that saves, ends them as lost.
pub(super) fn give_up_what_is_left() {
    let launches = mem::take(&mut kept().launches);
    match SAVE.get() {
        _ if launches.is_empty() => {}
        Some(save) => call(save, launches),
        None => launches.into_iter().for_each(Launch::abandon),
    }
}

/// Waits, up to [`LATENESS`] after the deadline of a shutdown, for launches that other threads are just saving.
///
/// The process may exit when this returns, and those launches would be gone.
pub(crate) fn wait_for_late_ones(deadline: Instant) {
    if SAVE.get().is_none() {
        return;
    }
    while !are_all_saved() && deadline.elapsed() < LATENESS {
        thread::sleep(Duration::from_millis(1));
    }
}

fn are_all_saved() -> bool {
    // In the order in which a launch passes through them, so that no launch is missed.
    OUTBOX.0.is_quiet() && kept().launches.is_empty() && TAKEN.load(Ordering::SeqCst) == 0
}

/// Runs code, and returns the launches of durable functions that it makes on this thread, in place of putting them into the
/// outbox. A caller may store them in a transaction, for example.
pub fn collect(code: impl FnOnce()) -> Collected {
    struct Restore(Option<Vec<Launch>>, u64);
    impl Drop for Restore {
        fn drop(&mut self) {
            missing::replace(self.1);
            drop(COLLECTING.replace(self.0.take()));
        }
    }
    let outer = COLLECTING.replace(Some(Vec::new()));
    let restore = Restore(outer, missing::replace(0));
    code();
    let launches = COLLECTING.take().unwrap_or_default();
    let missing = missing::replace(0);
    drop(restore);
    Collected {
        launches: launches.into_iter(),
        missing,
    }
}

/// What [`collect`] returns: an iterator over the launches, in their order.
#[derive(Debug)]
#[must_use = "launches that are dropped are lost"]
pub struct Collected {
    launches: vec::IntoIter<Launch>,
    missing: u64,
}

impl Collected {
    /// Returns how many launches of durable functions are missing, because they were refused, or because their arguments could
    /// not be written down. Each was reported. A launch whose caller got its arguments back is not counted.
    #[must_use]
    pub fn missing(&self) -> u64 {
        self.missing
    }
}

impl Iterator for Collected {
    type Item = Launch;

    fn next(&mut self) -> Option<Launch> {
        self.launches.next()
    }
}

/// Adds the launch to those that this thread collects; returns it if the thread collects none.
fn collected(launch: Launch) -> Option<Launch> {
    if !is_collecting() {
        return Some(launch);
    }
    COLLECTING.with(|here| {
        let borrow = || RefMut::map(here.borrow_mut(), Option::get_or_insert_default);
        with_room(borrow, |launches| launches).push(launch);
    });
    None
}

/// Returns whether launches of durable functions are collected on this thread.
fn is_collecting() -> bool {
    COLLECTING.try_with(|here| here.borrow().is_some()) == Ok(true)
}

thread_local! {
    /// What this thread has collected, while it collects.
    static COLLECTING: RefCell<Option<Vec<Launch>>> = const { RefCell::new(None) };
}

/// Launches whose arguments have been written down, and that no adapter has taken.
struct Kept {
    launches: Vec<Launch>,
    /// The waker of the future that waits in [`next`].
    waker: Option<Waker>,
    /// Whether the deadline has come; there is no bound from then on.
    is_saving: bool,
}

fn kept() -> MutexGuard<'static, Kept> {
    static KEPT: Mutex<Kept> = Mutex::new(Kept {
        launches: Vec::new(),
        waker: None,
        is_saving: false,
    });
    stop::watch();
    lock(&KEPT)
}

static HAS_ROOM: Condvar = Condvar::new();

type Save = Box<dyn Fn(Vec<Launch>) + Send + Sync>;

static SAVE: OnceLock<Save> = OnceLock::new();

/// How long to wait for a file, which takes some milliseconds; only code of the user's takes longer. It is below the 250 ms
/// by which a wait may end after its deadline.
const LATENESS: Duration = Duration::from_millis(200);

/// The number of launches that are kept; more wait in the queue of the outbox.
const MOST: usize = 4096;
