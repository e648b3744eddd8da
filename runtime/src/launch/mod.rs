//! What a call does on its caller's side: it counts the launch, offers it to the backend, and acts if it is refused.

pub(crate) mod launch;
pub(crate) mod on_full;
pub(crate) mod own;
pub(crate) mod parameter;
pub(crate) mod rejected;
pub(crate) mod restart;
pub(crate) mod spawn;
