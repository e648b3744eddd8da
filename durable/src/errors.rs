//! The errors of a store. Their texts contain no password and no argument.
//!
//! A database puts values of a row into the details of its errors, and a URL has a password. So only the message and the
//! code of a database's error are kept (`describe`).

use std::error::Error;
use std::fmt;

use sqlx::error::DatabaseError;

/// The error of a store that cannot be opened.
///
/// It names the store without the password of its URL.
pub struct OpenError(String);

impl OpenError {
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

/// The error of a request to a store.
///
/// Its text is the database's, without the values that the database adds to it.
pub struct StoreError {
    why: String,
    is_closed: bool,
}

impl StoreError {
    /// Returns whether the store is closed, because a shutdown of this process has ended.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            is_closed: false,
        }
    }

    pub(crate) fn closed() -> Self {
        Self {
            why: "the store is closed: a shutdown has ended".into(),
            is_closed: true,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolClosed => Self::closed(),
            error => Self::new(describe(&error)),
        }
    }
}

/// Returns the text of a database error. Not its `Debug`, and not the `DETAIL` of Postgres, because both show the row.
pub(crate) fn describe(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => match error.code() {
            Some(code) => format!("{} (code {code})", error.message()),
            None => error.message().into(),
        },
        sqlx::Error::PoolTimedOut => "no connection became free in time".into(),
        error => error.to_string(),
    }
}

/// Returns whether the same rows would be refused again. They would not if a server is away, a lock is held or a disk is full.
pub(crate) fn is_permanent(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Encode(_) => true,
        sqlx::Error::Database(error) => is_about_data(error.as_ref()),
        _ => false,
    }
}

fn is_about_data(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else {
        return false;
    };
    match code.parse::<u32>() {
        // SQLite: too big, constraint, mismatch. Its extended codes have the primary code in their lowest byte.
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 18..=20),
        // Postgres: the classes of data exceptions, violated constraints, and exceeded limits of the server.
        _ => ["22", "23", "54"]
            .iter()
            .any(|class| code.starts_with(class)),
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenError").field(&self.0).finish()
    }
}

impl Error for OpenError {}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl fmt::Debug for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StoreError").field(&self.why).finish()
    }
}

impl Error for StoreError {}
