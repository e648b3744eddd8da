//! Draws what the benchmark measured: `cargo run -p benches --bin chart -- [JSON] [SVG]`.

mod panel;
mod results;
mod theme;

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use plotters::prelude::*;

use crate::panel::{Contest, Panel};
use crate::results::Results;

fn main() -> Result<(), Box<dyn Error>> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let json = arguments
        .next()
        .unwrap_or_else(|| package.with_file_name("target").join("launch.json"));
    let svg = arguments
        .next()
        .unwrap_or_else(|| package.join("launch.svg"));
    let file = File::open(&json).map_err(|error| format!("{}: {error}", json.display()))?;
    let results = serde_json::from_reader(file)?;
    fs::write(&svg, draw(&results)?)?;
    println!("written to {}", svg.display());
    Ok(())
}

/// What the panels show, in reading order.
const CONTESTS: [&Contest; 2] = [
    &Contest {
        title: "pools",
        names: &["Pool"],
        columns: &[
            ("burst of 1,000", "ns per launch in the caller"),
            ("end to end", "millions of launches per second"),
            ("one per 30 µs, p50", "ns in the caller, median"),
            ("one per 30 µs, p99", "ns in the caller, 99th percentile"),
            ("one per 1 ms, p50", "ns in the caller, median"),
            ("one per 1 ms, CPU", "µs of processor time per launch"),
        ],
    },
    &Contest {
        title: "tokio",
        names: &["TokioInside", "TokioOutside"],
        columns: &[
            ("burst of 1,000", "ns per launch in the caller"),
            ("one per 30 µs, p50", "ns in the caller, median"),
            ("one per 1 ms, p50", "ns in the caller, median"),
            (
                "one per 1 ms, start p50",
                "µs until the body starts, median",
            ),
        ],
    },
];

fn draw(results: &Results) -> Result<String, Box<dyn Error>> {
    let panels = CONTESTS.map(|contest| -> Vec<Panel> {
        let columns = contest.columns.iter();
        let panels = columns.filter_map(|&column| Panel::of(results, contest, column));
        panels.collect()
    });
    let lines: Vec<_> = panels.iter().flat_map(|panels| panels.chunks(2)).collect();
    if lines.is_empty() {
        return Err("the results have none of the columns".into());
    }
    let lines_height: u32 = lines.iter().copied().map(height).sum();
    let mut svg = String::new();
    {
        let root =
            SVGBackend::with_string(&mut svg, (WIDTH, lines_height + FOOT)).into_drawing_area();
        root.fill(&theme::BACKGROUND)?;
        let mut rest = root.clone();
        for line in lines {
            let (area, below) = rest.split_vertically(height(line));
            for (area, panel) in area.split_evenly((1, 2)).iter().zip(line) {
                panel.draw(area)?;
            }
            rest = below;
        }
        let machine = &results.machine;
        let note = format!(
            "{}, {}, {} cores, {}, {}. Two workers each. Scales are logarithmic; whiskers: the middle half of the rounds.",
            machine.date,
            machine.processor,
            machine.cores,
            machine.kernel,
            machine.release(),
        );
        rest.draw_text(&note, &theme::text(12, theme::MUTED), (16, 16))?;
        root.present()?;
    }
    Ok(theme::adapt(&svg))
}

/// Of a line of panels.
fn height(line: &[Panel]) -> u32 {
    let bars = line.iter().map(Panel::bars).max();
    bars.unwrap_or_default() * BAR + AROUND_BARS
}

const WIDTH: u32 = 1040;
/// The height of a bar and the gap below it.
const BAR: u32 = 22;
/// That of a panel's titles and scale.
const AROUND_BARS: u32 = 96;
const FOOT: u32 = 44;
