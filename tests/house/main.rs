//! What holds of the files of `runtime/src`: how many lie side by side, and which of them depend on each other.

mod circles;
mod modules;
mod source;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::circles::circles;
use crate::modules::Modules;

/// A reader sees at a glance what there is.
#[test]
fn the_runtime_has_at_most_sixteen_entries() {
    let entries: Vec<_> = fs::read_dir(runtime())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(entries.len() <= 16, "{entries:?}");
}

/// A part can be read and changed without the others, where the paths in its code lead down only.
///
/// `ARCHITECTURE.md` explains each circle that there is.
#[test]
fn files_that_depend_on_each_other_are_few() {
    let modules = Modules::read(&runtime());
    let arrows = modules.arrows();
    // Otherwise the test would be content with code that it cannot read.
    assert!(arrows.len() > 500, "{} arrows", arrows.len());
    let circles = circles(&arrows);
    for circle in &circles {
        let inside = |(from, to): &&(String, String)| circle.contains(from) && circle.contains(to);
        println!("\n{} files: {circle:#?}", circle.len());
        for (from, to) in arrows.iter().filter(inside) {
            println!("    {from} -> {to}");
        }
    }
    let largest = circles.iter().map(BTreeSet::len).max().unwrap_or(1);
    assert!(largest <= LARGEST, "the largest circle has {largest} files");
}

fn runtime() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../runtime/src")
}

/// So many files at most may depend on each other.
const LARGEST: usize = 6;
