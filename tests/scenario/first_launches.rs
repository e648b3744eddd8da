//! The first launches of a process, all at once.

use std::sync::mpsc::Sender;

use fire_and_forget::{Pool, fire_and_forget, flush};
use waiting::{Gate, PATIENCE, begin, signal};

crate::scenarios!(first_launches_come_at_once);

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
