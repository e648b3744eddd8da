//! Memory and threads of this process, as Linux tells it; elsewhere nobody asks.

use std::fmt;
use std::fs;
use std::thread::{Builder, available_parallelism};

use waiting::wait_until;

use crate::backends;

/// Starts a thread that stays, with a name by which it is told from others: without one it has that of its creator.
pub(crate) fn start_thread(name: &str, act: impl FnOnce() + Send + 'static) {
    let started = Builder::new().name(name.to_owned()).spawn(act);
    started.expect("a thread can be started");
}

/// Waits until no threads are left but those that stay: workers with a short time to live have retired, runtimes have
/// gone, and each launch on a thread of its own has taken that thread away.
pub(crate) fn expect_few_threads() {
    let processors = available_parallelism().map_or(1, usize::from);
    let built_in_pool = processors.max(4);
    let own_runtime = processors;
    expect_threads(OF_THIS_PROGRAM + SERVICE + EVICTIONS + built_in_pool + own_runtime);
}

/// Waits until, after a shutdown, of all threads of the crate only the service thread is left.
pub(crate) fn expect_no_threads_of_ours() {
    expect_threads(OF_THIS_PROGRAM + SERVICE);
}

fn expect_threads(most: usize) {
    wait_until(
        format_args!("at most {most} threads are left of {Names}"),
        || threads().is_none_or(|threads| threads.len() <= most),
    );
}

/// The main one, that of the snapshots, that which wakes, and those of backends.
const OF_THIS_PROGRAM: usize = 3 + backends::THREADS;
const SERVICE: usize = 1;
/// The one that drops what was evicted.
const EVICTIONS: usize = 1;

/// The names of all threads.
pub(crate) fn threads() -> Option<Vec<String>> {
    if !cfg!(target_os = "linux") {
        return None;
    }
    let tasks = fs::read_dir("/proc/self/task").ok()?;
    let names = tasks.filter_map(|task| {
        // It may have ended meanwhile.
        let name = fs::read_to_string(task.ok()?.path().join("comm")).ok()?;
        Some(name.trim_end().to_owned())
    });
    Some(names.collect())
}

/// How much memory is in use.
pub(crate) fn resident_kib() -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The names of the threads at the time of being shown.
struct Names;

impl fmt::Display for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", threads().unwrap_or_default())
    }
}
