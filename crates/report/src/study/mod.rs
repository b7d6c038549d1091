//! A study as charts and as a page.
//!
//! ```text
//! StudyView ──> Figure::draw ──> Picture     one of eight, as SVG or PNG
//!      └──────> study_page   ──> HTML        verdict, warnings, all charts, every trial
//! ```
//!
//! The caller fills a [`StudyView`] with values of `foliar-bayes` and `foliar-results`. This module does not know how trials are run or
//! stored.

mod contour;
mod figure;
mod history;
mod page;
mod parallel;
mod slices;
mod trials;
mod view;
mod weight_decay;
mod words;

pub use figure::Figure;
pub use page::study_page;
pub use view::{
    Candidate, Comparison, CrossValidation, Direction, Domain, Importance, Objective, Parameter, Params,
    Report, State, Step, StudyView, Surface, Trial, Value,
};
