//! Medians, quantiles, and how much they are to be trusted.

use serde::Serialize;

/// One measured value, and the middle half of what the rounds gave for it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Value {
    pub(crate) measured: f64,
    pub(crate) lower_quartile: f64,
    pub(crate) upper_quartile: f64,
    /// What each round gave; empty if it was not measured in rounds.
    #[serde(skip)]
    rounds: Vec<f64>,
}

impl Value {
    /// What is counted and not timed.
    pub(crate) fn exactly(value: f64) -> Self {
        Self {
            measured: value,
            lower_quartile: value,
            upper_quartile: value,
            rounds: Vec::new(),
        }
    }

    /// The median of what the rounds gave.
    pub(crate) fn median_of(rounds: impl IntoIterator<Item = f64>) -> Self {
        let rounds: Vec<f64> = rounds.into_iter().collect();
        Self {
            measured: quantile(&rounds, 0.5),
            lower_quartile: quantile(&rounds, 0.25),
            upper_quartile: quantile(&rounds, 0.75),
            rounds,
        }
    }

    /// The median of the medians of the rounds. Rounds without a sample do not count.
    pub(crate) fn median_of_medians(rounds: &[Vec<f64>]) -> Self {
        Self::median_of(quantiles(rounds, 0.5))
    }

    /// The ratio of this to another value: the median of the ratios that the rounds gave.
    ///
    /// A shared machine is two or three times as fast from one round to another, and about the same within one. So this varies
    /// by 4 % from run to run where the ratio of the medians varies by 20 %.
    pub(crate) fn ratio_to(&self, other: &Self) -> Self {
        if self.rounds.is_empty() || self.rounds.len() != other.rounds.len() {
            return Self::exactly(self.measured / other.measured);
        }
        Self::median_of(self.rounds.iter().zip(&other.rounds).map(|(a, b)| a / b))
    }

    /// The 99th percentile of the samples of all rounds; its spread is that of the rounds' own.
    pub(crate) fn p99_of_all(rounds: &[Vec<f64>]) -> Self {
        Self {
            measured: quantile(&rounds.concat(), 0.99),
            rounds: Vec::new(),
            ..Self::median_of(quantiles(rounds, 0.99))
        }
    }
}

fn quantiles(rounds: &[Vec<f64>], part: f64) -> impl Iterator<Item = f64> {
    let rounds = rounds.iter().filter(|samples| !samples.is_empty());
    rounds.map(move |samples| quantile(samples, part))
}

/// The value below which `part` of all samples lie; not a number if there are none.
///
/// A clock that ticks every ten nanoseconds gives many equal samples. They are taken as spread evenly over the tick,
/// or a launch of 64 ns and one of 56 ns would both cost 60.
pub(crate) fn quantile(samples: &[f64], part: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let index = (sorted.len().saturating_sub(1) as f64 * part).round() as usize;
    let Some(&value) = sorted.get(index) else {
        return f64::NAN;
    };
    let first = sorted.partition_point(|sample| *sample < value);
    let end = sorted.partition_point(|sample| *sample <= value);
    let below = first.checked_sub(1).map(|below| value - sorted[below]);
    let above = sorted.get(end).map(|above| above - value);
    let tick = below.into_iter().chain(above).fold(f64::INFINITY, f64::min);
    if tick.is_infinite() {
        return value;
    }
    let place = ((index - first) as f64 + 0.5) / (end - first) as f64;
    value + (place - 0.5) * tick
}
