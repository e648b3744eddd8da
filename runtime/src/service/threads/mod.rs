//! The threads of one backend: spawned, counted and joined by the service thread. `join` joins without waiting where the C
//! library can (`try_join.rs`), and by waiting elsewhere (`join.rs`).

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
