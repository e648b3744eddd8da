//! This program run again: a process opens one store, and shuts down once.

use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::arguments::{Child, Effort};
use crate::{Result, bare, engine, storing, working};

/// Measures launches and stored rows; the number is that of the round.
pub(crate) const STORE: &str = "store";
/// Fills the store with so many jobs.
pub(crate) const FILL: &str = "fill";
/// Works off so many jobs.
pub(crate) const WORK: &str = "work";
/// Has the engine's worker work off so many jobs.
pub(crate) const ENGINE: &str = "engine";

/// Runs a task in a process of its own, and returns what it answers.
pub(crate) fn ask<T: DeserializeOwned>(
    folder: &Path,
    effort: Effort,
    task: &str,
    url: String,
    number: usize,
) -> Result<T> {
    let child = Child {
        task: task.into(),
        url,
        number,
        effort,
    };
    let output = Command::new(std::env::current_exe()?)
        .args(child.arguments())
        .current_dir(folder)
        .stderr(Stdio::inherit())
        .output()?;
    serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{task} {number}, {}: {error}", output.status).into())
}

/// Does a task, as a child.
pub(crate) fn perform(child: &Child) -> Result<()> {
    let (url, number) = (&child.url, child.number);
    match &*child.task {
        STORE => answer(&storing::measure(url, number, child.effort.amounts())?),
        FILL => answer(&bare::fill(url, number)?),
        WORK => answer(&working::work_off(url, number)?),
        ENGINE => answer(&engine::work_off(url, number)?),
        task => Err(format!("there is no task `{task}`").into()),
    }
}

fn answer(answer: &impl Serialize) -> Result<()> {
    Ok(serde_json::to_writer(std::io::stdout(), answer)?)
}
