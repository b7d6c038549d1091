//! Dots with whiskers: values with their intervals, one below the other.

use plotters::style::text_anchor::{HPos, VPos};

use super::row_plot::row_plot;
use super::values::Reference;
use crate::draw::canvas::{self, Area, Canvas, Point};
use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::frame::{Frame, Heading};
use crate::layout::axis::{Axis, Scale, drawable};
use crate::layout::number::Number;
use crate::layout::plot::Plot;
use crate::layout::rows::Rows;

/// Values with intervals, drawn in the given order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Intervals {
    /// What stands above.
    pub heading: Heading,
    /// What the values are, such as `validation accuracy, 95 % interval`.
    pub x_title: String,
    /// How values are written. Default plain.
    pub number: Number,
    /// At least one.
    pub rows: Vec<Interval>,
    /// Vertical lines with a name.
    pub references: Vec<Reference>,
}

/// A value and how far it may be off.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Interval {
    /// Of the run.
    pub name: String,
    /// The dot; not finite: none, and a dash is written.
    pub value: f64,
    /// Lower end of the whisker; a whisker needs both ends.
    pub low: f64,
    /// Upper end of the whisker.
    pub high: f64,
    /// Colour, as for [`Series::hue`](crate::Series::hue).
    pub hue: usize,
}

impl Intervals {
    /// The height in pixels at which a picture of this width looks best.
    pub fn natural_height(&self, width: u32) -> u32 {
        let em = canvas::em(width);
        let row = if narrow(f64::from(width), em) { 3.4 } else { 2.2 };
        let named = if self.references.is_empty() { 0.0 } else { 2.0 };
        let body = em * (row * self.rows.len() as f64 + 3.5 + named);
        (canvas::heading_height(&self.heading, width) + body).round() as u32
    }
}

/// Where names stand above their whiskers instead of beside them.
fn narrow(width: f64, em: f64) -> bool {
    width < em * 45.0
}

/// Draws dots and whiskers over one axis, with each value and its interval in words.
///
/// # Errors
/// [`ReportError::Empty`] where no value is finite; [`ReportError::Size`].
pub fn intervals(chart: &Intervals, frame: &Frame) -> Result<Picture, ReportError> {
    let mut canvas = Canvas::new(frame)?;
    let empty = ReportError::Empty { chart: "intervals", wanted: "finite value" };
    let x = axis(chart).ok_or(empty)?;
    let area = canvas.headed(&chart.heading);
    let narrow = narrow(f64::from(frame.width), canvas.em);
    let above = if chart.references.is_empty() { 0.0 } else { canvas.em * 1.8 };
    let below = canvas.em * if chart.x_title.is_empty() { 1.8 } else { 3.0 };
    let rows = Rows::new(area.inset(0.0, above, 0.0, below), chart.rows.len());
    let (letters, stride) = rows.fitted(canvas.body());
    let words: Vec<(String, String)> = chart.rows.iter().map(|row| in_words(row, chart.number)).collect();
    let bold = letters.bold();
    let gap = canvas.em * 0.4;
    let values = words.iter().map(|(value, _)| bold.width(value)).fold(0.0, f64::max);
    let spans = words.iter().map(|(_, span)| letters.width(span)).fold(0.0, f64::max);
    let names =
        chart.rows.iter().map(|row| letters.width(&row.name)).fold(0.0, f64::max).min(area.width() * 0.34);
    let bounds = if narrow {
        rows.area
    } else {
        rows.area.inset(names + canvas.em * 1.2, 0.0, values + spans + gap + canvas.em * 1.4, 0.0)
    };
    let bounds = Area { top: area.top, ..bounds };
    let plot = row_plot(&canvas, area, bounds, x, &chart.x_title, &chart.references);
    for (index, (row, (value, span))) in chart.rows.iter().zip(&words).enumerate() {
        let cell = rows.row(index);
        let level = if narrow { cell.top + cell.height() * 0.68 } else { rows.middle(index) };
        draw_whisker(&plot, row, level);
        if index % stride != 0 {
            continue;
        }
        let line = if narrow { cell.top + cell.height() * 0.28 } else { level };
        let room = if narrow { area.width() - values - spans - gap - canvas.em } else { names };
        canvas.name_at(
            &row.name,
            room,
            (area.left, line),
            &letters.anchored(HPos::Left, VPos::Center).haloed(),
        );
        let left = area.right - spans - gap;
        canvas.text(value, (left, line), &bold.anchored(HPos::Right, VPos::Center).haloed());
        let muted = letters.coloured(canvas.palette.muted).anchored(HPos::Left, VPos::Center).haloed();
        canvas.text(span, (left + gap, line), &muted);
    }
    Ok(canvas.finished())
}

fn axis(chart: &Intervals) -> Option<Axis> {
    let mut shown = chart.rows.iter().filter(|row| drawable(row.value, Scale::Linear)).peekable();
    shown.peek()?;
    let ends = shown.flat_map(|row| [row.value, row.low, row.high]);
    Axis::around(ends.chain(chart.references.iter().map(|line| line.value)), Scale::Linear, chart.number)
}

/// `88.4 %` and `[86.1, 90.3]`.
fn in_words(row: &Interval, number: Number) -> (String, String) {
    let bare = |value: f64| number.shown(value).trim_end_matches("\u{a0}%").to_owned();
    let whole = row.low.is_finite() && row.high.is_finite() && row.value.is_finite();
    let span = if whole { format!("[{}, {}]", bare(row.low), bare(row.high)) } else { String::new() };
    (number.shown(row.value), span)
}

fn draw_whisker(plot: &Plot, row: &Interval, level: f64) {
    if !plot.shows_x(row.value) {
        return;
    }
    let canvas = plot.canvas;
    let colour = canvas.palette.hue(row.hue);
    let at = |value: f64| -> Point { (plot.pixel((value, 0.0)).0, level) };
    if plot.shows_x(row.low) && plot.shows_x(row.high) {
        canvas.line(&[at(row.low), at(row.high)], colour, 0.6, canvas.em * 0.18);
        for end in [at(row.low), at(row.high)] {
            let half = canvas.em * 0.22;
            canvas.line(&[(end.0, level - half), (end.0, level + half)], colour, 0.6, canvas.em * 0.1);
        }
    }
    canvas.dot(at(row.value), canvas.em * 0.36, colour);
}
