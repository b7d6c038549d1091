//! The confusion matrix: which classes are taken for which.

use plotters::style::text_anchor::{HPos, VPos};

use crate::draw::canvas::{self, Area, Canvas, Letters, wrapped};
use crate::draw::colour::Rgb;
use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::frame::{Frame, Heading};
use crate::layout::number::fixed;
use crate::layout::rows::Rows;

/// Counts of photographs by actual and predicted class.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confusion {
    /// What stands above.
    pub heading: Heading,
    /// Names of the `C` classes; up to 40 stay readable.
    pub classes: Vec<String>,
    /// `C * C` counts, row by row: a row for each actual class, a column for each predicted one.
    pub counts: Vec<u64>,
}

impl Confusion {
    /// The height in pixels at which a picture of this width looks best.
    pub fn natural_height(&self, width: u32) -> u32 {
        let em = canvas::em(width);
        let count = self.classes.len().max(1) as f64;
        let cell = (f64::from(width) * 0.72 / count).clamp(em * 1.15, em * 5.0);
        let height = cell * count + em * 5.0 + (f64::from(width) * 0.2).min(em * 9.0);
        (canvas::heading_height(&self.heading, width) + height).round() as u32
    }
}

/// How the columns are named.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Columns {
    /// Names from left to right, in at most three lines.
    Across,
    /// Names that read upwards.
    Upwards,
    /// Numbers, which the rows carry before their names.
    Numbered,
}

/// Room for the words around the cells.
struct Layout {
    cells: Area,
    columns: Columns,
    letters: Letters,
    /// Every how many rows are named.
    stride: usize,
}

/// Draws a cell for each pair of classes: the stronger its colour, the larger its share of the actual class. What is right
/// is blue, what is wrong is orange. Counts are written where they fit, and hints name all cells that are not empty.
///
/// # Errors
/// [`ReportError::Empty`] where there are no classes; [`ReportError::Length`] where the counts are not `C * C`;
/// [`ReportError::Size`].
pub fn confusion(chart: &Confusion, frame: &Frame) -> Result<Picture, ReportError> {
    let mut canvas = Canvas::new(frame)?;
    let count = chart.classes.len();
    if count == 0 {
        return Err(ReportError::Empty { chart: "confusion", wanted: "class" });
    }
    let (found, expected) = (chart.counts.len(), count.saturating_mul(count));
    if found != expected {
        return Err(ReportError::Length { chart: "confusion", field: "counts", found, expected });
    }
    let area = canvas.headed(&chart.heading);
    let layout = arranged(&canvas, chart, area);
    key(&canvas, area);
    name_rows(&canvas, chart, area, &layout);
    name_columns(&canvas, chart, area, &layout);
    for (index, row) in chart.counts.chunks_exact(count).enumerate() {
        draw_row(&canvas, chart, index, row, &layout);
    }
    Ok(canvas.finished())
}

fn arranged(canvas: &Canvas, chart: &Confusion, area: Area) -> Layout {
    let count = chart.classes.len();
    let top = area.top + canvas.em * 2.2;
    let body = canvas.body();
    let letters = Letters { size: body.size * 0.95, ..body };
    let longest = chart.classes.iter().map(|name| letters.width(name)).fold(0.0, f64::max);
    let beside = longest.min(area.width() * 0.3) + canvas.em * 0.7;
    let cell = (area.width() - beside) / count as f64;
    let title = canvas.em * 1.6;
    let most = lines(chart, &letters, cell);
    let (columns, below) = if let Some(most) = most {
        (Columns::Across, letters.size * (0.6 + 1.25 * most as f64))
    } else if cell >= letters.size * 1.02 {
        (Columns::Upwards, longest.min(area.height() * 0.35).min(area.width() * 0.3) + letters.size * 0.6)
    } else {
        (Columns::Numbered, letters.size * 1.4)
    };
    let numbers = if columns == Columns::Numbered { letters.width("00 ") } else { 0.0 };
    let beside = (beside + numbers).min(area.width() * 0.4);
    let rows = Rows::new(Area::new(area.left, top, area.right, area.bottom - below - title), count);
    let (letters, stride) = rows.fitted(letters);
    // Cells wider than twice their height look like a table; beyond that the matrix does not use all the width.
    let cells = rows.area.inset(beside, 0.0, 0.0, 0.0);
    let right = cells.right.min(cells.left + cells.height() * 2.0);
    Layout { cells: Area { right, ..cells }, columns, letters, stride }
}

/// The greatest number of lines that a name takes below a column of this width, or `None` where one does not fit.
fn lines(chart: &Confusion, letters: &Letters, cell: f64) -> Option<usize> {
    let room = cell * 0.94;
    let count = |name: &String| {
        let lines = wrapped(name, letters, room, 3);
        lines.iter().all(|line| letters.width(line) <= room).then_some(lines.len())
    };
    chart.classes.iter().map(count).try_fold(0, |most, lines| Some(lines?.max(most)))
}

/// Shares at which the key shows a colour, and between which colours are mixed.
const KEY: [f64; 4] = [0.01, 0.1, 0.5, 1.0];

/// The colour of a share of the actual class. Shares are drawn by their square roots: one per cent is to be seen.
fn colour(canvas: &Canvas, share: f64, ramp: [Rgb; 2]) -> Rgb {
    canvas.palette.shade(ramp, share.clamp(0.0, 1.0).sqrt())
}

/// What the colours mean, in the upper right corner.
fn key(canvas: &Canvas, area: Area) {
    let letters = canvas.small().anchored(HPos::Left, VPos::Center);
    let (side, middle) = (canvas.em * 0.85, area.top + canvas.em * 0.5);
    let mut right = area.right;
    for (word, ramp) in [("wrong", canvas.palette.wrong), ("correct", canvas.palette.right)] {
        for &share in KEY.iter().rev() {
            let field = Area::new(right - side, middle - side / 2.0, right, middle + side / 2.0);
            canvas.rectangle(field, colour(canvas, share, ramp), 1.0);
            right -= side;
        }
        right -= canvas.em * 0.4;
        canvas.text(word, (right, middle), &letters.anchored(HPos::Right, VPos::Center));
        right -= letters.width(word) + canvas.em * 1.1;
    }
    let sentence = "1, 10, 50, 100\u{a0}% of the actual class:";
    if letters.width(sentence) < right - area.left - canvas.em * 5.0 {
        canvas.text(sentence, (right, middle), &letters.anchored(HPos::Right, VPos::Center));
    }
}

fn name_rows(canvas: &Canvas, chart: &Confusion, area: Area, layout: &Layout) {
    let rows = Rows::new(layout.cells, chart.classes.len());
    let right = layout.cells.left - canvas.em * 0.5;
    let letters = layout.letters.anchored(HPos::Right, VPos::Center);
    let room = right - area.left;
    for (index, name) in chart.classes.iter().enumerate().step_by(layout.stride) {
        let at = (right, rows.middle(index));
        if layout.columns == Columns::Numbered {
            let muted = letters.coloured(canvas.palette.muted);
            canvas.text(&(index + 1).to_string(), at, &muted);
            let numbers = letters.width("00 ");
            canvas.name_at(name, room - numbers, (right - numbers, at.1), &letters);
        } else {
            canvas.name_at(name, room, at, &letters);
        }
    }
    let title = canvas.small().anchored(HPos::Left, VPos::Center);
    canvas.text("actual ↓", (area.left, area.top + canvas.em * 0.5), &title);
}

fn name_columns(canvas: &Canvas, chart: &Confusion, area: Area, layout: &Layout) {
    let cells = layout.cells;
    let pitch = cells.width() / chart.classes.len() as f64;
    let top = cells.bottom + canvas.em * 0.45;
    let title = canvas.small().anchored(HPos::Center, VPos::Bottom);
    canvas.text("predicted →", (f64::midpoint(cells.left, cells.right), area.bottom), &title);
    let room = area.bottom - canvas.em * 1.6 - top;
    let numbers = canvas.small().coloured(canvas.palette.muted);
    let step =
        [1, 2, 5, 10, 20].into_iter().find(|&step| step as f64 * pitch >= numbers.width("000")).unwrap_or(50);
    for (index, name) in chart.classes.iter().enumerate() {
        let x = cells.left + (index as f64 + 0.5) * pitch;
        match layout.columns {
            Columns::Across => {
                let letters = layout.letters.anchored(HPos::Center, VPos::Top);
                for (line, words) in wrapped(name, &letters, pitch * 0.94, 3).iter().enumerate() {
                    let at = (x, top + line as f64 * letters.size * 1.25);
                    canvas.name_at(words, pitch, at, &letters);
                }
            }
            Columns::Upwards => {
                let size = layout.letters.size.min(pitch);
                let letters = Letters { upwards: true, size, ..layout.letters };
                canvas.name_at(name, room, (x, top), &letters.anchored(HPos::Right, VPos::Center));
            }
            Columns::Numbered if (index + 1) % step == 0 || index == 0 => {
                let number = (index + 1).to_string();
                canvas.text(&number, (x, top), &numbers.anchored(HPos::Center, VPos::Top));
            }
            Columns::Numbered => {}
        }
    }
}

fn draw_row(canvas: &Canvas, chart: &Confusion, actual: usize, row: &[u64], layout: &Layout) {
    let band = Rows::new(layout.cells, chart.classes.len()).row(actual);
    let pitch = band.width() / row.len() as f64;
    // Sums in floating point: counts near the largest integer must not overflow.
    let total: f64 = row.iter().map(|&count| count as f64).sum();
    let gap = (pitch.min(band.height()) * 0.06).min(1.5);
    for (predicted, &count) in row.iter().enumerate() {
        let left = band.left + predicted as f64 * pitch;
        let cell = Area::new(left, band.top, left + pitch, band.bottom).inset(0.0, 0.0, gap, gap);
        if count == 0 {
            let alpha = if actual == predicted { 0.9 } else { 0.5 };
            canvas.rectangle(cell, canvas.palette.grid, alpha);
            continue;
        }
        let share = count as f64 / total;
        let ramp = if actual == predicted { canvas.palette.right } else { canvas.palette.wrong };
        let fill = colour(canvas, share, ramp);
        let (from, to) = (&chart.classes[actual], &chart.classes[predicted]);
        let words = fixed(count as f64, 0);
        let share = fixed(share * 100.0, 1);
        canvas.hinted(&format!("{from}, predicted as {to}: {words} ({share} %)"), || {
            canvas.rectangle(cell, fill, 1.0);
            let body = canvas.body();
            let size = body
                .size
                .min(cell.height() * 0.62)
                .min(cell.width() * 0.9 / (body.width(&words) / body.size));
            if size >= canvas.em * 0.55 {
                let letters = Letters { size, ..body }.coloured(fill.ink_on_it());
                let middle = (f64::midpoint(cell.left, cell.right), f64::midpoint(cell.top, cell.bottom));
                canvas.text(&words, middle, &letters.anchored(HPos::Center, VPos::Center));
            }
        });
    }
}
