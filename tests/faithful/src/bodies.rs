//! Every way to end a body.

use std::error::Error;
use std::fs;
use std::io;
use std::num::ParseIntError;
use std::sync::Mutex;

use fire_and_forget::fire_and_forget;

use crate::consume;

/// What went wrong.
#[derive(Debug)]
pub enum Trouble {
    /// With a number.
    Number(ParseIntError),
    /// With a file.
    File(io::Error),
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("trouble")
    }
}

impl From<ParseIntError> for Trouble {
    fn from(error: ParseIntError) -> Self {
        Self::Number(error)
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

/// `?` with two conversions.
#[fire_and_forget]
pub fn question_mark(text: String) -> Result<(), Trouble> {
    let number: u32 = text.parse()?;
    fs::write("/dev/null", number.to_string())?;
    Ok(())
}

/// The same as a task: nothing but the signature says what `Ok(())` is.
#[fire_and_forget]
pub async fn question_mark_in_a_task(text: String) -> Result<(), Trouble> {
    let number: u32 = text.parse()?;
    std::future::ready(()).await;
    fs::write("/dev/null", number.to_string())?;
    Ok(())
}

/// An early return that has to be coerced.
#[fire_and_forget]
pub fn coerced(text: String) -> Result<(), Box<dyn Error + Send + Sync>> {
    if text.is_empty() {
        return Err(Box::new(io::Error::other("empty")));
    }
    Err(text.into())
}

/// The same as a task.
#[fire_and_forget]
pub async fn coerced_in_a_task(text: String) -> Result<(), Box<dyn Error + Send + Sync>> {
    if text.is_empty() {
        return Err(Box::new(io::Error::other("empty")));
    }
    std::future::ready(()).await;
    Err(text.into())
}

/// Through an alias.
#[fire_and_forget]
pub fn aliased(text: String) -> io::Result<()> {
    fs::write("/dev/null", text)
}

/// Says `()`.
#[fire_and_forget]
pub fn says_unit(text: String) -> () {
    if text.is_empty() {
        return;
    }
    consume(text);
}

/// Never ends.
#[fire_and_forget]
pub fn never(pause: std::time::Duration) -> ! {
    loop {
        std::thread::sleep(pause);
    }
}

/// Never ends, as a task.
#[fire_and_forget]
pub async fn never_in_a_task() -> ! {
    loop {
        std::future::pending::<()>().await;
    }
}

/// Ends in a panic and nothing else.
#[fire_and_forget]
#[allow(clippy::uninlined_format_args)]
pub fn panics(text: String) {
    panic!("{}", text);
}

/// Ends in a panic where it should return a `Result`.
#[fire_and_forget]
pub async fn panics_in_a_task(_text: String) -> Result<(), String> {
    unimplemented!()
}

/// A temporary in the tail that borrows from a parameter.
#[fire_and_forget]
pub fn temporary_in_the_tail(list: Mutex<Vec<Result<(), String>>>) -> Result<(), String> {
    list.lock()
        .map_or(Ok(()), |mut items| items.pop().unwrap_or(Ok(())))
}

/// A guard in the tail that lives longer than what it is taken from would, in editions before 2024.
#[fire_and_forget]
#[allow(clippy::semicolon_if_nothing_returned)]
pub fn guard_in_the_tail(number: Mutex<()>) {
    *number
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Attributes and items inside.
#[fire_and_forget]
pub fn inner(text: String) {
    #![allow(clippy::items_after_statements)]
    const LONGEST: usize = 80;
    fn shorten(text: &str) -> &str {
        text.get(..LONGEST).unwrap_or(text)
    }
    consume(shorten(&text).len());
}

/// A label, a closure, a nested function of the same name.
#[fire_and_forget]
pub fn nested(mut count: u32) {
    let twice = |number: u32| number * 2;
    'outer: for factor in 1..10 {
        for summand in 1..10 {
            count += twice(count) * factor + summand;
            if count > 100 {
                break 'outer;
            }
        }
    }
}
