//! A time in which nothing is done to anybody: what dead workers have left is taken over meanwhile.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use super::{Stage, TICK};
use crate::child::Role;
use crate::child::log::{self, micros};
use crate::history::Calm;

impl Stage {
    /// Begins with the death of a worker, so that something is left behind, and lasts for so long.
    pub(crate) async fn calm(&mut self, time: Duration) -> anyhow::Result<Calm> {
        self.kill_a_worker().await?;
        let from = micros();
        let began = Instant::now();
        let open = self.store.unfinished().await?;
        let mut settled = None;
        while began.elapsed() < time {
            self.wait(LOOK).await?;
            if settled.is_none() {
                let now = self.store.unfinished().await?;
                settled = (!open.keys().any(|id| now.contains_key(id))).then(|| micros() - from);
            }
        }
        let dead = self.store.unseen_for(began.elapsed()).await?;
        let now = self.store.unfinished().await?;
        let is_left = |id: &&String| now.contains_key(*id);
        let orphans = open.iter().filter(|(_, holder)| {
            let holder = holder.as_ref();
            holder.is_some_and(|holder| dead.contains(holder))
        });
        let orphans: Vec<&String> = orphans.map(|(id, _)| id).collect();
        Ok(Calm {
            from,
            to: micros(),
            open: open.len(),
            orphans: orphans.len(),
            taken_over: orphans.iter().filter(|id| !is_left(id)).count(),
            settled,
            left: open.keys().filter(is_left).cloned().collect(),
        })
    }

    /// One in the middle of a body, which is left behind.
    async fn kill_a_worker(&mut self) -> anyhow::Result<()> {
        let history = self.history.clone();
        let folder = self.maker.template.folder.clone();
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            for slot in &mut self.slots {
                if slot.role == Role::Worker
                    && let Some(running) = slot.at_work()
                    && is_in_a_body(&folder, running.number)?
                {
                    return running.kill(Role::Worker, &history);
                }
            }
            self.wait(TICK).await?;
        }
        self.history.wrong(format!(
            "no worker is in the middle of a body within {PATIENCE:?}"
        ));
        Ok(())
    }
}

/// Has a process been in a body for a while? Then it is in one of those that take long.
fn is_in_a_body(folder: &Path, process: u32) -> anyhow::Result<bool> {
    let log = match std::fs::read_to_string(log::path(folder, process)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        log => log?,
    };
    let mut begun = HashMap::new();
    for line in log.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            [at, "begin", number, attempt, ..] => {
                begun.insert((number, attempt), at.parse::<u64>()?);
            }
            [_, "end", number, attempt, ..] => drop(begun.remove(&(number, attempt))),
            _ => {}
        }
    }
    let now = micros();
    let is_long = |from: &u64| Duration::from_micros(now.saturating_sub(*from)) >= LONG;
    Ok(begun.values().any(is_long))
}

/// Most bodies take less, and the others much more.
const LONG: Duration = Duration::from_millis(100);
/// How long to wait for one of them: there are one or two a second.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long between two looks at the store.
const LOOK: Duration = Duration::from_millis(250);
