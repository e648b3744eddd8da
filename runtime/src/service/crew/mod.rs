//! The threads of one backend.

mod crew;
#[cfg_attr(
    all(
        target_os = "linux",
        any(target_env = "gnu", target_env = "musl"),
        not(any(miri, fire_and_forget_loom, fire_and_forget_shuttle))
    ),
    path = "try_join.rs"
)]
#[cfg_attr(
    not(all(
        target_os = "linux",
        any(target_env = "gnu", target_env = "musl"),
        not(any(miri, fire_and_forget_loom, fire_and_forget_shuttle))
    )),
    path = "join.rs"
)]
mod join;

pub(crate) use self::crew::{Crew, Member};
