//! Shows what each policy does under four times the load that a pool can bear: to its caller, and to the work.
//!
//! `cargo run --release --example overload`

use std::time::{Duration, Instant};

use fire_and_forget::{Counts, Pool, fire_and_forget, ledger};

/// How long each piece of work takes. Two threads do 1,000 a second.
const WORK: Duration = Duration::from_millis(2);
/// How often the caller has one more: 4,000 times a second.
const PAUSE: Duration = Duration::from_micros(250);
const LAUNCHES: u32 = 400;

// One pool for each policy, so that none finds what another left behind.
static DROP: Pool = small("drop");
static REJECT: Pool = small("reject");
static BLOCK: Pool = small("block");
static CALLER_RUNS: Pool = small("caller_runs");
static DROP_OLDEST: Pool = small("drop_oldest").drop_oldest();

const fn small(name: &'static str) -> Pool {
    Pool::new(name).threads(2).queue(32)
}

#[fire_and_forget(name = "drop", backend = DROP, on_full = "drop")]
fn or_drop() {
    std::thread::sleep(WORK);
}

#[fire_and_forget(name = "reject", backend = REJECT, on_full = "reject")]
fn or_reject() {
    std::thread::sleep(WORK);
}

#[fire_and_forget(name = "block", backend = BLOCK, on_full = "block")]
fn or_block() {
    std::thread::sleep(WORK);
}

#[fire_and_forget(name = "caller_runs", backend = CALLER_RUNS, on_full = "caller_runs")]
fn or_run() {
    std::thread::sleep(WORK);
}

#[fire_and_forget(name = "drop_oldest", backend = DROP_OLDEST)]
fn or_drop_oldest() {
    std::thread::sleep(WORK);
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Thousands of launches are refused here on purpose; standard error need not hear of each.
    fire_and_forget::set_observer(|_: &fire_and_forget::Report<'_>| {})?;
    println!(
        "{LAUNCHES} launches, one every {PAUSE:?}; two threads take {WORK:?} for each; the queue holds 32\n"
    );
    let mut rejected = 0;
    let rows = [
        load("drop", or_drop)?,
        load("reject", || {
            if let Err(back) = or_reject() {
                // The place for the caller's own answer: try later, write it down, tell the client.
                let () = back.into_args();
                rejected += 1;
            }
        })?,
        load("block", or_block)?,
        load("caller_runs", or_run)?,
        load("drop_oldest", or_drop_oldest)?,
    ];
    println!("policy       | done | refused | evicted | a call took: median | longest | all took");
    println!("-------------|------|---------|---------|---------------------|---------|---------");
    for row in &rows {
        let Counts {
            ok, refused, lost, ..
        } = row.counts;
        println!(
            "{:<12} | {ok:>4} | {refused:>7} | {lost:>7} | {:>19} | {:>7} | {:>8}",
            row.policy,
            format!("{:.1?}", row.median),
            format!("{:.1?}", row.longest),
            format!("{:.0?}", row.total),
        );
    }
    println!("\nwith `reject`, the caller had the arguments of {rejected} launches back");
    for row in rows {
        assert_eq!(row.counts.in_flight(), 0);
        assert_eq!(row.counts.launched, u64::from(LAUNCHES));
    }
    Ok(())
}

/// What a policy did.
struct Row {
    policy: &'static str,
    counts: Counts,
    /// What a call cost the caller.
    median: Duration,
    longest: Duration,
    /// Until the last launch had ended.
    total: Duration,
}

/// Launches at its pace, or as fast as the launches let it, and waits for what was taken.
fn load(
    policy: &'static str,
    mut launch: impl FnMut(),
) -> Result<Row, fire_and_forget::Unfinished> {
    let begun = Instant::now();
    let mut costs: Vec<Duration> = (0..LAUNCHES)
        .map(|number| {
            while begun.elapsed() < PAUSE * number {
                std::hint::spin_loop();
            }
            let before = Instant::now();
            launch();
            before.elapsed()
        })
        .collect();
    fire_and_forget::flush(Duration::from_secs(10)).wait()?;
    costs.sort_unstable();
    let ledger = ledger();
    let entry = ledger.get(policy).expect("it has launched");
    Ok(Row {
        policy,
        counts: entry.counts(),
        median: costs[costs.len() / 2],
        longest: costs[costs.len() - 1],
        total: begun.elapsed(),
    })
}
