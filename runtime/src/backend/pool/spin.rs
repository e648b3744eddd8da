//! How long a worker that has found nothing spins before it parks.
//!
//! Unparking a worker costs the caller some microseconds, a hundred times the rest of a launch; spinning costs processor
//! time. So a worker spins only while that has lately paid: after it was parked for a short while, which says that launches
//! come quickly; and for as long as each spin finds something. When one does not, the worker parks. For each further spin
//! that fails it skips twice as many short parks before it spins again.

use std::time::Duration;

use crate::sync::process::Instant;
use crate::sync::spin_loop;

/// The experience of one worker.
#[derive(Debug)]
pub(in crate::backend) struct SpinPolicy {
    /// Short parks to skip before the next spin.
    skips: u32,
    /// Spins that have failed since the last that found something.
    failed: u32,
    /// Was the last park so short that the next wake-up is expected soon?
    is_woken_often: bool,
}

impl SpinPolicy {
    pub(in crate::backend) fn new() -> Self {
        Self {
            skips: 1,
            failed: 0,
            is_woken_often: false,
        }
    }

    /// Has it lately paid to spin?
    #[cfg_attr(not(feature = "tokio"), expect(dead_code))]
    pub(in crate::backend) fn pays(&self) -> bool {
        self.skips == 0
    }

    /// Spins until there is something, for [`LONGEST`] at most. False at once if that has lately not paid.
    pub(in crate::backend) fn spin(
        &mut self,
        mut is_there: impl FnMut() -> bool,
        mut is_over: impl FnMut() -> bool,
    ) -> bool {
        if cfg!(any(fire_and_forget_loom, fire_and_forget_shuttle)) || self.skips > 0 {
            return false;
        }
        let began = Instant::now();
        loop {
            for _ in 0..SPINS_PER_CLOCK_READ {
                if is_there() {
                    self.failed = 0;
                    return true;
                }
                spin_loop();
            }
            if is_over() {
                return false;
            }
            if began.elapsed() >= LONGEST {
                self.failed += 1;
                // The first one is forgiven: a busy system stops a caller for longer now and then.
                if self.failed > 1 {
                    self.skips = 1 << self.failed.min(MOST_DOUBLINGS);
                }
                return false;
            }
        }
    }

    /// The worker was parked since `began`.
    pub(in crate::backend) fn parked(&mut self, began: Instant) {
        let parked = began.elapsed();
        self.is_woken_often = parked < OFTEN;
        if self.skips > 0 && parked < SHORT {
            self.skips -= 1;
        }
    }

    /// Is the next wake-up expected soon?
    pub(super) fn is_woken_often(&self) -> bool {
        // A model knows no time.
        cfg!(any(fire_and_forget_loom, fire_and_forget_shuttle)) || self.is_woken_often
    }
}

/// How long to spin. Launches that come at least so often find a worker awake.
pub(super) const LONGEST: Duration = Duration::from_micros(60);

/// A park that spinning might have spared: the longest spin and the time it takes to wake up.
const SHORT: Duration = Duration::from_micros(120);

/// A park between wake-ups that come often: after longer ones, yielding before the next has been seen to cost more than it
/// gains.
const OFTEN: Duration = Duration::from_micros(2500);

const SPINS_PER_CLOCK_READ: u32 = 16;
const MOST_DOUBLINGS: u32 = 6;
