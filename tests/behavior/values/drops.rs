//! Values whose drops are counted or told, and values that panic on purpose.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::panic::panic_any;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::thread::{self, ThreadId};

/// How often the values of one kind were dropped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Drops(Arc<AtomicUsize>);

impl Drops {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn tracked(&self) -> Tracked {
        Tracked(self.0.clone())
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// An argument that counts its drop.
#[derive(Debug)]
pub(crate) struct Tracked(Arc<AtomicUsize>);

impl Drop for Tracked {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

thread_local! {
    static LEFT: RefCell<Option<SaysWhereItEnds>> = const { RefCell::new(None) };
}

struct SaysWhereItEnds(Sender<ThreadId>);

impl Drop for SaysWhereItEnds {
    fn drop(&mut self) {
        let _ = self.0.send(thread::current().id());
    }
}

/// Leaves a thread-local in this thread that sends the thread on which it is destroyed.
pub(crate) fn leave_a_thread_local(threads: Sender<ThreadId>) {
    LEFT.set(Some(SaysWhereItEnds(threads)));
}

/// An argument or an error whose `Drop` panics.
#[derive(Debug)]
pub(crate) struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        panic!("deliberate, in a destructor");
    }
}

impl fmt::Display for PanicsWhenDropped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an error that panics when dropped")
    }
}

/// An error whose `Display` panics.
#[derive(Debug)]
pub(crate) struct PanicsWhenShown;

impl fmt::Display for PanicsWhenShown {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("deliberate, in a `Display`");
    }
}

/// Unwinds with a payload that is no text and whose `Drop` panics.
pub(crate) fn panic_with_a_payload_that_panics() -> ! {
    panic_any(PanicsWhenDropped)
}

/// Is this the payload of a panic that a test asked for? Those are not printed.
pub(crate) fn is_deliberate(payload: &(dyn Any + Send)) -> bool {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.map_or(payload.is::<PanicsWhenDropped>(), |text| {
        // The second is tokio's.
        text.contains("deliberate") || text.starts_with("Cannot drop a runtime")
    })
}
