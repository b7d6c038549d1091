//! Where in a photograph the evidence of a network lies, and how much of it beside the leaf.
//!
//! ```text
//! photograph ──> Explainer ──> Explanation: HeatMap, LeafMask, BackgroundShare ──> overlay, per class: EvidenceShare
//! ```
//!
//! Two methods give a [`HeatMap`] for any class: [`grad_cam`] (Selvaraju et al. 2017), one pass forward and a short way back,
//! and [`occlusion`] (Zeiler and Fergus 2014), which asks how the probability falls where a patch is covered. The leaf mask of
//! `foliar-vision` then says which share of the heat lies on the background; a network whose evidence lies there more than at
//! random has learned the place rather than the plant.
//!
//! The crate knows networks and photographs, but not how a network was trained; it opens no file and prints nothing.

mod background_share;
mod class_evidence;
mod error;
mod explainer;
pub mod grad_cam;
mod heat;
pub mod occlusion;
mod picture;

pub use background_share::BackgroundShare;
pub use class_evidence::{MOST_BY_CHANCE, class_evidence, evidence_share};
pub use error::ExplainError;
pub use explainer::{Classifier, Explainer, Explanation, Method};
pub use heat::{CropGeometry, HeatMap};
pub use picture::{overlay, png, side_by_side};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
