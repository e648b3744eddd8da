//! System calls, counted exactly: each peer runs in a process of its own, under `strace`.
//!
//! Being traced makes a system call some hundred times slower and nothing else, so the calls are exact and the times
//! are not: a worker has been awake for longer when the next launch comes.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::body;
use crate::child;
use crate::claims::Claim;
use crate::findings::Findings;
use crate::peers::{self, LINES, Line, OURS};
use crate::statistics::Value;
use crate::table::Column;

const WAKES: Column = Column::less("burst: wake-ups", "calls");
const CALLS: Column = Column::less("burst: all of the caller", "calls");
const FUTEX: Column = Column::less("one per 1 ms: futex", "per launch");
const YIELD: Column = Column::less("one per 1 ms: sched_yield", "per launch");
const IDLE: Column = Column::less("idle for 2 s: all", "calls");

/// Traces every peer.
pub(crate) fn syscalls(findings: &mut Findings) -> io::Result<()> {
    let trace = std::env::temp_dir().join(format!("launch-{}.strace", std::process::id()));
    for &(name, ..) in LINES {
        eprintln!("{name}…");
        let path = trace.to_string_lossy();
        let options = ["-f", "-qq", "-e", "signal=none", "-s", "64", "-o", &path];
        child::watched_by("strace", &options, TASK, name)?;
        let counted = Counted::read(&trace)?;
        let wakes = counted.bursts.iter().map(|burst| burst.wakes).max();
        let calls = counted.bursts.iter().map(|burst| burst.calls).max();
        for (column, value) in [
            (WAKES, wakes.map_or(f64::NAN, f64::from)),
            (CALLS, calls.map_or(f64::NAN, f64::from)),
            (FUTEX, counted.futex / LAUNCHES as f64),
            (YIELD, counted.yields / LAUNCHES as f64),
            (IDLE, counted.idle),
        ] {
            findings.launches.set(name, column, Value::exactly(value));
        }
    }
    std::fs::remove_file(trace)?;
    for (column, bar) in [(WAKES, 2.0), (FUTEX, 3.0), (YIELD, 1.0), (IDLE, 0.0)] {
        if let Some(value) = findings.launches.value(OURS, column) {
            let what = format!("{OURS}: {column}");
            findings
                .claims
                .push(Claim::at_most(&what, value.measured, bar));
        }
    }
    Ok(())
}

pub(crate) const TASK: &str = "syscalls";

/// What the child does, between marks that show in the trace.
pub(crate) fn launch_between_marks(line: &Line) {
    let peer = Arc::new(peers::build(line));
    peer.run({
        let peer = Arc::clone(&peer);
        async move {
            for burst in 0..=BURSTS {
                peer.settle().await;
                // Tracing slows the way to sleep.
                peer.pause(Duration::from_millis(20)).await;
                let mut texts = body::owed_texts(1000);
                // The first one warms up.
                mark(if burst > 0 { Mark::Burst } else { Mark::End });
                peer.launch_all(&mut texts);
                mark(Mark::End);
            }
            peer.settle().await;
            let texts = body::owed_texts(LAUNCHES);
            mark(Mark::Sparse);
            for text in texts {
                peer.launch_once(text, body::PLAIN);
                peer.pause(Duration::from_millis(1)).await;
            }
            peer.settle().await;
            mark(Mark::End);
            peer.pause(Duration::from_millis(500)).await;
            mark(Mark::Idle);
            peer.pause(Duration::from_secs(2)).await;
            mark(Mark::End);
        }
    });
}

const BURSTS: usize = 20;
const LAUNCHES: usize = 200;

/// Where in the trace a stretch begins, or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Burst,
    Sparse,
    Idle,
    End,
}

/// A file that is not there, so that opening it is a call that does nothing and shows its name.
fn mark(mark: Mark) {
    _ = File::open(format!("{MARK}{mark:?}"));
}

const MARK: &str = "/no/such/mark/";

/// The calls of the caller in one burst.
#[derive(Debug, Default)]
struct Burst {
    wakes: u32,
    calls: u32,
}

#[derive(Debug, Default)]
struct Counted {
    bursts: Vec<Burst>,
    /// In the whole process.
    futex: f64,
    yields: f64,
    idle: f64,
}

impl Counted {
    fn read(trace: &Path) -> io::Result<Self> {
        let mut counted = Self::default();
        let mut stretch = (Mark::End, String::new());
        for line in BufReader::new(File::open(trace)?).lines() {
            let line = line?;
            let Some((thread, call)) = line.split_once(' ') else {
                continue;
            };
            let call = call.trim_start();
            if let Some(mark) = mark_in(call) {
                if mark == Mark::Burst {
                    counted.bursts.push(Burst::default());
                }
                stretch = (mark, thread.to_owned());
            } else if let Some((name, arguments)) = call.split_once('(') {
                let is_caller = thread == stretch.1;
                counted.count(stretch.0, is_caller, name, arguments);
            }
            // What is neither, such as "<... futex resumed>", is the end of a call that was counted when it began.
        }
        Ok(counted)
    }

    fn count(&mut self, stretch: Mark, is_caller: bool, name: &str, arguments: &str) {
        match stretch {
            Mark::Burst if is_caller => {
                // The other way to wake somebody is the file for which a runtime waits.
                let wakes = arguments.contains("FUTEX_WAKE") || name == "write";
                if let Some(burst) = self.bursts.last_mut() {
                    burst.calls += 1;
                    burst.wakes += u32::from(wakes);
                }
            }
            Mark::Sparse if name == "futex" => self.futex += 1.0,
            Mark::Sparse if name == "sched_yield" => self.yields += 1.0,
            // The caller's own sleep.
            Mark::Idle if name != "clock_nanosleep" => self.idle += 1.0,
            Mark::Burst | Mark::Sparse | Mark::Idle | Mark::End => {}
        }
    }
}

fn mark_in(call: &str) -> Option<Mark> {
    let (_, name) = call.split_once(MARK)?;
    let marks = [Mark::Burst, Mark::Sparse, Mark::Idle, Mark::End];
    marks
        .into_iter()
        .find(|mark| name.starts_with(&format!("{mark:?}")))
}
