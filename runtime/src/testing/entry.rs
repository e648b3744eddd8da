//! The public view of one captured launch: its function and its places.

use std::fmt;
use std::panic::Location;

use crate::account::site::Site;

/// A captured launch, from [`Capture::entries`](super::Capture::entries).
#[derive(Clone, Copy)]
pub struct Entry {
    site: &'static Site,
    launched_at: &'static Location<'static>,
}

impl Entry {
    pub(super) fn new(site: &'static Site, launched_at: &'static Location<'static>) -> Self {
        Self { site, launched_at }
    }

    /// The name of the function: its path, or what `name = "…"` says.
    #[must_use]
    pub fn function(&self) -> &'static str {
        self.site.name()
    }

    /// Where the function is written.
    #[must_use]
    pub fn defined_at(&self) -> &'static Location<'static> {
        self.site.defined_at()
    }

    /// The line that called it, as far as [`Report::launched_at`](crate::Report::launched_at) knows it.
    #[must_use]
    pub fn launched_at(&self) -> &'static Location<'static> {
        self.launched_at
    }

    pub(super) fn site(&self) -> &'static Site {
        self.site
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, at) = (self.function(), self.launched_at);
        write!(f, "`{name}`, launched at {}:{}", at.file(), at.line())
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
