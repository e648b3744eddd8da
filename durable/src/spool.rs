//! Spool files: launches that could not be stored before the deadline of a shutdown, which the next `open` stores first.
//!
//! A launch is a line of JSON. A write begins with an empty line, so that a line which was cut off spoils no other one.
//! Each process locks a file of its own, under the name or the name with a number behind it, from its first write until it
//! ends; a file without a lock is left by an earlier process. Between `open` and the lock, another process may remove the
//! file, so both sides check afterwards that it still exists. A launch keeps its id, so a launch that is in the store
//! already is not stored twice.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::value::RawValue;

use crate::notice::notice;
use crate::store::Row;

/// The spool file of this process.
pub(crate) struct Spool {
    path: PathBuf,
    /// Opened and locked by the first write.
    file: Mutex<Option<(File, PathBuf)>>,
}

impl Spool {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self {
            path,
            file: Mutex::new(None),
        }
    }

    /// Appends these rows, and returns when they are on the disk.
    pub(crate) fn write(&self, rows: &[&Row]) -> io::Result<()> {
        let mut open = self.open();
        let (file, _) = match &mut *open {
            Some(open) => open,
            none => none.insert(self.create()?),
        };
        // Ends the line of an earlier write that was cut off.
        let mut lines = vec![b'\n'];
        for row in rows {
            let begin = lines.len();
            serde_json::to_writer(&mut lines, &line(row)?)?;
            // Valid JSON has line breaks only between tokens, where a space means the same. Arguments are passed through as
            // written, so they may contain some.
            for byte in &mut lines[begin..] {
                if matches!(byte, b'\n' | b'\r') {
                    *byte = b' ';
                }
            }
            lines.push(b'\n');
        }
        file.write_all(&lines)?;
        file.sync_all()
    }

    /// Removes the file, because the store has all launches in it.
    pub(crate) fn clear(&self) {
        if let Some((file, path)) = self.open().take() {
            // A file that stays does no harm: its launches have ids that the store knows.
            let _ = std::fs::remove_file(path);
            drop(file);
        }
    }

    fn open(&self) -> MutexGuard<'_, Option<(File, PathBuf)>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the path of the file, or the path that it would have first.
    pub(crate) fn path(&self) -> PathBuf {
        let open = self.open();
        open.as_ref()
            .map_or_else(|| self.path.clone(), |(_, path)| path.clone())
    }

    /// Creates and locks the first file of this name that no other process has.
    fn create(&self) -> io::Result<(File, PathBuf)> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            // The file contains arguments, so only its owner may read it.
            options.mode(0o600);
        }
        for candidate in candidates(&self.path) {
            let file = options.open(&candidate)?;
            match file.try_lock() {
                // A reader may have removed the file before the lock. A file with content was left by an earlier process, and
                // `clear` would remove it.
                Ok(()) if candidate.exists() && file.metadata()?.len() == 0 => {
                    sync_folder(&candidate);
                    return Ok((file, candidate));
                }
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::other(
            "too many programs hold spool files of this name",
        ))
    }
}

/// A file that an earlier process has left. It is locked, to be stored and then removed.
pub(crate) struct Left {
    path: PathBuf,
    file: File,
    pub(crate) rows: Vec<Row>,
    /// The number of lines that could not be read, or that the store refused.
    unreadable: usize,
}

impl Left {
    /// Finds the files of this name that no process has locked, and locks and reads them.
    pub(crate) fn find(path: &Path) -> io::Result<Vec<Self>> {
        let mut found = Vec::new();
        for candidate in candidates(path).filter(|it| it.exists()) {
            let mut file = OpenOptions::new().read(true).write(true).open(&candidate)?;
            match file.try_lock() {
                Ok(()) if candidate.exists() => {}
                Ok(()) | Err(TryLockError::WouldBlock) => continue,
                Err(TryLockError::Error(error)) => return Err(error),
            }
            let mut text = Vec::new();
            file.read_to_end(&mut text)?;
            let lines: Vec<_> = text
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_empty())
                .collect();
            let rows: Vec<_> = lines.iter().filter_map(|line| row(line)).collect();
            found.push(Self {
                path: candidate,
                file,
                unreadable: lines.len() - rows.len(),
                rows,
            });
        }
        Ok(found)
    }

    /// Notes that the store will never take one of the rows.
    pub(crate) fn refused(&mut self) {
        self.unreadable += 1;
    }

    /// Removes the file, because the store has its rows. A file with lines that could not be stored is renamed and kept
    /// instead.
    pub(crate) fn stored(self) -> io::Result<()> {
        if self.unreadable == 0 {
            std::fs::remove_file(&self.path)?;
        } else {
            let mut kept = self.path.clone().into_os_string();
            kept.push(format!(".unreadable-{}", ulid::Ulid::generate()));
            let kept = PathBuf::from(kept);
            std::fs::rename(&self.path, &kept)?;
            notice(format_args!(
                "{} lines of the spool file cannot be stored; the file stays at {}",
                self.unreadable,
                kept.display()
            ));
        }
        sync_folder(&self.path);
        drop(self.file);
        Ok(())
    }
}

/// The names that a spool file may have.
fn candidates(path: &Path) -> impl Iterator<Item = PathBuf> {
    let numbered = |number: u32| {
        let mut path = path.as_os_str().to_owned();
        path.push(format!(".{number}"));
        PathBuf::from(path)
    };
    std::iter::once(path.to_owned()).chain((1..MOST_FILES).map(numbered))
}

/// Syncs the folder of a file, so that its name survives a power cut. Systems that cannot open folders need no sync.
fn sync_folder(path: &Path) {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
}

/// One launch: id, queue, function, when it is due (in milliseconds since 1970; 0 is now), envelope.
type Line<'a> = (&'a str, &'a str, &'a str, u64, &'a RawValue);

fn line(row: &Row) -> io::Result<Line<'_>> {
    let due = match row.due {
        None => 0,
        // In wall-clock time, because the process that reads the file has another monotonic clock.
        Some(_) => {
            let due = (SystemTime::now() + row.delay())
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            u64::try_from(due.as_millis()).unwrap_or(u64::MAX)
        }
    };
    Ok((
        &row.id,
        &row.queue,
        &row.function,
        due,
        serde_json::from_slice(&row.job)?,
    ))
}

fn row(line: &[u8]) -> Option<Row> {
    let (id, queue, function, due, job): (String, String, String, u64, &RawValue) =
        serde_json::from_slice(line).ok()?;
    let due = UNIX_EPOCH.checked_add(Duration::from_millis(due))?;
    let delay = due.duration_since(SystemTime::now()).ok();
    Some(Row {
        id,
        queue,
        function,
        job: job.get().into(),
        due: delay.map(|delay| Instant::now() + delay),
    })
}

/// The number of processes that can spool under one name at the same time.
const MOST_FILES: u32 = 100;
