//! A body that ends as it is told.

use std::fmt;

/// How a body is to end.
#[derive(Debug, Clone, Copy)]
pub(super) enum End {
    Ok,
    Failed,
    Panicked,
}

pub(super) fn end(how: End) -> Result<(), Failure> {
    match how {
        End::Ok => Ok(()),
        End::Failed => Err(Failure),
        End::Panicked => panic!("deliberate"),
    }
}

#[derive(Debug)]
pub(super) struct Failure;

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("failed as it was told")
    }
}
