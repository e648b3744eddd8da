//! Joins the traces of two processes: the span that launches a durable job, and the span that runs it.

use std::mem;

use crate::account::site::Site;
use crate::durable::{self, MOST_TRACE_BYTES};
use crate::sync::process::OnceLock;
use crate::thread::unwind;
use crate::trace::Trace;

/// How a tracing system names a span for another process, and joins a span here to one that was named there.
///
/// A description is JSON, at most [`MOST_TRACE_BYTES`] of it; a longer one is left out. What comes out of a store may be anything,
/// and what cannot be understood is to be ignored. A panic in one of the methods is caught, and the span is joined to nothing.
pub trait Propagation: Send + Sync + 'static {
    /// Describes the span that this thread is in; None if it is in none. Called where a durable function is called.
    fn describe(&self) -> Option<String>;

    /// Calls `open`, which opens the span of a job, as a child of the span that is described. Where the description cannot be
    /// understood, it calls `open` all the same.
    fn open_as_child(&self, description: &str, open: &mut dyn FnMut());

    /// Links the span that this thread is in, which is that of a job, to the span that is described.
    fn link(&self, description: &str);
}

/// Says how launches of durable functions are joined to their jobs in traces. False if that has been said before.
///
/// Functions with `trace = "root"` or `"off"` are joined to nothing.
pub fn propagate(propagation: impl Propagation) -> bool {
    PROPAGATION.set(Box::new(propagation)).is_ok()
}

static PROPAGATION: OnceLock<Box<dyn Propagation>> = OnceLock::new();

/// Describes the span of this thread, if launches of this function are joined to it.
pub(super) fn describe(site: &Site) -> Option<Box<str>> {
    let propagation = PROPAGATION.get()?;
    let is_joined = matches!(site.origin().trace, Trace::Follows | Trace::Child);
    if !is_joined || !durable::is_launch_of_one(site) {
        return None;
    }
    let description = unwind::catch(|| propagation.describe()).ok().flatten()?;
    (description.len() <= MOST_TRACE_BYTES).then(|| description.into_boxed_str())
}

/// A span of another process, and the propagation that can join a span to it.
#[derive(Clone, Copy)]
pub(super) struct Remote<'a> {
    propagation: &'static dyn Propagation,
    description: &'a str,
}

impl<'a> Remote<'a> {
    /// `None` if no propagation is set, or the description is too long.
    pub(super) fn new(description: &'a str) -> Option<Self> {
        let propagation = PROPAGATION.get()?.as_ref();
        (description.len() <= MOST_TRACE_BYTES).then_some(Self {
            propagation,
            description,
        })
    }

    /// Opens a span as a child of the other span. `open` is called once, even if the propagation does not call it.
    pub(super) fn open_as_child<T>(self, open: impl Fn() -> Option<T>) -> Option<T> {
        let (mut opened, mut was_called) = (None, false);
        let mut once = || {
            if !mem::replace(&mut was_called, true) {
                opened = open();
            }
        };
        let _ = unwind::catch(|| self.propagation.open_as_child(self.description, &mut once));
        if was_called { opened } else { open() }
    }

    /// Links the span of this thread to the other span.
    pub(super) fn link(self) {
        let _ = unwind::catch(|| self.propagation.link(self.description));
    }
}
