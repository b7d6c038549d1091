//! The charts of a study by name.

use super::view::{State, StudyView, Trial};
use super::{contour, history, parallel, slices, trials, weight_decay, words};
use crate::charts::bars::{Bar, Bars, bars};
use crate::charts::curves::curves;
use crate::charts::intervals::{Interval, Intervals, intervals};
use crate::charts::values::{Curves, Emphasis, Panel, Series};
use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::error::{MAX_SIDE, MIN_SIDE};
use crate::frame::{Frame, Heading, Theme};
use crate::layout::number::Number;
use foliar_results::Estimate;

/// A chart of a [`StudyView`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Figure {
    /// The tuned against the untuned classifier, by the first measure.
    Comparison,
    /// Every trial's value and the best so far.
    History,
    /// The model's prediction over two parameters, with the trials.
    Contour,
    /// The objective against each parameter.
    Slices,
    /// A line for each trial through all of its parameter values.
    Parallel,
    /// The importance of each parameter.
    Importance,
    /// The objective of every trial by epoch.
    Curves,
    /// The choice of the weight decay by cross-validation.
    CrossValidation,
}

impl Figure {
    /// All of them, in the order of the page.
    pub const ALL: [Figure; 8] = [
        Figure::Comparison,
        Figure::History,
        Figure::Contour,
        Figure::Importance,
        Figure::Curves,
        Figure::Slices,
        Figure::Parallel,
        Figure::CrossValidation,
    ];

    /// For a file: `cross-validation`.
    pub fn name(self) -> &'static str {
        match self {
            Figure::Comparison => "comparison",
            Figure::History => "history",
            Figure::Contour => "contour",
            Figure::Slices => "slices",
            Figure::Parallel => "parallel",
            Figure::Importance => "importance",
            Figure::Curves => "curves",
            Figure::CrossValidation => "cross-validation",
        }
    }

    /// The charts that the study has values for: those that [`Figure::draw`] does not call empty.
    pub fn of(view: &StudyView) -> Vec<Figure> {
        let frame = Frame { width: 400, height: 400, theme: Theme::Light };
        let has = |figure: &Figure| !matches!(figure.draw(view, &frame), Err(ReportError::Empty { .. }));
        Figure::ALL.into_iter().filter(has).collect()
    }

    /// The height in pixels at which a picture of this width looks best.
    pub fn natural_height(self, view: &StudyView, width: u32) -> u32 {
        let height = match self {
            Figure::Comparison => comparison_chart(view).natural_height(width),
            Figure::History => history::natural_height(view, width),
            Figure::Contour => contour::natural_height(view, width),
            Figure::Slices => slices::natural_height(view, width),
            Figure::Parallel => parallel::natural_height(view, width),
            Figure::Importance => importance_chart(view).natural_height(width),
            Figure::Curves => curves_chart(view).natural_height(width),
            Figure::CrossValidation => weight_decay::natural_height(view, width),
        };
        height.clamp(MIN_SIDE, MAX_SIDE)
    }

    /// Draws it.
    ///
    /// # Errors
    /// [`ReportError::Empty`] where the study has no values for it; [`ReportError::Length`] where the surface is not as
    /// large as its axes say; [`ReportError::Size`].
    pub fn draw(self, view: &StudyView, frame: &Frame) -> Result<Picture, ReportError> {
        match self {
            Figure::Comparison => intervals(&comparison_chart(view), frame),
            Figure::History => history::draw(view, frame),
            Figure::Contour => contour::draw(view, frame),
            Figure::Slices => slices::draw(view, frame),
            Figure::Parallel => parallel::draw(view, frame),
            Figure::Importance => bars(&importance_chart(view), frame),
            Figure::Curves => curves(&curves_chart(view), frame),
            Figure::CrossValidation => weight_decay::draw(view, frame),
        }
    }
}

fn comparison_chart(view: &StudyView) -> Intervals {
    let Some(comparison) = &view.comparison else { return Intervals::default() };
    let [measure, ..] = comparison.measures();
    let difference = &comparison.scores.difference;
    let row = |name: &str, estimate: Estimate, hue| Interval {
        name: name.to_owned(),
        value: estimate.value,
        low: estimate.low,
        high: estimate.high,
        hue,
    };
    Intervals {
        heading: Heading {
            title: format!("{}, tuned and untuned", words::capitalised(measure.name)),
            note: format!(
                "on {} test photos of {} groups (leaves)",
                Number::Count.shown(difference.photographs as f64),
                Number::Count.shown(difference.groups as f64)
            ),
        },
        x_title: format!("{}, 95\u{a0}% interval by group", measure.name),
        number: measure.number,
        rows: vec![row("tuned", measure.tuned, 0), row("untuned", measure.untuned, 6)],
        references: Vec::new(),
    }
}

fn importance_chart(view: &StudyView) -> Bars {
    let mut sorted: Vec<_> = view.importance.iter().collect();
    sorted.sort_by(|a, b| b.total.total_cmp(&a.total));
    let rows = sorted.into_iter().map(|importance| Bar {
        name: importance.name.clone(),
        value: importance.main,
        interval: Some((importance.main, importance.total.max(importance.main))),
        note: String::new(),
        hue: 0,
    });
    Bars {
        heading: Heading {
            title: "Parameter importance".to_owned(),
            note: "bar: alone; line: with interactions".to_owned(),
        },
        x_title: format!("share of the variance of the {}", view.objective.name),
        number: Number::Percent,
        rows: rows.collect(),
        references: Vec::new(),
    }
}

/// Epochs and values of the first fold, with gaps where a value is missing. A single value is no curve.
fn curve(trial: &Trial) -> Vec<(f64, f64)> {
    let first = trial.curve.iter().filter(|report| report.step.fold == 0);
    let points: Vec<_> = first.map(|report| (f64::from(report.step.epoch), report.value)).collect();
    if points.len() > 1 { points } else { Vec::new() }
}

fn curves_chart(view: &StudyView) -> Curves {
    let values = || view.trials.iter().flat_map(curve).map(|(_, value)| value);
    let scale = trials::value_scale(values(), view.objective.number);
    let line = |trial: &&Trial| {
        let points = curve(trial);
        if view.best == Some(trial.number) {
            let marked = points.len().checked_sub(1);
            return Series { marked, ..Series::new(format!("best: trial {}", trial.number), 1, points) };
        }
        let hue = if trial.state == State::Finished { 0 } else { 6 };
        Series { emphasis: Emphasis::Faint, ..Series::new("", hue, points) }
    };
    let panel = Panel {
        title: trials::value_title(view, scale),
        scale,
        number: view.objective.number,
        series: trials::drawing_order(view).iter().map(line).collect(),
        ..Panel::default()
    };
    Curves {
        heading: Heading {
            title: format!("{} by epoch", words::capitalised(&view.objective.name)),
            note: "blue: finished; grey: stopped early".to_owned(),
        },
        x_title: "epoch".to_owned(),
        panels: vec![panel],
        ..Curves::default()
    }
}
