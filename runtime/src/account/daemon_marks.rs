//! Whether a function is a daemon, and whether it learns of a shutdown.

use std::sync::atomic::Ordering;

use crate::sync::process::AtomicBool;

/// The part of a [`Site`](super::site::Site) that concerns daemons.
#[derive(Debug)]
pub(crate) struct Marks {
    is_daemon: bool,
    is_async: bool,
    /// Whether its bodies learn of a shutdown: always for an `async fn`, once a body has asked for a `fn`.
    told: AtomicBool,
}

impl Marks {
    /// Describes a function that is no daemon.
    pub(crate) const fn none() -> Self {
        Self {
            is_daemon: false,
            is_async: false,
            told: AtomicBool::new(false),
        }
    }

    /// Describes a daemon.
    pub(crate) const fn of_daemon(is_async: bool) -> Self {
        Self {
            is_daemon: true,
            is_async,
            told: AtomicBool::new(is_async),
        }
    }

    /// Returns the marks that the function has before its first launch.
    pub(crate) const fn fresh(&self) -> Self {
        if self.is_daemon {
            Self::of_daemon(self.is_async)
        } else {
            Self::none()
        }
    }

    pub(crate) fn is_daemon(&self) -> bool {
        self.is_daemon
    }

    pub(crate) fn is_told(&self) -> bool {
        self.told.load(Ordering::SeqCst)
    }

    /// Notes that a body of this function asks whether the process stops. Call this before reading the phase.
    ///
    /// The `SeqCst` store pairs with the load in `daemon::is_awaited`: a body stores here and then reads the phase; a shutdown
    /// writes the phase and then reads the marks. So the body sees the shutdown, or the shutdown waits for the body.
    pub(crate) fn asks(&self) {
        if !self.told.load(Ordering::Relaxed) {
            self.told.store(true, Ordering::SeqCst);
        }
    }
}
