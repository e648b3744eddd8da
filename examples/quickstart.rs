//! Hashes every file of a folder on a pool, records each hash in a report, and announces each file over HTTP, while
//! the walk goes on.
//!
//! `cargo run --release --example quickstart -- [FOLDER]` (default: this repository)
//!
//! It ends with the ledger, and exits non-zero if anything is unaccounted for.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use fire_and_forget::{Pool, fire_and_forget};
use sha2::{Digest, Sha256};
use walkdir::WalkDir;

/// One thread and a queue: first in, first out.
static RECORDER: Pool = Pool::new("recorder").threads(1).queue(1024);

/// Runs on the built-in pool. With `block`, the walk goes no faster than the pool once its queue is full.
#[fire_and_forget(on_full = "block")]
fn checksum(path: PathBuf) -> anyhow::Result<()> {
    let digest = hash(&path);
    let line = describe(&path, &digest);
    RECORDER_COST.of(|| record(line));
    digest.map(drop)
}

/// Runs on a pool of our own. A `checksum` that finds its queue full writes the line itself, ahead of those in the
/// queue: a launched body never waits for room.
#[fire_and_forget(backend = RECORDER, on_full = "block")]
fn record(line: String) -> io::Result<()> {
    append(&line)
}

/// Runs as a task. With `reject`, the arguments come back when 64 announcements wait for their answers.
#[fire_and_forget(on_full = "reject", max_in_flight = 64)]
async fn announce(path: PathBuf, size: u64) -> anyhow::Result<()> {
    post(&path, size).await
}

fn main() -> anyhow::Result<ExitCode> {
    let repository = || PathBuf::from(env!("CARGO_MANIFEST_DIR").trim_end_matches("/examples"));
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(repository, PathBuf::from);
    let files = files_below(&folder)?;
    let runtime = tokio::runtime::Runtime::new()?;
    fire_and_forget::set_tokio_handle(runtime.handle().clone())?;
    runtime.block_on(listen())?;
    println!("{} files below {}", files.len(), folder.display());

    let first = &files[..files.len().min(MOST_IN_LINE)];
    let begun = Instant::now();
    for (path, size) in first {
        let digest = hash(path);
        append(&describe(path, &digest))?;
        runtime.block_on(post(path, *size))?;
    }
    print_walk("in line", first.len(), begun);

    REPORT.file.set_len(0)?;
    println!("\none announcement will fail, on purpose");
    let mut refused = 0;
    ANSWERS_500.store(true, Ordering::Relaxed);
    let begun = Instant::now();
    for (path, size) in &files {
        POOL_COST.of(|| checksum(path.clone()));
        let mut launched = TOKIO_COST.of(|| announce(path.clone(), *size));
        while let Err(rejected) = launched {
            refused += 1;
            std::thread::sleep(Duration::from_micros(100));
            let (path, size) = rejected.into_args();
            launched = announce(path, size);
        }
    }
    print_walk("launched", files.len(), begun);

    if let Err(unfinished) = fire_and_forget::shutdown(Duration::from_secs(60)).wait() {
        eprintln!("{unfinished}");
    }
    print_walk("finished", files.len(), begun);

    println!(
        "one launch cost the caller, in ns (median): \"pool\" {}, RECORDER {}, \"tokio\" {}",
        POOL_COST.median(),
        RECORDER_COST.median(),
        TOKIO_COST.median()
    );
    let ledger = fire_and_forget::ledger();
    println!("\n{ledger}\n");
    println!(
        "`announce` was refused {refused} times with 64 in flight, and launched again each time"
    );

    let lines = BufReader::new(File::open(&REPORT.path)?).lines().count();
    let total = ledger.total();
    if lines == files.len() && total.in_flight() == 0 && total.lost == 0 {
        std::fs::remove_file(&REPORT.path)?;
        println!("{lines} lines were recorded; every launch is accounted for");
        Ok(ExitCode::SUCCESS)
    } else {
        eprintln!(
            "something is unaccounted for: {lines} lines in {}",
            REPORT.path.display()
        );
        Ok(ExitCode::FAILURE)
    }
}

/// Enough to compare the two; the whole of a large folder would take too long in line.
const MOST_IN_LINE: usize = 200;

fn hash(path: &Path) -> anyhow::Result<String> {
    let mut file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file
            .read(&mut buffer)
            .with_context(|| format!("cannot read {}", path.display()))?
        {
            0 => break,
            length => hasher.update(&buffer[..length]),
        }
    }
    let mut digest = String::new();
    for byte in hasher.finalize() {
        write!(digest, "{byte:02x}")?;
    }
    Ok(digest)
}

/// One line, also where a file's name has a line break in it.
fn describe(path: &Path, digest: &anyhow::Result<String>) -> String {
    let name = path.display().to_string();
    match digest {
        Ok(digest) => format!("{digest} {name:?}"),
        Err(error) => format!("{:?} {name:?}", format!("{error:#}")),
    }
}

fn append(line: &str) -> io::Result<()> {
    writeln!(&REPORT.file, "{line}")
}

async fn post(path: &Path, size: u64) -> anyhow::Result<()> {
    static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);
    let url = URL.get().context("the listener is not up")?;
    let body = format!("{} {size}", path.display());
    let status = CLIENT.post(url).body(body).send().await?.status();
    ensure!(
        status.is_success(),
        "{} was answered with {status}",
        path.display()
    );
    Ok(())
}

/// Receives the announcements on loopback, and fails one of them.
async fn listen() -> io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    URL.get_or_init(|| format!("http://{address}"));
    let answer = || async {
        if ANSWERS_500.swap(false, Ordering::Relaxed) {
            axum::http::StatusCode::INTERNAL_SERVER_ERROR
        } else {
            axum::http::StatusCode::NO_CONTENT
        }
    };
    let router = axum::Router::new().route("/", axum::routing::post(answer));
    tokio::spawn(async { axum::serve(listener, router).await });
    Ok(())
}

/// All files with their sizes; not those in `target` and `.git`, which change while this runs.
fn files_below(folder: &Path) -> anyhow::Result<Vec<(PathBuf, u64)>> {
    let is_volatile = |name: &OsStr| name == "target" || name == ".git";
    let mut files = Vec::new();
    for entry in WalkDir::new(folder)
        .into_iter()
        .filter_entry(|entry| !is_volatile(entry.file_name()))
    {
        match entry.and_then(|entry| Ok((entry.metadata()?, entry))) {
            Ok((metadata, entry)) if metadata.is_file() => {
                files.push((entry.into_path(), metadata.len()));
            }
            Ok(_) => {}
            Err(error) if error.depth() == 0 => return Err(error.into()),
            Err(error) => eprintln!("left out: {error}"),
        }
    }
    Ok(files)
}

fn print_walk(how: &str, files: usize, begun: Instant) {
    let micros = begun.elapsed().as_micros();
    println!(
        "{how:<9} {files:>6} files {micros:>9} µs {:>6} µs per file",
        micros / files.max(1) as u128
    );
}

/// What launches cost those who made them.
struct Cost(Mutex<Vec<Duration>>);

static POOL_COST: Cost = Cost(Mutex::new(Vec::new()));
static RECORDER_COST: Cost = Cost(Mutex::new(Vec::new()));
static TOKIO_COST: Cost = Cost(Mutex::new(Vec::new()));

impl Cost {
    fn of<R>(&self, launch: impl FnOnce() -> R) -> R {
        let begun = Instant::now();
        let launched = launch();
        let cost = begun.elapsed();
        self.0.lock().expect("no holder panics").push(cost);
        launched
    }

    fn median(&self) -> u128 {
        let mut costs = self.0.lock().expect("no holder panics");
        costs.sort_unstable();
        costs.get(costs.len() / 2).map_or(0, Duration::as_nanos)
    }
}

/// The lines that `record` writes.
struct Report {
    path: PathBuf,
    /// In append mode, so that each line goes to the end, whoever writes it.
    file: File,
}

static REPORT: LazyLock<Report> = LazyLock::new(|| {
    let name = format!("fire-and-forget-quickstart-{}.txt", std::process::id());
    let path = std::env::temp_dir().join(name);
    let opened = File::options().append(true).create(true).open(&path);
    let file = opened.unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    Report { path, file }
});

static URL: OnceLock<String> = OnceLock::new();
static ANSWERS_500: AtomicBool = AtomicBool::new(false);
