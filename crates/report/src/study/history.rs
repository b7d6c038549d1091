//! Every trial's value in the order of the trials, and the best so far.

use plotters::style::text_anchor::{HPos, VPos};

use super::trials::{Marks, drawing_order, some_without_value, value_axis, value_title};
use super::view::{Direction, State, StudyView};
use super::words;
use crate::draw::canvas::{self, Area, Canvas};
use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::frame::{Frame, Heading};
use crate::layout::axis::{Axis, Scale};
use crate::layout::legend::{Entry, Swatch, legend, legend_height};
use crate::layout::number::Number;
use crate::layout::plot::Plot;

/// Colour of the best so far.
const BEST: usize = 1;

fn heading(view: &StudyView) -> Heading {
    let best = view.best_trial().and_then(|trial| Some((trial.number, trial.value?)));
    let title = match best {
        Some((number, value)) => {
            format!(
                "{} {} in trial {number}",
                words::capitalised(&view.objective.name),
                words::objective(view, value)
            )
        }
        None => format!("{} of every trial", words::capitalised(&view.objective.name)),
    };
    Heading { title, note: words::census(view) }
}

fn key(canvas: &Canvas, view: &StudyView) -> Vec<Entry> {
    let swatch = Swatch::Line(1.0, canvas.em * 0.14);
    let line = Entry { name: "lowest so far".to_owned(), colour: canvas.palette.hue(BEST), swatch };
    let line = match view.objective.direction {
        Direction::Minimise => line,
        Direction::Maximise => Entry { name: "highest so far".to_owned(), ..line },
    };
    [Marks::on_page(canvas, view).entries(), vec![line]].concat()
}

pub(crate) fn natural_height(view: &StudyView, width: u32) -> u32 {
    let room = f64::from(width) - 2.2 * canvas::em(width);
    let key =
        Canvas::measuring(width).map_or(0.0, |canvas| legend_height(&canvas, &key(&canvas, view), room));
    let body = (f64::from(width) * 0.55).clamp(canvas::em(width) * 22.0, 420.0);
    (canvas::heading_height(&heading(view), width) + key + body).round() as u32
}

pub(crate) fn draw(view: &StudyView, frame: &Frame) -> Result<Picture, ReportError> {
    let mut canvas = Canvas::new(frame)?;
    let y = value_axis(view).ok_or(ReportError::Empty { chart: "history", wanted: "trial with a value" })?;
    let area = canvas.headed(&heading(view));
    let area = legend(&canvas, &key(&canvas, view), area);
    let letters = canvas.small().bold().coloured(canvas.palette.ink).anchored(HPos::Left, VPos::Top);
    canvas.name_at(&value_title(view, y.scale()), area.width(), (area.left, area.top), &letters);
    let lane = if some_without_value(view) { canvas.em * 1.7 } else { 0.0 };
    let area = area.inset(0.0, letters.size * 1.6 + lane, 0.0, 0.0);
    let numbers = || view.trials.iter().map(|trial| trial.number as f64);
    let first = numbers().fold(f64::INFINITY, f64::min);
    let last = numbers().fold(0.0, f64::max);
    let air = 0.6 + (last - first) * 0.01;
    let x = Axis::between(first - air, last + air, Scale::Linear, Number::Count);
    let plot = Plot::framed(&canvas, area, x, y, "trial");
    if lane > 0.0 {
        draw_lane(&plot, lane);
    }
    plot.line(&best_so_far(view, last + air), canvas.palette.hue(BEST), 1.0, canvas.em * 0.14);
    let marks = Marks::on_page(&canvas, view);
    for trial in drawing_order(view) {
        let x = trial.number as f64;
        match trial.reached() {
            Some(value) => marks.draw(trial, plot.pixel((x, value))),
            None if trial.state == State::Running => {}
            None => marks.draw(trial, (plot.pixel((x, 0.0)).0, plot.bounds.top - lane / 2.0)),
        }
    }
    Ok(canvas.finished())
}

/// The strip above a plot for trials without a value.
pub(crate) fn draw_lane(plot: &Plot, height: f64) {
    let Area { left, top, right, .. } = plot.bounds;
    let strip = Area::new(left, top - height + 2.0, right, top - 2.0);
    plot.canvas.rectangle(strip, plot.canvas.palette.grid, 0.6);
}

/// The best value of finished trials as steps.
fn best_so_far(view: &StudyView, end: f64) -> Vec<(f64, f64)> {
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for trial in view.trials.iter().filter(|trial| trial.state == State::Finished) {
        let Some(value) = trial.reached() else { continue };
        let place = trial.number as f64;
        match steps.last() {
            Some(&(_, best))
                if view.objective.direction.cost(value) < view.objective.direction.cost(best) =>
            {
                steps.extend([(place, best), (place, value)]);
            }
            Some(_) => {}
            None => steps.push((place, value)),
        }
    }
    let last = steps.last().map(|&(_, best)| (end, best));
    steps.extend(last);
    steps
}
