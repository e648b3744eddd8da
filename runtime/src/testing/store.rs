//! Captured launches, in launch order.

use std::any::Any;
use std::collections::VecDeque;
use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};

use crate::outcome::End;
use crate::site::Site;
use crate::sync::lock;
use crate::testing::launcher::Launched;

/// The launches that wait in one capture, which may have reached several threads.
#[derive(Debug, Default)]
pub(super) struct Store {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    launches: VecDeque<Captured>,
    /// The capture has gone: launches go where they always do.
    is_closed: bool,
}

impl Store {
    /// Room for one more launch, unless the capture has gone.
    pub(super) fn open(&self) -> Option<Open<'_>> {
        let state = lock(&self.state);
        (!state.is_closed).then_some(Open(state))
    }

    /// Admits no more, and hands out what is left.
    pub(super) fn close(&self) -> VecDeque<Captured> {
        let mut state = lock(&self.state);
        state.is_closed = true;
        std::mem::take(&mut state.launches)
    }

    pub(super) fn take_all(&self) -> VecDeque<Captured> {
        std::mem::take(&mut lock(&self.state).launches)
    }

    /// Puts launches back before all others.
    pub(super) fn put_back(&self, mut first: VecDeque<Captured>) {
        let launches = &mut lock(&self.state).launches;
        first.append(launches);
        *launches = first;
    }

    /// Takes those out that are meant.
    pub(super) fn take(&self, is_meant: impl Fn(&Captured) -> bool) -> VecDeque<Captured> {
        let launches = &mut lock(&self.state).launches;
        let (meant, others) = std::mem::take(launches).into_iter().partition(is_meant);
        *launches = others;
        meant
    }

    /// Looks at the launches.
    pub(super) fn look<R>(&self, at: impl FnOnce(&VecDeque<Captured>) -> R) -> R {
        at(&lock(&self.state).launches)
    }
}

/// A capture that goes on while this is held.
pub(super) struct Open<'a>(MutexGuard<'a, State>);

impl Open<'_> {
    pub(super) fn push(&mut self, captured: Captured) {
        self.0.launches.push_back(captured);
    }
}

/// One launch that waits.
pub(super) struct Captured {
    pub(super) function: Launched,
    pub(super) site: &'static Site,
    pub(super) launched_at: &'static Location<'static>,
    pub(super) launch: Box<dyn Launch>,
}

/// A captured body with its arguments.
pub(super) trait Launch: Send {
    /// The tuple of arguments.
    fn into_arguments(self: Box<Self>) -> Option<Box<dyn Any>>;

    /// Runs the body as far as it goes without waiting. Panics as the body does.
    fn begin(
        self: Box<Self>,
        site: &'static Site,
        launched_at: &'static Location<'static>,
    ) -> Begun<End>;
}

/// A body that has ended, or that is a future.
pub enum Begun<T> {
    /// It has ended with this.
    Ended(T),
    /// It ends when this is ready.
    Awaits(Pin<Box<dyn Future<Output = T>>>),
}

impl<T> fmt::Debug for Begun<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ended(_) => "Ended",
            Self::Awaits(_) => "Awaits",
        })
    }
}

impl fmt::Display for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, at) = (self.site.name(), self.launched_at);
        write!(f, "`{name}`, launched at {}:{}", at.file(), at.line())
    }
}

impl fmt::Debug for Captured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
