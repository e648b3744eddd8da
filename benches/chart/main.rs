//! Draws what the benchmark measured: `cargo run -p benches --bin chart -- [JSON] [SVG]`.

mod panel;
mod results;
mod theme;

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use plotters::prelude::*;

use crate::panel::Panel;
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

/// What the panels show, in reading order: a column, and what its numbers are.
const COLUMNS: [(&str, &str); 6] = [
    ("burst of 1,000", "ns per launch in the caller"),
    ("end to end", "millions of launches per second"),
    ("one per 30 µs, p50", "ns in the caller, median"),
    ("one per 30 µs, p99", "ns in the caller, 99th percentile"),
    ("one per 1 ms, p50", "ns in the caller, median"),
    ("one per 1 ms, CPU", "µs of processor time per launch"),
];

fn draw(results: &Results) -> Result<String, Box<dyn Error>> {
    let panels: Vec<Panel> = COLUMNS
        .into_iter()
        .filter_map(|(column, subtitle)| Panel::of(results, column, subtitle))
        .collect();
    let bars = panels.iter().map(Panel::bars).max();
    let bars = bars.ok_or("the results have none of the columns")?;
    let lines = u32::try_from(panels.len().div_ceil(2))?;
    let size = (WIDTH, lines * (bars * BAR + 96) + 44);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&theme::BACKGROUND)?;
        let (chart, foot) = root.split_vertically(size.1 - 36);
        let areas = chart.split_evenly((lines as usize, 2));
        for (area, panel) in areas.iter().zip(&panels) {
            panel.draw(area)?;
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
        foot.draw_text(&note, &theme::text(12, theme::MUTED), (16, 8))?;
        root.present()?;
    }
    Ok(theme::adapt(&svg))
}

const WIDTH: u32 = 1040;
/// The height of a bar and the gap below it.
const BAR: u32 = 22;
