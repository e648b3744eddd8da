//! A store in memory, written against the documentation of `fire_and_forget::durable` alone: what an adapter looks like.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::SystemTime;

use fire_and_forget::durable::{self, Execution, Launch, Stored, Verdict};

/// One job of the store.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) function: String,
    pub(crate) queue: String,
    pub(crate) arguments: Vec<u8>,
    pub(crate) attempts: u32,
    pub(crate) failures: u32,
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) launched_in: Option<String>,
    pub(crate) launched_on: SystemTime,
}

/// A store that its test can lock, and take rows from.
#[derive(Clone, Default)]
pub(crate) struct Store(Arc<Shared>);

#[derive(Default)]
struct Shared {
    rows: Mutex<Rows>,
    changed: Condvar,
}

#[derive(Default)]
struct Rows {
    is_away: bool,
    waiting: VecDeque<Row>,
    dead: Vec<(Row, String)>,
    done: Vec<String>,
    next: u64,
}

impl Store {
    /// Opens the outbox: what is launched comes here from now on.
    pub(crate) fn open() -> Self {
        durable::check().expect("each name stands for one function");
        let store = Self::default();
        let outbox = store.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .build()
                .unwrap();
            runtime.block_on(async {
                while let Some(launches) = durable::next(16).await {
                    outbox.take(launches);
                }
            });
        });
        store
    }

    /// While it is away, launches wait.
    pub(crate) fn go_away(&self) {
        self.0.rows.lock().unwrap().is_away = true;
    }

    pub(crate) fn come_back(&self) {
        self.0.rows.lock().unwrap().is_away = false;
        self.0.changed.notify_all();
    }

    pub(crate) fn take(&self, launches: impl IntoIterator<Item = Launch>) {
        let rows = self.0.rows.lock().unwrap();
        let mut rows = self
            .0
            .changed
            .wait_while(rows, |rows| rows.is_away)
            .unwrap();
        for launch in launches {
            rows.next += 1;
            let row = Row {
                id: format!("job-{}", rows.next),
                function: launch.function().to_owned(),
                queue: launch.queue().to_owned(),
                arguments: launch.arguments().to_vec(),
                attempts: launch.attempts(),
                failures: 0,
                file: launch.launched_at().file().to_owned(),
                line: launch.launched_at().line(),
                launched_in: launch.launched_in().map(str::to_owned),
                launched_on: launch.launched_on(),
            };
            rows.waiting.push_back(row);
            launch.stored();
        }
        self.0.changed.notify_all();
    }

    /// Puts a row there by hand.
    pub(crate) fn put(&self, row: Row) {
        self.0.rows.lock().unwrap().waiting.push_back(row);
    }

    /// What waits in it.
    pub(crate) fn waiting(&self) -> Vec<Row> {
        let rows = self.0.rows.lock().unwrap();
        rows.waiting.iter().cloned().collect()
    }

    /// The ids of what is done.
    pub(crate) fn done(&self) -> Vec<String> {
        self.0.rows.lock().unwrap().done.clone()
    }

    /// What was given up, and with which error.
    pub(crate) fn dead(&self) -> Vec<(Row, String)> {
        self.0.rows.lock().unwrap().dead.clone()
    }

    /// Works off the oldest row on this thread. False if there is none.
    pub(crate) fn work_off_one(&self) -> bool {
        let Some(mut row) = self.0.rows.lock().unwrap().waiting.pop_front() else {
            return false;
        };
        let stored = Stored {
            function: &row.function,
            id: &row.id,
            queue: &row.queue,
            attempt: row.failures + 1,
            attempts: row.attempts,
            arguments: &row.arguments,
            file: &row.file,
            line: row.line,
            launched_in: row.launched_in.as_deref(),
            launched_on: row.launched_on,
        };
        let _hold = durable::Hold::new();
        let verdict = match durable::perform(stored) {
            None => Verdict::Failed("there is no such function".to_owned()),
            Some(Err(undecodable)) => Verdict::Failed(undecodable.to_string()),
            Some(Ok(Execution::Blocking(body))) => body.block(),
            Some(Ok(Execution::Async(body))) => block_on(body),
        };
        let Verdict::Failed(error) = verdict else {
            self.0.rows.lock().unwrap().done.push(row.id);
            return true;
        };
        let is_last = row.failures + 1 >= row.attempts;
        if is_last {
            stored.give_up(&error);
        }
        row.failures += 1;
        let mut rows = self.0.rows.lock().unwrap();
        if is_last {
            rows.dead.push((row, error));
        } else {
            rows.waiting.push_back(row);
        }
        true
    }

    pub(crate) fn work_off(&self) {
        while self.work_off_one() {}
    }
}

fn block_on(mut body: durable::Performance) -> Verdict {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        match body.timeout() {
            None => body.await,
            Some(timeout) => tokio::select! {
                verdict = &mut body => verdict,
                () = tokio::time::sleep(timeout) => body.time_out(timeout),
            },
        }
    })
}
