//! What a launcher may look like. The body sees what the call was given.

mod texts;

mod calls;
mod futures;
mod copies;
mod generics;
mod names;
mod receivers;
mod traits;
