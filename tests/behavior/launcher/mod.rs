//! What a launcher may look like. The body sees what the call was given.

mod texts;

mod calls;
mod copies;
mod futures;
mod generics;
mod instrument;
mod names;
mod receivers;
mod traits;
