//! Nothing hangs: every launch runs, and every wait ends.

mod destructors;
mod feeding;
mod first_launches;
mod mixed;
mod one_by_one;
mod service;
