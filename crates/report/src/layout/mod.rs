//! Where things go: axes and their ticks, labels that keep clear of lines, legends.

pub(crate) mod axis;
pub(crate) mod contours;
pub(crate) mod end_labels;
pub(crate) mod legend;
pub(crate) mod number;
pub(crate) mod placement;
pub(crate) mod plot;
pub(crate) mod rows;
