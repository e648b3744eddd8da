//! Those who launch.

use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use ::tokio::runtime::Builder;
use fire_and_forget::{WhyUnfinished, flush};
use waiting::{Begun, Random, begin, spin_for};

use crate::backends::{BRIEF, LATEST, ONE, RETIRING};
use crate::runtimes::{built, come_and_go, expect_no_launchers};
use crate::{faults, functions};

/// Load from now on, until its end.
pub(crate) struct Load {
    is_over: Arc<AtomicBool>,
    threads: Vec<Begun<()>>,
}

/// What the load is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    Everything,
    /// For the most part, runtimes that come and go.
    Runtimes,
}

impl Load {
    pub(crate) fn begin(kind: Kind, random: &mut Random) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let acts = match kind {
            Kind::Everything => [call, call, call, come_and_go, wait_for_quiet],
            Kind::Runtimes => [call, come_and_go, come_and_go, come_and_go, wait_for_quiet],
        };
        let threads = acts
            .into_iter()
            .map(|act| {
                let (is_over, mut random) = (is_over.clone(), Random::new(random.draw()));
                begin(move || {
                    while !is_over.load(Ordering::Relaxed) {
                        act(&mut random);
                    }
                })
            })
            .collect();
        Self { is_over, threads }
    }

    /// Waits for all who launch.
    pub(crate) fn end(self) {
        self.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads {
            thread.end("a caller goes on");
        }
        expect_no_launchers();
    }
}

/// Launches alone or in a burst, and then does nothing for a moment, or for so long that workers retire.
fn call(random: &mut Random) {
    let function = functions::any(random);
    let burst = match random.below(4) {
        0 => 1 + random.below(function.burst),
        1 => 1 + random.below(function.burst.min(8)),
        _ => 1,
    };
    for _ in 0..burst {
        function.launch(Random::new(random.draw()), 0, false);
    }
    match random.below(256) {
        0 => sleep(random.shorter_than(LONGEST_SILENCE)),
        1..64 => spin_for(random.shorter_than(LONGEST_GAP)),
        _ => {}
    }
}

/// Waits for a quiet that may come or not, in each way there is.
fn wait_for_quiet(random: &mut Random) {
    sleep(random.shorter_than(LONGEST_SILENCE));
    let timeout = random.shorter_than(2 * LONGEST_SILENCE);
    let wait = match random.below(6) {
        0 => BRIEF.flush(timeout),
        1 => RETIRING.flush(timeout),
        2 => ONE.flush(timeout),
        3 => LATEST.flush(timeout),
        _ => flush(timeout),
    };
    let result = match random.below(4) {
        0 => return, // forgotten
        1 => built(&mut Builder::new_current_thread()).block_on(wait),
        2 => built(Builder::new_current_thread().enable_time()).block_on(async {
            let gives_up = ::tokio::time::timeout(timeout / 2, pending::<()>());
            ::tokio::select! {
                result = wait => result,
                _ = gives_up => Ok(()),
            }
        }),
        _ => wait.wait(),
    };
    if let Err(unfinished) = result
        && unfinished.reason() != WhyUnfinished::Deadline
    {
        faults::add(format!("a flush under load: {unfinished}"));
    }
}

const LONGEST_GAP: Duration = Duration::from_micros(100);
const LONGEST_SILENCE: Duration = Duration::from_millis(8);
