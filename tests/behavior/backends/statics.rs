//! What a static may be that is named as a backend: beside a pool, something lazy, a reference, a trait object.

use std::sync::LazyLock;

use fire_and_forget::{Backend, Pool, Refusal, Task, Threads, fire_and_forget};
use waiting::{Gate, PATIENCE, Pass, in_time};

use crate::recorder::{row, watch};
use crate::values::drops::{Drops, Tracked};

static CONFIGURED: LazyLock<Pool> = LazyLock::new(|| {
    let threads = std::env::var("NO_SUCH_VARIABLE").map_or(1, |text| text.len());
    Pool::new("configured").threads(threads).queue(1)
});

#[fire_and_forget(backend = CONFIGURED)]
fn runs_on_a_lazy_pool(pass: Pass) {
    pass.wait();
}

#[test]
fn a_pool_may_sit_in_a_lazy_lock() {
    let watched = watch!(runs_on_a_lazy_pool);
    let gate = Gate::holding(runs_on_a_lazy_pool);
    runs_on_a_lazy_pool(gate.pass());
    runs_on_a_lazy_pool(gate.pass());
    gate.open();
    in_time("the pool is quiet", || {
        CONFIGURED.flush(PATIENCE).wait().unwrap();
    });
    watched.check(
        row!(launched: 3, ok: 2, refused: 1),
        &["was refused: the queue is full"],
    );
    assert_eq!(watched.entry().backend(), "configured");
}

static REFERRED: &Pool = {
    static POOL: Pool = Pool::new("referred").threads(1);
    &POOL
};

#[fire_and_forget(backend = REFERRED)]
fn runs_on_a_reference() {}

#[test]
fn a_static_may_refer_to_a_pool() {
    let watched = watch!(runs_on_a_reference);
    runs_on_a_reference();
    watched.check(row!(launched: 1, ok: 1), &[]);
    assert_eq!(watched.entry().backend(), "referred");
}

static CHOSEN: &dyn Backend = {
    static POOL: Pool = Pool::new("chosen").threads(1);
    &POOL
};

#[fire_and_forget(backend = CHOSEN)]
fn runs_on_a_trait_object() {}

#[test]
fn a_static_may_be_a_trait_object() {
    let watched = watch!(runs_on_a_trait_object);
    runs_on_a_trait_object();
    watched.check(row!(launched: 1, ok: 1), &[]);
    assert_eq!(watched.entry().backend(), "chosen");
}

static BROKEN: LazyLock<Broken> = LazyLock::new(|| panic!("deliberate, in an initializer"));

struct Broken;

impl Backend for Broken {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        Err(task)
    }

    fn name(&self) -> &'static str {
        "broken"
    }
}

#[fire_and_forget(backend = BROKEN)]
fn has_no_backend(_argument: Tracked) {}

#[test]
fn a_backend_whose_initializer_panics_loses_its_launches_and_says_so() {
    let watched = watch!(has_no_backend);
    let drops = Drops::new();
    has_no_backend(drops.tracked());
    has_no_backend(drops.tracked());
    watched.check(
        row!(launched: 2, lost: 2),
        &["was lost: dropped before it began"; 2],
    );
    assert_eq!(drops.count(), 2);
}

static BEHIND: &(dyn Backend + Sync) = {
    static POOL: Pool = Pool::new("behind").threads(1).drop_oldest();
    &POOL
};

#[fire_and_forget(backend = BEHIND, daemon)]
fn would_keep_its_thread() {
    unreachable!("a pool runs no daemon");
}

#[fire_and_forget(backend = BEHIND, daemon, on_full = "reject")]
async fn would_keep_its_thread_too(_text: String) {
    unreachable!("a pool runs no daemon");
}

/// Only a path that is one is seen to be one by the compiler.
#[test]
fn a_pool_behind_another_backend_refuses_daemons() {
    let watched = watch!(would_keep_its_thread);
    would_keep_its_thread();
    watched.check(
        row!(launched: 1, refused: 1),
        &["was refused: a daemon needs a thread of its own, and the backend has none"],
    );
    let rejected = would_keep_its_thread_too("a".into()).unwrap_err();
    assert_eq!(rejected.reason(), Refusal::NoThread);
    assert_eq!(rejected.into_args().0, "a");
}

static OWN_THREADS: Threads = Threads::new("chosen");

#[fire_and_forget(backend = threads, daemon)]
fn keeps_a_chosen_thread(threads: &'static Threads, pass: Pass) {
    let _ = threads;
    pass.wait();
}

#[test]
fn a_daemon_may_run_on_a_backend_that_is_chosen() {
    let watched = watch!(keeps_a_chosen_thread);
    let gate = Gate::holding(|pass| keeps_a_chosen_thread(&OWN_THREADS, pass));
    assert!(watched.entry().is_daemon());
    gate.open();
    watched.check(
        row!(launched: 1, failed: 1),
        &["returned, though it is a daemon"],
    );
}
