//! `"tokio"`: which runtime runs a launch, and what becomes of the launch when that runtime ends.

mod blocking;
mod choice;
mod lane;
mod loss;
mod runtimes;
mod sizes;
mod waiting;
