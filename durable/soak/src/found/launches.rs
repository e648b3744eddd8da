//! Whether each launch is where it belongs.

use std::collections::{HashMap, HashSet};

use super::Findings;
use super::tale::{How, Tale, Way};
use crate::child::Role;
use crate::history::{Fault, Told};
use crate::store::Job;

pub(super) fn check(
    tale: &Tale,
    told: &Told,
    jobs: &HashMap<u64, &Job>,
    orders: &HashSet<u64>,
    findings: &mut Findings,
) {
    check_launches(tale, jobs, orders, findings);
    check_missing(tale, jobs, findings);
    check_ends(tale, told, jobs, findings);
}

/// What was promised of each of them.
fn check_launches(
    tale: &Tale,
    jobs: &HashMap<u64, &Job>,
    orders: &HashSet<u64>,
    findings: &mut Findings,
) {
    let mut ways = [0; 5];
    for (number, launch) in &tale.launches {
        let is_there = jobs.contains_key(number);
        if tale.stored.contains(number) && !is_there {
            findings.wrong(format!("job {number} is lost, and was said to be stored"));
        }
        match launch.way {
            Way::Plain => {
                ways[0] += 1;
                let process = &tale.processes[&launch.process];
                if *number <= process.flushed && !is_there {
                    findings.wrong(format!("job {number} is lost, and was flushed"));
                }
            }
            Way::Stored => ways[1] += 1,
            Way::Later(delay) => {
                ways[2] += 1;
                let due = launch.at + delay * 1000;
                let first = tale.runs.get(number).and_then(|runs| runs.first());
                if let Some(early) = first.filter(|run| run.from + CLOCKS < due) {
                    let by = due - early.from;
                    findings.wrong(format!("job {number} was begun {by} µs before it was due"));
                }
            }
            Way::InTransaction { is_kept } => {
                ways[if is_kept { 3 } else { 4 }] += 1;
                if is_there && !is_kept {
                    findings.wrong(format!("job {number} is there, and was rolled back"));
                }
                if is_there != orders.contains(number) {
                    findings.wrong(format!("of job {number} and its order, one is missing"));
                }
            }
        }
    }
    for number in jobs
        .keys()
        .filter(|number| !tale.launches.contains_key(number))
    {
        findings.wrong(format!("job {number} was launched by nobody"));
    }
    for number in tale.runs.keys().filter(|number| !jobs.contains_key(number)) {
        findings.wrong(format!("job {number} ran, and is not in the store"));
    }
    let names = [
        "plain",
        "stored",
        "later",
        "in a transaction that is committed",
        "in one that is rolled back",
    ];
    findings.row("launches", tale.launches.len());
    for (name, count) in names.iter().zip(ways) {
        findings.row(&format!("  {name}"), count);
    }
    findings.row("  somebody was told that it is stored", tale.stored.len());
    findings.row("  a commit or more was unclear", tale.unclear.len());
    findings.row("jobs in the store", jobs.len());
}

/// What a launcher had in its memory when it was killed.
fn check_missing(tale: &Tale, jobs: &HashMap<u64, &Job>, findings: &mut Findings) {
    let mut plain: HashMap<u32, Vec<u64>> = HashMap::new();
    let mut unsaid = 0;
    for (number, launch) in &tale.launches {
        let was_killed = !tale.processes[&launch.process].has_ended();
        match launch.way {
            Way::Plain if was_killed => plain.entry(launch.process).or_default().push(*number),
            Way::Stored | Way::Later(_) if was_killed && !jobs.contains_key(number) => unsaid += 1,
            _ => {}
        }
    }
    let (mut missing_of_all, mut most) = (0, 0);
    for (process, numbers) in &plain {
        let first = numbers.iter().position(|it| !jobs.contains_key(it));
        let missing = first.map_or(&[][..], |first| &numbers[first..]);
        // They are stored in the order in which they are launched.
        if let Some(later) = missing.iter().find(|number| jobs.contains_key(number)) {
            findings.wrong(format!(
                "job {} of process {process} is lost, and {later}, which was launched later, is not",
                missing[0]
            ));
        }
        missing_of_all += missing.len();
        most = most.max(missing.len());
        if missing.len() > MOST_IN_MEMORY {
            findings.wrong(format!(
                "process {process} has lost {}, more than wait in memory",
                missing.len()
            ));
        }
    }
    findings.row(
        "plain launches in the memory of killed launchers",
        missing_of_all,
    );
    findings.row("  of one launcher at most", most);
    findings.row("others of theirs that nobody was told of", unsaid);
}

/// Each job has come to the end that it should.
fn check_ends(tale: &Tale, told: &Told, jobs: &HashMap<u64, &Job>, findings: &mut Findings) {
    let (mut by_design, mut by_deaths) = (0, 0);
    for (number, job) in jobs {
        let runs = tale.runs.get(number).map_or(&[][..], Vec::as_slice);
        let ends = |how: How| {
            runs.iter()
                .filter(move |run| run.end.is_some_and(|(_, it)| it == how))
        };
        let is_hopeless = job.function == "hopeless";
        match &*job.status {
            "Done" if ends(How::Ok).next().is_some() => {}
            "Done" => findings.wrong(format!("job {number} is done, and no run of it ended well")),
            "Killed" if is_hopeless && job.tries == 2 => {
                by_design += 1;
                let attempts: HashSet<u32> = ends(How::Failed).map(|run| run.attempt).collect();
                if attempts != HashSet::from([1, 2]) {
                    findings.wrong(format!("job {number} is dead after the attempts {runs:?}"));
                }
            }
            "Killed" if job.last_result.contains("its process died") => {
                by_deaths += 1;
                let interruptions = told
                    .events
                    .iter()
                    .filter(|event| is_death(event.fault))
                    .filter(|event| {
                        event.to >= tale.launches.get(number).map_or(0, |launch| launch.at)
                    })
                    .count();
                if job.deaths < 3 || interruptions < 3 {
                    findings.wrong(format!(
                        "job {number} is dead of {} deaths, and {interruptions} workers died",
                        job.deaths
                    ));
                }
            }
            status => findings.wrong(format!(
                "job {number} (`{}`, row {}) is {status} after {} failures and {} deaths, with {}; {runs:?}",
                job.function, job.id, job.tries, job.deaths, job.last_result
            )),
        }
        let functions = runs.iter().filter(|run| run.function != job.function);
        if functions.count() > 0 {
            findings.wrong(format!(
                "job {number} was run as another function: {runs:?}"
            ));
        }
    }
    findings.row("  dead, because they always fail", by_design);
    findings.row("  dead after three deaths of their workers", by_deaths);
}

/// May a job blame it on its worker?
fn is_death(fault: Fault) -> bool {
    match fault {
        Fault::Killed(role) | Fault::StoppedLong(role) | Fault::Hurried(role) => {
            role == Role::Worker
        }
        Fault::Away(_) | Fault::Held => true,
        Fault::StoppedBriefly(_) | Fault::AskedToEnd(_) => false,
    }
}

/// A queue of 16,384, another 4,096 that are written down, and two statements of 512.
const MOST_IN_MEMORY: usize = 16_384 + 4_096 + 2 * 512;
/// So many microseconds may two clocks of one machine differ.
const CLOCKS: u64 = 20_000;
