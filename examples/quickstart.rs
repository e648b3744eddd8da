//! Hashes every file of a folder on a pool, records each hash in a report, and announces each file to a receiver on
//! loopback, while the caller goes on. Before that, it does the same in line, to compare.
//!
//! ```sh
//! cargo run --release --example quickstart
//! cargo run --release --example quickstart -- FOLDER    # the first is for this repository
//! ```
//!
//! It ends with the ledger, and exits with 1 if anything is unaccounted for.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{LazyLock, Mutex, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use fire_and_forget::{Pool, fire_and_forget};
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use walkdir::WalkDir;

/// One thread and a queue: first in, first out.
static RECORDER: Pool = Pool::new("recorder").threads(1).queue(64);

/// Runs on the built-in pool. With `block`, the caller goes no faster than the pool once its queue is full.
#[fire_and_forget(on_full = "block")]
fn checksum(path: PathBuf) -> anyhow::Result<()> {
    let digest = hash(&path);
    let line = describe(&path, &digest);
    RECORD.of(|| record(line));
    digest.map(drop)
}

/// Runs on a pool of our own. A `checksum` that finds its queue full writes the line itself, ahead of those in the
/// queue: a launched body never waits for room.
#[fire_and_forget(backend = RECORDER, on_full = "block")]
fn record(line: String) -> io::Result<()> {
    append(&line)
}

/// Runs as a task, which waits until one of 64 connections is free. The caller does not.
#[fire_and_forget]
async fn announce(path: PathBuf) -> anyhow::Result<()> {
    static CONNECTIONS: Semaphore = Semaphore::const_new(64);
    let _connection = CONNECTIONS.acquire().await?;
    post(&path).await
}

fn main() -> anyhow::Result<ExitCode> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from);
    let folder = folder.or_else(repository).context("which folder?")?;
    let files = files_below(&folder)?;
    println!("{} files below {}", files.len(), folder.display());
    let runtime = tokio::runtime::Runtime::new()?;
    fire_and_forget::set_tokio_handle(runtime.handle().clone())?;
    runtime.block_on(listen())?;

    // Each file is read once before, so that both ways find it in memory.
    for path in &files {
        drop(hash(path));
    }
    let begun = Instant::now();
    for path in &files {
        append(&describe(path, &hash(path)))?;
        runtime.block_on(post(path))?;
    }
    print("in line", files.len(), begun);
    REPORT.file.set_len(0)?;

    let begun = Instant::now();
    for path in &files {
        let (to_hash, to_announce) = (path.clone(), path.clone());
        CHECKSUM.of(|| checksum(to_hash));
        ANNOUNCE.of(|| announce(to_announce));
    }
    announce(PathBuf::new()); // nobody takes it: this error is on purpose
    print("launched", files.len(), begun);
    if let Err(unfinished) = fire_and_forget::shutdown(Duration::from_secs(60)).wait() {
        eprintln!("{unfinished}");
    }
    print("finished", files.len(), begun);
    println!(
        "a launch costs the caller, in ns (median): checksum {}, record {}, announce {}",
        CHECKSUM.median(),
        RECORD.median(),
        ANNOUNCE.median()
    );

    let ledger = fire_and_forget::ledger();
    println!("\n{ledger}\n");
    let total = ledger.total();
    let recorded = std::fs::read_to_string(&REPORT.path)?;
    if is_each_once(&files, &recorded) && total.in_flight() == 0 && total.lost == 0 {
        std::fs::remove_file(&REPORT.path)?;
        println!("each file is recorded once; every launch is accounted for");
        Ok(ExitCode::SUCCESS)
    } else {
        eprintln!("something is missing: see {}", REPORT.path.display());
        Ok(ExitCode::FAILURE)
    }
}

/// All files; not those in `target` and `.git`, which change while this runs.
fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let is_volatile = |name: &OsStr| name == "target" || name == ".git";
    let mut files = Vec::new();
    for entry in WalkDir::new(folder)
        .into_iter()
        .filter_entry(|entry| !is_volatile(entry.file_name()))
    {
        match entry {
            Ok(entry) if entry.file_type().is_file() => files.push(entry.into_path()),
            Ok(_) => {}
            Err(error) if error.depth() == 0 => return Err(error.into()),
            Err(error) => eprintln!("left out: {error}"),
        }
    }
    Ok(files)
}

/// The folder that this example's package is in.
fn repository() -> Option<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_owned)
}

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

/// One line: the name, a tab, and the digest or why there is none.
fn describe(path: &Path, digest: &anyhow::Result<String>) -> String {
    match digest {
        Ok(digest) => format!("{}\t{digest}", name(path)),
        Err(error) => format!("{}\t{:?}", name(path), format!("{error:#}")),
    }
}

/// In quotes, and with line breaks and tabs escaped.
fn name(path: &Path) -> String {
    format!("{:?}", path.display().to_string())
}

/// Appends a line with one write: `writeln!` to a file makes two, and another thread's line may come between them.
fn append(line: &str) -> io::Result<()> {
    (&REPORT.file).write_all(format!("{line}\n").as_bytes())
}

/// Whether the report has a line for each file, and no other.
fn is_each_once(files: &[PathBuf], report: &str) -> bool {
    let names = report.lines().filter_map(|line| line.split_once('\t'));
    let mut recorded: Vec<String> = names.map(|(name, _)| name.to_owned()).collect();
    let mut found: Vec<_> = files.iter().map(|path| name(path)).collect();
    recorded.sort_unstable();
    found.sort_unstable();
    recorded == found
}

/// Announces a file on a connection of its own.
async fn post(path: &Path) -> anyhow::Result<()> {
    let address = *RECEIVER.get().context("there is no receiver")?;
    let mut connection = TcpStream::connect(address).await?;
    let name = path.as_os_str().as_encoded_bytes();
    connection.write_all(name).await?;
    connection.shutdown().await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    ensure!(answer == "taken", "the receiver answers `{answer}`");
    Ok(())
}

/// Receives the announcements on loopback.
async fn listen() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    RECEIVER.get_or_init(|| address);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            tokio::spawn(answer(connection));
        }
    });
    Ok(())
}

async fn answer(mut connection: TcpStream) -> io::Result<()> {
    let mut name = Vec::new();
    connection.read_to_end(&mut name).await?;
    let answer: &[u8] = if name.is_empty() {
        b"no name"
    } else {
        b"taken"
    };
    connection.write_all(answer).await
}

static RECEIVER: OnceLock<SocketAddr> = OnceLock::new();

/// The lines that `record` writes.
struct Report {
    path: PathBuf,
    /// In append mode, so that each write goes to the end, whichever thread makes it.
    file: File,
}

static REPORT: LazyLock<Report> = LazyLock::new(|| {
    let name = format!("fire-and-forget-quickstart-{}.txt", std::process::id());
    let path = std::env::temp_dir().join(name);
    let opened = File::options().append(true).create(true).open(&path);
    let file = opened.unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    Report { path, file }
});

fn print(how: &str, files: usize, begun: Instant) {
    let elapsed = begun.elapsed();
    let each = elapsed.as_nanos() / files.max(1) as u128;
    println!(
        "{how:<9} {files:>6} files {:>9} µs {:>6}.{} µs per file",
        elapsed.as_micros(),
        each / 1000,
        each % 1000 / 100
    );
}

/// What launches cost those who made them.
struct Cost(Mutex<Vec<Duration>>);

static CHECKSUM: Cost = Cost(Mutex::new(Vec::new()));
static RECORD: Cost = Cost(Mutex::new(Vec::new()));
static ANNOUNCE: Cost = Cost(Mutex::new(Vec::new()));

impl Cost {
    fn of(&self, launch: impl FnOnce()) {
        let begun = Instant::now();
        launch();
        let cost = begun.elapsed();
        self.0.lock().expect("no holder panics").push(cost);
    }

    fn median(&self) -> u128 {
        let mut costs = self.0.lock().expect("no holder panics");
        costs.sort_unstable();
        costs.get(costs.len() / 2).map_or(0, Duration::as_nanos)
    }
}
