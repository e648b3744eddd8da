//! What is still admitted: what runs and its children, and nothing from outside.

use fire_and_forget::{Pool, Refusal, fire_and_forget, set_observer, shutdown};
use waiting::{Gate, PATIENCE, Pass, begin, wait_until};

use super::bodies::{PLAIN, POOL, launch_all, on_pool, passes};
use super::kept::{Keeper, kept};
use crate::{counts, named};

crate::scenarios!(
    shutdown_drains,
    shutdown_refuses_launches_from_outside,
    shutdown_accepts_children_of_running_bodies,
    shutdown_wakes_blocked_callers,
);

fn shutdown_drains() {
    launch_all(200);
    shutdown(PATIENCE).wait().unwrap();
    for (function, _) in PLAIN {
        assert_eq!(counts(function), [200, 200, 0, 0, 0, 0], "{function}");
    }
}

#[fire_and_forget(backend = POOL, on_full = "reject")]
fn or_reject(_number: u8) {}

#[fire_and_forget(on_full = "reject")]
async fn or_reject_async(_number: u8) {}

#[fire_and_forget(backend = POOL, on_full = "block")]
fn or_block() {}

#[fire_and_forget(backend = POOL, on_full = "caller_runs")]
fn or_run_here() {
    panic!("it must not run");
}

/// Pitfall 7.
fn shutdown_refuses_launches_from_outside() {
    set_observer(Keeper).unwrap();
    let gate = Gate::new();
    passes(gate.pass());
    let wait = shutdown(PATIENCE);
    refuse_all(1);
    gate.open();
    wait.wait().unwrap();
    refuse_all(2);
}

fn refuse_all(round: u64) {
    launch_all(1);
    or_block();
    or_run_here();
    assert_eq!(or_reject(1).unwrap_err().reason(), Refusal::ShuttingDown);
    assert_eq!(or_reject_async(2).unwrap_err().into_args(), (2,));
    let all = [
        "bodies::on_pool",
        "bodies::on_thread",
        "bodies::on_tokio_worker",
        "bodies::on_tokio",
        "bodies::on_pool_async",
        "admission::or_block",
        "admission::or_run_here",
    ];
    assert_eq!(
        kept(),
        all.map(|name| format!("scenario::stop::shutdown::{name} refused"))
    );
    for name in all
        .into_iter()
        .chain(["admission::or_reject", "admission::or_reject_async"])
    {
        assert_eq!(
            counts(&format!("scenario::stop::shutdown::{name}")),
            [round, 0, 0, 0, 0, round],
            "{name}"
        );
    }
}

#[fire_and_forget(backend = "thread")]
fn passes_and_launches(pass: Pass) {
    pass.wait();
    launch_all(3);
}

#[fire_and_forget(backend = POOL)]
fn passes_and_launches_on_a_pool(pass: Pass) {
    pass.wait();
    launch_all(3);
}

#[fire_and_forget]
async fn passes_and_launches_as_a_task(pass: Pass) {
    pass.opened().await;
    launch_all(3);
    tokio::task::yield_now().await;
    launch_all(3);
}

/// Pitfall 9.
fn shutdown_accepts_children_of_running_bodies() {
    set_observer(Keeper).unwrap();
    let gate = Gate::new();
    passes_and_launches(gate.pass());
    passes_and_launches_on_a_pool(gate.pass());
    passes_and_launches_as_a_task(gate.pass());
    let wait = shutdown(PATIENCE);
    on_pool();
    assert_eq!(
        kept(),
        ["scenario::stop::shutdown::bodies::on_pool refused"]
    );
    gate.open();
    wait.wait().unwrap();
    for (function, _) in PLAIN {
        let refused = u64::from(function == "scenario::stop::shutdown::bodies::on_pool");
        assert_eq!(
            counts(function),
            [12 + refused, 12, 0, 0, 0, refused],
            "{function}"
        );
    }
    assert_eq!(kept(), [""; 0]);
}

static FULL: Pool = Pool::new("full").threads(1).queue(1);

#[fire_and_forget(backend = FULL, on_full = "block")]
fn waits_for_room(pass: Pass) {
    pass.wait();
}

/// A caller that waits for room is refused by the shutdown, not stuck.
fn shutdown_wakes_blocked_callers() {
    set_observer(Keeper).unwrap();
    let gate = Gate::holding(waits_for_room);
    waits_for_room(gate.pass());
    let caller = begin(|| waits_for_room(Pass::open()));
    wait_until("the third caller waits", || {
        counts(named!(waits_for_room))[0] == 3
    });
    let wait = shutdown(PATIENCE);
    caller.end("the caller that waits for room is refused");
    assert_eq!(
        kept(),
        ["scenario::stop::shutdown::admission::waits_for_room refused"]
    );
    gate.open();
    wait.wait().unwrap();
    assert_eq!(counts(named!(waits_for_room)), [3, 2, 0, 0, 0, 1]);
}
