//! What there is to say that no report of a launch says: one line on standard error.

use std::cell::Cell;
use std::fmt;
use std::io::Write;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};

use fire_and_forget::durable::Hold;

/// Says it, and never fails: where nobody listens, nothing is lost.
pub(crate) fn notice(line: fmt::Arguments<'_>) {
    let line = format!("fire-and-forget: {line}\n");
    if IS_OF_STORE.get() {
        write_later(line);
    } else {
        write(&line);
    }
}

/// From now on, another thread writes what this one says: where standard error is a pipe that nobody reads, a write does not
/// return, and this thread has heartbeats to send.
pub(crate) fn never_block_here() {
    IS_OF_STORE.set(true);
}

fn write(line: &str) {
    let _ = std::io::stderr().write_all(line.as_bytes());
}

fn write_later(line: String) {
    // A shutdown waits for it, as it does for reports.
    let line = (line, Hold::new());
    let mut writer = WRITER.lock().unwrap_or_else(PoisonError::into_inner);
    if writer.is_none() {
        *writer = start();
    }
    let sent = match &*writer {
        Some(writer) => writer.try_send(line),
        None => Err(TrySendError::Disconnected(line)),
    };
    drop(writer);
    match sent {
        // That many wait: nobody reads them.
        Ok(()) | Err(TrySendError::Full(_)) => {}
        Err(TrySendError::Disconnected((line, _))) => write(&line),
    }
}

/// None where the system has no thread left: the next line asks again.
fn start() -> Option<SyncSender<Line>> {
    let (sender, lines) = sync_channel::<Line>(MOST_LINES);
    let thread = std::thread::Builder::new().name("ff-notices".into());
    let started = thread.spawn(move || {
        for (line, hold) in lines {
            write(&line);
            drop(hold);
        }
    });
    started.ok().map(|_| sender)
}

type Line = (String, Hold);

thread_local! {
    static IS_OF_STORE: Cell<bool> = const { Cell::new(false) };
}

static WRITER: Mutex<Option<SyncSender<Line>>> = Mutex::new(None);

/// So many lines wait for standard error.
const MOST_LINES: usize = 256;
