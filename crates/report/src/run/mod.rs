//! A trained classifier as a page, as pictures and as a model card.
//!
//! ```text
//! RunView ──> verdict      ──> Verdict     how far it can be trusted, in words
//!    ├──────> Figure::draw ──> Picture     one of six, as SVG or PNG
//!    ├──────> run_page     ──> HTML        verdict, every figure, galleries, audit, how to repeat
//!    └──────> model_card   ──> Markdown    what it is, what it is for, how good, on what
//! ```
//!
//! A [`RunView`] is put together by whoever trained and tested the classifier; nothing here knows how that is done.

mod card;
mod figure;
mod page;
mod reservations;
mod verdict;
mod view;
mod words;

pub use card::model_card;
pub use figure::Figure;
pub use page::run_page;
pub use verdict::{Standing, Verdict, verdict};
pub use view::{
    Absent, Abstention, Calibration, ClassScore, Conformal, Evidence, Mistake, Model, Origin, Provenance,
    Robustness, RunView, Scores, Strangers, TestSet,
};
