//! The pictures of a classifier by name.

use super::view::{Calibration, ClassScore, Robustness, RunView};
use super::words::count;
use crate::charts::confusion::{Confusion, confusion};
use crate::charts::curves::{Curves, curves};
use crate::charts::intervals::{Interval, Intervals, intervals};
use crate::charts::panel::{Panel, Reference, Series};
use crate::charts::reliability::{Reliability, reliability};
use crate::charts::risk_coverage::{RiskCoverage, risk_coverage};
use crate::doctor_page::figures;
use crate::draw::picture::Picture;
use crate::error::ReportError;
use crate::error::{MAX_SIDE, MIN_SIDE};
use crate::frame::{Frame, Heading, Theme};
use crate::layout::number::Number;

/// A picture of a [`RunView`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Figure {
    /// Losses and accuracies while it was trained.
    Curves,
    /// Which classes are taken for which.
    Confusion,
    /// F1 of each class with its interval.
    Classes,
    /// Confidence against accuracy.
    Reliability,
    /// The error rate when the least certain are passed over.
    RiskCoverage,
    /// Accuracy on worse photographs.
    Robustness,
}

impl Figure {
    /// All of them, in the order of the page.
    pub const ALL: [Figure; 6] = [
        Figure::Curves,
        Figure::Confusion,
        Figure::Classes,
        Figure::Reliability,
        Figure::RiskCoverage,
        Figure::Robustness,
    ];

    /// For a file: `risk-coverage`.
    pub fn name(self) -> &'static str {
        match self {
            Figure::Curves => "curves",
            Figure::Confusion => "confusion",
            Figure::Classes => "classes",
            Figure::Reliability => "reliability",
            Figure::RiskCoverage => "risk-coverage",
            Figure::Robustness => "robustness",
        }
    }

    /// Those that the view has values for: all that [`Figure::draw`] does not call empty.
    pub fn of(view: &RunView) -> Vec<Figure> {
        let frame = Frame { width: 400, height: 400, theme: Theme::Light };
        let has = |figure: &Figure| !matches!(figure.draw(view, &frame), Err(ReportError::Empty { .. }));
        Figure::ALL.into_iter().filter(has).collect()
    }

    /// The height in pixels at which a picture of this width looks best.
    pub fn natural_height(self, view: &RunView, width: u32) -> u32 {
        let height = match self {
            Figure::Curves => curves_chart(view).natural_height(width),
            Figure::Confusion => confusion_chart(view).natural_height(width),
            Figure::Classes => classes_chart(view).natural_height(width),
            Figure::Reliability => reliability_chart(view).natural_height(width),
            Figure::RiskCoverage => risk_chart(view).natural_height(width),
            Figure::Robustness => robustness_chart(view).natural_height(width),
        };
        height.clamp(MIN_SIDE, MAX_SIDE)
    }

    /// Draws it.
    ///
    /// # Errors
    /// [`ReportError::Empty`] where the view has no values for it; [`ReportError::Length`] where lists that belong together
    /// have different lengths; [`ReportError::Size`].
    pub fn draw(self, view: &RunView, frame: &Frame) -> Result<Picture, ReportError> {
        match self {
            Figure::Curves => curves(&curves_chart(view), frame),
            Figure::Confusion => confusion(&confusion_chart(view), frame),
            Figure::Classes => intervals(&classes_chart(view), frame),
            Figure::Reliability => reliability(&reliability_chart(view), frame),
            Figure::RiskCoverage => risk_coverage(&risk_chart(view), frame),
            Figure::Robustness => curves(&robustness_chart(view), frame),
        }
    }
}

/// A heading that says on which photographs.
fn heading(view: &RunView, title: &str) -> Heading {
    let photographs = count(view.test.photographs, "photograph", "photographs");
    Heading { title: title.to_owned(), note: format!("{}, {photographs}", view.test.describe()) }
}

fn curves_chart(view: &RunView) -> Curves {
    let Some(diagnosis) = &view.diagnosis else { return Curves::default() };
    Curves {
        heading: Heading::new(format!("Training {}", view.subject)),
        ..figures::chart(&diagnosis.series)
    }
}

fn confusion_chart(view: &RunView) -> Confusion {
    let Some(scores) = &view.scores else { return Confusion::default() };
    Confusion {
        heading: heading(view, "What is taken for what"),
        classes: view.model.classes.clone(),
        counts: scores.confusion.clone(),
    }
}

fn classes_chart(view: &RunView) -> Intervals {
    let Some(scores) = &view.scores else { return Intervals::default() };
    let row = |class: &ClassScore| {
        let f1 = class.f1?;
        Some(Interval { name: class.name.clone(), value: f1.value, low: f1.low, high: f1.high, hue: 0 })
    };
    Intervals {
        heading: heading(view, "How well each class is told"),
        x_title: "F1, 95\u{a0}% interval".to_owned(),
        number: Number::Percent,
        rows: scores.classes.iter().filter_map(row).collect(),
        references: vec![Reference { name: "mean".to_owned(), value: scores.macro_f1.value }],
    }
}

fn reliability_chart(view: &RunView) -> Reliability {
    let Some(Calibration { bins, error, .. }) = &view.calibration else { return Reliability::default() };
    let mut heading = heading(view, "Do the probabilities mean what they say?");
    heading.note += &format!("; expected calibration error {}", Number::Plain.shown(error.value));
    Reliability { heading, bins: bins.clone() }
}

fn risk_chart(view: &RunView) -> RiskCoverage {
    let Some(abstention) = &view.abstention else { return RiskCoverage::default() };
    RiskCoverage {
        heading: heading(view, "What is gained by not answering when in doubt"),
        coverage: abstention.coverage.clone(),
        risk: abstention.risk.clone(),
        chosen: abstention.chosen,
    }
}

/// A line for each way of making photographs worse, from the photographs as they are.
fn robustness_chart(view: &RunView) -> Curves {
    let Some(Robustness { clean, photographs, severities, rows }) = &view.robustness else {
        return Curves::default();
    };
    let line = |(hue, (name, cells)): (usize, &(String, Vec<Option<f64>>))| {
        let worse = cells.iter().enumerate().filter_map(|(place, cell)| Some(((place + 1) as f64, (*cell)?)));
        Series::new(name.clone(), hue, std::iter::once((0.0, *clean)).chain(worse).collect())
    };
    let panel = Panel {
        title: "accuracy".to_owned(),
        number: Number::Percent,
        series: rows.iter().enumerate().map(line).collect(),
        ..Panel::default()
    };
    Curves {
        heading: Heading {
            title: "How it bears worse photographs".to_owned(),
            note: format!("{}, made worse", count(*photographs, "photograph", "photographs")),
        },
        x_title: format!("severity, 0 (as they are) to {}", severities.len()),
        x_number: Number::Count,
        panels: vec![panel],
        ..Curves::default()
    }
}
