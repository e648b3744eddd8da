//! Lines on standard error about what no report of a launch covers.
//!
//! The store's thread must not block, because it sends heartbeats; a write blocks if standard error is a pipe that is not read.
//! So its lines go to another thread, which starts with the first one.

use std::cell::Cell;
use std::fmt;
use std::io::Write;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, PoisonError};

use fire_and_forget::durable::Hold;

/// Writes a line to standard error. An error of the write is ignored.
pub(crate) fn notice(line: fmt::Arguments<'_>) {
    let line = format!("fire-and-forget: {line}\n");
    if IS_OF_STORE.get() {
        write_later(line);
    } else {
        write(&line);
    }
}

/// Has another thread write the lines of this thread from now on, so that this one never blocks on standard error.
pub(crate) fn never_block_here() {
    IS_OF_STORE.set(true);
}

fn write(line: &str) {
    let _ = std::io::stderr().write_all(line.as_bytes());
}

fn write_later(line: String) {
    // The hold makes a shutdown wait for the line, as it waits for reports.
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
        // If the channel is full, standard error is not read, so the line is dropped.
        Ok(()) | Err(TrySendError::Full(_)) => {}
        Err(TrySendError::Disconnected((line, _))) => write(&line),
    }
}

/// Starts the thread that writes. Returns `None` if the system refuses it; the next line tries again.
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
    /// Whether this is the store's thread, which must not block.
    static IS_OF_STORE: Cell<bool> = const { Cell::new(false) };
}

static WRITER: Mutex<Option<SyncSender<Line>>> = Mutex::new(None);

/// The number of lines that wait for standard error at most.
const MOST_LINES: usize = 256;
