//! The objective against each parameter by itself.

use plotters::style::text_anchor::{HPos, VPos};

use super::history::draw_lane;
use super::trials::{
    Marks, coordinate, drawing_order, parameter_axis, some_without_value, value_axis, value_title,
};
use super::view::{Domain, Parameter, State, StudyView};
use super::words;
use crate::draw::canvas::{self, Area, Canvas};
use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::frame::{Frame, Heading};
use crate::layout::axis::Axis;
use crate::layout::legend::{legend, legend_height};
use crate::layout::plot::Plot;

fn heading(view: &StudyView) -> Heading {
    Heading {
        title: format!("{} against each parameter", words::capitalised(&view.objective.name)),
        note: "each panel shows every trial once".to_owned(),
    }
}

fn columns(view: &StudyView, width: f64, em: f64) -> usize {
    let most = ((width / (em * 20.0)) as usize).clamp(1, 4);
    // Rows as even as they can be: two of two instead of three and one.
    let count = view.parameters.len().max(1);
    count.div_ceil(count.div_ceil(most))
}

pub(crate) fn natural_height(view: &StudyView, width: u32) -> u32 {
    let em = canvas::em(width);
    let columns = columns(view, f64::from(width), em);
    let rows = view.parameters.len().max(1).div_ceil(columns);
    let panel = (f64::from(width) / columns as f64 * 0.72).clamp(em * 17.0, em * 22.0);
    let room = f64::from(width) - 2.2 * em;
    let key = Canvas::measuring(width)
        .map_or(0.0, |canvas| legend_height(&canvas, &Marks::on_page(&canvas, view).entries(), room));
    (canvas::heading_height(&heading(view), width) + key + rows as f64 * panel).round() as u32
}

pub(crate) fn draw(view: &StudyView, frame: &Frame) -> Result<Picture, ReportError> {
    let mut canvas = Canvas::new(frame)?;
    let y = value_axis(view).ok_or(ReportError::Empty { chart: "slices", wanted: "trial with a value" })?;
    let shown: Vec<(&Parameter, Axis)> = view
        .parameters
        .iter()
        .filter_map(|parameter| Some((parameter, parameter_axis(parameter)?)))
        .collect();
    if shown.is_empty() {
        return Err(ReportError::Empty { chart: "slices", wanted: "parameter with a range" });
    }
    let area = canvas.headed(&heading(view));
    let area = legend(&canvas, &Marks::on_page(&canvas, view).entries(), area);
    let columns = columns(view, f64::from(frame.width), canvas.em);
    let rows = shown.len().div_ceil(columns);
    let gap = canvas.em * 1.8;
    let width = (area.width() + gap) / columns as f64 - gap;
    let height = (area.height() + gap) / rows as f64 - gap;
    for (index, (parameter, x)) in shown.into_iter().enumerate() {
        let left = area.left + (index % columns) as f64 * (width + gap);
        let top = area.top + (index / columns) as f64 * (height + gap);
        draw_panel(&canvas, view, parameter, (x, y), Area::new(left, top, left + width, top + height));
    }
    Ok(canvas.finished())
}

fn draw_panel(canvas: &Canvas, view: &StudyView, parameter: &Parameter, (x, y): (Axis, Axis), area: Area) {
    let title = canvas.small().bold().coloured(canvas.palette.ink).anchored(HPos::Left, VPos::Top);
    canvas.name_at(&value_title(view, y.scale()), area.width(), (area.left, area.top), &title);
    let lane = if some_without_value(view) { canvas.em * 1.7 } else { 0.0 };
    let area = area.inset(0.0, title.size * 1.6 + lane, 0.0, 0.0);
    let plot = match &parameter.domain {
        Domain::Choice { options } => options_plot(canvas, &parameter.name, options, (x, y), area),
        _ => Plot::framed(canvas, area, x.widened(0.03), y, &parameter.name),
    };
    if lane > 0.0 {
        draw_lane(&plot, lane);
    }
    let marks = Marks::on_page(canvas, view);
    for trial in drawing_order(view) {
        let Some(place) = coordinate(parameter, trial) else { continue };
        let across = match &parameter.domain {
            // Steps of the golden ratio spread trials with one option, so that they do not cover one another.
            Domain::Choice { .. } => place + 0.5 * ((trial.number as f64 * 0.618_034).fract() - 0.5),
            _ => place,
        };
        match trial.reached() {
            Some(value) => marks.draw(trial, plot.pixel((across, value))),
            None if trial.state == State::Running => {}
            None => {
                let at = (plot.pixel((across, 0.0)).0, plot.bounds.top - lane / 2.0);
                marks.draw(trial, at);
            }
        }
    }
}

/// A plot whose horizontal axis has the names of options.
fn options_plot<'a>(
    canvas: &'a Canvas,
    name: &str,
    options: &[String],
    (x, y): (Axis, Axis),
    area: Area,
) -> Plot<'a> {
    let letters = canvas.small();
    let plot = Plot::graded(canvas, area, x, y, letters.size * 3.1);
    let bounds = plot.bounds;
    canvas.hairline((bounds.left, bounds.bottom), (bounds.right, bounds.bottom), canvas.palette.rule);
    let pitch = bounds.width() / options.len().max(1) as f64;
    for (place, option) in options.iter().enumerate() {
        let at = (bounds.left + (place as f64 + 0.5) * pitch, bounds.bottom + letters.size * 0.65);
        canvas.name_at(option, pitch * 0.92, at, &letters.anchored(HPos::Center, VPos::Top));
    }
    let at = (f64::midpoint(bounds.left, bounds.right), area.bottom);
    canvas.name_at(name, bounds.width(), at, &letters.anchored(HPos::Center, VPos::Bottom));
    plot
}
