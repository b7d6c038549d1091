#![doc = include_str!("../README.md")]
//!
//! # What draws what
//!
//! | function | shows |
//! | --- | --- |
//! | [`curves()`] | values per epoch of several runs, with bands and reference lines |
//! | [`intervals()`] | final values with their confidence intervals |
//! | [`rate_curve()`] | the learning-rate range test |
//! | [`confusion()`] | confusion matrix |
//! | [`reliability()`] | confidence against accuracy |
//! | [`bars()`] | a value per class |
//! | [`risk_coverage()`] | share of wrong answers against the share of photos answered |
//! | [`doctor_page()`] | a diagnosis: verdict, findings, corrected curves, numbers, as HTML |
//! | [`doctor_comparison_page()`] | several diagnoses side by side, as HTML |
//! | [`doctor_markdown()`] | a diagnosis as Markdown, for a forum or an issue |
//! | [`study_page()`] | a study of hyperparameters: verdict, every picture of [`study::Figure`], trials, as HTML |
//! | [`run_page()`] | a run: verdict, findings, figures, galleries, audit, provenance, as HTML |
//! | [`labels_page()`] | a classifier of labels: scores, every label, photos with wrong labels, as HTML |
//! | [`answers_page()`] | what a classifier says of photos, as cards, as HTML |
//! | [`audit_page()`] | an audit: findings, galleries, probes, as HTML |
//! | [`model_card()`] | the model card of a run, as Markdown |
//!
//! Elements and coordinate systems are those of `plotters`, drawn on a backend that records shapes in tenths of a pixel
//! ([`Picture`]); the SVG and the PNG are two writings of the same record. Letters are measured and, in the PNG, drawn
//! with an embedded font, so that a picture needs no font of the system and is the same bytes everywhere.
//!
//! ```
//! use foliar_report::{Curves, Frame, Panel, Series, Theme, curves};
//!
//! let loss = Series::new("scratch", 0, vec![(1.0, 2.6), (2.0, 2.1), (3.0, 1.8)]);
//! let chart = Curves { panels: vec![Panel { title: "loss".into(), series: vec![loss], ..Panel::default() }], ..Curves::default() };
//! let picture = curves(&chart, &Frame { width: 800, height: 400, theme: Theme::Light })?;
//! assert!(picture.svg().starts_with("<svg"));
//! # Ok::<(), foliar_report::ReportError>(())
//! ```

mod answers;
mod audit;
mod charts;
mod doctor_markdown;
mod doctor_page;
mod draw;
mod error;
mod frame;
mod labels;
mod layout;
mod markdown;
mod page;
pub mod run;
pub mod study;
mod thumbnail;

pub use answers::{Answer, AnsweredPhoto, Answers, answers_page, answers_summary};
pub use audit::audit_page;
pub use charts::bars::{Bar, Bars, bars};
pub use charts::confusion::{Confusion, confusion};
pub use charts::curves::curves;
pub use charts::intervals::{Interval, Intervals, intervals};
pub use charts::rate_curve::{RateCurve, rate_curve};
pub use charts::reliability::{Reliability, ReliabilityBin, reliability};
pub use charts::risk_coverage::{RiskCoverage, risk_coverage};
pub use charts::values::{Band, Curves, Emphasis, Panel, Reference, Series};
pub use doctor_markdown::{doctor_comparison_markdown, doctor_markdown};
pub use doctor_page::{
    DOCTOR_STYLE, DiagnosedLog, doctor_comparison_fragment, doctor_comparison_page, doctor_fragment,
    doctor_page,
};
pub use draw::picture::Picture;
pub use error::ReportError;
pub use foliar_results::Estimate;
pub use frame::{Frame, Heading, Theme};
pub use labels::labels_page;
pub use layout::axis::Scale;
pub use layout::number::Number;
pub use run::{RunPictures, model_card, run_page};
pub use study::study_page;
pub use thumbnail::{Thumbnail, ThumbnailOf};
