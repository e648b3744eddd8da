//! Large arguments that launch again whenever they are dropped: the stack of a thread is large enough.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use fire_and_forget::fire_and_forget;
use waiting::backends::FORGETFUL;
use waiting::{in_time, silence_reports};

use super::{ENDED, NONE};

crate::scenarios!(large_arguments_that_launch_themselves_again);

/// Launches itself again, wherever it is dropped; so many times in all.
struct Large<const BYTES: usize> {
    launch: fn(Self),
    _bytes: [u8; BYTES],
}

impl<const BYTES: usize> Large<BYTES> {
    fn go(launch: fn(Self)) {
        launch(Self {
            launch,
            _bytes: [0; BYTES],
        });
    }
}

impl<const BYTES: usize> Drop for Large<BYTES> {
    fn drop(&mut self) {
        if LARGE.fetch_add(1, Ordering::SeqCst) < 10_000 {
            Self::go(self.launch);
        }
    }
}

static LARGE: AtomicU32 = AtomicU32::new(0);

#[fire_and_forget(max_in_flight = NONE)]
fn refuses_large<const BYTES: usize>(_: Large<BYTES>) {}

#[fire_and_forget(max_in_flight = NONE)]
async fn refuses_a_large_task<const BYTES: usize>(_: Large<BYTES>) {}

#[fire_and_forget(backend = FORGETFUL)]
fn forgets_large<const BYTES: usize>(_: Large<BYTES>) {}

#[fire_and_forget(backend = ENDED)]
async fn drops_a_large_task<const BYTES: usize>(_: Large<BYTES>) {}

#[fire_and_forget(max_in_flight = NONE, on_full = "caller_runs")]
fn runs_large_in_place<const BYTES: usize>(_: Large<BYTES>) {}

#[fire_and_forget(max_in_flight = NONE, on_full = "caller_runs")]
fn fails_large_in_place<const BYTES: usize>(large: Large<BYTES>) -> Result<(), Complaint<BYTES>> {
    Err(Complaint(large))
}

/// Launches again while it is put into words, and when it is dropped.
struct Complaint<const BYTES: usize>(Large<BYTES>);

impl<const BYTES: usize> fmt::Display for Complaint<BYTES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if LARGE.fetch_add(1, Ordering::SeqCst) < 10_000 {
            Large::go(self.0.launch);
        }
        f.write_str("no")
    }
}

#[fire_and_forget(max_in_flight = NONE, on_full = "caller_runs")]
fn panics_large_in_place<const BYTES: usize>(large: Large<BYTES>) {
    std::panic::resume_unwind(Box::new(large));
}

#[fire_and_forget(max_in_flight = NONE, on_full = "caller_runs", on_error = handles_large)]
fn hands_large_to_its_handler<const BYTES: usize>(
    large: Large<BYTES>,
) -> Result<(), Complaint<BYTES>> {
    Err(Complaint(large))
}

fn handles_large<const BYTES: usize>(complaint: Complaint<BYTES>) {
    let Complaint(large) = complaint;
    Large::go(large.launch);
    drop(large);
}

/// On a thread of the usual size.
fn large_arguments_that_launch_themselves_again() {
    silence_reports();
    launch_large::<4_096>();
    launch_large::<16_384>();
    let total = fire_and_forget::ledger().total();
    assert_eq!(total.in_flight(), 0);
}

fn launch_large<const BYTES: usize>() {
    let launches: [fn(Large<BYTES>); 8] = [
        refuses_large,
        refuses_a_large_task,
        forgets_large,
        drops_a_large_task,
        runs_large_in_place,
        fails_large_in_place,
        panics_large_in_place,
        hands_large_to_its_handler,
    ];
    for launch in launches {
        LARGE.store(0, Ordering::SeqCst);
        in_time("destructors of large arguments come to an end", move || {
            Large::go(launch);
        });
    }
}
