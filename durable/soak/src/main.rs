//! Two launchers and two workers on one store, for as long as is asked: they are stopped, killed and asked to end, and the
//! store goes away and comes back, alone and several at once. At the end, what they have logged is held against the store.
//!
//! ```text
//! cargo run --release -p durable-soak -- --store sqlite --seconds 600
//! .ci/postgres cargo run --release -p durable-soak -- --store postgres --seconds 600
//! ```
//!
//! Prints what was done and what was found. Exits with 1 if anything was wrong, and says what. `--help` has the options.

#[cfg(unix)]
mod arguments;
#[cfg(unix)]
mod child;
#[cfg(unix)]
mod faults;
#[cfg(unix)]
mod found;
#[cfg(unix)]
mod history;
#[cfg(unix)]
mod orders;
#[cfg(unix)]
mod soak;
#[cfg(unix)]
mod store;

#[cfg(unix)]
fn main() -> anyhow::Result<std::process::ExitCode> {
    use arguments::Asked;

    match Asked::parse(std::env::args_os().skip(1)) {
        Ok(Asked::Child(child)) => child::run(&child),
        Ok(Asked::Soak(arguments)) => soak::run(&arguments),
        Ok(Asked::Help) => {
            println!("{}", arguments::USAGE);
            Ok(std::process::ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("{error}\n\n{}", arguments::USAGE);
            Ok(std::process::ExitCode::from(2))
        }
    }
}

#[cfg(not(unix))]
fn main() {
    eprintln!("it stops and kills processes by signals, which there are none of on this system");
    std::process::exit(2);
}
