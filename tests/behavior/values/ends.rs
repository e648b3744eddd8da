//! Ends of a body, as a test chooses them.

use std::fmt;

/// How a body is to end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    Ok,
    Failed,
    Panicked,
}

pub(crate) fn end(how: End) -> Result<(), Failure> {
    match how {
        End::Ok => Ok(()),
        End::Failed => Err(Failure),
        End::Panicked => panic!("deliberate"),
    }
}

#[derive(Debug)]
pub(crate) struct Failure;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("as it was told")
    }
}
