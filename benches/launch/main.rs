//! What a launch costs its caller, ours and those of the peers: `cargo bench -p benches`. See the README beside.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "statistics are floats, and what is counted here fits"
)]

mod allocator;
mod arguments;
mod body;
mod child;
mod claims;
mod findings;
mod instructions;
mod machine;
mod peer;
mod peers;
mod report;
mod rounds;
mod scale;
mod shapes;
mod statistics;
mod syscalls;
mod table;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use crate::arguments::{Arguments, Effort, USAGE, View};
use crate::findings::Findings;
use crate::peer::Peer;
use crate::peers::LINES;
use crate::report::Report;
use crate::shapes::SHAPES;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    let done = match (&arguments.child, arguments.view) {
        (Some((task, subject)), _) => child::perform(task, subject),
        (None, View::Launch) => measure(&arguments),
        (None, View::Syscalls) => count(&arguments, syscalls::syscalls),
        (None, View::Instructions) => count(&arguments, instructions::instructions),
        (None, View::Scale) => measure_scale(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> io::Result<()> {
    let is_smoke = arguments.effort == Effort::Smoke;
    let build = |line| {
        let peer = peers::build(line);
        Arc::new(if is_smoke { peer.shortened() } else { peer })
    };
    let peers: Vec<Arc<Peer>> = LINES.iter().map(build).collect();
    let mut findings = Findings::new();
    for shape in SHAPES.iter().filter(|shape| arguments.wants(shape.name)) {
        if !is_smoke {
            eprintln!("{}…", shape.name);
        }
        let rounds = arguments.effort.rounds(shape.rounds);
        (shape.measure)(&peers, rounds, &mut findings);
    }
    if is_smoke {
        scale::scale(Effort::Smoke, &mut findings);
        return Ok(());
    }
    conclude(arguments, findings)
}

fn measure_scale(arguments: &Arguments) -> io::Result<()> {
    let mut findings = Findings::new();
    scale::scale(arguments.effort, &mut findings);
    conclude(arguments, findings)
}

fn count(arguments: &Arguments, count: fn(&mut Findings) -> io::Result<()>) -> io::Result<()> {
    let mut findings = Findings::new();
    count(&mut findings)?;
    conclude(arguments, findings)
}

fn conclude(arguments: &Arguments, findings: Findings) -> io::Result<()> {
    let report = Report::of(findings);
    report.print();
    report.write(&arguments.json())
}
