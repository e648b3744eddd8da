//! This program run again, for one peer or one amount that has a process to itself.

use std::io;
use std::process::{Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::peers::{LINES, Line};
use crate::shapes::{counts, exact};
use crate::{instructions, scale, syscalls};

/// What a child does, by the name that its command line gives.
const TASKS: &[(&str, Task)] = &[
    (counts::TASK, OfPeer(counts::count_one)),
    (exact::TASK, OfPeer(exact::count_ours)),
    (syscalls::TASK, OfPeer(syscalls::launch_between_marks)),
    (instructions::TASK, OfPeer(instructions::launch_counted)),
    (scale::FUNCTIONS, OfAmount(scale::measure_functions)),
    (scale::POOLS, OfAmount(scale::measure_pools)),
    (scale::STARTED_POOLS, OfAmount(scale::measure_started_pools)),
    (scale::IDLE_POOLS, OfAmount(scale::measure_idle_pools)),
];

/// A task, and what its subject is.
enum Task {
    /// The name of a peer.
    OfPeer(fn(&Line)),
    /// A number in digits.
    OfAmount(fn(usize)),
}

use self::Task::{OfAmount, OfPeer};

/// Runs a task for a subject in a process of its own, and returns what it [answers](answer).
///
/// # Panics
///
/// When the child fails, which is a defect of this program.
pub(crate) fn count<T: DeserializeOwned>(task: &str, subject: &str) -> T {
    let output = std::env::current_exe()
        .and_then(|program| {
            let mut command = Command::new(program);
            command
                .args(arguments(task, subject))
                .stderr(Stdio::inherit());
            command.output()
        })
        .unwrap_or_else(|error| panic!("{task} of {subject}: {error}"));
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{task} of {subject}, {}: {error}", output.status))
}

/// Says what was counted to the process that has started this one.
pub(crate) fn answer(counts: &impl Serialize) {
    serde_json::to_writer(io::stdout(), counts).expect("somebody listens");
}

/// Runs a task for a peer under a tool that watches it, and returns what the tool says.
pub(crate) fn watched_by(
    tool: &str,
    options: &[&str],
    task: &str,
    peer: &str,
) -> io::Result<String> {
    let output = Command::new(tool)
        .args(options)
        .arg(std::env::current_exe()?)
        .args(arguments(task, peer))
        .stdout(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => io::Error::new(
                io::ErrorKind::NotFound,
                format!("`{tool}` is not installed; on Debian: apt-get install {tool}"),
            ),
            _ => error,
        })?;
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        Ok(words)
    } else {
        let error = format!("{tool} of {task} of {peer}, {}:\n{words}", output.status);
        Err(io::Error::other(error))
    }
}

fn arguments<'a>(task: &'a str, subject: &'a str) -> [&'a str; 3] {
    ["--child", task, subject]
}

/// Does the task, as a child.
pub(crate) fn perform(task: &str, subject: &str) -> io::Result<()> {
    let unknown = || io::Error::new(io::ErrorKind::InvalidInput, format!("{task} of {subject}"));
    let found = TASKS.iter().find(|(name, _)| *name == task);
    match found.ok_or_else(unknown)?.1 {
        OfPeer(perform) => {
            let line = LINES.iter().find(|(name, ..)| *name == subject);
            perform(line.ok_or_else(unknown)?);
        }
        OfAmount(perform) => perform(subject.parse().map_err(|_| unknown())?),
    }
    Ok(())
}
