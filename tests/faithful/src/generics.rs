//! Type, const and lifetime parameters, `where`, `Self`, associated types.

use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::sync::Arc;

use fire_and_forget::fire_and_forget;

use crate::consume;

/// One type parameter.
#[fire_and_forget]
pub fn one<T: Display + Send + 'static>(value: T) {
    consume(value.to_string());
}

/// With `where`, and a const parameter.
#[fire_and_forget(max_in_flight = N)]
pub fn constant<T, const N: usize>(values: [T; N])
where
    T: Debug + Send + 'static,
{
    consume(format!("{values:?}"));
}

/// An error of a type that depends on a parameter.
#[fire_and_forget]
pub async fn fallible<T>(text: String) -> Result<(), T::Err>
where
    T: FromStr + Send + 'static,
    T::Err: Display + Send + 'static,
{
    std::future::ready(()).await;
    text.parse::<T>().map(consume)
}

/// A lifetime that is as long as the program.
#[fire_and_forget]
pub fn forever<'text>(text: &'text str)
where
    'text: 'static,
{
    consume(text.len());
}

/// A trait with an associated type.
pub trait Job {
    /// What it works on.
    type Input: Send + 'static;
    /// How it fails.
    type Error: Display + 'static;

    /// Works.
    fn work(&self, input: Self::Input) -> Result<(), Self::Error>;
}

/// A queue of jobs.
#[derive(Debug)]
pub struct Queue<J>(pub J);

impl<J: Job + Send + Sync + 'static> Queue<J> {
    /// Names types through `Self` and a parameter of the impl.
    #[fire_and_forget]
    pub fn enqueue(self: Arc<Self>, input: J::Input) -> Result<(), J::Error> {
        self.0.work(input)
    }

    /// Gives a generic argument back.
    #[fire_and_forget(on_full = "reject")]
    pub fn offer(self: Arc<Self>, input: J::Input) -> Result<(), <J as Job>::Error> {
        self.0.work(input)
    }
}
