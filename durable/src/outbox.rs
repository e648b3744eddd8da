//! Moves launches from memory into the store, many with one statement, and each exactly once.
//!
//! A launch gets an id when it is taken, and a row with a known id is not inserted again; so after a lost answer the batch
//! is simply offered again. Until the store has it, its entry is in `in_hand`. The deadline of a shutdown empties `in_hand`
//! into the spool file. An entry is removed under the lock, and the code that removed it ends the launch, so each ends once.
//! Launches that a caller awaits (`stored`) come past the queue of the runtime, so they have permits of their own.
//!
//! A store that is slow during a shutdown would leave no time to spool at the deadline, so `spool_ahead` writes entries to the
//! file early; if the store takes all of them after all, the file is removed.

use std::collections::{BTreeMap, VecDeque};
use std::error::Error;
use std::fmt;
use std::io;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fire_and_forget::durable::{self, Launch};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use ulid::{Generator, Ulid};

use crate::endings::Endings;
use crate::envelope;
use crate::errors::{StoreError, describe, is_permanent};
use crate::notice::notice;
use crate::spool::Spool;
use crate::store::{MAX_BYTES, MAX_ROWS, Row, Store};
use crate::worker::Wakes;

/// Takes launches, and puts them into the store.
pub(crate) struct Outbox {
    store: Store,
    /// The name of the store in notices.
    name: String,
    spool: Spool,
    wakes: Wakes,
    endings: Endings,
    in_hand: Mutex<InHand>,
    /// Permits for launches that a caller awaits. They come past the queue of the runtime, and so past its bound.
    places: Arc<Semaphore>,
    /// Whether the last attempt failed; a notice has said so.
    is_away: AtomicBool,
}

/// The launches that are being stored. The deadline of a shutdown takes them out.
#[derive(Default)]
struct InHand {
    next: u64,
    entries: BTreeMap<u64, Entry>,
    /// Whether the spool file has launches that the store has, too.
    has_stale: bool,
    /// Whether the deadline has come; no launch is added from then on.
    is_over: bool,
}

/// One launch and its row. The row has its id from the start, so that it can be offered again after an unclear commit.
pub(crate) struct Entry {
    launch: Launch,
    row: Row,
    /// The answer to the caller who awaits it.
    answer: Option<Arc<Answer>>,
    /// Whether the spool file has it.
    is_spooled: bool,
}

/// The rows of launches in hand, and their numbers.
pub(crate) struct Batch {
    numbers: Vec<u64>,
    rows: Vec<Row>,
}

impl Outbox {
    pub(crate) fn new(
        store: Store,
        name: String,
        spool: Spool,
        wakes: Wakes,
        endings: Endings,
    ) -> Self {
        Self {
            store,
            name,
            spool,
            wakes,
            endings,
            in_hand: Mutex::default(),
            places: Arc::new(Semaphore::new(MOST_AWAITED)),
            is_away: AtomicBool::new(false),
        }
    }

    /// Stores the launches of the runtime's queue, until a shutdown has ended.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut stopping = pin!(durable::stopping());
        let mut is_stopping = false;
        let mut taken = VecDeque::new();
        loop {
            let Some(batch) = taken.pop_front() else {
                match durable::next(MAX_ROWS).await {
                    Some(launches) => taken.extend(self.take(launches)),
                    None => return,
                }
                continue;
            };
            let mut storing = pin!(self.store_all(batch));
            let mut grace = GRACE;
            loop {
                let more = async {
                    tokio::time::sleep(grace).await;
                    durable::next(MAX_ROWS).await
                };
                tokio::select! {
                    biased;
                    () = &mut storing => break,
                    () = &mut stopping, if !is_stopping => is_stopping = true,
                    // The store may not answer by the deadline. All launches are taken in hand, from where they are spooled.
                    more = more, if is_stopping => {
                        grace = Duration::ZERO;
                        match more {
                            Some(launches) => taken.extend(self.take(launches)),
                            None => return storing.await,
                        }
                    }
                }
            }
        }
    }

    /// Stores launches that callers await, as many with one statement as have come during the one before.
    pub(crate) async fn run_offers(self: Arc<Self>, mut offers: mpsc::UnboundedReceiver<Batch>) {
        let mut next = None;
        loop {
            let Some(mut batch) = (match next.take() {
                Some(batch) => Some(batch),
                None => offers.recv().await,
            }) else {
                return;
            };
            while let Ok(more) = offers.try_recv() {
                if batch.rows.len() + more.rows.len() > MAX_ROWS {
                    next = Some(more);
                    break;
                }
                batch.numbers.extend(more.numbers);
                batch.rows.extend(more.rows);
            }
            self.store_all(batch).await;
        }
    }

    /// Writes launches that the store is slow to take to the spool file during a shutdown, because the deadline leaves no time
    /// for it.
    pub(crate) async fn spool_ahead(self: Arc<Self>) {
        durable::stopping().await;
        let mut seen = 0;
        let mut is_said = false;
        loop {
            tokio::time::sleep(GRACE).await;
            let rows: Vec<(u64, Row)> = {
                let in_hand = self.in_hand();
                if in_hand.is_over {
                    return;
                }
                let is_slow = in_hand
                    .entries
                    .keys()
                    .next()
                    .is_some_and(|first| *first <= seen);
                seen = in_hand.next;
                let fresh = in_hand
                    .entries
                    .iter()
                    .filter(|(_, entry)| is_slow && !entry.is_spooled);
                fresh
                    .map(|(number, entry)| (*number, entry.row.clone()))
                    .collect()
            };
            if rows.is_empty() {
                continue;
            }
            let written = self
                .spool
                .write(&rows.iter().map(|(_, row)| row).collect::<Vec<_>>());
            match written {
                Ok(()) => self.have_spooled(rows.into_iter().map(|(number, _)| number)),
                Err(error) => {
                    if !std::mem::replace(&mut is_said, true) {
                        self.cannot_spool(&error);
                    }
                }
            }
        }
    }

    /// Writes all launches that are not in the store, and the given ones, to the spool file. Called at the deadline of a
    /// shutdown.
    pub(crate) fn save(&self, launches: Vec<Launch>) {
        let mut entries: Vec<Entry> = {
            let mut in_hand = self.in_hand();
            in_hand.is_over = true;
            std::mem::take(&mut in_hand.entries).into_values().collect()
        };
        entries.extend(
            launches
                .into_iter()
                .filter_map(|launch| entry(launch, None, None).map_err(Refused::end).ok()),
        );
        self.spool(entries);
    }

    /// Writes entries to the spool file, and ends their launches.
    fn spool(&self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        let rows: Vec<&Row> = entries
            .iter()
            .filter(|entry| !entry.is_spooled)
            .map(|entry| &entry.row)
            .collect();
        let written = if rows.is_empty() {
            Ok(())
        } else {
            self.spool.write(&rows)
        };
        match written {
            Ok(()) => {
                notice(format_args!(
                    "{} launches that could not be stored are in {}; the next program that opens the store stores them",
                    entries.len(),
                    self.spool.path().display()
                ));
                entries.into_iter().for_each(Entry::spooled);
            }
            Err(error) => {
                self.cannot_spool(&error);
                for entry in entries {
                    if entry.is_spooled {
                        entry.spooled();
                    } else {
                        entry.abandoned();
                    }
                }
            }
        }
    }

    /// Waits for a permit for a launch that a caller awaits. Returns `None` once a shutdown has ended.
    pub(crate) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        tokio::select! {
            biased;
            place = self.places.clone().acquire_owned() => place.ok(),
            () = durable::ended() => None,
        }
    }

    /// Takes launches that a caller awaits in hand.
    ///
    /// The caller sends the batches to `run_offers`; the answer comes when all of the launches have ended.
    pub(crate) fn take_awaited(
        &self,
        launches: Vec<Launch>,
        due: Option<Instant>,
        mut place: Option<OwnedSemaphorePermit>,
    ) -> (Vec<Batch>, oneshot::Receiver<Result<(), StoreError>>) {
        if let Some(place) = &mut place {
            // Takes as many permits as are free: the launches exist already, so a lack of permits cannot stop them.
            let more = launches
                .len()
                .saturating_sub(1)
                .min(self.places.available_permits());
            let more = u32::try_from(more).unwrap_or(u32::MAX);
            if let Ok(more) = self.places.clone().try_acquire_many_owned(more) {
                place.merge(more);
            }
        }
        let (sender, receiver) = oneshot::channel();
        let answer = Arc::new(Answer {
            sender: Mutex::new(Some(sender)),
            error: Mutex::new(None),
            _place: place,
        });
        let entries: Vec<Entry> = launches
            .into_iter()
            .filter_map(|launch| entry(launch, due, Some(&answer)).map_err(Refused::end).ok())
            .collect();
        let batches = self.take_in_hand(entries).unwrap_or_else(|late| {
            self.spool(late);
            Vec::new()
        });
        (batches, receiver)
    }

    /// Takes launches of the runtime's queue in hand.
    fn take(self: &Arc<Self>, launches: Vec<Launch>) -> Vec<Batch> {
        let mut entries = Vec::with_capacity(launches.len());
        for launch in launches {
            match entry(launch, None, None) {
                Ok(entry) => entries.push(entry),
                Err(refused) => self.endings.run(|| refused.end()),
            }
        }
        self.take_in_hand(entries).unwrap_or_else(|late| {
            let outbox = self.clone();
            self.endings.run(move || outbox.spool(late));
            Vec::new()
        })
    }

    /// Adds entries to those in hand, in batches. Returns the entries if the deadline of a shutdown has come.
    fn take_in_hand(&self, mut entries: Vec<Entry>) -> Result<Vec<Batch>, Vec<Entry>> {
        let mut batches = Vec::new();
        let mut in_hand = self.in_hand();
        if in_hand.is_over {
            return Err(entries);
        }
        while !entries.is_empty() {
            let rest = entries.split_off(entries.len().min(MAX_ROWS));
            let rows = entries.iter().map(|entry| entry.row.clone()).collect();
            let first = in_hand.next + 1;
            in_hand.next += entries.len() as u64;
            let numbers: Vec<u64> = (first..=in_hand.next).collect();
            in_hand.entries.extend(numbers.iter().copied().zip(entries));
            batches.push(Batch { numbers, rows });
            entries = rest;
        }
        Ok(batches)
    }

    /// Stores a batch, or the rows one by one if the store refuses the batch for good.
    async fn store_all(&self, batch: Batch) {
        if self.insert(&batch).await {
            return;
        }
        // The store will never take one of the rows. Alone, it is refused, and the others are stored.
        for (number, row) in batch.numbers.into_iter().zip(batch.rows) {
            self.insert(&Batch {
                numbers: vec![number],
                rows: vec![row],
            })
            .await;
        }
    }

    /// Offers a batch until the store has it, or the deadline has taken it out. Returns false if the store will never take
    /// all of it.
    async fn insert(&self, batch: &Batch) -> bool {
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(error) = self.store.insert(&batch.rows).await else {
                if self.is_away.swap(false, Ordering::Relaxed) {
                    notice(format_args!("the store {} is back", self.name));
                }
                let stored = self.let_go(&batch.numbers);
                self.endings
                    .run(|| stored.into_iter().for_each(Entry::stored));
                self.wakes.wake(batch.rows.iter().map(|row| &*row.queue));
                return true;
            };
            if is_permanent(&error) {
                if batch.rows.len() > 1 {
                    return false;
                }
                let failed = self.let_go(&batch.numbers);
                self.endings.run(move || {
                    for entry in failed {
                        entry.failed(&describe(&error));
                    }
                });
                return true;
            }
            if !self.is_away.swap(true, Ordering::Relaxed) {
                notice(format_args!(
                    "launches wait for the store {}: {}",
                    self.name,
                    describe(&error)
                ));
            }
            tokio::time::sleep(pause).await;
            if self.in_hand().is_over {
                return true;
            }
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    /// Removes entries from those in hand, and returns those that the deadline has not taken before.
    ///
    /// Removes the spool file if none of its launches is in hand any more.
    fn let_go(&self, numbers: &[u64]) -> Vec<Entry> {
        let mut in_hand = self.in_hand();
        let entries: Vec<Entry> = numbers
            .iter()
            .filter_map(|number| in_hand.entries.remove(number))
            .collect();
        in_hand.has_stale |= entries.iter().any(|entry| entry.is_spooled);
        if in_hand.has_stale
            && in_hand.entries.values().all(|entry| !entry.is_spooled)
            && !in_hand.is_over
        {
            in_hand.has_stale = false;
            self.spool.clear();
        }
        entries
    }

    /// Marks entries as spooled.
    fn have_spooled(&self, numbers: impl Iterator<Item = u64>) {
        let mut in_hand = self.in_hand();
        for number in numbers {
            match in_hand.entries.get_mut(&number) {
                Some(entry) => entry.is_spooled = true,
                // The store has taken it meanwhile.
                None => in_hand.has_stale = true,
            }
        }
    }

    fn cannot_spool(&self, error: &io::Error) {
        notice(format_args!(
            "the spool file {} cannot be written: {error}",
            self.spool.path().display()
        ));
    }

    fn in_hand(&self) -> MutexGuard<'_, InHand> {
        self.in_hand.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Outbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Makes the entry of a launch.
#[expect(clippy::result_large_err, reason = "it is the launch that came in")]
fn entry(
    launch: Launch,
    due: Option<Instant>,
    answer: Option<&Arc<Answer>>,
) -> Result<Entry, Refused> {
    match row(&launch, due) {
        Ok(row) => Ok(Entry {
            launch,
            row,
            answer: answer.cloned(),
            is_spooled: false,
        }),
        Err(why) => Err(Refused {
            launch,
            why: why.to_string().into(),
            answer: answer.cloned(),
        }),
    }
}

/// A launch that can never be stored.
struct Refused {
    launch: Launch,
    why: Box<str>,
    answer: Option<Arc<Answer>>,
}

impl Refused {
    fn end(self) {
        if let Some(answer) = &self.answer {
            answer.fail(StoreError::new(&*self.why));
        }
        self.launch.failed(&self.why);
    }
}

/// Makes the row of a launch. Fails if the launch can never be stored.
pub(crate) fn row(
    launch: &Launch,
    due: Option<Instant>,
) -> Result<Row, Box<dyn Error + Send + Sync>> {
    let job = envelope::seal(launch)?;
    if job.len() > MAX_BYTES {
        return Err(format!("it has {} bytes; the limit is {MAX_BYTES}", job.len()).into());
    }
    Ok(Row {
        id: id(),
        queue: launch.queue().into(),
        function: launch.function().into(),
        job,
        due,
    })
}

/// Makes an id. Ids sort in the order in which they were made, so that jobs of the same second keep their order.
fn id() -> String {
    static IDS: Mutex<Generator> = Mutex::new(Generator::new());
    let mut ids = IDS.lock().unwrap_or_else(PoisonError::into_inner);
    let id = ids.generate();
    id.unwrap_or_else(|_| Ulid::generate()).to_string()
}

impl Entry {
    fn stored(self) {
        self.launch.stored();
    }

    fn failed(self, why: &str) {
        if let Some(answer) = &self.answer {
            answer.fail(StoreError::new(why));
        }
        self.launch.failed(&why);
    }

    fn spooled(self) {
        if let Some(answer) = &self.answer {
            answer.fail(StoreError::closed());
        }
        self.launch.spooled();
    }

    fn abandoned(self) {
        if let Some(answer) = &self.answer {
            answer.fail(StoreError::closed());
        }
        self.launch.abandon();
    }
}

/// The answer to a caller who awaits launches. Dropping the last reference, which is that of the last launch to end, sends it.
struct Answer {
    sender: Mutex<Option<oneshot::Sender<Result<(), StoreError>>>>,
    error: Mutex<Option<StoreError>>,
    /// The permits, released when the last of the launches has ended.
    _place: Option<OwnedSemaphorePermit>,
}

impl Answer {
    fn fail(&self, error: StoreError) {
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let sender = self
            .sender
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let error = self
            .error
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(sender) = sender {
            // Fails if the caller has stopped waiting.
            let _ = sender.send(error.map_or(Ok(()), Err));
        }
    }
}

/// How long the store may take during a shutdown before launches are spooled.
const GRACE: Duration = Duration::from_millis(50);

/// The number of launches that callers await at the same time: as many as a queue holds.
const MOST_AWAITED: usize = 16384;

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_secs(1);
