//! Bodies that say `return` and use no `?`, under the lints that ask for this: the expansion says nothing else, either.

#![deny(clippy::implicit_return, clippy::question_mark_used)]

use fire_and_forget::fire_and_forget;

use crate::consume;

/// Nothing.
#[fire_and_forget]
pub fn nothing(text: String) {
    consume(text);
}

/// An outcome.
#[fire_and_forget]
pub fn outcome(text: String) -> Result<(), String> {
    return Err(text);
}

/// A task's outcome.
#[fire_and_forget]
pub async fn outcome_of_a_task(text: String) -> Result<(), String> {
    std::future::ready(()).await;
    return Err(text);
}

/// Given back.
#[fire_and_forget(on_full = "reject")]
pub fn given_back(text: String) -> Result<(), String> {
    return Err(text);
}

/// Given back by a task.
#[fire_and_forget(on_full = "reject")]
pub async fn given_back_by_a_task(text: String) -> Result<(), String> {
    return Err(text);
}

/// Given back by a pool that blocks on it.
#[fire_and_forget(
    on_full = "reject",
    backend = "pool",
    max_in_flight = 3,
    name = "given back"
)]
pub async fn given_back_by_a_pool(text: String) -> Result<(), String> {
    return Err(text);
}
