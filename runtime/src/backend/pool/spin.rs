//! How long a worker that has found nothing spins before it parks.
//!
//! To unpark a worker costs the caller some microseconds, a hundred times the rest of a launch; to spin costs processor
//! time. So a worker spins only while that has lately paid: from a short park on, which says that launches come quickly,
//! for as long as each spin finds an item. When one fails, the worker parks. After each further one that fails, it skips
//! twice as many short parks before it spins again. A launch every 30 µs costs its caller 30 to 70 ns, and 2,000 without
//! this.

use std::time::Duration;

use crate::sync::process::Instant;
use crate::sync::spin_loop;

/// What one worker has learnt about spinning.
#[derive(Debug)]
pub(in crate::backend) struct SpinPolicy {
    /// Short parks to skip before the next spin.
    skips: u32,
    /// Spins that have failed since the last one that found an item.
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

    /// Spins until `is_there` or `is_over`, for [`LONGEST`] at most. True if `is_there`. False at once if spinning has
    /// lately not paid.
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
                // The first failure is forgiven: now and then a busy system stops a caller for longer.
                if self.failed > 1 {
                    self.skips = 1 << self.failed.min(MOST_DOUBLINGS);
                }
                return false;
            }
        }
    }

    /// Notes that the worker was parked so often, for so long each time.
    pub(in crate::backend) fn parked(&mut self, parked: Duration, times: u32) {
        self.is_woken_often = parked < OFTEN;
        if parked < SHORT {
            self.skips = self.skips.saturating_sub(times);
        }
    }

    /// Is the next wake-up expected soon?
    pub(super) fn is_woken_often(&self) -> bool {
        // No time passes in a model.
        cfg!(any(fire_and_forget_loom, fire_and_forget_shuttle)) || self.is_woken_often
    }
}

/// How long to spin, at most. Launches that come at least so often find a worker awake.
pub(super) const LONGEST: Duration = Duration::from_micros(60);

/// A park that spinning might have spared: the longest spin, and the time that a wake-up takes.
const SHORT: Duration = Duration::from_micros(120);

/// A park between wake-ups that come often. After a longer one, yielding before the next park has been seen to cost more
/// than it gains.
const OFTEN: Duration = Duration::from_micros(2500);

const SPINS_PER_CLOCK_READ: u32 = 16;
const MOST_DOUBLINGS: u32 = 6;
