//! As many launches as it takes, until the last body has run; by one caller and by several.

use std::sync::Arc;

use crate::body;
use crate::findings::Findings;
use crate::peer::Peer;
use crate::rounds::interleave;
use crate::statistics::Value;
use crate::table::Column;

/// Bodies run, with one caller.
pub(crate) const ONE: Column = Column::more("end to end", "M/s");
/// The same with two.
pub(crate) const TWO: Column = Column::more("end to end, 2 callers", "M/s");
/// The same with four.
pub(crate) const FOUR: Column = Column::more("end to end, 4 callers", "M/s");
/// The same with eight.
pub(crate) const EIGHT: Column = Column::more("end to end, 8 callers", "M/s");
/// Bodies run in bursts of a thousand, by a task that gives way until the last of each has run.
pub(crate) const FROM_A_TASK: Column = Column::more("end to end, from a task", "M/s");

pub(crate) fn end_to_end(peers: &[Arc<Peer>], rounds: usize, findings: &mut Findings) {
    from_a_task(peers, rounds, findings);
    let peers: Vec<_> = peers
        .iter()
        .filter(|peer| peer.end_to_end > 0)
        .cloned()
        .collect();
    for (callers, column) in [(1, ONE), (2, TWO), (4, FOUR), (8, EIGHT)] {
        let measured = interleave(&peers, rounds, move |peer| async move {
            peer.settle().await;
            let share = peer.end_to_end / callers;
            let loads = (0..callers).map(|_| body::owed_texts(share)).collect();
            let begun = peer.launch_from_threads(loads);
            peer.drain().await;
            let nanoseconds = body::finished_at() - begun;
            (share * callers) as f64 * 1e3 / nanoseconds as f64
        });
        for (peer, rounds) in peers.iter().zip(measured) {
            findings
                .launches
                .set(peer.name, column, Value::median_of(rounds));
        }
    }
}

fn from_a_task(peers: &[Arc<Peer>], rounds: usize, findings: &mut Findings) {
    let peers: Vec<_> = peers
        .iter()
        .filter(|peer| peer.is_in_a_task())
        .cloned()
        .collect();
    let measured = interleave(&peers, rounds, |peer| async move {
        peer.settle().await;
        let mut nanoseconds = 0;
        for _ in 0..BURSTS {
            let mut texts = body::owed_texts(LAUNCHES);
            let begun = body::now();
            peer.launch_all(&mut texts);
            while !body::has_run_all() {
                tokio::task::yield_now().await;
            }
            nanoseconds += body::finished_at() - begun;
        }
        (BURSTS * LAUNCHES) as f64 * 1e3 / nanoseconds as f64
    });
    for (peer, rounds) in peers.iter().zip(measured) {
        findings
            .launches
            .set(peer.name, FROM_A_TASK, Value::median_of(rounds));
    }
}

const BURSTS: usize = 20;
const LAUNCHES: usize = 1000;
