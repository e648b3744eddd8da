//! Two sides of a measurement, and the bar for their ratio.

use serde::{Deserialize, Serialize};

/// What one round gave for each side.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Pair {
    pub(crate) ours: f64,
    pub(crate) peer: f64,
}

/// What is compared, and how the ratio has to be.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Question {
    pub(crate) what: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) peer: &'static str,
    pub(crate) bar: Bar,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

/// A question and its answer.
#[derive(Debug, Serialize)]
pub(crate) struct Comparison {
    pub(crate) store: &'static str,
    #[serde(flatten)]
    pub(crate) question: Question,
    pub(crate) ours: Value,
    pub(crate) peers: Value,
    /// That of the ratios of the rounds, since what disturbs a round disturbs both sides.
    pub(crate) ratio: Value,
    pub(crate) holds: bool,
    pub(crate) rounds: Vec<Pair>,
}

/// A median, and the middle half of what the rounds gave.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Value {
    pub(crate) median: f64,
    pub(crate) lower_quartile: f64,
    pub(crate) upper_quartile: f64,
}

impl Comparison {
    pub(crate) fn new(store: &'static str, question: Question, rounds: Vec<Pair>) -> Self {
        let value =
            |side: fn(&Pair) -> f64| Value::of(&rounds.iter().map(side).collect::<Vec<_>>());
        let ratio = value(|pair| pair.ours / pair.peer);
        Self {
            store,
            question,
            ours: value(|pair| pair.ours),
            peers: value(|pair| pair.peer),
            ratio,
            holds: match question.bar {
                Bar::AtMost(bar) => ratio.median <= bar,
                Bar::AtLeast(bar) => ratio.median >= bar,
            },
            rounds,
        }
    }
}

impl Value {
    fn of(rounds: &[f64]) -> Self {
        Self {
            median: median(rounds),
            lower_quartile: quantile(rounds, 0.25),
            upper_quartile: quantile(rounds, 0.75),
        }
    }
}

pub(crate) fn median(samples: &[f64]) -> f64 {
    quantile(samples, 0.5)
}

/// Not a number if there are no samples.
fn quantile(samples: &[f64], part: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let place = sorted.len().saturating_sub(1) as f64 * part;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    match (sorted.get(below), sorted.get(above)) {
        (Some(one), Some(other)) => one + (other - one) * place.fract(),
        _ => f64::NAN,
    }
}
