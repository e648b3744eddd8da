//! Launches that could not be stored until the deadline of a shutdown, in a file: the next `open` stores them first.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::value::RawValue;

use crate::notice::notice;
use crate::store::Row;

/// The spool file of this process. Other processes may have theirs under the same name with a number behind it.
pub(crate) struct Spool {
    path: PathBuf,
    /// Open and locked from the first launch on that is written.
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
        // An empty line first: the last write may have been cut off.
        let mut lines = vec![b'\n'];
        for row in rows {
            let begin = lines.len();
            serde_json::to_writer(&mut lines, &line(row)?)?;
            // JSON has them between its parts alone: arguments that are JSON themselves pass as they are.
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

    /// The store has all that was written.
    pub(crate) fn clear(&self) {
        if let Some((file, path)) = self.open().take() {
            // What stays is stored once more, and is there already.
            let _ = std::fs::remove_file(path);
            drop(file);
        }
    }

    fn open(&self) -> MutexGuard<'_, Option<(File, PathBuf)>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where launches are, or would be.
    pub(crate) fn path(&self) -> PathBuf {
        let open = self.open();
        open.as_ref()
            .map_or_else(|| self.path.clone(), |(_, path)| path.clone())
    }

    fn create(&self) -> io::Result<(File, PathBuf)> {
        let mut options = OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            // Arguments are nobody else's business.
            options.mode(0o600);
        }
        for candidate in candidates(&self.path) {
            let file = options.open(&candidate)?;
            match file.try_lock() {
                // A reader may have removed it between the two; and what an earlier process has left is not this one's to remove.
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

/// What an earlier process has left: to be stored, and then removed.
pub(crate) struct Left {
    path: PathBuf,
    file: File,
    pub(crate) rows: Vec<Row>,
    /// How many lines could not be read, or were refused by the store.
    unreadable: usize,
}

impl Left {
    /// The files of this name that no process is writing.
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

    /// The store will never have one of the rows.
    pub(crate) fn refused(&mut self) {
        self.unreadable += 1;
    }

    /// The store has all of it: the file goes, unless there are lines in it that nobody could read.
    pub(crate) fn stored(self) -> io::Result<()> {
        if self.unreadable == 0 {
            std::fs::remove_file(&self.path)?;
        } else {
            let mut kept = self.path.clone().into_os_string();
            kept.push(format!(".unreadable-{}", ulid::Ulid::generate()));
            let kept = PathBuf::from(kept);
            std::fs::rename(&self.path, &kept)?;
            notice(format_args!(
                "{} lines of the spool file cannot be stored; all of it stays in {}",
                self.unreadable,
                kept.display()
            ));
        }
        sync_folder(&self.path);
        drop(self.file);
        Ok(())
    }
}

fn candidates(path: &Path) -> impl Iterator<Item = PathBuf> {
    let numbered = |number: u32| {
        let mut path = path.as_os_str().to_owned();
        path.push(format!(".{number}"));
        PathBuf::from(path)
    };
    std::iter::once(path.to_owned()).chain((1..MOST_FILES).map(numbered))
}

/// A new name is only there after a power cut if its folder is synced. Where folders cannot be opened, it needs no sync.
fn sync_folder(path: &Path) {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
}

/// Id, queue, function, when it is due in milliseconds since 1970, envelope.
type Line<'a> = (&'a str, &'a str, &'a str, u64, &'a RawValue);

fn line(row: &Row) -> io::Result<Line<'_>> {
    let due = match row.due {
        None => 0,
        // The process that reads it has another monotonic clock.
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

/// So many processes may spool beside each other.
const MOST_FILES: u32 = 100;
