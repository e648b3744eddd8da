//! This program run again, for one peer that has a process to itself.

use std::io;
use std::process::{Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::peers::{LINES, Line};
use crate::shapes::{counts, exact};
use crate::{instructions, syscalls};

/// What a child does, by the name that its command line gives.
const TASKS: &[(&str, Task)] = &[
    (counts::TASK, counts::count_one),
    (exact::TASK, exact::count_ours),
    (syscalls::TASK, syscalls::launch_between_marks),
    (instructions::TASK, instructions::launch_counted),
];

type Task = fn(&Line);

/// Runs a task for a peer in a process of its own, and returns what it [answers](answer).
///
/// # Panics
///
/// When the child fails, which is a defect of this program.
pub(crate) fn count<T: DeserializeOwned>(task: &str, peer: &str) -> T {
    let output = std::env::current_exe()
        .and_then(|program| {
            let mut command = Command::new(program);
            command.args(arguments(task, peer)).stderr(Stdio::inherit());
            command.output()
        })
        .unwrap_or_else(|error| panic!("{task} of {peer}: {error}"));
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{task} of {peer}, {}: {error}", output.status))
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

fn arguments<'a>(task: &'a str, peer: &'a str) -> [&'a str; 3] {
    ["--child", task, peer]
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
