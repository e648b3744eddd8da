//! The threads of one backend: created with pauses while the system refuses, joined when they are over.

use std::cell::RefCell;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::sync::process::thread::{self, JoinHandle};
use crate::sync::process::{AtomicBool, Instant, thread_local};
use crate::{body, service, shutdown};

/// Kept by the service thread or, where the system refuses that one, by who waits in its place.
#[derive(Debug)]
pub(crate) struct Crew {
    members: Vec<Member>,
    /// Is one of them to wake the service thread when it is gone?
    is_awaited: Arc<AtomicBool>,
    retry_at: Option<Instant>,
    /// How long to wait after the next refusal.
    pause: Duration,
}

impl Crew {
    pub(crate) fn new() -> Self {
        Self {
            members: Vec::new(),
            is_awaited: Arc::default(),
            retry_at: None,
            pause: SHORTEST_PAUSE,
        }
    }

    /// When the system may be asked for a thread again, if not yet.
    pub(crate) fn paused_until(&self, now: Instant) -> Option<Instant> {
        self.retry_at.filter(|retry_at| now < *retry_at)
    }

    /// Creates a thread that is to be [enlisted](Self::enlist).
    pub(crate) fn create(
        &self,
        builder: thread::Builder,
        run: impl FnOnce() + Send + 'static,
    ) -> io::Result<Member> {
        let is_gone = Arc::new(AtomicBool::new(false));
        let last = Last {
            is_gone: is_gone.clone(),
            is_awaited: self.is_awaited.clone(),
        };
        let handle = builder.spawn(move || {
            LAST.with(|it| it.replace(Some(last)));
            body::claim_thread();
            run();
        })?;
        Ok(Member { handle, is_gone })
    }

    /// Takes in what the system said to the wish for a thread. After a refusal a pause begins.
    pub(crate) fn enlist<E>(&mut self, created: Result<Member, E>, now: Instant) -> Result<(), E> {
        match created {
            Ok(member) => {
                self.members.push(member);
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

    /// Joins the threads that are gone: one that is still in the destructors of its thread-locals, which are the user's
    /// code, would hold up who joins it.
    pub(crate) fn join(&mut self) {
        for member in self.members.extract_if(.., |member| member.is_gone()) {
            // Panics of bodies have been caught and reported.
            let _ = member.handle.join();
        }
    }

    /// Are there so many threads, those that are in the destructors of their thread-locals among them? Then the next one
    /// that is gone wakes the service thread.
    pub(crate) fn is_full(&mut self, limit: usize) -> bool {
        self.is_awaited.store(false, Ordering::SeqCst);
        if self.members.len() < limit {
            return false;
        }
        // SeqCst on all four: this thread sees that one is gone, or that one sees that it is awaited.
        self.is_awaited.store(true, Ordering::SeqCst);
        self.join();
        self.members.len() >= limit
    }

    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

/// A thread of a crew.
#[derive(Debug)]
pub(crate) struct Member {
    handle: JoinHandle<()>,
    is_gone: Arc<AtomicBool>,
}

impl Member {
    /// Has it nothing more to do? `SeqCst`: see [`Last`].
    fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::SeqCst)
    }
}

thread_local! {
    /// The first thread-local of each thread, so that it is destroyed after all others.
    static LAST: RefCell<Option<Last>> = const { RefCell::new(None) };
}

/// Dropped when a thread has nothing more to do. [`JoinHandle::is_finished`] says so before the destructors of the
/// thread-locals.
struct Last {
    is_gone: Arc<AtomicBool>,
    is_awaited: Arc<AtomicBool>,
}

impl Drop for Last {
    fn drop(&mut self) {
        // SeqCst on all four: who ends the shutdown sees that this thread is gone, or this thread sees the end.
        self.is_gone.store(true, Ordering::SeqCst);
        if shutdown::has_ended() || self.is_awaited.load(Ordering::SeqCst) {
            // To join this thread.
            service::wake();
        }
    }
}

const SHORTEST_PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
