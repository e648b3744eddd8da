//! What is known of the spans of a function, besides each span.

use crate::trace::callsite::Callsites;

/// What the span of a launch is to the span that its caller is in.
#[derive(Debug, Clone, Copy)]
pub enum Trace {
    /// A root that follows from it.
    Follows,
    /// Its child, which holds it open.
    Child,
    /// A root that has nothing to do with it.
    Root,
    /// There is none.
    Off,
}

/// What is known of the spans of a function: part of its [`Site`](crate::account::site::Site).
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) trace: Trace,
    /// Its module, where the name does not say it.
    pub(crate) module: Option<&'static str>,
    pub(crate) callsites: Callsites,
}

impl Origin {
    pub(crate) const fn new() -> Self {
        Self {
            trace: Trace::Follows,
            module: None,
            callsites: Callsites::new(),
        }
    }
}
