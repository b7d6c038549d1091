//! Parallel coordinates: a line for each finished trial through its parameter values to its objective.
//!
//! Axes are vertical where there is room, and horizontal, one below the other, on narrow pages.

use plotters::style::text_anchor::{HPos, VPos};

use super::trials::{coordinate, parameter_axis, value_axis};
use super::view::{Direction, Domain, Parameter, State, StudyView, Trial};
use super::words;
use crate::draw::canvas::{self, Area, Canvas, Point};
use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::frame::{Frame, Heading};
use crate::layout::axis::Axis;
use crate::layout::legend::{Entry, Swatch, legend, legend_height};

/// Colour of the best trial.
const BEST: usize = 1;

fn heading(view: &StudyView) -> Heading {
    let finished = view.trials.iter().filter(|trial| trial.state == State::Finished).count();
    let others = view.trials.len() - finished;
    let left_out = if others > 0 { format!("; {others} other trials are not shown") } else { String::new() };
    Heading {
        title: "Parameters and results".to_owned(),
        note: format!("a line for each of {finished} finished trials{left_out}"),
    }
}

fn key(canvas: &Canvas, view: &StudyView) -> Vec<Entry> {
    let (palette, width) = (canvas.palette, canvas.em * 0.16);
    let entry = |name: String, colour| Entry { name, colour, swatch: Swatch::Line(1.0, width) };
    let best = view.best_trial().map(|best| entry(format!("best: trial {}", best.number), palette.hue(BEST)));
    let better = entry("better".to_owned(), palette.shade(palette.right, 1.0));
    let worse = entry("worse".to_owned(), palette.shade(palette.right, 0.25));
    best.into_iter().chain([better, worse]).collect()
}

/// One axis of the picture.
struct Scale<'a> {
    name: &'a str,
    axis: Axis,
    /// None for the objective.
    parameter: Option<&'a Parameter>,
}

impl Scale<'_> {
    /// Where a trial crosses it, 0 to 1.
    fn share(&self, trial: &Trial) -> Option<f64> {
        let value = match self.parameter {
            Some(parameter) => coordinate(parameter, trial)?,
            None => trial.reached()?,
        };
        let share = self.axis.share(value);
        share.is_finite().then(|| share.clamp(0.0, 1.0))
    }

    /// Shares and labels of its ticks.
    fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        if let Some(Domain::Choice { options }) = self.parameter.map(|parameter| &parameter.domain) {
            let places = (0..options.len()).map(|place| self.axis.share(place as f64));
            return places.zip(options.iter().cloned()).collect();
        }
        let ticks = self.axis.ticks(most);
        let shares = ticks.iter().map(|&tick| self.axis.share(tick));
        let inside = |(share, _): &(f64, String)| (-1e-9..=1.0 + 1e-9).contains(share);
        shares.zip(self.axis.labels(&ticks)).filter(inside).collect()
    }
}

fn scales(view: &StudyView) -> Option<Vec<Scale<'_>>> {
    let parameters = view.parameters.iter().filter_map(|parameter| {
        Some(Scale { name: &parameter.name, axis: parameter_axis(parameter)?, parameter: Some(parameter) })
    });
    let finished = StudyView {
        trials: view.trials.iter().filter(|trial| trial.state == State::Finished).cloned().collect(),
        objective: view.objective.clone(),
        ..StudyView::default()
    };
    let objective = Scale { name: &view.objective.name, axis: value_axis(&finished)?, parameter: None };
    Some(parameters.chain([objective]).collect())
}

/// Whether the axes lie instead of standing.
fn is_lying(axes: usize, width: f64, em: f64) -> bool {
    width < em * 11.0 * axes as f64
}

pub(crate) fn natural_height(view: &StudyView, width: u32) -> u32 {
    let em = canvas::em(width);
    let axes = view.parameters.len() + 1;
    let room = f64::from(width) - 2.2 * em;
    let key =
        Canvas::measuring(width).map_or(0.0, |canvas| legend_height(&canvas, &key(&canvas, view), room));
    let body = if is_lying(axes, f64::from(width), em) { em * 6.2 * axes as f64 } else { em * 30.0 };
    (canvas::heading_height(&heading(view), width) + key + body).round() as u32
}

pub(crate) fn draw(view: &StudyView, frame: &Frame) -> Result<Picture, ReportError> {
    let mut canvas = Canvas::new(frame)?;
    let empty = ReportError::Empty { chart: "parallel", wanted: "finished trial with a value" };
    let scales = scales(view).filter(|scales| scales.len() > 1).ok_or(empty)?;
    let area = canvas.headed(&heading(view));
    let area = legend(&canvas, &key(&canvas, view), area);
    let lying = is_lying(scales.len(), f64::from(frame.width), canvas.em);
    let axes =
        if lying { Axes::lying(&canvas, area, &scales) } else { Axes::standing(&canvas, area, &scales) };
    for index in 0..scales.len() {
        axes.draw_line(&canvas, index);
    }
    draw_trials(&canvas, view, &scales, &axes);
    for (index, scale) in scales.iter().enumerate() {
        if lying { axes.label_below(&canvas, scale, index) } else { axes.label_beside(&canvas, scale, index) }
    }
    Ok(canvas.finished())
}

/// Where the axes are.
struct Axes {
    area: Area,
    lying: bool,
    count: usize,
}

impl Axes {
    /// Side by side, with names above, and room at the left for the first one's labels.
    fn standing(canvas: &Canvas, area: Area, scales: &[Scale]) -> Self {
        let beside = label_width(canvas, &scales[0]).max(canvas.em * 3.0) + canvas.em * 0.8;
        let area = area.inset(beside, canvas.em * 2.6, canvas.em * 3.0, canvas.em * 0.8);
        Self { area, lying: false, count: scales.len() }
    }

    /// One below the other, each with its name above and its labels below.
    fn lying(canvas: &Canvas, area: Area, scales: &[Scale]) -> Self {
        let area = area.inset(canvas.em * 0.6, canvas.em * 2.2, canvas.em * 0.6, canvas.em * 2.2);
        Self { area, lying: true, count: scales.len() }
    }

    /// Where an axis is at a share of its length.
    fn at(&self, index: usize, share: f64) -> Point {
        let place = index as f64 / (self.count.max(2) - 1) as f64;
        let Area { left, top, right, bottom } = self.area;
        if self.lying {
            (left + (right - left) * share, top + (bottom - top) * place)
        } else {
            (left + (right - left) * place, bottom - (bottom - top) * share)
        }
    }

    fn draw_line(&self, canvas: &Canvas, index: usize) {
        canvas.hairline(self.at(index, 0.0), self.at(index, 1.0), canvas.palette.rule);
    }

    fn label_beside(&self, canvas: &Canvas, scale: &Scale, index: usize) {
        let letters = canvas.small();
        let pitch = self.area.width() / (self.count.max(2) - 1) as f64;
        let most = (self.area.height() / (letters.size * 4.0)) as usize;
        for (share, label) in scale.ticks(most) {
            let (x, y) = self.at(index, share);
            canvas.hairline((x - letters.size * 0.3, y), (x, y), canvas.palette.rule);
            let anchored = letters.anchored(HPos::Right, VPos::Center).haloed();
            let width = letters.width(&label).min(pitch * 0.5);
            ground(canvas, (x - letters.size * 0.55 - width / 2.0, y), width);
            canvas.name_at(&label, pitch * 0.5, (x - letters.size * 0.55, y), &anchored);
        }
        let (x, y) = self.at(index, 1.0);
        let title = letters.bold().coloured(canvas.palette.ink);
        let (right, left) = (canvas.width() - canvas.em * 0.6 - x, x - canvas.em * 0.6);
        let room = (pitch * 0.95).min(2.0 * right.min(left));
        let at = (x, y - canvas.em * 1.1);
        let room = if index + 1 == self.count { right.max(pitch * 0.6) + pitch * 0.3 } else { room };
        let width = title.width(scale.name).min(room);
        let across =
            at.0.min(canvas.width() - canvas.em * 0.6 - width / 2.0).max(canvas.em * 0.6 + width / 2.0);
        canvas.name_at(scale.name, room, (across, at.1), &title.anchored(HPos::Center, VPos::Bottom));
    }

    fn label_below(&self, canvas: &Canvas, scale: &Scale, index: usize) {
        let letters = canvas.small();
        let (left, level) = self.at(index, 0.0);
        let edge = canvas.em * 0.4;
        let mut free = f64::NEG_INFINITY;
        for (share, label) in scale.ticks(6) {
            let (x, y) = self.at(index, share);
            canvas.hairline((x, y), (x, y + letters.size * 0.3), canvas.palette.rule);
            let half = letters.width(&label) / 2.0;
            let middle = x.min(canvas.width() - edge - half).max(edge + half);
            if middle - half < free {
                continue;
            }
            free = middle + half + letters.size * 0.8;
            let anchored = letters.anchored(HPos::Center, VPos::Top).haloed();
            ground(canvas, (middle, y + letters.size * 1.0), 2.0 * half);
            canvas.text(&label, (middle, y + letters.size * 0.65), &anchored);
        }
        let title = letters.bold().coloured(canvas.palette.ink).haloed();
        let at = (left, level - canvas.em * 0.7);
        let half = title.width(scale.name) / 2.0;
        ground(canvas, (left + half, at.1 - title.size * 0.36), 2.0 * half);
        canvas.name_at(scale.name, self.area.width(), at, &title.anchored(HPos::Left, VPos::Bottom));
    }
}

/// Pales the lines behind words of this width.
fn ground(canvas: &Canvas, (x, y): Point, width: f64) {
    let (half, rise) = (width / 2.0 + canvas.em * 0.15, canvas.em * 0.55);
    canvas.rectangle(Area::new(x - half, y - rise, x + half, y + rise), canvas.palette.page, 0.75);
}

fn label_width(canvas: &Canvas, scale: &Scale) -> f64 {
    let letters = canvas.small();
    scale.ticks(8).iter().map(|(_, label)| letters.width(label)).fold(0.0, f64::max).min(canvas.em * 9.0)
}

/// The better a trial's rank, the stronger its line, and the later it is drawn.
fn draw_trials(canvas: &Canvas, view: &StudyView, scales: &[Scale], axes: &Axes) {
    let finished = view.trials.iter().filter(|trial| trial.state == State::Finished);
    let mut ranked: Vec<(&Trial, f64)> =
        finished.filter_map(|trial| Some((trial, trial.reached()?))).collect();
    ranked.sort_by(|(_, a), (_, b)| {
        let worst_first = b.total_cmp(a);
        if view.objective.direction == Direction::Minimise { worst_first } else { worst_first.reverse() }
    });
    let is_best = |trial: &Trial| view.best == Some(trial.number);
    let last = (ranked.len().max(2) - 1) as f64;
    let order = (0..ranked.len()).filter(|&rank| !is_best(ranked[rank].0));
    let order = order.chain((0..ranked.len()).filter(|&rank| is_best(ranked[rank].0)));
    for rank in order {
        let (trial, value) = ranked[rank];
        let shares: Option<Vec<f64>> = scales.iter().map(|scale| scale.share(trial)).collect();
        let Some(shares) = shares else { continue };
        let points: Vec<Point> =
            shares.iter().enumerate().map(|(index, &share)| axes.at(index, share)).collect();
        let palette = canvas.palette;
        let (colour, width) = if is_best(trial) {
            (palette.hue(BEST), 0.24)
        } else {
            (palette.shade(palette.right, 0.25 + 0.75 * rank as f64 / last), 0.12)
        };
        let told = format!("trial {}: {}", trial.number, words::objective(view, value));
        canvas.hinted(&format!("{told}; {}", words::params(view, &trial.params)), || {
            canvas.line(&points, colour, 1.0, canvas.em * width);
        });
    }
}
