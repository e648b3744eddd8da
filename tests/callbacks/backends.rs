//! A function for each backend, and what is done with it in each case.

use std::sync::{Arc, Mutex, OnceLock};

use fire_and_forget::{Counts, Entry, Pool, fire_and_forget, ledger};
use tracing::dispatcher::with_default;
use tracing::{Dispatch, info_span};
use waiting::{Gate, PATIENCE, begin, wait_until};

use crate::script::{Act, Script};
use crate::store::Store;

/// A function that does nothing, on one backend.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) launch: fn(),
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    InMemory,
    /// It is the launch that is disturbed.
    Durable,
    /// It is the execution that is disturbed.
    DurableJob,
}

/// Functions of their own for the module where this stands: `FUNCTIONS`.
macro_rules! functions {
    () => {
        $crate::backends::functions! {
            "pool", InMemory: fn on_a_pool, async fn on_a_pool_later;
            "thread", InMemory: fn on_a_thread, async fn on_a_thread_later;
            "tokio", InMemory: fn on_tokio, async fn on_tokio_later;
            "durable", Durable: fn in_a_store, async fn in_a_store_later;
            "durable", DurableJob: fn out_of_a_store, async fn out_of_a_store_later;
        }
    };
    ($($backend:literal, $kind:ident: fn $function:ident, async fn $later:ident;)+) => {
        $(
            #[fire_and_forget::fire_and_forget(backend = $backend)]
            fn $function() {}

            #[fire_and_forget::fire_and_forget(backend = $backend)]
            async fn $later() {}
        )+

        const FUNCTIONS: &[$crate::backends::Function] = &[$(
            $crate::backends::Function {
                name: concat!(module_path!(), "::", stringify!($function)),
                launch: $function,
                kind: $crate::backends::Kind::$kind,
            },
            $crate::backends::Function {
                name: concat!(module_path!(), "::", stringify!($later)),
                launch: $later,
                kind: $crate::backends::Kind::$kind,
            },
        )+];
    };
}
pub(crate) use functions;

static OTHERS: Pool = Pool::new("others").threads(1);

#[fire_and_forget(backend = OTHERS)]
fn goes_on() {}

/// Launches a function once while the script is played, and checks that all of its launches end well.
#[track_caller]
pub(crate) fn play(function: &'static Function, script: &Arc<Script>, dispatch: &Dispatch) {
    let what = format!("{} at {:?}: {:?}", function.name, script.step, script.act);
    let _case = CASE.lock();
    let store = store();
    let before = counts(function);
    let gate = Gate::new();
    script.begin(function, gate.pass());
    let (played, dispatch) = (Arc::clone(script), dispatch.clone());
    let launching = begin(move || {
        with_default(&dispatch, || {
            info_span!("caller").in_scope(|| {
                if function.kind != Kind::DurableJob {
                    played.arm();
                }
                (function.launch)();
            });
            if function.kind != Kind::InMemory {
                wait_until_quiet(function, "it is stored");
                if function.kind == Kind::DurableJob {
                    played.arm();
                }
                info_span!("worker").in_scope(|| store.work_off());
            }
        });
    });
    if let Act::Blocks = script.act {
        gate.reached_by(1);
        goes_on();
        OTHERS.flush(PATIENCE).wait().unwrap();
        gate.open();
    }
    launching.end(&what);
    wait_until_quiet(function, &what);
    // What a callback has launched.
    store.work_off();
    assert!(script.has_acted(), "{what}: it is not called");
    let launches = match script.act {
        Act::Launches => 2,
        Act::Panics | Act::Blocks => 1,
    };
    let rows = match function.kind {
        Kind::InMemory => 1,
        Kind::Durable | Kind::DurableJob => 2,
    };
    let after = counts(function);
    assert_eq!(after.launched, before.launched + launches * rows, "{what}");
    assert_eq!(after.ok, after.launched, "{what}: {after:?}");
}

/// The store is worked off by one case at a time, and those before have left nothing.
static CASE: Mutex<()> = Mutex::new(());

fn wait_until_quiet(function: &Function, what: &str) {
    wait_until(what, || counts(function).in_flight() == 0);
}

/// Of launches and executions together.
fn counts(function: &Function) -> Counts {
    let ledger = ledger();
    let entries = ledger.entries().iter();
    let its = entries.filter(|it| it.function() == function.name);
    let mut all = Counts::default();
    for counts in its.map(Entry::counts) {
        all.launched += counts.launched;
        all.ok += counts.ok;
        all.failed += counts.failed;
        all.panicked += counts.panicked;
        all.lost += counts.lost;
        all.refused += counts.refused;
    }
    all
}

/// That of this process.
fn store() -> &'static Store {
    static STORE: OnceLock<Store> = OnceLock::new();
    STORE.get_or_init(Store::open)
}
