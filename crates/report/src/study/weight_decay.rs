//! The choice of the weight decay by cross-validation: means with their standard errors, and which are within one of the best.
//!
//! Weight decays are on a logarithmic axis; 0 is at the left, beyond a break.

use plotters::style::text_anchor::{HPos, VPos};

use super::trials::value_scale;
use super::view::{Candidate, CrossValidation, Direction, StudyView, Value};
use super::words;
use crate::draw::canvas::{self, Area, Canvas};
use crate::draw::mark::Mark;
use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::frame::{Frame, Heading};
use crate::layout::axis::{Axis, Scale, drawable};
use crate::layout::legend::{Entry, Swatch, legend, legend_height};
use crate::layout::number::Number;
use crate::layout::plot::Plot;

/// Colours of the means and of the chosen one.
const MEAN: usize = 0;
const CHOSEN: usize = 1;

fn heading(view: &StudyView, validation: &CrossValidation) -> Heading {
    let title = match validation.candidates.get(validation.chosen) {
        Some(chosen) => {
            format!("Weight decay {} was chosen", words::value(&Value::Float(chosen.weight_decay)))
        }
        None => "Weight decay".to_owned(),
    };
    let best = if view.objective.direction == Direction::Minimise { "lowest" } else { "highest" };
    let note = format!(
        "the largest within one standard error of the {best} mean {} over {} folds",
        view.objective.name, validation.folds
    );
    Heading { title, note }
}

fn shown_value(value: f64) -> String {
    if value == 0.0 { "0".to_owned() } else { Number::rough(value) }
}

fn key(canvas: &Canvas, view: &StudyView, validation: &CrossValidation) -> Vec<Entry> {
    let entry = |name: String, hue: usize, mark| Entry {
        name,
        colour: canvas.palette.hue(hue),
        swatch: Swatch::Mark(mark),
    };
    let best = if view.objective.direction == Direction::Minimise { "lowest mean" } else { "highest mean" };
    let mut entries = vec![entry("mean and its standard error".to_owned(), MEAN, Mark::Disc)];
    if validation.best != validation.chosen {
        entries.push(entry(best.to_owned(), MEAN, Mark::Target));
        entries.push(entry("chosen".to_owned(), CHOSEN, Mark::Target));
    } else {
        entries.push(entry(format!("{best}, chosen"), CHOSEN, Mark::Target));
    }
    entries.push(Entry {
        name: "one standard error from the best".to_owned(),
        colour: canvas.reference(),
        swatch: Swatch::Line(1.0, 1.0),
    });
    if validation.candidates.iter().any(|candidate| candidate.mean.is_none()) {
        entries.push(entry("diverged".to_owned(), 3, Mark::Cross));
    }
    entries
}

pub(crate) fn natural_height(view: &StudyView, width: u32) -> u32 {
    let Some(validation) = &view.cross_validation else { return width };
    let em = canvas::em(width);
    let room = f64::from(width) - 2.2 * em;
    let key = Canvas::measuring(width)
        .map_or(0.0, |canvas| legend_height(&canvas, &key(&canvas, view, validation), room));
    let body = (f64::from(width) * 0.6).clamp(em * 24.0, 430.0);
    (canvas::heading_height(&heading(view, validation), width) + key + body).round() as u32
}

pub(crate) fn draw(view: &StudyView, frame: &Frame) -> Result<Picture, ReportError> {
    let mut canvas = Canvas::new(frame)?;
    let empty = ReportError::Empty { chart: "cross_validation", wanted: "candidate with a finite mean" };
    let validation = view.cross_validation.as_ref().ok_or_else(|| empty.clone())?;
    let candidates = shown(validation);
    let limit = limit(view, validation);
    let ends = || {
        let whiskers = candidates.iter().filter_map(|(_, c)| Some((c.mean?, c.standard_error)));
        whiskers.flat_map(|(mean, error)| [mean - error, mean + error]).chain(limit)
    };
    let number = view.objective.number;
    let y = Axis::around(ends(), value_scale(ends(), number), number).ok_or(empty)?;
    let area = canvas.headed(&heading(view, validation));
    let area = legend(&canvas, &key(&canvas, view, validation), area);
    let letters = canvas.small().bold().coloured(canvas.palette.ink).anchored(HPos::Left, VPos::Top);
    let title = format!("mean {}", super::trials::value_title(view, y.scale()));
    canvas.name_at(&title, area.width(), (area.left, area.top), &letters);
    let lane = if candidates.iter().any(|(_, c)| c.mean.is_none()) { canvas.em * 1.7 } else { 0.0 };
    let area = area.inset(0.0, letters.size * 1.6 + lane, canvas.em * 0.4, 0.0);
    let unit = Axis::between(0.0, 1.0, Scale::Linear, Number::Plain);
    let plot = Plot::graded(&canvas, area, unit, y, canvas.small().size * 3.1);
    let across = Across::of(&canvas, plot.bounds, &candidates);
    if let Some(limit) = limit.filter(|&limit| plot.shows_y(limit)) {
        let level = plot.pixel((0.0, limit)).1;
        canvas.hairline((plot.bounds.left, level), (plot.bounds.right, level), canvas.reference());
    }
    label(&plot, &across, &candidates, area.bottom);
    for (place, candidate) in &candidates {
        draw_candidate(&plot, validation, *place, *candidate, across.at(candidate.weight_decay), lane);
    }
    Ok(canvas.finished())
}

/// Candidates that have a place on the axis, with their places in the list, ascending.
fn shown(validation: &CrossValidation) -> Vec<(usize, Candidate)> {
    let places = |weight_decay: f64| weight_decay == 0.0 || drawable(weight_decay, Scale::Log);
    let candidates = validation.candidates.iter().copied().enumerate();
    let mut shown: Vec<(usize, Candidate)> =
        candidates.filter(|(_, candidate)| places(candidate.weight_decay)).collect();
    shown.sort_by(|(_, a), (_, b)| a.weight_decay.total_cmp(&b.weight_decay));
    shown
}

/// The worst mean that is within one standard error of the best.
fn limit(view: &StudyView, validation: &CrossValidation) -> Option<f64> {
    let best = validation.candidates.get(validation.best)?;
    let mean = best.mean?;
    Some(match view.objective.direction {
        Direction::Minimise => mean + best.standard_error,
        Direction::Maximise => mean - best.standard_error,
    })
}

/// Weight decays along the horizontal axis, in pixels.
struct Across {
    /// Where 0 is, and where the axis is broken.
    zero: Option<(f64, f64)>,
    log: Option<Axis>,
    left: f64,
    right: f64,
}

impl Across {
    fn of(canvas: &Canvas, bounds: Area, candidates: &[(usize, Candidate)]) -> Self {
        let positive =
            candidates.iter().map(|(_, candidate)| candidate.weight_decay).filter(|&value| value > 0.0);
        let log = Axis::along(positive, Scale::Log, Number::Plain);
        let air = canvas.em * 1.4;
        let begin = bounds.left + air;
        let zero = candidates.first().filter(|(_, candidate)| candidate.weight_decay == 0.0);
        let zero = zero.map(|_| (begin, begin + canvas.em * 2.2));
        let left = zero.map_or(begin, |_| begin + canvas.em * 4.4);
        Self { zero, log, left, right: (bounds.right - air).max(left) }
    }

    fn at(&self, weight_decay: f64) -> f64 {
        match (&self.zero, &self.log) {
            (Some((zero, _)), _) if weight_decay == 0.0 => *zero,
            (_, Some(log)) => self.left + (self.right - self.left) * log.share(weight_decay).clamp(0.0, 1.0),
            _ => self.left,
        }
    }
}

/// The base line with its break, and as many weight decays as do not touch.
fn label(plot: &Plot, across: &Across, candidates: &[(usize, Candidate)], bottom: f64) {
    let (canvas, bounds) = (plot.canvas, plot.bounds);
    let (letters, rule) = (canvas.small(), canvas.palette.rule);
    canvas.hairline((bounds.left, bounds.bottom), (bounds.right, bounds.bottom), rule);
    if let Some((_, gap)) = across.zero {
        let (half, height) = (canvas.em * 0.22, canvas.em * 0.45);
        let field = Area::new(gap - half, bounds.bottom - 2.0, gap + half, bounds.bottom + 2.0);
        canvas.rectangle(field, canvas.palette.page, 1.0);
        for x in [gap - half, gap + half] {
            let ends = [(x - half, bounds.bottom + height), (x + half, bounds.bottom - height)];
            canvas.line(&ends, rule, 1.0, canvas.em * 0.09);
        }
    }
    let mut free = f64::NEG_INFINITY;
    for (_, candidate) in candidates {
        let x = across.at(candidate.weight_decay);
        canvas.hairline((x, bounds.bottom), (x, bounds.bottom + letters.size * 0.3), rule);
        let label = shown_value(candidate.weight_decay);
        let half = letters.width(&label) / 2.0;
        if x - half >= free {
            free = x + half + letters.size * 0.6;
            let at = (x, bounds.bottom + letters.size * 0.65);
            canvas.text(&label, at, &letters.anchored(HPos::Center, VPos::Top));
        }
    }
    let at = (f64::midpoint(bounds.left, bounds.right), bottom);
    canvas.name_at("weight decay", bounds.width(), at, &letters.anchored(HPos::Center, VPos::Bottom));
}

fn draw_candidate(
    plot: &Plot,
    validation: &CrossValidation,
    place: usize,
    candidate: Candidate,
    x: f64,
    lane: f64,
) {
    let canvas = plot.canvas;
    let radius = canvas.em * 0.34;
    let Some(mean) = candidate.mean.filter(|&mean| plot.shows_y(mean)) else {
        let at = (x, plot.bounds.top - lane / 2.0);
        return Mark::Cross.draw(canvas, at, radius, canvas.palette.hue(3));
    };
    let colour = canvas.palette.hue(if place == validation.chosen { CHOSEN } else { MEAN });
    let level = |value: f64| plot.pixel((0.0, value)).1;
    let error = candidate.standard_error;
    if plot.shows_y(mean - error) && plot.shows_y(mean + error) && error > 0.0 {
        let ends = [level(mean - error), level(mean + error)];
        canvas.line(&[(x, ends[0]), (x, ends[1])], colour, 0.7, canvas.em * 0.14);
        let half = canvas.em * 0.26;
        for end in ends {
            canvas.line(&[(x - half, end), (x + half, end)], colour, 0.7, canvas.em * 0.1);
        }
    }
    let stands_out = place == validation.chosen || place == validation.best;
    let mark = if stands_out { Mark::Target } else { Mark::Disc };
    mark.draw(canvas, (x, level(mean)), radius, colour);
}
