//! `FIRE_AND_FORGET_POOL_THREADS` sizes the built-in pool.

use std::ffi::OsStr;

use crate::play::{Played, check_lines, end, scenario};

fn play_with_pool_threads(value: impl AsRef<OsStr>) -> Played {
    let name = "pool_threads_meet";
    let mut command = scenario(name);
    command.env("FIRE_AND_FORGET_POOL_THREADS", value);
    end(name, command.spawn().unwrap(), String::new())
}

#[test]
fn the_variable_sizes_the_built_in_pool() {
    for value in ["3", " 3 "] {
        let played = play_with_pool_threads(value);
        assert_eq!(
            (played.code, &*played.stdout, &*played.stderr),
            (Some(0), "pool-0 pool-1 pool-2\n", "")
        );
    }
}

#[test]
fn a_bad_value_of_the_variable_is_reported_once_and_ignored() {
    for value in [
        "",
        "0",
        "-1",
        "many",
        "65537",
        "1e3",
        "99999999999999999999999",
    ] {
        let played = play_with_pool_threads(value);
        assert_eq!(played.code, Some(0), "{played:?}");
        assert!(
            played.stdout.starts_with("pool-0 pool-1 pool-2"),
            "{played:?}"
        );
        assert_eq!(
            played.stderr,
            format!(
                "fire-and-forget: FIRE_AND_FORGET_POOL_THREADS=`{value}` is ignored: it is not a number from 1 to 65536\n"
            )
        );
    }
}

#[cfg(unix)]
#[test]
fn a_value_of_the_variable_that_is_no_text_is_reported_too() {
    use std::os::unix::ffi::OsStrExt;

    let played = play_with_pool_threads(OsStr::from_bytes(b"\xff4"));
    assert_eq!(played.code, Some(0), "{played:?}");
    check_lines(
        &played.stderr,
        &[("FIRE_AND_FORGET_POOL_THREADS=", "is ignored")],
    );
}
