//! A study of settings as pictures and as a page.
//!
//! ```text
//! StudyView ──> Figure::draw ──> Picture     one of eight, as SVG or PNG
//!      └──────> study_page   ──> HTML        verdict, warnings, all pictures, every trial
//! ```
//!
//! A [`StudyView`] is put together by whoever ran the study; nothing here knows how trials are run or stored.

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
