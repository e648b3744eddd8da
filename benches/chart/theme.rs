//! Colors and letters, by day and by night.

use plotters::prelude::*;
use plotters::style::FontStyle;

pub(crate) const BACKGROUND: RGBColor = RGBColor(255, 255, 255);
pub(crate) const FOREGROUND: RGBColor = RGBColor(31, 35, 40);
pub(crate) const MUTED: RGBColor = RGBColor(89, 99, 110);
pub(crate) const GRID: RGBColor = RGBColor(222, 226, 230);
pub(crate) const PEER: RGBColor = RGBColor(158, 172, 188);
pub(crate) const OURS: RGBColor = RGBColor(232, 89, 12);

/// Each color by day, and what becomes of it where the reader's screen is dark. Ours is the same in both.
const NIGHT: [(RGBColor, RGBColor); 5] = [
    (BACKGROUND, RGBColor(13, 17, 23)),
    (FOREGROUND, RGBColor(230, 237, 243)),
    (MUTED, RGBColor(145, 152, 161)),
    (GRID, RGBColor(45, 51, 59)),
    (PEER, RGBColor(84, 97, 112)),
];

pub(crate) fn text(size: i32, color: RGBColor) -> TextStyle<'static> {
    (FAMILY, size).into_font().color(&color)
}

pub(crate) fn bold(size: i32, color: RGBColor) -> TextStyle<'static> {
    (FAMILY, size, FontStyle::Bold).into_font().color(&color)
}

const FAMILY: &str = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif";

/// Adds to a picture how it looks by night.
pub(crate) fn adapt(svg: &str) -> String {
    let rules = NIGHT.map(|(day, night)| {
        let (day, night) = (hex(day), hex(night));
        format!("[fill=\"{day}\"]{{fill:{night}}}[stroke=\"{day}\"]{{stroke:{night}}}")
    });
    let rules = rules.concat();
    let style = format!("<style>@media (prefers-color-scheme: dark){{{rules}}}</style>");
    match svg.split_once(">\n") {
        Some((opening, rest)) => format!("{opening}>\n{style}\n{rest}"),
        None => svg.to_owned(),
    }
}

fn hex(RGBColor(red, green, blue): RGBColor) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}
