//! The signs of each disease: shape, size, colour and place.
//!
//! | class            | shape               | size        | colour                     | place                      |
//! | ---------------- | ------------------- | ----------- | -------------------------- | -------------------------- |
//! | `angular_spot`   | polygons            | middling    | brown in a yellow halo     | fields between the veins   |
//! | `powdery_mildew` | patches, no border  | large       | floury white-grey          | anywhere, across the veins |
//! | `rust_pustules`  | discs               | tiny, many  | orange                     | along the veins            |
//! | `tip_blight`     | one spreading front | very large  | tan to dark brown, banded  | from tip or border inward  |
//!
//! Severity, 0..1, is drawn so that mild cases are common.

mod angular_spot;
mod powdery_mildew;
mod rust_pustules;
mod tip_blight;

use crate::colour::Colour;
use crate::leaf::Leaf;
use crate::place::Place;
use crate::random::Random;
use crate::veins::Veins;
use angular_spot::AngularSpots;
use powdery_mildew::PowderyMildew;
use rust_pustules::RustPustules;
use tip_blight::TipBlight;

/// The disease of one leaf.
pub(crate) enum Lesion {
    Healthy,
    AngularSpot(AngularSpots),
    PowderyMildew(PowderyMildew),
    RustPustules(RustPustules),
    TipBlight(TipBlight),
}

impl Lesion {
    /// The disease of a class, as an index into [`CLASSES`](crate::CLASSES).
    pub(crate) fn new(class: usize, leaf: &Leaf, random: &mut Random) -> Self {
        let severity = random.unit() * random.between(0.5, 1.0);
        match class {
            1 => Self::AngularSpot(AngularSpots::new(leaf, severity, random)),
            2 => Self::PowderyMildew(PowderyMildew::new(leaf, severity, random)),
            3 => Self::RustPustules(RustPustules::new(leaf, severity, random)),
            4 => Self::TipBlight(TipBlight::new(leaf, severity, random)),
            _ => Self::Healthy,
        }
    }

    /// The colour of the tissue with the disease.
    pub(crate) fn paint(&self, tissue: Colour, place: &Place, veins: &Veins) -> Colour {
        match self {
            Self::Healthy => tissue,
            Self::AngularSpot(spots) => spots.paint(tissue, place, veins),
            Self::PowderyMildew(mildew) => mildew.paint(tissue, place),
            Self::RustPustules(pustules) => pustules.paint(tissue, place),
            Self::TipBlight(blight) => blight.paint(tissue, place),
        }
    }
}
