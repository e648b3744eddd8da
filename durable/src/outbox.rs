//! From memory into the store: many launches with one statement, and each of them once.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use fire_and_forget::durable::{self, Launch};
use tokio::sync::{mpsc, oneshot};
use ulid::{Generator, Ulid};

use crate::envelope;
use crate::errors::{StoreError, describe, is_permanent};
use crate::notice::notice;
use crate::spool::Spool;
use crate::store::{MAX_BYTES, MAX_ROWS, Row, Store};
use crate::worker::Wakes;

/// What takes launches and puts them into the store.
pub(crate) struct Outbox {
    store: Store,
    /// For notices.
    name: String,
    spool: Spool,
    wakes: Wakes,
    in_hand: Mutex<InHand>,
    /// The last attempt failed, and that was said.
    is_away: AtomicBool,
}

/// Launches that are being stored: where the deadline of a shutdown finds them.
#[derive(Default)]
struct InHand {
    next: u64,
    batches: HashMap<u64, Vec<Entry>>,
}

/// One launch, and its row: with an id of its own from the start, so that it can be offered again after an unclear commit.
pub(crate) struct Entry {
    launch: Launch,
    row: Row,
    /// Where somebody waits for it.
    answer: Option<Arc<Answer>>,
}

impl Outbox {
    pub(crate) fn new(store: Store, name: String, spool: Spool, wakes: Wakes) -> Self {
        Self {
            store,
            name,
            spool,
            wakes,
            in_hand: Mutex::default(),
            is_away: AtomicBool::new(false),
        }
    }

    /// Stores what is launched, until a shutdown has ended.
    pub(crate) async fn run(self: Arc<Self>) {
        while let Some(launches) = durable::next(MAX_ROWS).await {
            let entries = launches
                .into_iter()
                .filter_map(|launch| entry(launch, None, None))
                .collect();
            self.store_all(entries).await;
        }
    }

    /// Stores what is offered, of those that wait for it: as much at once as has come meanwhile.
    pub(crate) async fn run_offers(
        self: Arc<Self>,
        mut offers: mpsc::UnboundedReceiver<Vec<Entry>>,
    ) {
        let mut next = None;
        loop {
            let Some(mut entries) = (match next.take() {
                Some(entries) => Some(entries),
                None => offers.recv().await,
            }) else {
                return;
            };
            while let Ok(more) = offers.try_recv() {
                if entries.len() + more.len() > MAX_ROWS {
                    next = Some(more);
                    break;
                }
                entries.extend(more);
            }
            while entries.len() > MAX_ROWS {
                let rest = entries.split_off(MAX_ROWS);
                self.store_all(entries).await;
                entries = rest;
            }
            self.store_all(entries).await;
        }
    }

    /// At the deadline of a shutdown: what is not in the store, and these, go to the spool file.
    pub(crate) fn save(&self, launches: Vec<Launch>) {
        let mut entries: Vec<Entry> = {
            let mut in_hand = self.in_hand();
            let batches = std::mem::take(&mut in_hand.batches);
            batches.into_values().flatten().collect()
        };
        entries.extend(
            launches
                .into_iter()
                .filter_map(|launch| entry(launch, None, None)),
        );
        if entries.is_empty() {
            return;
        }
        entries.sort_unstable_by(|one, other| one.row.id.cmp(&other.row.id));
        let rows: Vec<&Row> = entries.iter().map(|entry| &entry.row).collect();
        match self.spool.write(&rows) {
            Ok(()) => {
                notice(format_args!(
                    "{} launches that could not be stored are in {}; the next program that opens the store stores them",
                    entries.len(),
                    self.spool.path().display()
                ));
                entries.into_iter().for_each(Entry::spooled);
            }
            Err(error) => {
                notice(format_args!(
                    "the spool file {} cannot be written: {error}",
                    self.spool.path().display()
                ));
                entries.into_iter().for_each(Entry::abandoned);
            }
        }
    }

    async fn store_all(&self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        let (number, rows) = self.take_in_hand(entries);
        if self.insert(number, &rows).await {
            return;
        }
        // One of them is what the store will never have.
        let alone: Vec<_> = self
            .let_go(number)
            .into_iter()
            .map(|entry| self.take_in_hand(vec![entry]))
            .collect();
        for (number, row) in alone {
            // If it fails it has been told so.
            self.insert(number, &row).await;
        }
    }

    /// Offers a batch until the store has it, or the deadline has taken it away. False if the store will never have all of it.
    async fn insert(&self, number: u64, rows: &[Row]) -> bool {
        let mut pause = FIRST_PAUSE;
        loop {
            let Err(error) = self.store.insert(rows).await else {
                if self.is_away.swap(false, Ordering::Relaxed) {
                    notice(format_args!("the store {} is back", self.name));
                }
                for entry in self.let_go(number) {
                    entry.stored();
                }
                self.wakes.wake(rows.iter().map(|row| &*row.queue));
                return true;
            };
            if is_permanent(&error) {
                if rows.len() > 1 {
                    return false;
                }
                for entry in self.let_go(number) {
                    entry.failed(&describe(&error));
                }
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
            if !self.in_hand().batches.contains_key(&number) {
                return true;
            }
            pause = (pause * 2).min(LAST_PAUSE);
        }
    }

    fn take_in_hand(&self, entries: Vec<Entry>) -> (u64, Vec<Row>) {
        let rows = entries.iter().map(|entry| entry.row.clone()).collect();
        let mut in_hand = self.in_hand();
        in_hand.next += 1;
        let number = in_hand.next;
        in_hand.batches.insert(number, entries);
        (number, rows)
    }

    /// Empty if the deadline has come before.
    fn let_go(&self, number: u64) -> Vec<Entry> {
        self.in_hand().batches.remove(&number).unwrap_or_default()
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

/// Launches that somebody waits for, and what tells when all of them are stored.
pub(crate) fn offer(
    launches: Vec<Launch>,
    due: Option<Instant>,
) -> (Vec<Entry>, oneshot::Receiver<Result<(), StoreError>>) {
    let (sender, receiver) = oneshot::channel();
    let answer = Arc::new(Answer {
        sender: Mutex::new(Some(sender)),
        error: Mutex::new(None),
    });
    let entries = launches
        .into_iter()
        .filter_map(|launch| entry(launch, due, Some(&answer)))
        .collect();
    (entries, receiver)
}

/// None if it can never be stored, and has been told so.
fn entry(launch: Launch, due: Option<Instant>, answer: Option<&Arc<Answer>>) -> Option<Entry> {
    match row(&launch, due) {
        Ok(row) => Some(Entry {
            launch,
            row,
            answer: answer.cloned(),
        }),
        Err(why) => {
            if let Some(answer) = answer {
                answer.fail(StoreError::new(why.to_string()));
            }
            launch.failed(&why);
            None
        }
    }
}

/// The row of a launch.
pub(crate) fn row(
    launch: &Launch,
    due: Option<Instant>,
) -> Result<Row, Box<dyn Error + Send + Sync>> {
    let job = envelope::seal(launch)?;
    if job.len() > MAX_BYTES {
        return Err(format!("it takes {} bytes, and {MAX_BYTES} is the limit", job.len()).into());
    }
    Ok(Row {
        id: id(),
        queue: launch.queue().into(),
        function: launch.function().into(),
        job,
        due,
    })
}

/// Ids sort as they were made, so that jobs of the same second keep their order.
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

    pub(crate) fn abandoned(self) {
        if let Some(answer) = &self.answer {
            answer.fail(StoreError::closed());
        }
        self.launch.abandon();
    }
}

/// What is told to somebody who waits, once the last of the launches has come to its end.
struct Answer {
    sender: Mutex<Option<oneshot::Sender<Result<(), StoreError>>>>,
    error: Mutex<Option<StoreError>>,
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
            // Dropped by somebody who does not wait any more.
            let _ = sender.send(error.map_or(Ok(()), Err));
        }
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_secs(1);
