//! The pool behind `backend = "pool"`.

use super::pool::{MAX_THREADS, Pool};
use crate::report::line;
use crate::sync::process::OnceLock;

/// The pool behind `backend = "pool"`.
#[must_use]
pub fn built_in() -> &'static Pool {
    match POOL.get() {
        Some(pool) => pool,
        None => configure(),
    }
}

static POOL: OnceLock<Pool> = OnceLock::new();

#[cold]
fn configure() -> &'static Pool {
    let value = std::env::var_os(THREADS_VARIABLE);
    let threads = value
        .as_ref()
        .and_then(|value| value.to_str()?.trim().parse().ok())
        .filter(|threads| (1..=MAX_THREADS).contains(threads));
    let mut pool = Pool::new("pool");
    if let Some(threads) = threads {
        pool = pool.threads(threads);
    }
    // Written by the thread that has set the pool, and so once.
    if POOL.set(pool).is_ok()
        && threads.is_none()
        && let Some(value) = value
    {
        line::note(format_args!(
            "{THREADS_VARIABLE}=`{}` is ignored: it is not a number from 1 to {MAX_THREADS}",
            value.display()
        ));
    }
    built_in()
}

const THREADS_VARIABLE: &str = "FIRE_AND_FORGET_POOL_THREADS";
