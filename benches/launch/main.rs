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
mod machine;
mod peer;
mod peers;
mod report;
mod rounds;
mod shapes;
mod statistics;
mod table;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;

use crate::arguments::{Arguments, Effort, USAGE};
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
    let done = match &arguments.child {
        Some((task, peer)) => child::perform(task, peer),
        None => measure(&arguments),
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
        return Ok(());
    }
    let report = Report::of(findings);
    report.print();
    report.write(arguments.json.as_deref())
}
