//! How long a worker that has found nothing goes on looking before it sleeps.
//!
//! Waking a sleeping worker costs the caller some microseconds, a hundred times the rest of a launch; looking costs
//! processor time. So a worker goes on looking only while that has lately paid: after it slept for a short while, which
//! says that launches come quickly; and for as long as each search is answered. When one is not, it sleeps, and for
//! each further one in vain lets twice as many short sleeps pass before it tries again.

use std::time::Duration;

use crate::sync::process::Instant;
use crate::sync::spin_loop;

/// The experience of one worker.
#[derive(Debug)]
pub(in crate::backend) struct Linger {
    /// Short sleeps to let pass before the next search.
    passes: u32,
    /// Searches in vain since the last that was answered.
    in_vain: u32,
    /// Was the last sleep so short that the next call is expected soon?
    is_called_often: bool,
}

impl Linger {
    pub(in crate::backend) fn new() -> Self {
        Self {
            passes: 1,
            in_vain: 0,
            is_called_often: false,
        }
    }

    /// Has it lately paid to look?
    #[cfg_attr(not(feature = "tokio"), expect(dead_code))]
    pub(in crate::backend) fn pays(&self) -> bool {
        self.passes == 0
    }

    /// Looks until there is something, for [`LONGEST`] at most. False at once if that has lately not paid.
    pub(in crate::backend) fn look(
        &mut self,
        mut is_there: impl FnMut() -> bool,
        mut is_over: impl FnMut() -> bool,
    ) -> bool {
        if cfg!(any(fire_and_forget_loom, fire_and_forget_shuttle)) || self.passes > 0 {
            return false;
        }
        let began = Instant::now();
        loop {
            for _ in 0..LOOKS_PER_GLANCE_AT_THE_CLOCK {
                if is_there() {
                    self.in_vain = 0;
                    return true;
                }
                spin_loop();
            }
            if is_over() {
                return false;
            }
            if began.elapsed() >= LONGEST {
                self.in_vain += 1;
                // The first one is forgiven: a busy system stops a caller for longer now and then.
                if self.in_vain > 1 {
                    self.passes = 1 << self.in_vain.min(MOST_DOUBLINGS);
                }
                return false;
            }
        }
    }

    /// Takes in that the worker has slept since `began`.
    pub(in crate::backend) fn slept(&mut self, began: Instant) {
        let slept = began.elapsed();
        self.is_called_often = slept < OFTEN;
        if self.passes > 0 && slept < SHORT {
            self.passes -= 1;
        }
    }

    /// Is the next call expected soon?
    pub(super) fn is_called_often(&self) -> bool {
        // A model knows no time.
        cfg!(any(fire_and_forget_loom, fire_and_forget_shuttle)) || self.is_called_often
    }
}

/// How long to look. Launches that come at least so often find a worker awake.
pub(super) const LONGEST: Duration = Duration::from_micros(60);

/// A sleep that looking might have spared: the longest search and the time it takes to wake up.
const SHORT: Duration = Duration::from_micros(120);

/// A sleep between calls that come often: after longer ones, giving way before the next has been seen to cost more than
/// it gains.
const OFTEN: Duration = Duration::from_micros(2500);

const LOOKS_PER_GLANCE_AT_THE_CLOCK: u32 = 16;
const MOST_DOUBLINGS: u32 = 6;
