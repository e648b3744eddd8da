//! Examples as processes.

use std::env;
use std::process::Command;

/// An example of this package, to be started.
///
/// # Panics
///
/// When it is not built: `cargo test` builds all examples, but not where it is told to run a single test.
pub(crate) fn command(name: &str) -> Command {
    let test = env::current_exe().expect("a path");
    // Cargo puts examples beside the folder of tests.
    let profile = test.parent().and_then(|deps| deps.parent());
    let examples = profile.expect("a folder of the profile").join("examples");
    let path = examples.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(
        path.exists(),
        "not built: `cargo build -p examples --examples` does so"
    );
    Command::new(path)
}
