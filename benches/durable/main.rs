//! What durability costs, against bare statements and the engine's own worker: `cargo bench -p durable-bench`. See the README of
//! `benches`.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "statistics are floats, and what is counted here fits"
)]

mod arguments;
mod bare;
mod child;
mod comparison;
mod engine;
mod functions;
#[path = "../launch/machine.rs"]
mod machine;
mod place;
mod report;
mod rounds;
mod storing;
mod working;

use std::process::ExitCode;

use crate::arguments::{Arguments, USAGE};

/// Every error ends the run, and is printed.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let done = match &arguments.child {
        Some(child) => child::perform(child),
        None => rounds::run(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
