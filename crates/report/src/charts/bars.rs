//! Horizontal bars: a value per class.

use plotters::style::text_anchor::{HPos, VPos};

use super::row_plot::row_plot;
use super::values::Reference;
use crate::draw::canvas::{self, Area, Canvas};
use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::frame::{Frame, Heading};
use crate::layout::axis::{Axis, Scale, drawable};
use crate::layout::number::Number;
use crate::layout::plot::Plot;
use crate::layout::rows::Rows;

/// Bars from zero, drawn in the given order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bars {
    /// What stands above.
    pub heading: Heading,
    /// What the values are, such as `recall`.
    pub x_title: String,
    /// How values are written; per cent are drawn on an axis from 0 to 100. Default plain.
    pub number: Number,
    /// At least one.
    pub rows: Vec<Bar>,
    /// Vertical lines with a name, such as chance or the mean.
    pub references: Vec<Reference>,
}

/// One bar.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bar {
    /// Of the class.
    pub name: String,
    /// Length; not finite: no bar, and a dash is written.
    pub value: f64,
    /// Ends of a whisker.
    pub interval: Option<(f64, f64)>,
    /// Written at the right, such as `n = 32`.
    pub note: String,
    /// Colour, as for [`Series::hue`](crate::Series::hue).
    pub hue: usize,
}

impl Bars {
    /// The height in pixels at which a picture of this width looks best.
    pub fn natural_height(&self, width: u32) -> u32 {
        let named = if self.references.is_empty() { 0.0 } else { 2.0 };
        let body = canvas::em(width) * (1.75 * self.rows.len() as f64 + 3.5 + named);
        (canvas::heading_height(&self.heading, width) + body).round() as u32
    }
}

/// Draws the bars with their names at the left, their values and notes at the right.
///
/// # Errors
/// [`ReportError::Empty`] where no value is finite; [`ReportError::Size`].
pub fn bars(chart: &Bars, frame: &Frame) -> Result<Picture, ReportError> {
    let mut canvas = Canvas::new(frame)?;
    let empty = ReportError::Empty { chart: "bars", wanted: "finite value" };
    let x = axis(chart).ok_or(empty)?;
    let area = canvas.headed(&chart.heading);
    let above = if chart.references.is_empty() { 0.0 } else { canvas.em * 1.8 };
    let below = canvas.em * if chart.x_title.is_empty() { 1.8 } else { 3.0 };
    let rows = Rows::new(area.inset(0.0, above, 0.0, below), chart.rows.len());
    let (letters, stride) = rows.fitted(canvas.body());
    let muted = letters.coloured(canvas.palette.muted);
    let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
    let names = widest(&mut chart.rows.iter().map(|row| letters.width(&row.name))).min(area.width() * 0.38);
    let values = widest(&mut chart.rows.iter().map(|row| letters.width(&chart.number.shown(row.value))));
    let notes = widest(&mut chart.rows.iter().map(|row| muted.width(&row.note))).min(area.width() * 0.2);
    let gap = canvas.em * 0.7;
    let beside = values + gap + if notes > 0.0 { notes + gap } else { 0.0 };
    let bounds = rows.area.inset(names + gap, 0.0, beside, 0.0);
    let bounds = Area { top: area.top, ..bounds };
    let plot = row_plot(&canvas, area, bounds, x, &chart.x_title, &chart.references);
    for (index, row) in chart.rows.iter().enumerate() {
        let level = rows.middle(index);
        draw_bar(&plot, row, level, rows.pitch() * 0.62);
        if index % stride != 0 {
            continue;
        }
        let at = (bounds.left - gap, level);
        canvas.name_at(&row.name, names, at, &letters.anchored(HPos::Right, VPos::Center));
        let value = letters.anchored(HPos::Right, VPos::Center);
        canvas.text(&chart.number.shown(row.value), (bounds.right + gap + values, level), &value);
        canvas.name_at(&row.note, notes, (area.right, level), &muted.anchored(HPos::Right, VPos::Center));
    }
    Ok(canvas.finished())
}

fn axis(chart: &Bars) -> Option<Axis> {
    let seen = |value: &f64| drawable(*value, Scale::Linear);
    let values: Vec<f64> = chart.rows.iter().map(|row| row.value).filter(seen).collect();
    if values.is_empty() {
        return None;
    }
    let ends = chart.rows.iter().filter_map(|row| row.interval).flat_map(|(low, high)| [low, high]);
    let others = ends.chain(chart.references.iter().map(|line| line.value)).filter(seen);
    let all: Vec<f64> = values.into_iter().chain(others).collect();
    let low = all.iter().copied().fold(0.0, f64::min);
    let high = all.iter().copied().fold(0.0, f64::max);
    let high = if chart.number == Number::Percent && high <= 1.0 { 1.0 } else { high };
    Some(Axis::between(low, if low == high { low + 1.0 } else { high }, Scale::Linear, chart.number))
}

/// Draws a bar with its whisker.
fn draw_bar(plot: &Plot, row: &Bar, level: f64, thickness: f64) {
    let canvas = plot.canvas;
    let x = |value: f64| plot.pixel((value, 0.0)).0;
    let zero = x(0.0);
    if !plot.shows_x(row.value) {
        return;
    }
    let colour = canvas.palette.hue(row.hue);
    let end = x(row.value);
    let (top, bottom) = (level - thickness / 2.0, level + thickness / 2.0);
    canvas.rectangle(Area::new(zero.min(end), top, zero.max(end), bottom), colour, 0.85);
    if let Some((low, high)) = row.interval.filter(|&(low, high)| plot.shows_x(low) && plot.shows_x(high)) {
        let ink = canvas.palette.ink;
        canvas.line(&[(x(low), level), (x(high), level)], ink, 0.75, canvas.em * 0.08);
    }
}
