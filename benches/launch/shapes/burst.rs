//! A thousand launches back to back, onto workers that sleep.

use std::sync::Arc;
use std::time::Instant;

use crate::body;
use crate::findings::Findings;
use crate::peer::{Peer, nanoseconds};
use crate::rounds::interleave;
use crate::statistics::Value;
use crate::table::Column;

/// What a launch costs the caller.
pub(crate) const COST: Column = Column::less("burst of 1,000", "ns");

pub(crate) fn burst(peers: &[Arc<Peer>], rounds: usize, findings: &mut Findings) {
    let measured = interleave(peers, rounds, |peer| async move {
        peer.settle().await;
        let mut texts = body::owed_texts(LAUNCHES);
        let begun = Instant::now();
        peer.launch_all(&mut texts);
        let cost = begun.elapsed();
        peer.drain().await;
        nanoseconds(cost) / LAUNCHES as f64
    });
    for (peer, rounds) in peers.iter().zip(measured) {
        findings
            .launches
            .set(peer.name, COST, Value::median_of(rounds));
    }
}

const LAUNCHES: usize = 1000;
