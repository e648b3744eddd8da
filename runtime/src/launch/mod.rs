//! The caller's side of a launch: counts it, offers it to the backend, and applies the `on_full` policy to a refusal.

pub(crate) mod launch;
pub(crate) mod on_full;
pub(crate) mod own;
pub(crate) mod parameter;
pub(crate) mod rejected;
pub(crate) mod restart;
pub(crate) mod spawn;
