//! What needs a process of its own: each file plays the scenarios of its namesake in `scenario/` and says what they print.

mod play;

mod destructors;
mod environment;
mod exit;
mod flush;
mod observer;
mod overload;
mod runtime;
mod shutdown;
