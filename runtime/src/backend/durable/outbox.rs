//! What was launched and is not in the store yet.

use std::cell::RefCell;
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
use super::{NAME, stop};
use crate::account::in_flight::InFlight;
use crate::account::outcome::End;
use crate::account::site::Site;
use crate::backend::{Backend, ByLauncher, Pool};
use crate::launch::rejected::Refusal;
use crate::queue::capacity::Room;
use crate::queue::ring::Vacant;
use crate::report::{Event, Loss};
use crate::stop::phase;
use crate::sync::process::{AtomicUsize, Condvar, Instant, Mutex, MutexGuard, OnceLock};
use crate::sync::{lock, with_room};
use crate::task::context::{self, Ended};
use crate::task::task::Task;
use crate::thread::{body, unwind};

/// The backend of durable functions: its thread writes arguments down, and keeps them for an adapter.
#[derive(Debug)]
pub struct Outbox(Pool);

static OUTBOX: Outbox = Outbox(Pool::new(NAME).threads(1));

/// The only one.
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

    /// It would be written down, and then there would be no room to keep it.
    fn refuses_in_place(&self, _: ByLauncher) -> Option<Refusal> {
        Some(Refusal::Full)
    }

    fn room(&'static self, launcher: ByLauncher) -> Option<&'static Room> {
        self.0.room(launcher)
    }
}

/// What the closure that writes arguments down comes to.
#[must_use]
pub fn store(record: Record, _: &InFlight) -> End {
    End::Recorded(Box::new(record))
}

/// One launch that is to be stored. It is in flight until one of its methods ends it; dropped before, it is lost.
pub struct Launch {
    /// None: it has ended.
    in_flight: Option<InFlight>,
    definition: &'static Definition,
    arguments: Vec<u8>,
    launched_on: SystemTime,
    /// What it is to be reported in.
    context: Option<context::Kept>,
    /// An adapter has it from [`next`].
    is_taken: bool,
}

impl Launch {
    /// The name of the function.
    #[must_use]
    pub fn function(&self) -> &'static str {
        self.definition.name()
    }

    /// The queue that it belongs into.
    #[must_use]
    pub fn queue(&self) -> &'static str {
        self.definition.options().queue
    }

    /// After how many failures it is to be given up.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.definition.options().attempts
    }

    /// Its arguments: a JSON object with a field for each parameter.
    #[must_use]
    pub fn arguments(&self) -> &[u8] {
        &self.arguments
    }

    /// The line that launched it.
    #[must_use]
    pub fn launched_at(&self) -> &'static Location<'static> {
        match &self.in_flight {
            Some(in_flight) => in_flight.launched_at(),
            None => unreachable!("it ends when it goes away"),
        }
    }

    /// The span that launched it, as [`Propagation`](super::Propagation) describes it, for
    /// [`Stored::launched_in`](super::Stored::launched_in): JSON, at most [`MOST_TRACE_BYTES`](super::MOST_TRACE_BYTES) of it.
    /// None if it is to be joined to none, and always without the feature `tracing`.
    #[must_use]
    pub fn launched_in(&self) -> Option<&str> {
        self.in_flight.as_ref()?.launched_in()
    }

    /// When it was written down, by the clock of this machine.
    #[must_use]
    pub fn launched_on(&self) -> SystemTime {
        self.launched_on
    }

    /// The store has it: it is counted as ok.
    pub fn stored(self) {
        self.ended(End::Ok);
    }

    /// The store will never take it, for this reason: it is counted as failed, and reported.
    pub fn failed(self, error: &dyn fmt::Display) {
        let text = format!("could not be stored: {error}");
        self.ended(End::Failed(Box::new(text)));
    }

    /// The transaction that it was stored in was rolled back: it is counted as lost, and reported.
    pub fn rolled_back(self) {
        self.lost(Loss::RolledBack);
    }

    /// A file has it, for the next program that opens the store: it is counted as lost, and reported.
    pub fn spooled(self) {
        self.lost(Loss::Spooled);
    }

    /// It was not stored in time: it is counted as lost, and reported.
    pub fn abandon(self) {
        self.lost(Loss::Abandoned);
    }

    fn ended(mut self, end: End) {
        if let Some(in_flight) = self.in_flight.take() {
            in_flight.ended_within(Ended {
                end: Ok(end),
                context: self.context.take(),
            });
        }
    }

    fn lost(mut self, loss: Loss) {
        self.lose(loss);
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

/// How many launches adapters have from [`next`] that have not ended.
static TAKEN: AtomicUsize = AtomicUsize::new(0);

impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launch")
            .field("function", &self.function())
            .finish_non_exhaustive()
    }
}

/// Keeps a launch whose arguments have been written down. Blocks the outbox's thread while too many are kept: the rest waits in
/// its queue, which is bounded. No other thread waits here, which writes down what is launched where there is no such thread.
pub(crate) fn hold(in_flight: InFlight, mut record: Record) {
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

/// Takes up to `most` launches, the oldest first, as soon as there is one. None once a shutdown has ended.
///
/// Only one future may wait here at a time.
///
/// # Cancel safety
///
/// A future that is dropped has taken none.
pub async fn next(most: usize) -> Option<Vec<Launch>> {
    poll_fn(|context| poll_next(context, most)).await
}

fn poll_next(context: &Context<'_>, most: usize) -> Poll<Option<Vec<Launch>>> {
    // Outside the lock: a waker is the executor's code, and an allocator the user's.
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
    // Under the lock: who sees that nothing is kept sees that it was taken.
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

/// The state of a shutdown has changed: whoever waits here looks again.
pub(super) fn recheck() {
    let waker = kept().waker.take();
    HAS_ROOM.notify_all();
    wake(waker);
}

/// It is code of somebody's executor: a panic in it goes no further.
fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        let _ = unwind::catch(|| waker.wake());
    }
}

/// Says what saves launches that could not be stored until the deadline of a shutdown: in a file, for example. It is called
/// on any thread, with those that no adapter has taken, and ends each of them; and again with one that was just being written
/// down.
///
/// False if there is one already.
pub fn on_deadline(save: impl Fn(Vec<Launch>) + Send + Sync + 'static) -> bool {
    SAVE.set(Box::new(save)).is_ok()
}

/// At the deadline of a shutdown, before what is left is abandoned: has it saved, if somebody can.
pub(crate) fn save_what_is_left() {
    let Some(save) = SAVE.get() else {
        return;
    };
    kept().is_saving = true;
    HAS_ROOM.notify_all();
    // Its own thread runs the rest of the queue, too: what it has taken, it keeps.
    OUTBOX.0.drain();
    let launches = mem::take(&mut kept().launches);
    call(save, launches);
}

/// It is the adapter's code. If it panics, what it has not ended is lost, and reported.
fn call(save: &Save, launches: Vec<Launch>) {
    let _ = unwind::catch(|| save(launches));
}

/// After a shutdown has ended: what was kept in its last moment is saved, and what nobody can save is lost.
pub(super) fn give_up_what_is_left() {
    let launches = mem::take(&mut kept().launches);
    match SAVE.get() {
        _ if launches.is_empty() => {}
        Some(save) => call(save, launches),
        None => launches.into_iter().for_each(Launch::abandon),
    }
}

/// When a shutdown has ended at its deadline: waits for launches that were just being written down or taken by an adapter, and
/// are being saved now, on other threads. The process may exit when this returns, so it may be late by [`LATENESS`].
pub(crate) fn wait_for_late_ones(deadline: Instant) {
    if SAVE.get().is_none() {
        return;
    }
    while !are_all_saved() && deadline.elapsed() < LATENESS {
        thread::sleep(Duration::from_millis(1));
    }
}

fn are_all_saved() -> bool {
    // In the order in which a launch comes through them.
    OUTBOX.0.is_quiet() && kept().launches.is_empty() && TAKEN.load(Ordering::SeqCst) == 0
}

/// Runs code whose launches of durable functions, on this thread, are returned in place of being put into the outbox: to be
/// stored in a transaction, for example.
pub fn collect(code: impl FnOnce()) -> Collected {
    struct Restore(Option<Collecting>);
    impl Drop for Restore {
        fn drop(&mut self) {
            drop(self.0.take().map(|outer| COLLECTING.replace(outer)));
        }
    }
    let restore = Restore(Some(COLLECTING.replace(Collecting::begun())));
    code();
    let Collecting {
        launches, missing, ..
    } = COLLECTING.replace(Collecting::NOT);
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
    /// How many launches of durable functions are not among them: they were refused, or their arguments could not be written
    /// down. Each was reported; one whose caller got its arguments back is not counted.
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

/// Does this site count launches of a durable function?
pub(crate) fn is_launch_of_one(site: &Site) -> bool {
    site.backend() == NAME
}

/// A launch of this thread has ended before it could be stored, with a report.
pub(crate) fn misses(site: &Site) {
    if is_launch_of_one(site) {
        let _ = COLLECTING.try_with(|here| here.borrow_mut().missing += 1);
    }
}

/// Gives the launch back if nobody collects here.
fn collected(launch: Launch) -> Option<Launch> {
    if !is_collecting() {
        return Some(launch);
    }
    COLLECTING.with(|here| {
        let mut collecting = with_room(|| here.borrow_mut(), |it| &mut it.launches);
        collecting.launches.push(launch);
    });
    None
}

/// Are launches of durable functions collected on this thread?
fn is_collecting() -> bool {
    COLLECTING.try_with(|here| here.borrow().is_begun) == Ok(true)
}

/// What a thread has collected.
#[derive(Debug)]
struct Collecting {
    is_begun: bool,
    launches: Vec<Launch>,
    missing: u64,
}

impl Collecting {
    const NOT: Self = Self {
        is_begun: false,
        launches: Vec::new(),
        missing: 0,
    };

    fn begun() -> Self {
        Self {
            is_begun: true,
            ..Self::NOT
        }
    }
}

thread_local! {
    static COLLECTING: RefCell<Collecting> = const { RefCell::new(Collecting::NOT) };
}

/// Launches whose arguments have been written down, and that no adapter has taken.
struct Kept {
    launches: Vec<Launch>,
    /// Of whoever waits in [`next`].
    waker: Option<Waker>,
    /// The deadline has come: there is no bound any more.
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

/// A file takes some milliseconds; only code of the user's takes longer. Those who wait do so for 250 ms more than their deadline.
const LATENESS: Duration = Duration::from_millis(200);

/// How many are kept; the rest waits in the queue of the outbox.
const MOST: usize = 4096;
