//! What the processes have written down, read when all of them are gone.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::str::{FromStr, SplitWhitespace};

use anyhow::Context as _;

use crate::child::log;
use crate::history::{End, Past};

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Tale {
    /// By their numbers.
    pub(super) launches: BTreeMap<u64, Launch>,
    /// The numbers for which somebody was told that they are in the store.
    pub(super) stored: BTreeSet<u64>,
    pub(super) rolled_back: HashSet<u64>,
    pub(super) unclear: HashSet<u64>,
    /// The runs of each number, in the order in which they began.
    pub(super) runs: HashMap<u64, Vec<Run>>,
    /// By their numbers.
    pub(super) processes: BTreeMap<u32, Process>,
    /// What the store says of itself: waiting, running, done, dead.
    pub(super) counts: Option<[u64; 4]>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Launch {
    pub(super) process: u32,
    pub(super) at: u64,
    pub(super) way: Way,
}

/// How it was launched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Way {
    Plain,
    Stored,
    /// After so many milliseconds.
    Later(u64),
    InTransaction {
        is_kept: bool,
    },
}

/// One run of a body.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) process: u32,
    pub(super) function: String,
    pub(super) attempt: u32,
    pub(super) from: u64,
    /// When, and how; none where its process did not come so far.
    pub(super) end: Option<(u64, How)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Ok,
    Failed,
    Panicked,
}

#[derive(Debug)]
pub(super) struct Process {
    pub(super) past: Past,
    /// The last of the plain launches of which a flush has said that they are stored.
    pub(super) flushed: u64,
    /// When it began to end.
    pub(super) ending_at: Option<u64>,
    /// What its shutdown said; none where it came to no end.
    pub(super) is_finished: Option<bool>,
    pub(super) is_closed: bool,
    /// By function, and launches or executions.
    pub(super) ledger: BTreeMap<(String, String), BTreeMap<String, u64>>,
    /// The same, by what was reported.
    pub(super) reports: BTreeMap<(String, String), BTreeMap<String, u64>>,
}

impl Tale {
    pub(super) fn read(folder: &Path, past: &[Past]) -> anyhow::Result<Self> {
        let mut tale = Self::default();
        for past in past {
            let path = log::path(folder, past.process);
            // One that was killed at once has none.
            let text = match std::fs::read_to_string(&path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
                text => text?,
            };
            tale.hear(past, &text)
                .with_context(|| path.display().to_string())?;
        }
        Ok(tale)
    }

    /// What one process has to tell.
    pub(super) fn hear(&mut self, past: &Past, text: &str) -> anyhow::Result<()> {
        self.processes.insert(past.process, Process::new(past));
        // What a kill has cut off has no line break.
        let lines = text.split_inclusive('\n');
        for line in lines.filter(|line| line.ends_with('\n')) {
            self.line(past.process, line)
                .with_context(|| line.to_owned())?;
        }
        for runs in self.runs.values_mut() {
            runs.sort_by_key(|run| run.from);
        }
        Ok(())
    }

    fn line(&mut self, number: u32, line: &str) -> anyhow::Result<()> {
        let process = self.processes.get_mut(&number).context("its process")?;
        let mut words = line.split_whitespace();
        let at: u64 = next(&mut words)?;
        match words.next().context("a word")? {
            "launch" => {
                let launch = next(&mut words)?;
                let way = match words.next() {
                    Some("plain") => Way::Plain,
                    Some("stored") => Way::Stored,
                    Some("later") => Way::Later(next(&mut words)?),
                    Some("in") => Way::InTransaction {
                        is_kept: next(&mut words)?,
                    },
                    _ => anyhow::bail!("a way to launch"),
                };
                let process = number;
                let known = self.launches.insert(launch, Launch { process, at, way });
                anyhow::ensure!(known.is_none(), "a number that was not launched before");
            }
            "stored" => drop(self.stored.insert(next(&mut words)?)),
            "rolled-back" => drop(self.rolled_back.insert(next(&mut words)?)),
            "unclear" => drop(self.unclear.insert(next(&mut words)?)),
            // Later on it is over as well when everything has been refused.
            "flushed" if process.ending_at.is_none() => process.flushed = next(&mut words)?,
            "begin" => {
                let launch: u64 = next(&mut words)?;
                self.runs.entry(launch).or_default().push(Run {
                    process: number,
                    attempt: next(&mut words)?,
                    function: next(&mut words)?,
                    from: at,
                    end: None,
                });
            }
            "end" => {
                let (launch, attempt): (u64, u32) = (next(&mut words)?, next(&mut words)?);
                let how = match words.next() {
                    Some("ok") => How::Ok,
                    Some("failed") => How::Failed,
                    Some("panicked") => How::Panicked,
                    _ => anyhow::bail!("how it ended"),
                };
                let mut runs = self.runs.get_mut(&launch).into_iter().flatten();
                let run = runs
                    .find(|it| it.process == number && it.attempt == attempt && it.end.is_none());
                run.context("a run that ends")?.end = Some((at, how));
            }
            "ending" => process.ending_at = Some(at),
            "finished" => process.is_finished = Some(true),
            "unfinished" => process.is_finished = Some(false),
            "closed" => process.is_closed = true,
            "ledger" => {
                let key = (next(&mut words)?, next(&mut words)?);
                let row = process.ledger.entry(key).or_default();
                for word in words {
                    let (name, count) = word.split_once('=').context("a count")?;
                    row.insert(name.to_owned(), count.parse()?);
                }
            }
            "reports" => {
                let key = (next(&mut words)?, next(&mut words)?);
                let what = next(&mut words)?;
                let row = process.reports.entry(key).or_default();
                row.insert(what, next(&mut words)?);
            }
            "counts" => {
                let mut count = || next(&mut words);
                self.counts = Some([count()?, count()?, count()?, count()?]);
            }
            "open" | "unopened" | "refused" | "flushed" => {}
            other => anyhow::bail!("the word {other}"),
        }
        Ok(())
    }
}

fn next<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    words: &mut SplitWhitespace<'_>,
) -> anyhow::Result<T> {
    Ok(words.next().context("another word")?.parse()?)
}

impl Process {
    fn new(past: &Past) -> Self {
        Self {
            past: past.clone(),
            flushed: 0,
            ending_at: None,
            is_finished: None,
            is_closed: false,
            ledger: BTreeMap::new(),
            reports: BTreeMap::new(),
        }
    }

    /// It has told its whole story.
    pub(super) fn has_ended(&self) -> bool {
        self.past.end == End::Ended && self.is_closed
    }
}
