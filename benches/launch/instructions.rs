//! Instructions of one launch, counted by `valgrind`: a view without noise, each peer in a process of its own.
//!
//! Every worker is occupied, so that a launch wakes nobody. What the kernel does is not in it.

use std::io;
use std::sync::Arc;

use crate::body;
use crate::child;
use crate::findings::Findings;
use crate::peer::COUNTED;
use crate::peers::{self, LINES, Line};
use crate::statistics::Value;
use crate::table::Column;

const INSTRUCTIONS: Column = Column::less("instructions", "per launch");

/// Counts for every peer.
pub(crate) fn instructions(findings: &mut Findings) -> io::Result<()> {
    for &(name, ..) in LINES {
        eprintln!("{name}…");
        let toggle = format!("--toggle-collect=*{COUNTED}*");
        let options = [
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            "--fair-sched=yes",
            "--max-threads=2000",
            &toggle,
        ];
        let words = child::watched_by("valgrind", &options, TASK, name)?;
        let collected = words.lines().find_map(|line| {
            let (_, count) = line.split_once("Collected : ")?;
            count.trim().parse::<f64>().ok()
        });
        let collected = collected.ok_or_else(|| io::Error::other(words))?;
        let value = Value::exactly(collected / LAUNCHES as f64);
        findings.launches.set(name, INSTRUCTIONS, value);
    }
    Ok(())
}

pub(crate) const TASK: &str = "instructions";

/// What the child does.
pub(crate) fn launch_counted(line: &Line) {
    let peer = Arc::new(peers::build(line));
    peer.run({
        let peer = Arc::clone(&peer);
        async move {
            // What is done once is not what a launch costs.
            peer.launch_all(&mut body::owed_texts(LAUNCHES));
            peer.plug().await;
            peer.launch_all(&mut body::owed_texts(LAUNCHES));
            let mut texts = body::owed_texts(LAUNCHES);
            peer.launch_counted(&mut texts);
            peer.unplug().await;
        }
    });
}

const LAUNCHES: usize = 200;
