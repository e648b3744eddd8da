//! A pool for each tenant, as Linux tells it.

use std::fs;
use std::panic;
use std::time::Duration;

use fire_and_forget::{Pool, fire_and_forget, flush, ledger, shutdown};
use waiting::{Gate, PATIENCE, Pass, silence_reports, wait_until};

use crate::{counts, named};

crate::scenarios!(
    a_thousand_tenants_have_a_pool_each,
    a_tenant_is_left_at_the_exit,
    a_panic_at_the_start_of_threads_is_said_once,
);

const TENANTS: usize = 1000;

#[fire_and_forget(backend = pools[tenant])]
fn work(pools: &'static [&'static Pool], tenant: usize, pass: Pass) {
    pass.wait();
}

fn pools() -> &'static [&'static Pool] {
    let pool = || {
        let pool = Pool::new("tenant").threads(2).queue(256);
        pool.keep_alive(Duration::ZERO).leak()
    };
    let pools: Vec<&Pool> = (0..TENANTS).map(|_| pool()).collect();
    pools.leak()
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").unwrap().count()
}

/// Beside the main thread and that of the service.
const OURS: usize = 2;

fn a_thousand_tenants_have_a_pool_each() {
    let pools = pools();
    let gate = Gate::new();
    gate.open();
    work(pools, 0, gate.pass());
    flush(PATIENCE).wait().unwrap();
    let before = resident_kib();

    // One after the other: no pool has a thread that it does not need.
    for tenant in 0..TENANTS {
        work(pools, tenant, gate.pass());
        pools[tenant].flush(PATIENCE).wait().unwrap();
    }
    wait_until("the threads retire", || threads() == OURS);
    let each = (resident_kib() - before) / TENANTS as u64;
    assert!(each <= 40, "{each} KiB for each tenant");

    // At once: each has one of its own.
    let gate = Gate::new();
    for tenant in 0..TENANTS {
        work(pools, tenant, gate.pass());
    }
    gate.reached_by(TENANTS);
    assert_eq!(threads(), OURS + TENANTS);
    for pool in pools {
        let unfinished = pool.flush(Duration::ZERO).wait().unwrap_err();
        let text = "the deadline has passed; unfinished: `scenario::backends::tenants::work` (1 in flight)";
        assert_eq!(unfinished.to_string(), text);
    }
    assert_eq!(ledger().entries().len(), 1);
    assert_eq!(ledger().entries()[0].counts().in_flight(), TENANTS as u64);
    gate.open();
    for pool in pools {
        pool.flush(PATIENCE).wait().unwrap();
    }
    let all = 2 * TENANTS as u64 + 1;
    assert_eq!(counts(named!(work)), [all, all, 0, 0, 0, 0]);
    wait_until("the threads retire", || threads() == OURS);

    // What is queued on each at the deadline is lost there.
    let gate = Gate::new();
    for tenant in 0..TENANTS {
        for _ in 0..3 {
            work(pools, tenant, gate.pass());
        }
    }
    gate.reached_by(2 * TENANTS);
    silence_reports();
    let unfinished = shutdown(Duration::from_millis(1)).wait().unwrap_err();
    assert_eq!(unfinished.entries().len(), 1);
    gate.open();
    wait_until("all have ended", || ledger().total().in_flight() == 0);
    let lost = TENANTS as u64;
    assert_eq!(
        counts(named!(work)),
        [all + 3 * lost, all + 2 * lost, 0, 0, lost, 0]
    );
}

/// The line at the exit has a function once, with what is in flight on all its backends.
fn a_tenant_is_left_at_the_exit() {
    let pools = pools();
    let gate = Gate::new();
    for tenant in [3, 5, 5] {
        work(pools, tenant, gate.pass());
    }
    gate.reached_by(3);
    std::process::exit(0);
}

static UNLUCKY: Pool = Pool::new("unlucky")
    .threads(4)
    .on_thread_start(|| panic!("no such processor"));

#[fire_and_forget(backend = UNLUCKY)]
fn runs_all_the_same(pass: Pass) {
    pass.wait();
}

fn a_panic_at_the_start_of_threads_is_said_once() {
    panic::set_hook(Box::new(|_| {}));
    let gate = Gate::new();
    for _ in 0..4 {
        runs_all_the_same(gate.pass());
    }
    gate.reached_by(4);
    gate.open();
    shutdown(PATIENCE).wait().unwrap();
    assert_eq!(counts(named!(runs_all_the_same)), [4, 4, 0, 0, 0, 0]);
}

/// Without the pages of files.
fn resident_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok())
        .unwrap()
}
