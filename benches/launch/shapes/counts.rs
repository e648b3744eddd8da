//! Allocations per launch, and memory per launch that waits: exact, each peer in a process of its own.

use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use crate::allocator::{self, Snapshot};
use crate::body;
use crate::child;
use crate::findings::Findings;
use crate::peer::{Peer, RUNTIME};
use crate::peers::{self, Line};
use crate::statistics::Value;
use crate::table::Column;

/// Heap allocations per launch, on all threads, until the body has run.
pub(crate) const ALLOCATIONS: Column = Column::less("allocations per launch", "");
/// How large they are together.
pub(crate) const BYTES: Column = Column::less("allocated per launch", "bytes");
/// What the heap grows by for a launch that waits, its share of the queue included.
pub(crate) const HEAP: Column = Column::less("heap per queued launch", "bytes");
/// The same in memory that the process really has.
pub(crate) const RESIDENT: Column = Column::less("memory per queued launch", "bytes");

pub(crate) const TASK: &str = "counts";

pub(crate) fn counts(peers: &[Arc<Peer>], _: usize, findings: &mut Findings) {
    for peer in peers {
        let counted: Counts = child::count(TASK, peer.name);
        for (column, value) in [
            (ALLOCATIONS, Some(counted.allocations)),
            (BYTES, Some(counted.bytes)),
            (HEAP, counted.heap_per_queued),
            (RESIDENT, counted.resident_per_queued),
        ] {
            if let Some(value) = value {
                findings
                    .launches
                    .set(peer.name, column, Value::exactly(value));
            }
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Counts {
    allocations: f64,
    bytes: f64,
    /// None where nothing queues.
    heap_per_queued: Option<f64>,
    resident_per_queued: Option<f64>,
}

/// What the child does.
pub(crate) fn count_one(line: &Line) {
    let mut queued = body::texts(QUEUED);
    LazyLock::force(&RUNTIME);
    // Before anything is counted: what it allocates once is its own.
    _ = resident_bytes();
    allocator::start_counting();
    let before = Snapshot::now();
    let resident_before = resident_bytes();
    let peer = Arc::new(peers::build(line));
    let counted = peer.run({
        let peer = Arc::clone(&peer);
        async move {
            let mut counts = Counts::default();
            if peer.workers > 0 {
                peer.plug().await;
                body::owe(&queued);
                peer.launch_all(&mut queued);
                let heap = Snapshot::now().live_bytes_since(before);
                let resident = resident_bytes() - resident_before;
                counts.heap_per_queued = Some(heap / QUEUED as f64);
                counts.resident_per_queued = Some(resident / QUEUED as f64);
                peer.unplug().await;
            }
            for _ in 0..2 {
                peer.settle().await;
                let mut texts = body::owed_texts(LAUNCHES);
                let before = Snapshot::now();
                peer.launch_all(&mut texts);
                peer.settle().await;
                let after = Snapshot::now();
                // The second time counts: the first may grow what stays.
                counts.allocations =
                    (after.allocations - before.allocations) as f64 / LAUNCHES as f64;
                counts.bytes =
                    (after.allocated_bytes - before.allocated_bytes) as f64 / LAUNCHES as f64;
            }
            counts
        }
    });
    child::answer(&counted);
}

pub(crate) fn resident_bytes() -> f64 {
    memory_stats::memory_stats().map_or(f64::NAN, |stats| stats.physical_mem as f64)
}

/// All but a few of what a queue holds.
const QUEUED: usize = 16_380;
const LAUNCHES: usize = 1000;
