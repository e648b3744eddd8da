//! What is found when all is over: the logs and the store, held against each other and against what was promised.

mod launches;
mod ledgers;
mod rounds;
mod runs;
mod tale;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt::Display;
use std::path::Path;
use std::time::Duration;

use self::tale::Tale;
use crate::arguments::Arguments;
use crate::history::{End, Told};
use crate::store::{Job, Store};

/// A table, and what is wrong.
#[derive(Debug, Default)]
struct Findings {
    rows: Vec<(String, String)>,
    wrong: Vec<String>,
}

impl Findings {
    fn row(&mut self, name: &str, value: impl Display) {
        self.rows.push((name.to_owned(), value.to_string()));
    }

    fn wrong(&mut self, what: String) {
        self.wrong.push(what);
    }
}

/// Prints what was done and found, and returns what is wrong.
pub(crate) async fn look(
    arguments: &Arguments,
    folder: &Path,
    store: &Store,
    told: &Told,
) -> anyhow::Result<Vec<String>> {
    let tale = Tale::read(folder, &told.past)?;
    let rows = store.jobs().await?;
    let orders = store.orders().await?;
    let mut findings = judge(arguments.dead_after(), told, &tale, &rows, &orders);
    check_folder(folder, &mut findings)?;
    let width = findings.rows.iter().map(|(name, _)| name.chars().count());
    let width = width.max().unwrap_or(0);
    for (name, value) in &findings.rows {
        println!("{name:<width$}  {value:>8}");
    }
    Ok(findings.wrong)
}

/// Holds it all against each other.
fn judge(
    dead_after: Duration,
    told: &Told,
    tale: &Tale,
    rows: &[Job],
    orders: &HashSet<u64>,
) -> Findings {
    let mut findings = Findings {
        wrong: told.wrong.clone(),
        ..Findings::default()
    };
    rounds::check(tale, told, &mut findings);
    tell_faults(told, &mut findings);
    check_processes(tale, &mut findings);
    let jobs = by_number(rows, &mut findings);
    launches::check(tale, told, &jobs, orders, &mut findings);
    let reach = dead_after + Duration::from_secs(1);
    let reach = u64::try_from(reach.as_micros()).unwrap_or(u64::MAX);
    runs::check(tale, told, reach, &mut findings);
    ledgers::check(tale, &jobs, &mut findings);
    check_counts(tale, rows, &mut findings);
    findings
}

fn tell_faults(told: &Told, findings: &mut Findings) {
    let mut faults = BTreeMap::new();
    for event in &told.events {
        *faults.entry(event.fault).or_insert(0) += 1;
    }
    findings.row("faults", told.events.len());
    for (fault, count) in faults {
        findings.row(&format!("  {fault:?}"), count);
    }
}

fn check_processes(tale: &Tale, findings: &mut Findings) {
    let count = |end: End| {
        let those = tale.processes.values().filter(|it| it.past.end == end);
        those.count()
    };
    findings.row("processes", tale.processes.len());
    findings.row("  killed", count(End::Killed));
    findings.row("  ended when they were asked to", count(End::Ended));
    findings.row("  found no store", count(End::Unopened));
    for process in tale.processes.values() {
        if process.past.end == End::Ended && !process.is_closed {
            findings.wrong(format!(
                "process {} ended before it had written all",
                process.past.process
            ));
        }
    }
}

fn by_number<'a>(rows: &'a [Job], findings: &mut Findings) -> HashMap<u64, &'a Job> {
    let mut jobs = HashMap::new();
    for job in rows {
        if let Some(other) = jobs.insert(job.number, job) {
            findings.wrong(format!(
                "job {} is in the store twice, as {} and {}",
                job.number, other.id, job.id
            ));
        }
    }
    jobs
}

/// What `Jobs::counts` says, and what is in the table.
fn check_counts(tale: &Tale, rows: &[Job], findings: &mut Findings) {
    let with = |status: &str| rows.iter().filter(|job| job.status == status).count() as u64;
    let (done, dead) = (with("Done"), with("Killed"));
    match tale.counts {
        Some([_, _, said_done, said_dead]) if (said_done, said_dead) == (done, dead) => {}
        said => findings.wrong(format!(
            "the store counts {said:?}, and its table has {done} done and {dead} dead"
        )),
    }
    findings.row("done, by the table and by the store's counts", done);
    findings.row("dead, by both", dead);
}

/// What was spooled has been stored.
fn check_folder(folder: &Path, findings: &mut Findings) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with("spool") && entry.metadata()?.len() > 0 {
            findings.wrong(format!("{name} is still there, and every process is gone"));
        }
        if entry.path().extension().is_some_and(|it| it == "err") {
            let text = std::fs::read_to_string(entry.path())?;
            if let Some(line) = text.lines().find(|line| line.contains("panicked at")) {
                findings.wrong(format!("{name}: {line}"));
            }
        }
    }
    Ok(())
}
