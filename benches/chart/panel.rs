//! One column of the results as bars. The best is on top, or of several contests each stays together.

use std::error::Error;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::results::{Better, Results, Value};
use crate::theme;

pub(crate) struct Panel<'a> {
    title: String,
    subtitle: String,
    bars: Vec<Bar<'a>>,
}

/// What takes part, and what is shown of it.
pub(crate) struct Contest {
    pub(crate) title: &'static str,
    /// As the benchmark has them.
    pub(crate) names: &'static [&'static str],
    /// A column, and what its numbers are, in reading order.
    pub(crate) columns: &'static [(&'static str, &'static str)],
}

struct Bar<'a> {
    name: &'a str,
    value: Value,
    is_ours: bool,
}

impl<'a> Panel<'a> {
    /// None if the results do not have this column.
    pub(crate) fn of(
        results: &'a Results,
        contest: &Contest,
        (title, subtitle): (&str, &str),
    ) -> Option<Self> {
        let table = &results.launches;
        let column = table.columns.iter().find(|column| column.title == title)?;
        let bar = |row: &'a crate::results::Row| {
            Some(Bar {
                name: &row.name,
                value: *row.values.get(title)?,
                is_ours: row.is_ours_in(contest.names)?,
            })
        };
        let mut bars: Vec<_> = table.rows.iter().filter_map(bar).collect();
        if let [_] = contest.names {
            bars.sort_by(|one, other| one.value.measured.total_cmp(&other.value.measured));
            if column.better == Better::More {
                bars.reverse();
            }
        }
        let better = match column.better {
            Better::Less => "less is better",
            Better::More => "more is better",
        };
        Some(Self {
            title: format!("{}: {title}", contest.title),
            subtitle: format!("{subtitle}; {better}"),
            bars,
        })
    }

    pub(crate) fn bars(&self) -> u32 {
        self.bars.iter().map(|_| 1).sum()
    }

    pub(crate) fn draw(
        &self,
        area: &DrawingArea<SVGBackend<'_>, Shift>,
    ) -> Result<(), Box<dyn Error>> {
        area.draw_text(&self.title, &theme::bold(16, theme::FOREGROUND), (16, 14))?;
        area.draw_text(&self.subtitle, &theme::text(12, theme::MUTED), (16, 36))?;
        let (start, end) = self.scale();
        let count = f64::from(self.bars());
        let mut chart = ChartBuilder::on(area)
            .margin_top(56)
            .margin_right(16)
            .margin_bottom(8)
            .set_label_area_size(LabelAreaPosition::Left, 206)
            .set_label_area_size(LabelAreaPosition::Bottom, 24)
            .build_cartesian_2d((start..end).log_scale(), count..0.0)?;
        chart
            .configure_mesh()
            .disable_y_mesh()
            .disable_y_axis()
            .bold_line_style(theme::GRID)
            .light_line_style(TRANSPARENT)
            .axis_style(theme::GRID)
            .x_label_style(theme::text(11, theme::MUTED))
            .x_labels(5)
            .x_label_formatter(&|value| power_of_ten(*value))
            .draw()?;
        let right = Pos::new(HPos::Left, VPos::Center);
        let left = Pos::new(HPos::Right, VPos::Center);
        for (index, bar) in (0..).zip(&self.bars) {
            let top = f64::from(index);
            let middle = top + 0.5;
            let Value {
                measured,
                lower_quartile,
                upper_quartile,
            } = bar.value;
            let (color, style) = if bar.is_ours {
                (theme::OURS, theme::bold(13, theme::FOREGROUND))
            } else {
                (theme::PEER, theme::text(13, theme::FOREGROUND))
            };
            chart.plotting_area().draw(&Rectangle::new(
                [(start, top + 0.14), (measured, top + 0.86)],
                color.filled(),
            ))?;
            // A percentile over the samples of all rounds may lie beyond those of most rounds.
            let has_whiskers = (lower_quartile..=upper_quartile).contains(&measured);
            if has_whiskers {
                chart.plotting_area().draw(&PathElement::new(
                    [(lower_quartile, middle), (upper_quartile, middle)],
                    theme::MUTED.stroke_width(1),
                ))?;
            }
            let end_of_bar = if has_whiskers {
                upper_quartile
            } else {
                measured
            };
            let name = EmptyElement::at((start, middle))
                + Text::new(bar.name.to_owned(), (-8, 0), style.pos(left));
            chart.plotting_area().draw(&name)?;
            let value = EmptyElement::at((end_of_bar, middle))
                + Text::new(
                    number(measured),
                    (6, 0),
                    theme::text(12, theme::FOREGROUND).pos(right),
                );
            chart.plotting_area().draw(&value)?;
        }
        Ok(())
    }

    /// From a power of ten to some way beyond the longest bar, so that there is room for its number.
    fn scale(&self) -> (f64, f64) {
        let values = || self.bars.iter().map(|bar| bar.value);
        let least = values()
            .map(|value| value.measured)
            .fold(f64::INFINITY, f64::min);
        let most = values()
            .map(|value| value.upper_quartile.max(value.measured))
            .fold(0.0, f64::max);
        let start = 10_f64.powf((least * 0.7).log10().floor());
        (start, most * (most / start).powf(0.22))
    }
}

/// What stands at the scale: whole powers and nothing else, which has no room.
fn power_of_ten(value: f64) -> String {
    let exponent = value.log10();
    if (exponent - exponent.round()).abs() > 1e-6 {
        return String::new();
    }
    match value {
        value if value >= 1e6 => format!("{:.0} M", value / 1e6),
        value if value >= 1e3 => format!("{:.0} k", value / 1e3),
        value => value.to_string(),
    }
}

fn number(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{:.1} M", value / 1e6),
        value if value >= 1e4 => format!("{:.0} k", value / 1e3),
        value if value >= 1e3 => format!("{:.1} k", value / 1e3),
        value if value >= 10.0 => format!("{value:.0}"),
        value if value >= 1.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}
