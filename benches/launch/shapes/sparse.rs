//! One launch every millisecond, by a caller that sleeps in between: every worker sleeps too.

use std::sync::Arc;
use std::time::Duration;

use cpu_time::ProcessTime;

use crate::body;
use crate::findings::Findings;
use crate::peer::{Peer, cost_of_the_clock, nanoseconds};
use crate::rounds::interleave;
use crate::statistics::Value;
use crate::table::Column;

/// What a launch usually costs the caller.
pub(crate) const COST: Column = Column::less("one per 1 ms, p50", "ns");
/// Processor time of the whole process per launch, the caller's sleeping and waking included.
pub(crate) const CPU: Column = Column::less("one per 1 ms, CPU", "µs");
/// From the launch to the first line of the body.
pub(crate) const LATENCY: Column = Column::less("one per 1 ms, start p50", "µs");

pub(crate) fn sparse(peers: &[Arc<Peer>], rounds: usize, findings: &mut Findings) {
    let clock = cost_of_the_clock();
    let measured = interleave(peers, rounds, |peer| async move {
        peer.settle().await;
        let mut round = Round::default();
        let texts = body::owed_texts(LAUNCHES);
        let begun = ProcessTime::now();
        for text in texts {
            let cost = peer.launch_once(text, body::now());
            round.costs.push(nanoseconds(cost) - clock);
            peer.pause(INTERVAL).await;
            let latency = body::take_latency();
            round
                .latencies
                .extend(latency.map(|latency| latency.as_secs_f64() * 1e6));
        }
        round.cpu = begun.elapsed().as_secs_f64() * 1e6 / LAUNCHES as f64;
        peer.drain().await;
        _ = body::take_latency();
        round
    });
    for (peer, rounds) in peers.iter().zip(measured) {
        let of = |samples: fn(&Round) -> &Vec<f64>| -> Vec<Vec<f64>> {
            rounds.iter().map(samples).cloned().collect()
        };
        let costs = of(|round| &round.costs);
        let latencies = of(|round| &round.latencies);
        let cpu = rounds.iter().map(|round| round.cpu);
        findings
            .launches
            .set(peer.name, COST, Value::median_of_medians(&costs));
        findings.launches.set(peer.name, CPU, Value::median_of(cpu));
        findings
            .launches
            .set(peer.name, LATENCY, Value::median_of_medians(&latencies));
    }
}

#[derive(Default)]
struct Round {
    costs: Vec<f64>,
    latencies: Vec<f64>,
    cpu: f64,
}

const INTERVAL: Duration = Duration::from_millis(1);
const LAUNCHES: usize = 30;
