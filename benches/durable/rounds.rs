//! The rounds: each measures everything on each store, so that whatever else the machine does falls on all alike.

use crate::Result;
use crate::arguments::{Amounts, Arguments, Effort};
use crate::child::{self, ENGINE, FILL, STORE, WORK};
use crate::comparison::Bar::{AtLeast, AtMost};
use crate::comparison::{Comparison, Pair, Question};
use crate::place::Place;
use crate::report::Report;
use crate::storing::Storing;
use crate::working::Worked;

/// What is measured, in the order of the answers of a round.
#[rustfmt::skip]
const QUESTIONS: [Question; 5] = [
    Question { what: "a launch in the caller, burst of 1,000", unit: "ns", peer: "ordinary pool of one thread", bar: AtMost(1.3) },
    Question { what: "stored until `flush`", unit: "rows/s", peer: "bare INSERTs of 512 rows", bar: AtLeast(0.7) },
    Question { what: "`stored(…).await`, p50", unit: "µs", peer: "bare INSERT", bar: AtMost(3.0) },
    Question { what: "worked, no backlog", unit: "jobs/s", peer: "the engine's worker", bar: AtLeast(1.0) },
    Question { what: "worked, 160,000 behind", unit: "jobs/s", peer: "ours without a backlog", bar: AtLeast(0.8) },
];

/// Measures, and prints and writes what it has found.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let effort = arguments.effort;
    let amounts = effort.amounts();
    let mut places = vec![Place::sqlite()?];
    match std::env::var("DURABLE_TEST_POSTGRES") {
        Ok(server) => places.push(Place::postgres(server)?),
        Err(_) if effort == Effort::Smoke => {}
        Err(_) => eprintln!("Postgres is left out: DURABLE_TEST_POSTGRES names no server"),
    }
    let measured = measure(&places, effort, amounts);
    for place in &places {
        for name in [SMALL, LARGE, FEW, COPY, FRESH] {
            place.remove(name)?;
        }
    }
    let measured = measured?;
    if effort == Effort::Smoke {
        return Ok(());
    }
    let mut comparisons = Vec::new();
    for (place, rounds) in places.iter().zip(measured) {
        for (index, question) in QUESTIONS.into_iter().enumerate() {
            let rounds = rounds.iter().map(|round| round[index]).collect();
            comparisons.push(Comparison::new(place.name, question, rounds));
        }
    }
    let report = Report::of(comparisons);
    report.print();
    report.write(&arguments.json())
}

/// The answers of one round on one store.
type Round = [Pair; QUESTIONS.len()];

fn measure(places: &[Place], effort: Effort, amounts: Amounts) -> Result<Vec<Vec<Round>>> {
    for place in places {
        let fill = |name, jobs: usize| -> Result<()> {
            let url = place.create(name)?;
            let filled: usize = child::ask(&place.folder(), effort, FILL, url, jobs)?;
            if filled != jobs {
                Err(format!("{filled} jobs in place of {jobs}"))?;
            }
            Ok(())
        };
        fill(SMALL, amounts.worked)?;
        fill(LARGE, amounts.worked + amounts.backlog)?;
        fill(FEW, amounts.worked_by_engine)?;
    }
    let mut measured: Vec<Vec<Round>> = places.iter().map(|_| Vec::new()).collect();
    for round in 0..amounts.rounds {
        for (place, rounds) in places.iter().zip(&mut measured) {
            if effort != Effort::Smoke {
                eprintln!("round {} of {}, {}…", round + 1, amounts.rounds, place.name);
            }
            rounds.push(measure_one(place, round, effort, amounts)?);
        }
    }
    Ok(measured)
}

fn measure_one(place: &Place, round: usize, effort: Effort, amounts: Amounts) -> Result<Round> {
    let fresh = place.create(FRESH)?;
    let storing: Storing = child::ask(&place.folder(), effort, STORE, fresh, round)?;
    let worked = |task, of, jobs: usize| -> Result<f64> {
        let url = place.copy(of, COPY)?;
        let worked: Worked = child::ask(&place.folder(), effort, task, url, jobs)?;
        if worked.done < jobs {
            // A fault of the worker, and no number.
            Err(format!("{task}: {} jobs of {jobs} are done", worked.done))?;
        }
        Ok(worked.per_second())
    };
    let mut speeds = [0.0; 3];
    let tasks = [
        (WORK, SMALL, amounts.worked),
        (WORK, LARGE, amounts.worked),
        (ENGINE, FEW, amounts.worked_by_engine),
    ];
    // Each round begins with another.
    for turn in 0..tasks.len() {
        let index = (round + turn) % tasks.len();
        let (task, of, jobs) = tasks[index];
        speeds[index] = worked(task, of, jobs)?;
    }
    let [without, with, engine] = speeds;
    Ok([
        storing.launch,
        storing.stored,
        storing.awaited,
        Pair {
            ours: without,
            peer: engine,
        },
        Pair {
            ours: with,
            peer: without,
        },
    ])
}

/// Jobs to be worked off, and no others.
const SMALL: &str = "small";
/// Jobs to be worked off, and the backlog.
const LARGE: &str = "large";
/// Jobs for the engine's worker.
const FEW: &str = "few";
/// A copy of one of these.
const COPY: &str = "copy";
/// A store that is empty at first.
const FRESH: &str = "fresh";
