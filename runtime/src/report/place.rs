//! A line of a program.

use std::fmt;
use std::panic::Location;

/// A line of a program, this one or another. Its `Display` is `src/api.rs:42`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place<'a> {
    file: &'a str,
    line: u32,
}

impl<'a> Place<'a> {
    pub(crate) fn new(file: &'a str, line: u32) -> Self {
        Self { file, line }
    }

    /// The path of the file, as the compiler was given it.
    #[must_use]
    pub fn file(self) -> &'a str {
        self.file
    }

    /// The number of the line, from 1 on.
    #[must_use]
    pub fn line(self) -> u32 {
        self.line
    }
}

impl From<&'static Location<'static>> for Place<'_> {
    fn from(location: &'static Location<'static>) -> Self {
        Self {
            file: location.file(),
            line: location.line(),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}
