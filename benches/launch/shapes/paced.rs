//! One launch every 30 µs, by a caller that is busy in between.

use std::hint;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::body::{self, PLAIN};
use crate::findings::Findings;
use crate::peer::{Peer, cost_of_the_clock, nanoseconds};
use crate::rounds::interleave;
use crate::statistics::Value;
use crate::table::Column;

/// What a launch usually costs the caller.
pub(crate) const MEDIAN: Column = Column::less("one per 30 µs, p50", "ns");
/// What it costs when it goes badly.
pub(crate) const P99: Column = Column::less("one per 30 µs, p99", "ns");

pub(crate) fn paced(peers: &[Arc<Peer>], rounds: usize, findings: &mut Findings) {
    let clock = cost_of_the_clock();
    let measured = interleave(peers, rounds, |peer| async move {
        peer.settle().await;
        let texts = body::owed_texts(LAUNCHES);
        let mut next = Instant::now();
        let costs: Vec<f64> = texts
            .into_iter()
            .map(|text| {
                next += INTERVAL;
                while Instant::now() < next {
                    hint::spin_loop();
                }
                nanoseconds(peer.launch_once(text, PLAIN)) - clock
            })
            .collect();
        peer.drain().await;
        costs
    });
    for (peer, rounds) in peers.iter().zip(measured) {
        findings
            .launches
            .set(peer.name, MEDIAN, Value::median_of_medians(&rounds));
        findings
            .launches
            .set(peer.name, P99, Value::p99_of_all(&rounds));
    }
}

const INTERVAL: Duration = Duration::from_micros(30);
const LAUNCHES: usize = 200;
