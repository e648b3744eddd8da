//! Contexts that record where they are in force, and contexts that panic.

use std::cell::{Cell, RefCell};
use std::sync::mpsc::Sender;

use fire_and_forget::Context;

thread_local! {
    static CALLER: Cell<&'static str> = const { Cell::new("nobody") };
    static AROUND: RefCell<Vec<&'static str>> = const { RefCell::new(Vec::new()) };
}

/// Has launches capture this caller, until another one is named.
pub(crate) fn call_as(caller: &'static str) {
    CALLER.set(caller);
}

/// What is in force on this thread, the outermost first.
pub(crate) fn around() -> String {
    AROUND.with_borrow(|around| around.join(", "))
}

fn inside<R>(name: &'static str, code: impl FnOnce() -> R) -> R {
    AROUND.with_borrow_mut(|around| around.push(name));
    let result = code();
    AROUND.with_borrow_mut(Vec::pop);
    result
}

/// The caller.
pub(crate) struct Tenant(&'static str);

impl Context for Tenant {
    fn capture() -> Self {
        Self(CALLER.get())
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        inside(self.0, code)
    }
}

/// Another one, the same for all.
pub(crate) struct Request;

impl Context for Request {
    fn capture() -> Self {
        Self
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        inside("a request", code)
    }
}

/// Cannot be captured.
pub(crate) struct Uncapturable;

impl Context for Uncapturable {
    fn capture() -> Self {
        panic!("deliberate, in `capture`");
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        code()
    }
}

/// Never gets to its code.
pub(crate) struct Barred;

impl Context for Barred {
    fn capture() -> Self {
        Self
    }

    fn scope<R>(&self, _: impl FnOnce() -> R) -> R {
        panic!("deliberate, before the code");
    }
}

/// Does not come back from its code.
pub(crate) struct Collapsing;

impl Context for Collapsing {
    fn capture() -> Self {
        Self
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        inside("what collapses", code);
        panic!("deliberate, after the code");
    }
}

/// Panics when it is dropped.
pub(crate) struct Brittle;

impl Context for Brittle {
    fn capture() -> Self {
        Self
    }

    fn scope<R>(&self, code: impl FnOnce() -> R) -> R {
        inside("what is brittle", code)
    }
}

impl Drop for Brittle {
    fn drop(&mut self) {
        panic!("deliberate, in the destructor of a context");
    }
}

/// An argument that says what is in force where it is dropped.
#[derive(Debug)]
pub(crate) struct SaysWhereItIsDropped(pub(crate) Sender<String>);

impl Drop for SaysWhereItIsDropped {
    fn drop(&mut self) {
        let _ = self.0.send(format!("dropped: {}", around()));
    }
}

impl SaysWhereItIsDropped {
    pub(crate) fn say(&self, what: &str) {
        let _ = self.0.send(format!("{what}: {}", around()));
    }
}
