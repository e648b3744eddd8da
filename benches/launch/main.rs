//! What a launch costs its caller, ours and those of the peers: `cargo bench -p benches`. See the README beside.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "statistics are floats, and what is counted here fits"
)]

mod arguments;
mod body;
mod claims;
mod machine;
mod peer;
mod peers;
mod report;
mod rounds;
mod shapes;
mod statistics;
mod table;

use std::process::ExitCode;
use std::sync::Arc;

use crate::arguments::{Arguments, Effort, USAGE};
use crate::peer::Peer;
use crate::peers::{LINES, Role};
use crate::report::Report;
use crate::shapes::SHAPES;
use crate::table::Table;

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args_os().skip(1)) {
        Ok(arguments) => arguments,
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match measure(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> std::io::Result<()> {
    let peers: Vec<Arc<Peer>> = LINES.iter().map(peers::build).map(Arc::new).collect();
    let mut table = Table::default();
    for &(name, role, _) in LINES {
        table.add_row(name, matches!(role, Role::Ours(_)));
    }
    for shape in SHAPES.iter().filter(|shape| arguments.wants(shape.name)) {
        if arguments.effort != Effort::Smoke {
            eprintln!("{}…", shape.name);
        }
        (shape.measure)(&peers, arguments.effort.rounds(shape.rounds), &mut table);
    }
    if arguments.effort == Effort::Smoke {
        return Ok(());
    }
    let report = Report::of(table);
    report.print();
    report.write(arguments.json.as_deref())
}
