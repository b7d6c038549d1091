//! The pictures of a classifier by name.

use foliar_results::words::count;
use foliar_results::{ClassResult, Evaluation, RobustnessRow, RunReport};

use crate::charts::confusion::{Confusion, confusion};
use crate::charts::curves::curves;
use crate::charts::intervals::{Interval, Intervals, intervals};
use crate::charts::reliability::{Reliability, ReliabilityBin, reliability};
use crate::charts::risk_coverage::{RiskCoverage, risk_coverage};
use crate::charts::values::{Curves, Panel, Reference, Series};
use crate::doctor_page::figures;
use crate::draw::picture::Picture;
use crate::error::{MAX_SIDE, MIN_SIDE, ReportError};
use crate::frame::{Frame, Heading, Theme};
use crate::layout::number::Number;

/// Points of a curve that can be told apart in a picture.
const MOST_POINTS: usize = 200;

/// A picture of a [`RunReport`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Figure {
    /// Losses and accuracies by epoch.
    Curves,
    /// The confusion matrix.
    Confusion,
    /// F1 of each class with its interval.
    Classes,
    /// Confidence against accuracy.
    Reliability,
    /// Share of wrong answers against the share of photos answered.
    RiskCoverage,
    /// Accuracy on corrupted photos.
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

    /// Those that the report has values for: all that [`Figure::draw`] does not call empty.
    pub fn of(report: &RunReport) -> Vec<Figure> {
        let frame = Frame { width: 400, height: 400, theme: Theme::Light };
        let has = |figure: &Figure| !matches!(figure.draw(report, &frame), Err(ReportError::Empty { .. }));
        Figure::ALL.into_iter().filter(has).collect()
    }

    /// The height in pixels at which a picture of this width looks best.
    pub fn natural_height(self, report: &RunReport, width: u32) -> u32 {
        let height = match self {
            Figure::Curves => curves_chart(report).natural_height(width),
            Figure::Confusion => of(report, confusion_chart).natural_height(width),
            Figure::Classes => of(report, classes_chart).natural_height(width),
            Figure::Reliability => of(report, reliability_chart).natural_height(width),
            Figure::RiskCoverage => of(report, risk_chart).natural_height(width),
            Figure::Robustness => of(report, robustness_chart).natural_height(width),
        };
        height.clamp(MIN_SIDE, MAX_SIDE)
    }

    /// Draws it.
    ///
    /// # Errors
    /// [`ReportError::Empty`] where the report has no values for it; [`ReportError::Length`] where lists that belong together
    /// have different lengths; [`ReportError::Size`].
    pub fn draw(self, report: &RunReport, frame: &Frame) -> Result<Picture, ReportError> {
        match self {
            Figure::Curves => curves(&curves_chart(report), frame),
            Figure::Confusion => confusion(&of(report, confusion_chart), frame),
            Figure::Classes => intervals(&of(report, classes_chart), frame),
            Figure::Reliability => reliability(&of(report, reliability_chart), frame),
            Figure::RiskCoverage => risk_coverage(&of(report, risk_chart), frame),
            Figure::Robustness => curves(&of(report, robustness_chart), frame),
        }
    }
}

/// The chart of the evaluation; an empty one without an evaluation.
fn of<Chart: Default>(report: &RunReport, chart: fn(&Evaluation) -> Chart) -> Chart {
    report.evaluation.as_ref().map(chart).unwrap_or_default()
}

/// A heading that says on which photos.
fn heading(evaluation: &Evaluation, title: &str) -> Heading {
    let photographs = count(evaluation.photographs, "photo", "photos");
    Heading { title: title.to_owned(), note: format!("{}, {photographs}", evaluation.data.describe()) }
}

fn curves_chart(report: &RunReport) -> Curves {
    let Some(diagnosis) = &report.diagnosis else { return Curves::default() };
    let heading = Heading::new(format!("Training {}", report.subject));
    Curves { heading, ..figures::chart(&diagnosis.series) }
}

fn confusion_chart(evaluation: &Evaluation) -> Confusion {
    Confusion {
        heading: heading(evaluation, "Confusion matrix"),
        classes: evaluation.classes.iter().map(|class| class.class.clone()).collect(),
        counts: evaluation.confusion.counts.iter().flatten().map(|&count| count as u64).collect(),
    }
}

fn classes_chart(evaluation: &Evaluation) -> Intervals {
    let row = |class: &ClassResult| {
        let f1 = class.f1()?;
        Some(Interval { name: class.class.clone(), value: f1.value, low: f1.low, high: f1.high, hue: 0 })
    };
    Intervals {
        heading: heading(evaluation, "F1 of each class"),
        x_title: "F1, 95\u{a0}% interval".to_owned(),
        number: Number::Percent,
        rows: evaluation.classes.iter().filter_map(row).collect(),
        references: vec![Reference { name: "mean".to_owned(), value: evaluation.scores.macro_f1.value }],
    }
}

/// Bins of equally many photos end at their lowest and highest confidence; drawn they meet half-way.
fn reliability_chart(evaluation: &Evaluation) -> Reliability {
    let calibration = &evaluation.calibration;
    let filled = calibration.bins.iter().filter(|bin| bin.photographs > 0);
    let mut bins: Vec<ReliabilityBin> = filled
        .map(|bin| ReliabilityBin {
            low: bin.low,
            high: bin.high,
            confidence: bin.confidence,
            accuracy: bin.accuracy.value,
            interval: Some((bin.accuracy.low, bin.accuracy.high)),
            count: bin.photographs as u64,
        })
        .collect();
    for place in 1..bins.len() {
        let middle = f64::midpoint(bins[place - 1].high, bins[place].low);
        (bins[place - 1].high, bins[place].low) = (middle, middle);
    }
    let mut heading = heading(evaluation, "Are the probabilities calibrated?");
    heading.note += &format!("; expected calibration error {}", Number::Plain.shown(calibration.error));
    Reliability { heading, bins }
}

/// Some points of the curve, that of the threshold among them.
fn risk_chart(evaluation: &Evaluation) -> RiskCoverage {
    let selective = &evaluation.selective;
    let points = &selective.curve.points;
    let last_answered = selective
        .threshold
        .and_then(|threshold| points.iter().rposition(|point| point.threshold >= threshold));
    let stride = points.len().div_ceil(MOST_POINTS).max(1);
    let kept: Vec<usize> = (0..points.len())
        .filter(|&place| place % stride == 0 || place + 1 == points.len() || Some(place) == last_answered)
        .collect();
    RiskCoverage {
        heading: heading(evaluation, "Wrong answers against answered photos"),
        coverage: kept.iter().map(|&place| points[place].coverage).collect(),
        risk: kept.iter().map(|&place| points[place].risk).collect(),
        chosen: last_answered.and_then(|place| kept.iter().position(|&one| one == place)),
    }
}

/// A line for each corruption, from the photos as they are.
fn robustness_chart(evaluation: &Evaluation) -> Curves {
    let Some(robustness) = &evaluation.robustness else { return Curves::default() };
    let Some(clean) = robustness.clean() else { return Curves::default() };
    let line = |(hue, row): (usize, &RobustnessRow)| {
        let worse =
            row.accuracy.iter().enumerate().map(|(place, accuracy)| ((place + 1) as f64, accuracy.value));
        Series::new(row.corruption.clone(), hue, std::iter::once((0.0, clean.value)).chain(worse).collect())
    };
    let panel = Panel {
        title: "accuracy".to_owned(),
        number: Number::Percent,
        series: robustness.corruptions().iter().enumerate().map(line).collect(),
        ..Panel::default()
    };
    Curves {
        heading: Heading {
            title: "Robustness to image corruptions".to_owned(),
            note: format!("{}, corrupted", count(robustness.photographs, "photo", "photos")),
        },
        x_title: format!("severity, 0 (without corruption) to {}", robustness.severities()),
        x_number: Number::Count,
        panels: vec![panel],
        ..Curves::default()
    }
}
