//! A study as charts and as a page.
//!
//! ```text
//! StudyView ──> Figure::draw ──> Picture     one of eight, as SVG or PNG
//!      └──────> study_page   ──> HTML        verdict, warnings, all charts, every trial
//! ```
//!
//! The caller fills a [`StudyView`]. This module does not know how trials are run or stored.

mod contour;
mod figure;
mod history;
mod page;
mod parallel;
mod penalty;
mod slices;
mod trials;
mod view;
mod words;

pub use figure::Figure;
pub use foliar_results::Estimate;
pub use page::study_page;
pub use view::{
    Candidate, Comparison, CrossValidation, Direction, Domain, Importance, Measure, Objective, Parameter,
    Point, Setting, State, StudyView, Surface, Trial, Value,
};
