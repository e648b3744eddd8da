//! The threads of one backend: created with pauses while the system refuses, joined when they are over.

use std::time::Duration;

use crate::sync::process::{Instant, thread::JoinHandle};

/// Kept by the service thread, which alone creates and joins threads.
#[derive(Debug)]
pub(super) struct Crew {
    members: Vec<Member>,
    retry_at: Option<Instant>,
    /// How long to wait after the next refusal.
    pause: Duration,
}

impl Crew {
    pub(super) const fn new() -> Self {
        Self {
            members: Vec::new(),
            retry_at: None,
            pause: SHORTEST_PAUSE,
        }
    }

    /// When the system may be asked for a thread again, if not yet.
    pub(super) fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.retry_at.filter(|retry_at| now < *retry_at)
    }

    /// Takes in what the system said to the wish for a thread. After a refusal a pause begins.
    pub(super) fn enlist<E>(
        &mut self,
        created: Result<JoinHandle<()>, E>,
        now: Instant,
    ) -> Result<(), E> {
        match created {
            Ok(handle) => {
                self.members.push(Member {
                    handle,
                    was_over: false,
                });
                self.retry_at = None;
                self.pause = SHORTEST_PAUSE;
                Ok(())
            }
            Err(error) => {
                self.retry_at = Some(now + self.pause);
                self.pause = (self.pause * 2).min(LONGEST_PAUSE);
                Err(error)
            }
        }
    }

    /// Joins the threads that are over; all of them if `no_body_runs`, for then what is left are threads in the
    /// destructors of their thread-locals.
    ///
    /// A thread that says that it is over still takes some time to go away, and joining would wait for that. So it is
    /// joined when this is called the next time.
    pub(super) fn join(&mut self, no_body_runs: bool) {
        for member in self
            .members
            .extract_if(.., |member| no_body_runs || member.is_gone())
        {
            // Panics of bodies have been caught and reported.
            let _ = member.handle.join();
        }
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

#[derive(Debug)]
struct Member {
    handle: JoinHandle<()>,
    /// Was it over when it was last looked at?
    was_over: bool,
}

impl Member {
    fn is_gone(&mut self) -> bool {
        std::mem::replace(&mut self.was_over, self.handle.is_finished())
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
