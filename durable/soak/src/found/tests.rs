//! That what is wrong is found: short stories of two launchers and two workers, each with one thing in it that must not be.

use std::collections::HashSet;
use std::time::Duration;

use super::judge;
use super::tale::Tale;
use crate::child::{Role, function_of};
use crate::history::{Calm, End, Event, Fault, Past, Round, Told};
use crate::store::Job;

/// A story in which all is well: process 1 launches and ends, process 2 launches and is killed, process 3 works and is killed,
/// process 4 works and ends.
struct Story {
    logs: [String; 4],
    events: Vec<Event>,
    calm: Calm,
    jobs: Vec<Job>,
    orders: HashSet<u64>,
}

/// A number of process 1 that stands for a function that always ends well.
fn steady() -> u64 {
    let mut numbers = 1 << 32..;
    numbers
        .find(|number| function_of(*number) == "steady")
        .unwrap()
}

/// Those of process 2, which is killed.
const PLAIN: [u64; 3] = [2 << 32, (2 << 32) + 1, (2 << 32) + 2];
/// That of a transaction.
const ORDERED: u64 = (1 << 32) + 1_000_000;

fn done(number: u64, function: &str) -> Job {
    Job {
        id: format!("row-{number}"),
        status: "Done".into(),
        last_result: r#"{"Ok":null}"#.into(),
        function: function.into(),
        number,
        tries: 0,
        deaths: 0,
    }
}

fn ledger(function: &str, backend: &str, ok: u64) -> String {
    format!(
        "90 ledger {function} {backend} launched={ok} in_flight=0 ok={ok} failed=0 panicked=0 lost=0 refused=0\n"
    )
}

impl Story {
    fn new() -> Self {
        let (stored, [plain, second, third]) = (steady(), PLAIN);
        let launcher = [
            format!("10 launch {stored} stored\n11 stored {stored}\n"),
            format!("12 launch {ORDERED} in true\n13 stored {ORDERED}\n"),
            "80 ending 20000\n81 finished\n".into(),
            ledger("steady", "launches", 1),
            ledger("ordered", "launches", 1),
            "91 closed\n".into(),
        ];
        let killed = [
            format!("20 launch {plain} plain\n20 launch {second} plain\n20 launch {third} plain\n"),
            // Cut off by the kill.
            format!("21 flushed {plain}\n22 launch 12"),
        ];
        let begun = format!("30 begin {stored} 1 steady\n");
        let ended = [
            format!("50 begin {stored} 1 steady\n51 end {stored} 1 ok\n"),
            format!("52 begin {ORDERED} 1 ordered\n53 end {ORDERED} 1 ok\n"),
            format!("54 begin {plain} 1 steady\n55 end {plain} 1 ok\n"),
            "79 counts 0 0 3 0\n80 ending 20000\n81 finished\n".into(),
            ledger("steady", "executions", 2),
            ledger("ordered", "executions", 1),
            "91 closed\n".into(),
        ];
        Self {
            logs: [launcher.concat(), killed.concat(), begun, ended.concat()],
            events: vec![
                killed_at(2, Role::Launcher, 25),
                killed_at(3, Role::Worker, 40),
            ],
            calm: Calm {
                from: 40,
                to: 79,
                open: 3,
                orphans: 1,
                taken_over: 1,
                settled: Some(15),
                left: Vec::new(),
            },
            jobs: vec![
                done(stored, "steady"),
                done(ORDERED, "ordered"),
                done(plain, "steady"),
            ],
            orders: HashSet::from([ORDERED]),
        }
    }

    /// In one of the logs; it is there to be replaced.
    fn replace(&mut self, log: usize, old: &str, new: &str) {
        let log = &mut self.logs[log];
        assert!(log.contains(old), "{old}: {log}");
        *log = log.replace(old, new);
    }

    fn wrong(&self) -> Vec<String> {
        let process = |index: usize, role, end, ended_at| Past {
            process: u32::try_from(index).unwrap() + 1,
            role,
            end,
            ended_at,
        };
        let past = vec![
            process(0, Role::Launcher, End::Ended, 99),
            process(1, Role::Launcher, End::Killed, 26),
            process(2, Role::Worker, End::Killed, 41),
            process(3, Role::Closer, End::Ended, 99),
        ];
        let mut tale = Tale::default();
        for (past, log) in past.iter().zip(&self.logs) {
            tale.hear(past, log).unwrap();
        }
        let told = Told {
            events: self.events.clone(),
            past,
            rounds: vec![Round {
                began: 10,
                calm: self.calm.clone(),
            }],
            wrong: Vec::new(),
        };
        let dead_after = Duration::from_secs(5);
        judge(dead_after, &told, &tale, &self.jobs, &self.orders).wrong
    }
}

fn killed_at(process: u32, role: Role, at: u64) -> Event {
    Event {
        fault: Fault::Killed(role),
        process: Some(process),
        from: at,
        to: at,
    }
}

/// Something is changed, and one thing is wrong then.
#[track_caller]
fn check(change: impl FnOnce(&mut Story), expected: &str) {
    let mut story = Story::new();
    change(&mut story);
    let wrong = story.wrong();
    assert!(
        wrong.iter().any(|what| what.contains(expected)),
        "{expected}: {wrong:#?}"
    );
}

#[test]
fn nothing_is_wrong_where_nothing_is() {
    assert_eq!(Story::new().wrong(), Vec::<String>::new());
}

#[test]
fn a_job_that_is_lost_is_found() {
    check(|story| drop(story.jobs.remove(0)), "was said to be stored");
    check(|story| drop(story.jobs.remove(2)), "was flushed");
    check(
        |story| story.jobs.push(done(PLAIN[2], function_of(PLAIN[2]))),
        "which was launched later, is not",
    );
}

#[test]
fn a_job_that_should_not_be_there_is_found() {
    check(
        |story| story.replace(0, "in true", "in false"),
        "was rolled back",
    );
    check(|story| story.orders.clear(), "one is missing");
    check(
        |story| story.jobs.push(done(7, "steady")),
        "launched by nobody",
    );
    check(
        |story| story.jobs.push(done(ORDERED, "ordered")),
        "in the store twice",
    );
    check(
        |story| story.logs[3].insert_str(0, "49 begin 7 1 steady\n"),
        "ran, and is not in the store",
    );
}

#[test]
fn an_end_that_is_none_is_found() {
    check(
        |story| story.jobs[0].status = "Queued".into(),
        "is Queued after",
    );
    check(
        |story| story.jobs[0].status = "Killed".into(),
        "is Killed after",
    );
    check(
        |story| {
            story.jobs[0].status = "Killed".into();
            story.jobs[0].last_result = "its process died 3 times".into();
            story.jobs[0].deaths = 3;
        },
        "and 1 workers died",
    );
    check(
        |story| story.replace(3, "1 ok\n52", "1 failed\n52"),
        "no run of it ended well",
    );
    check(
        |story| story.replace(3, "counts 0 0 3 0", "counts 0 0 2 0"),
        "the store counts",
    );
}

#[test]
fn a_run_without_a_reason_is_found() {
    check(|story| story.events.truncate(1), "without a reason");
    // It had not ended when the worker was killed that ran it; here the kill comes after both.
    check(
        |story| story.events[1] = killed_at(3, Role::Worker, 60),
        "ran twice at once without a reason",
    );
    // What ended long before a kill is none of its victims.
    check(
        |story| {
            let begun = &mut story.logs[2];
            *begun = begun.replace("1 steady\n", "1 steady\n31 end NUMBER 1 ok\n");
            *begun = begun.replace("NUMBER", &steady().to_string());
            story.events[1] = killed_at(3, Role::Worker, 40_000_000);
            let ended = &mut story.logs[3];
            *ended = ended.replace("50 begin", "50000000 begin");
            *ended = ended.replace("51 end", "50000001 end");
        },
        "begun again without a reason",
    );
    // Nobody takes a job from a worker that is stopped so briefly.
    check(
        |story| story.events[1].fault = Fault::StoppedBriefly(Role::Worker),
        "begun again without a reason",
    );
}

#[test]
fn a_job_that_nobody_takes_over_is_found() {
    check(
        |story| story.calm.left.push("row-7".into()),
        "1 of 3 jobs that were open when it began still are",
    );
    check(|story| story.calm.orphans = 0, "it shows nothing");
}

#[test]
fn a_run_before_its_time_is_found() {
    check(
        |story| {
            let (now, later) = ("stored\n11", "later 1000\n11");
            story.replace(0, now, later);
        },
        "before it was due",
    );
}

#[test]
fn a_ledger_that_does_not_balance_is_found() {
    let (one, other) = ("launches launched=1", "launches launched=2");
    check(|story| story.replace(0, one, other), "the sum");
    let (one_row, two_rows) = ("launched=1 in_flight=0 ok=1", "launched=2 in_flight=0 ok=2");
    check(|story| story.replace(0, one_row, two_rows), "in its log");
    check(
        |story| story.replace(0, "ok=1 failed=0", "ok=0 failed=1"),
        "reported",
    );
    check(
        |story| {
            story.replace(
                0,
                "ok=1 failed=0 panicked=0 lost=0",
                "ok=0 failed=0 panicked=0 lost=1",
            );
            story.replace(
                0,
                "91 closed",
                "90 reports steady launches lost:Abandoned 1\n91 closed",
            );
        },
        "abandoned 1, none 0",
    );
    check(
        |story| story.replace(3, "52 begin", "52 begin 9 1 ordered\n52 begin"),
        "executions of `ordered`",
    );
}
