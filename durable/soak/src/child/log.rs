//! What a process writes down, for whoever reads it when the process is gone: a line for each thing that happens.
//!
//! `MICROSECONDS WORD …`: the time since 1970, and what happened, in words that `found::tale` reads.

use std::fmt::{Display, Write as _};
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::SystemTime;

static LOG: OnceLock<File> = OnceLock::new();

/// The log of a process.
pub(crate) fn path(folder: &Path, process: u32) -> PathBuf {
    folder.join(format!("{process}.log"))
}

pub(super) fn open(folder: &Path, process: u32) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    let file = options
        .create(true)
        .append(true)
        .open(path(folder, process))?;
    // Opened once: nobody else is here yet.
    let _ = LOG.set(file);
    Ok(())
}

/// Writes a line: it is there though the process is killed next.
#[macro_export]
macro_rules! log_line {
    ($($words:tt)*) => {
        $crate::child::log::write([format_args!($($words)*)])
    };
}

/// Writes several lines at once.
pub(crate) fn write(lines: impl IntoIterator<Item = impl Display>) {
    let now = micros();
    let mut text = String::new();
    for line in lines {
        // Errors of a database may have lines of their own.
        let line = line.to_string().replace('\n', " ");
        // To a string: it cannot fail.
        let _ = writeln!(text, "{now} {line}");
    }
    if let Some(mut file) = LOG.get() {
        file.write_all(text.as_bytes()).expect("the log is written");
    }
}

/// Returns when what was written is on the disk.
pub(super) fn sync() {
    if let Some(file) = LOG.get() {
        file.sync_data().expect("the log is synced");
    }
}

/// Microseconds since 1970.
pub(crate) fn micros() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.ok()
        .and_then(|now| u64::try_from(now.as_micros()).ok())
        .unwrap_or(0)
}
