//! `shutdown`: a file for each side of it, and the functions and observers they share.

mod bodies;
mod counted;
mod kept;

pub(crate) mod admission;
pub(crate) mod calls;
pub(crate) mod deadline;
pub(crate) mod guard;
pub(crate) mod join;
pub(crate) mod places;
pub(crate) mod race;
