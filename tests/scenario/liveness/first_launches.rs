//! The first launches of a process, all at once.

use std::sync::mpsc::Sender;

use std::collections::BTreeSet;

use fire_and_forget::{Backend, Pool, Task, fire_and_forget, flush, ledger};
use waiting::{Gate, PATIENCE, begin, in_time, signal};

crate::scenarios!(
    first_launches_come_at_once,
    first_launches_of_many_functions_are_listed_once,
    first_launches_by_the_name_of_their_backend,
);

macro_rules! pools {
    ($($pool:ident: $function:ident),*) => {
        $(
            static $pool: Pool = Pool::new("first").threads(1);

            #[fire_and_forget(backend = $pool)]
            fn $function(ran: Sender<()>) {
                let _ = ran.send(());
            }
        )*

        const LAUNCHERS: &[fn(Sender<()>)] = &[$($function),*];
    };
}

pools!(A: a, B: b, C: c, D: d, E: e, F: f);

/// Pitfall 13: each needs the thread that creates the others, and one of them starts it. Nothing else wakes that thread.
fn first_launches_come_at_once() {
    let gate = Gate::new();
    let (ran, runs) = signal();
    let callers: Vec<_> = LAUNCHERS
        .iter()
        .map(|launch| {
            let (pass, ran) = (gate.pass(), ran.clone());
            begin(move || {
                pass.wait();
                launch(ran);
            })
        })
        .collect();
    gate.reached_by(LAUNCHERS.len());
    gate.open();
    for caller in callers {
        caller.end("a caller goes on");
    }
    runs.receive_many(LAUNCHERS.len());
    // Not before: to wait is to wake that thread.
    flush(PATIENCE).wait().unwrap();
}

/// Each module has ten functions, launched one after the other from its own first one on.
macro_rules! modules_of_ten {
    ($($module:ident)*) => {
        $(
            mod $module {
                crate::liveness::first_launches::functions!(a b c d e f g h i j);
            }
        )*

        const MANY: &[&[fn()]] = &[$($module::ALL),*];
    };
}

macro_rules! functions {
    ($($function:ident)*) => {
        $(
            #[fire_and_forget::fire_and_forget]
            fn $function() {}
        )*

        pub(super) const ALL: &[fn()] = &[$($function),*];
    };
}

use functions;

modules_of_ten!(m0 m1 m2 m3 m4 m5 m6 m7 m8 m9 m10 m11 m12 m13 m14 m15 m16 m17 m18 m19);

/// Four threads launch each of them first.
fn first_launches_of_many_functions_are_listed_once() {
    const CALLERS: usize = 4;
    let gate = Gate::new();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let pass = gate.pass();
            begin(move || {
                pass.wait();
                for launch in MANY.iter().copied().flatten() {
                    launch();
                }
                // Who has launched a function finds it there, whoever launched it first.
                ledger().entries().len()
            })
        })
        .collect();
    gate.reached_by(CALLERS);
    gate.open();
    let functions = MANY.iter().copied().flatten().count();
    for caller in callers {
        assert_eq!(caller.end("a caller goes on"), functions);
    }
    flush(PATIENCE).wait().unwrap();
    let ledger = ledger();
    let names: BTreeSet<_> = ledger
        .entries()
        .iter()
        .map(fire_and_forget::Entry::function)
        .collect();
    assert_eq!(names.len(), functions);
    assert_eq!(ledger.total().ok, (CALLERS * functions) as u64);
}

/// Launches on itself where it is asked for its name.
struct Eager;

static EAGER: Eager = Eager;

static BEHIND: Pool = Pool::new("behind");

impl Backend for Eager {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        BEHIND.submit(task)
    }

    fn name(&self) -> &'static str {
        on_eager();
        also_on_eager();
        "eager"
    }
}

#[fire_and_forget(backend = EAGER)]
fn on_eager() {}

#[fire_and_forget(backend = EAGER)]
fn also_on_eager() {}

#[fire_and_forget]
fn logs() {}

/// Launches where it is asked for its name, as one that writes a log does.
struct Logs;

static LOGS: Logs = Logs;

impl Backend for Logs {
    fn submit(&'static self, task: Task) -> Result<(), Task> {
        BEHIND.submit(task)
    }

    fn name(&self) -> &'static str {
        logs();
        "logs"
    }
}

#[fire_and_forget(backend = LOGS)]
fn on_logs() {}

fn first_launches_by_the_name_of_their_backend() {
    in_time(
        "the name of a backend is asked in vain at some time",
        || {
            on_eager();
            also_on_eager();
            on_logs();
        },
    );
    flush(PATIENCE).wait().unwrap();
    let ledger = ledger();
    for (function, backend) in [
        ("on_eager", "eager"),
        ("also_on_eager", "eager"),
        ("on_logs", "logs"),
        ("logs", "pool"),
    ] {
        let name = format!("{}::{function}", module_path!());
        let entry = ledger.get(&name).unwrap();
        assert_eq!(entry.backend(), backend, "{function}");
        assert_eq!(entry.counts().launched, entry.counts().ok, "{function}");
    }
    let names = ledger
        .entries()
        .iter()
        .filter(|entry| entry.function().ends_with("eager"));
    assert_eq!(names.count(), 2);
}
