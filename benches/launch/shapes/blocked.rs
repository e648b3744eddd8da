//! Callers that wait for room: on a pool of one thread, and on a bounded channel with one consumer.

use std::sync::mpsc::{self, SyncSender};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use fire_and_forget::{Pool, fire_and_forget};
use futures::executor::block_on;

use crate::body::{self, PLAIN, PLUG, work};
use crate::claims::{Bar, Claim};
use crate::findings::Findings;
use crate::peer::{Peer, WORKERS};
use crate::peers::{Contest, Role};
use crate::rounds::interleave;
use crate::statistics::Value;
use crate::table::Column;

const ONE: Column = Column::more("blocked, 1 producer", "M/s");
const HUNDRED: Column = Column::more("blocked, 100 producers", "M/s");
const THOUSAND: Column = Column::more("blocked, 1,000 producers", "M/s");
/// What another pool does alone, and beside one that is stuck.
const ALONE: Column = Column::more("another pool, alone", "M/s");
const BESIDE: Column = Column::more("another pool, beside", "M/s");
/// The second by the first, of each round.
const RATIO: Column = Column::more("another pool, beside by alone", "");

pub(crate) fn blocked(_: &[Arc<Peer>], rounds: usize, findings: &mut Findings) {
    let peers = [
        Arc::new(on_a_pool().named(OURS)),
        Arc::new(on_a_channel().named(CHANNEL)),
    ];
    findings.blocked.add_row(OURS, Role::Ours(Contest::Pool));
    findings
        .blocked
        .add_row(CHANNEL, Role::Peer(&[Contest::Pool]));
    for (producers, column, share) in SERIES {
        let share = if rounds == 1 { share.min(20) } else { share };
        let measured = interleave(&peers, rounds, move |peer| async move {
            peer.plug().await;
            let loads = (0..producers).map(|_| body::owed_texts(share)).collect();
            peer.launch_from_threads(loads);
            // All of them wait for room by then.
            peer.rest().await;
            let begun = body::now();
            peer.unplug().await;
            let nanoseconds = body::finished_at() - begun;
            (share * producers) as f64 * 1e3 / nanoseconds as f64
        });
        for (peer, rounds) in peers.iter().zip(measured) {
            let value = Value::median_of(rounds);
            findings.blocked.set(peer.name, column, value);
        }
        let value = |name| findings.blocked.value(name, column);
        if let Some((ours, channel)) = value(OURS).zip(value(CHANNEL)) {
            let best = (CHANNEL, channel);
            let claim = Claim::against(column.to_string(), ours, best, Bar::AtLeast(1.0));
            findings.claims.push(claim);
        }
    }
    beside_a_stuck_pool(rounds, findings);
}

/// Producers, and how many launches each of them makes.
const SERIES: [(usize, Column, usize); 3] =
    [(1, ONE, 100_000), (100, HUNDRED, 500), (1000, THOUSAND, 20)];

const OURS: &str = "ours, on_full = \"block\"";
const CHANNEL: &str = "std sync_channel";
const QUEUE: usize = 64;

fn on_a_pool() -> Peer {
    static POOL: Pool = Pool::new("blocked").threads(1).queue(QUEUE);

    #[fire_and_forget(backend = POOL, on_full = "block")]
    fn launch(text: String, number: u64) {
        work(text, number);
    }

    POOL.start();
    with_one_worker(launch)
}

fn on_a_channel() -> Peer {
    static SENDER: LazyLock<SyncSender<(String, u64)>> = LazyLock::new(|| {
        let (sender, sent) = mpsc::sync_channel(QUEUE);
        thread::spawn(move || {
            for (text, number) in sent {
                work(text, number);
            }
        });
        sender
    });

    with_one_worker(|text, number| {
        let sent = SENDER.send((text, number));
        sent.expect("the consumer is there");
    })
}

fn with_one_worker(launch: impl Fn(String, u64) + Send + Sync + 'static) -> Peer {
    let mut peer = Peer::new(launch);
    peer.workers = 1;
    peer
}

/// Measures a pool in turns alone, and beside one whose queue is full, whose worker is stuck, and for which callers
/// wait.
fn beside_a_stuck_pool(rounds: usize, findings: &mut Findings) {
    let pool = Arc::new(another_pool());
    // A single round only tries whether it runs.
    let launches = if rounds == 1 { 2000 } else { 200_000 };
    let mut alone = Vec::with_capacity(rounds);
    let mut beside = Vec::with_capacity(rounds);
    for round in 0..=rounds {
        let mut rates = [0.0; 2];
        for turn in 0..2 {
            let is_beside = (round + turn) % 2 == 1;
            let stuck = is_beside.then(Stuck::begin);
            rates[usize::from(is_beside)] = best_throughput(&pool, launches);
            if let Some(stuck) = stuck {
                stuck.end();
            }
        }
        // The first round warms up.
        if round > 0 {
            alone.push(rates[0]);
            beside.push(rates[1]);
        }
    }
    let (alone, beside) = (Value::median_of(alone), Value::median_of(beside));
    let ratio = beside.ratio_to(&alone);
    for (column, value) in [(ALONE, alone), (BESIDE, beside), (RATIO, ratio.clone())] {
        findings.blocked.set(OURS, column, value);
    }
    let what = format!(
        "beside a stuck pool: ratio (half of the rounds: {:.2} to {:.2})",
        ratio.lower_quartile, ratio.upper_quartile
    );
    findings
        .claims
        .push(Claim::at_least(&what, ratio.measured, 0.95));
}

fn another_pool() -> Peer {
    static POOL: Pool = Pool::new("another").threads(WORKERS).queue(16_384);

    #[fire_and_forget(backend = POOL, on_full = "block")]
    fn launch(text: String, number: u64) {
        work(text, number);
    }

    POOL.start();
    Peer::new(launch)
}

/// The best of several: what else the machine does can only make it less.
fn best_throughput(pool: &Arc<Peer>, launches: usize) -> f64 {
    let rates = (0..TRIES).map(|_| throughput(pool, launches));
    rates.fold(0.0, f64::max)
}

const TRIES: usize = 5;

/// Millions of bodies per second, with one caller.
fn throughput(pool: &Arc<Peer>, launches: usize) -> f64 {
    block_on(pool.settle());
    let begun = pool.launch_from_threads(vec![body::owed_texts(launches)]);
    block_on(pool.drain());
    let nanoseconds = body::finished_at() - begun;
    launches as f64 * 1e3 / nanoseconds as f64
}

/// A pool whose worker waits at the gate, and the callers that wait for room in its queue.
struct Stuck {
    callers: Vec<thread::JoinHandle<()>>,
}

impl Stuck {
    fn begin() -> Self {
        body::set_gate(false);
        // Without text, so that nobody waits for these launches who waits for those that are measured.
        launch_on_stuck(String::new(), PLUG);
        while body::at_gate() == 0 {
            thread::yield_now();
        }
        for _ in 0..QUEUE {
            launch_on_stuck(String::new(), PLAIN);
        }
        let caller = |_| thread::spawn(|| launch_on_stuck(String::new(), PLAIN));
        let callers = (0..CALLERS).map(caller).collect();
        Self { callers }
    }

    fn end(self) {
        body::set_gate(true);
        for caller in self.callers {
            caller.join().expect("a launch does not panic");
        }
        let flush = STUCK.flush(Duration::MAX);
        flush
            .wait()
            .expect("this is no body, and no deadline comes");
    }
}

const CALLERS: usize = 100;
static STUCK: Pool = Pool::new("stuck").threads(1).queue(QUEUE);

#[fire_and_forget(backend = STUCK, on_full = "block")]
fn launch_on_stuck(text: String, number: u64) {
    work(text, number);
}
