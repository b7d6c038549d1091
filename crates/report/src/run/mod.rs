//! A trained classifier as a page, as pictures and as a model card.
//!
//! ```text
//! RunReport ──> Figure::draw ──> Picture     one of six, as SVG or PNG
//!     ├───────> run_page     ──> HTML        verdict, every figure, galleries, audit, how to repeat
//!     └───────> model_card   ──> Markdown    what it is, what it is for, how good, on what
//! ```
//!
//! All three draw the values of a [`RunReport`](foliar_results::RunReport) and show its
//! [verdict](foliar_results::RunReport::verdict); nothing here measures or judges.

mod card;
mod figure;
mod page;

pub use card::model_card;
pub use figure::Figure;
pub use page::{RunPictures, run_page};
