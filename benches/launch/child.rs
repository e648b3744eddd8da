//! This program run again, for one peer that has a process to itself.

use std::io;
use std::process::{Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::peers::{LINES, Line};
use crate::shapes::{counts, exact};

/// What a child does, by the name that its command line gives.
const TASKS: &[(&str, Task)] = &[
    (counts::TASK, counts::count_one),
    (exact::TASK, exact::count_ours),
];

type Task = fn(&Line);

/// The command that runs a task for a peer.
pub(crate) fn command(task: &str, peer: &str) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("--child").arg(task).arg(peer);
    Ok(command)
}

/// Runs a task for a peer in a process of its own, and returns what it [answers](answer).
///
/// # Panics
///
/// When the child fails, which is a defect of this program.
pub(crate) fn count<T: DeserializeOwned>(task: &str, peer: &str) -> T {
    let output = command(task, peer)
        .and_then(|mut command| command.stderr(Stdio::inherit()).output())
        .unwrap_or_else(|error| panic!("{task} of {peer}: {error}"));
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{task} of {peer}, {}: {error}", output.status))
}

/// Says what was counted to the process that has started this one.
pub(crate) fn answer(counts: &impl Serialize) {
    serde_json::to_writer(io::stdout(), counts).expect("somebody listens");
}

/// Does the task, as a child.
pub(crate) fn perform(task: &str, peer: &str) -> io::Result<()> {
    let unknown = || io::Error::new(io::ErrorKind::InvalidInput, format!("{task} of {peer}"));
    let perform = TASKS.iter().find(|(name, _)| *name == task);
    let line = LINES.iter().find(|(name, ..)| *name == peer);
    let ((_, perform), line) = perform.zip(line).ok_or_else(unknown)?;
    perform(line);
    Ok(())
}
