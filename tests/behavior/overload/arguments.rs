//! Arguments that are refused: their destructors may launch, or panic.

use std::error::Error;
use std::sync::mpsc::Sender;

use fire_and_forget::{Pool, Threads, fire_and_forget};
use waiting::{Gate, Pass, signal};

use crate::recorder::{row, watch};
use crate::values::drops::PanicsWhenDropped;

small!(LAUNCHING);

#[fire_and_forget(backend = LAUNCHING)]
fn owns_a_launching_argument(pass: Pass, argument: Option<LaunchesWhenDropped>) {
    pass.wait();
    drop(argument);
}

#[derive(Debug)]
struct LaunchesWhenDropped(Sender<()>);

impl Drop for LaunchesWhenDropped {
    fn drop(&mut self) {
        is_launched_by_a_destructor(self.0.clone());
    }
}

#[fire_and_forget]
fn is_launched_by_a_destructor(done: Sender<()>) {
    let _ = done.send(());
}

// Pitfall 14.
#[test]
fn a_destructor_of_a_refused_argument_may_launch() {
    let watched = watch!(owns_a_launching_argument);
    let gate = Gate::holding(|pass| owns_a_launching_argument(pass, None));
    let (done, ends) = signal();
    owns_a_launching_argument(gate.pass(), Some(LaunchesWhenDropped(done.clone())));
    owns_a_launching_argument(gate.pass(), Some(LaunchesWhenDropped(done)));
    ends.receive();
    assert_eq!(watched.counts(), row!(launched: 3, refused: 1));
    gate.open();
    ends.receive();
    watched.check(
        row!(launched: 3, ok: 2, refused: 1),
        &["was refused: the queue is full"],
    );
}

#[fire_and_forget(on_full = "reject", max_in_flight = 1)]
fn takes_what_is_not_sync(_argument: Box<dyn FnOnce() + Send>, pass: Pass) {
    pass.wait();
}

#[test]
fn a_rejection_is_an_error_like_any_other_whatever_the_arguments() {
    let launch = |pass| -> Result<(), Box<dyn Error + Send + Sync>> {
        takes_what_is_not_sync(Box::new(|| {}), pass)?;
        Ok(())
    };
    let watched = watch!(takes_what_is_not_sync);
    let gate = Gate::holding(|pass| launch(pass).unwrap());
    let text = launch(gate.pass()).unwrap_err().to_string();
    assert!(text.starts_with("launch refused: "), "{text}");
    gate.open();
    watched.check(row!(launched: 2, ok: 1, refused: 1), &[]);
}

static FEW_THREADS: Threads = Threads::new("few").max_threads(1).queue(2);

#[fire_and_forget(backend = FEW_THREADS)]
fn is_refused_by_threads(pass: Pass, argument: Option<PanicsWhenDropped>) {
    pass.wait();
    drop(argument);
}

// Pitfall 17.
#[test]
fn a_full_queue_of_threads_refuses_and_drops_its_arguments_safely() {
    let watched = watch!(is_refused_by_threads);
    let gate = Gate::holding(|pass| is_refused_by_threads(pass, None));
    for _ in 0..2 {
        is_refused_by_threads(gate.pass(), None);
    }
    is_refused_by_threads(gate.pass(), Some(PanicsWhenDropped));
    gate.open();
    watched.check(
        row!(launched: 4, ok: 3, refused: 1),
        &[
            "panicked: deliberate, in a destructor",
            "was refused: the queue is full",
        ],
    );
}
