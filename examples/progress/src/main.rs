//! Hashes every file of a folder on a pool, and shows how far it is: a bar on a terminal, a line for each tenth elsewhere.
//!
//! ```sh
//! cargo run --release -p progress               # the crate's sources
//! cargo run --release -p progress -- FOLDER
//! ```
//!
//! The bar is fed from the ledger: nothing else counts.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::path::PathBuf;
use std::time::Duration;

use fire_and_forget::{Counts, Entry, Pool, fire_and_forget, ledger};
use indicatif::{ProgressBar, ProgressStyle};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

static HASHING: Pool = Pool::new("hashing").queue(64);

/// With `block`, the walk waits for the pool: no list of a million paths in memory.
#[fire_and_forget(name = "hash", backend = HASHING, on_full = "block")]
fn hash(path: PathBuf) -> io::Result<()> {
    let mut file = BufReader::new(File::open(path)?);
    let mut hasher = Sha256::new();
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            break;
        }
        hasher.update(bytes);
        let read = bytes.len();
        file.consume(read);
    }
    let _digest = hasher.finalize();
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sources = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../runtime"));
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(sources, PathBuf::from);
    let files = |folder: &PathBuf| {
        let entries = WalkDir::new(folder).into_iter().filter_map(Result::ok);
        entries.filter(|entry| entry.file_type().is_file())
    };
    let mut progress = Progress::of(files(&folder).count() as u64)?;
    for file in files(&folder) {
        hash(file.into_path());
        progress.show();
    }
    // The last ones, until none is in flight.
    while fire_and_forget::flush(Duration::from_millis(50))
        .wait()
        .is_err()
    {
        progress.show();
    }
    progress.show();
    let done = counts();
    progress.bar.finish();
    println!(
        "{} files hashed, {} could not be read",
        done.ok, done.failed
    );
    Ok(())
}

/// What the ledger says of `hash`.
fn counts() -> Counts {
    ledger()
        .get("hash")
        .map_or_else(Counts::default, Entry::counts)
}

struct Progress {
    total: u64,
    bar: ProgressBar,
    /// Where there is no terminal: how many tenths have been told.
    tenths: Option<u64>,
}

impl Progress {
    fn of(total: u64) -> Result<Self, indicatif::style::TemplateError> {
        let is_terminal = io::stderr().is_terminal();
        let bar = if is_terminal {
            ProgressBar::new(total)
        } else {
            ProgressBar::hidden()
        };
        bar.set_style(ProgressStyle::with_template(
            "{bar:40} {pos} of {len} files, {eta} left; {msg}",
        )?);
        Ok(Self {
            total,
            bar,
            tenths: (!is_terminal).then_some(0),
        })
    }

    fn show(&mut self) {
        let counts = counts();
        let ended = counts.launched - counts.in_flight();
        self.bar.set_position(ended);
        self.bar.set_message(format!("{} failed", counts.failed));
        let tenths = ended * 10 / self.total.max(1);
        if let Some(told) = &mut self.tenths
            && tenths > *told
        {
            *told = tenths;
            eprintln!("{ended} of {} files, {} failed", self.total, counts.failed);
        }
    }
}
