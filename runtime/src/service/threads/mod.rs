//! The threads of one backend.

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
mod thread_set;

pub(crate) use self::thread_set::{SpawnedThread, ThreadSet};
