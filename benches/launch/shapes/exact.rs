//! What is exact about a pool of ours, in a process of its own: allocations by what is launched, those of a launch
//! that is refused, and what a million of those leave behind.

use std::sync::Arc;

use fire_and_forget::{Observer, Pool, Report, fire_and_forget};
use futures::executor::block_on;
use serde::{Deserialize, Serialize};

use super::counts::resident_bytes;
use crate::allocator::{self, Snapshot};
use crate::body::{self, PLAIN, work};
use crate::child;
use crate::claims::Claim;
use crate::findings::Findings;
use crate::peer::{Peer, WORKERS};
use crate::peers::{Line, OURS};

pub(crate) const TASK: &str = "exact";

pub(crate) fn exact(_: &[Arc<Peer>], _: usize, findings: &mut Findings) {
    let counts: Counts = child::count(TASK, OURS);
    #[rustfmt::skip]
    let claims = [
        ("allocations: a string and a word",             counts.small,                  0.0),
        ("allocations: two strings and two words",       counts.medium,                 0.0),
        ("allocations: 256 bytes",                       counts.large,                  1.0),
        ("allocations: refused and reported",            counts.dropped,                0.0),
        ("allocations: refused, arguments back",         counts.rejected,               0.0),
        ("a million refused: heap grown by, KiB",        counts.heap_grown / 1024.0,     0.0),
        ("a million refused: memory grown by, KiB",      counts.resident_grown / 1024.0, 64.0),
    ];
    for (what, value, bar) in claims {
        findings.claims.push(Claim::at_most(what, value, bar));
    }
}

/// Allocations are those per launch, on all threads, until the body has run.
#[derive(Debug, Serialize, Deserialize)]
struct Counts {
    small: f64,
    medium: f64,
    large: f64,
    dropped: f64,
    rejected: f64,
    heap_grown: f64,
    resident_grown: f64,
}

/// What the child does.
pub(crate) fn count_ours(_: &Line) {
    fire_and_forget::set_observer(Silent).expect("nobody has set one");
    // What looking at the memory allocates once is its own.
    _ = resident_bytes();
    allocator::start_counting();

    let pool = Peer::new(launch);
    let until_run =
        |launch: fn(String)| allocations(launch, || block_on(pool.settle()), body::owed_texts);
    let small = until_run(|text| launch(text, PLAIN));
    let medium = until_run(|text| launch_medium(text, String::new(), PLAIN, 0));
    let large = until_run(|text| launch_large(text, PLAIN, [0; 28]));

    block_on(pool.plug());
    pool.launch_all(&mut body::owed_texts(QUEUE));
    let dropped = allocations(|text| launch(text, PLAIN), || (), body::texts);
    let rejected = allocations(
        |text| drop(launch_or_reject(text, PLAIN)),
        || (),
        body::texts,
    );
    let heap = Snapshot::now();
    let resident = resident_bytes();
    for _ in 0..1_000_000 {
        launch(String::new(), PLAIN);
    }
    let counts = Counts {
        small,
        medium,
        large,
        dropped,
        rejected,
        heap_grown: Snapshot::now().live_bytes_since(heap),
        resident_grown: resident_bytes() - resident,
    };
    block_on(pool.unplug());
    child::answer(&counts);
}

const QUEUE: usize = 16_384;
static POOL: Pool = Pool::new("exact").threads(WORKERS).queue(QUEUE);

#[fire_and_forget(backend = POOL)]
fn launch(text: String, number: u64) {
    work(text, number);
}

#[fire_and_forget(backend = POOL)]
fn launch_medium(text: String, _: String, number: u64, _: u64) {
    work(text, number);
}

#[fire_and_forget(backend = POOL)]
fn launch_large(text: String, number: u64, _: [u64; 28]) {
    work(text, number);
}

#[fire_and_forget(backend = POOL, on_full = "reject")]
fn launch_or_reject(text: String, number: u64) {
    work(text, number);
}

/// Keeps a million reports off standard error; each is made all the same.
struct Silent;

impl Observer for Silent {
    fn report(&self, _: &Report<'_>) {}
}

/// Per launch. The first time of two is not counted: it may make what stays.
fn allocations(launch: fn(String), settle: impl Fn(), texts: fn(usize) -> Vec<String>) -> f64 {
    let mut allocations = 0.0;
    for _ in 0..2 {
        let texts = texts(LAUNCHES);
        let before = Snapshot::now();
        texts.into_iter().for_each(launch);
        settle();
        let after = Snapshot::now();
        allocations = (after.allocations - before.allocations) as f64 / LAUNCHES as f64;
    }
    allocations
}

const LAUNCHES: usize = 1000;
