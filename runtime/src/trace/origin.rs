//! The constants of a function's spans: their module, and how they relate to the spans of callers.

use crate::trace::callsite::Callsites;

/// How the span of a launch relates to the span of its caller.
#[derive(Debug, Clone, Copy)]
pub enum Trace {
    /// A root span that follows from the caller's span.
    Follows,
    /// A child of the caller's span, which it holds open.
    Child,
    /// A root span without a link to the caller's span.
    Root,
    /// There is none.
    Off,
}

/// The constants of a function's spans: part of its [`Site`](crate::account::site::Site).
#[derive(Debug)]
pub(crate) struct Origin {
    pub(crate) trace: Trace,
    /// The module of the function, if its name does not begin with it.
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
