//! What annotated functions do at run time, through the public names alone: a folder for each promise.
//!
//! Lines of the table "The runtime" in the project's list of pitfalls are named where they are tested, as "pitfall 4".

mod play;
mod recorder;
mod values;

mod launcher;

mod suite;

mod backends;

mod account;
mod liveness;
mod overload;
mod resources;
mod stop;
mod system;
