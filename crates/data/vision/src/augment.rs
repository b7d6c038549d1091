//! Augmentation: random changes of training pictures that keep their class.
//!
//! All random choices for a picture are a pure function of `(seed, epoch, item)`. Each kind of change has its own random
//! stream, so switching one off does not change the others. In order: a window of the stored picture is chosen,
//! resampled to the network's input size and rotated a little; changed by one operation of TrivialAugment; flipped and turned; its
//! colours are changed; it is normalised; a rectangle is erased. A rotated picture is flipped, turned and normalised while it is resampled.
//!
//! With [`Augment::none`] the result equals [`Preprocessing::prepare`] bit for bit.

mod background;
mod colour;
mod erasing;
mod geometry;
mod key;
mod trivial;
mod turn;
mod view;

use std::borrow::Cow;

use foliar_picture::{Rgb, reduce};
use serde::{Deserialize, Serialize};

use self::geometry::Shot;
use self::view::View;
use crate::preprocess::{Preprocessing, Workspace};
use crate::random::Domain;
use foliar_random::Random;

pub use self::background::Background;
pub use self::colour::ColourJitter;
pub use self::erasing::{Erasing, Fill};
pub use self::geometry::{RandomCrop, Rotation};
pub use self::key::AugmentKey;

/// The changes and their probabilities. A probability of 0 switches a change off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augment {
    /// Probability of exchanging left and right. Default 0.5.
    pub horizontal_flip: f64,
    /// Probability of exchanging top and bottom. Default 0.5, because a leaf has no upright position.
    pub vertical_flip: f64,
    /// Probability of exchanging rows and columns; with the flips, all quarter turns occur. Default 0.5.
    pub transposition: f64,
    /// Probability of one operation of TrivialAugment, drawn anew for each picture: a shear, translation, rotation, or a change of colour
    /// or tone, with a random strength. Default 0, and then no part of what is written.
    #[serde(skip_serializing_if = "is_zero")]
    pub trivial: f64,
    /// Random crop.
    pub crop: RandomCrop,
    /// Rotation by a small angle.
    pub rotation: Rotation,
    /// Changes of colour. Off by default.
    pub colour: ColourJitter,
    /// Erasing of a rectangle. Off by default.
    pub erasing: Erasing,
    /// Other backgrounds. Off by default, and then no part of what is written.
    #[serde(default = "Background::none", skip_serializing_if = "Background::is_none")]
    pub background: Background,
}

fn is_zero(probability: &f64) -> bool {
    *probability == 0.0
}

impl Default for Augment {
    /// Flips, transposition, crop and rotation. Colours do not change, because many diseases show in the colour of the leaf;
    /// nothing is erased.
    fn default() -> Self {
        let all = Self::all();
        let colour = ColourJitter { probability: 0.0, ..all.colour };
        let erasing = Erasing { probability: 0.0, ..all.erasing };
        Self { colour, erasing, ..all }
    }
}

impl Augment {
    /// All changes but other backgrounds and TrivialAugment.
    #[must_use]
    pub fn all() -> Self {
        Self {
            horizontal_flip: 0.5,
            vertical_flip: 0.5,
            transposition: 0.5,
            trivial: 0.0,
            crop: RandomCrop::default(),
            rotation: Rotation::default(),
            colour: ColourJitter::default(),
            erasing: Erasing::default(),
            background: Background::none(),
        }
    }
}

/// Why an [`Augment`] is impossible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("augmentation: {field} {rule}")]
pub struct AugmentError {
    /// The field.
    pub field: &'static str,
    /// What it must be.
    pub rule: &'static str,
}

impl Augment {
    /// No changes.
    #[must_use]
    pub fn none() -> Self {
        Self {
            horizontal_flip: 0.0,
            vertical_flip: 0.0,
            transposition: 0.0,
            trivial: 0.0,
            crop: RandomCrop { probability: 0.0, ..RandomCrop::default() },
            rotation: Rotation { probability: 0.0, ..Rotation::default() },
            colour: ColourJitter { probability: 0.0, ..ColourJitter::default() },
            erasing: Erasing { probability: 0.0, ..Erasing::default() },
            background: Background::none(),
        }
    }

    /// Refuses impossible values.
    ///
    /// # Errors
    /// [`AugmentError`] naming the field.
    pub fn check(&self) -> Result<(), AugmentError> {
        let probabilities = [
            ("horizontal_flip", self.horizontal_flip),
            ("vertical_flip", self.vertical_flip),
            ("transposition", self.transposition),
            ("trivial", self.trivial),
            ("crop.probability", self.crop.probability),
            ("rotation.probability", self.rotation.probability),
            ("colour.probability", self.colour.probability),
            ("erasing.probability", self.erasing.probability),
            ("background.probability", self.background.probability),
            ("colour.brightness", self.colour.brightness),
            ("colour.contrast", self.colour.contrast),
            ("colour.saturation", self.colour.saturation),
            ("colour.hue", self.colour.hue),
        ];
        let rule = |field, good, rule| if good { Ok(()) } else { Err(AugmentError { field, rule }) };
        for (field, value) in probabilities {
            rule(field, (0.0..=1.0).contains(&value), "must be between 0 and 1")?;
        }
        let rising = |[low, high]: [f64; 2]| low > 0.0 && low <= high && high.is_finite();
        let share = "must be two ascending numbers above 0 and at most 1";
        rule("crop.scale", rising(self.crop.scale) && self.crop.scale[1] <= 1.0, share)?;
        rule("erasing.area", rising(self.erasing.area) && self.erasing.area[1] <= 1.0, share)?;
        rule("crop.ratio", rising(self.crop.ratio), "must be two ascending numbers above 0")?;
        rule("erasing.ratio", rising(self.erasing.ratio), "must be two ascending numbers above 0")?;
        rule("rotation.degrees", (0.0..=180.0).contains(&self.rotation.degrees), "must be between 0 and 180")
    }

    /// The photo with its leaf before another background, as [`Augment::prepare_into`] puts it with the same key; `None` where it stays
    /// as it is.
    #[must_use]
    pub fn before_another_background(&self, photo: &Rgb, sample: AugmentKey) -> Option<Rgb> {
        self.background.apply(photo, &mut sample.random(Domain::Background))
    }

    /// The input of the network for one augmented picture of `photo`, into `out`: `size x size x 3`, channels last.
    ///
    /// # Panics
    /// If [`Augment::check`] or [`Preprocessing::check`] fails, or `out` does not have [`Preprocessing::len`] numbers.
    pub fn prepare_into(
        &self,
        preprocessing: &Preprocessing,
        photo: &Rgb,
        sample: AugmentKey,
        workspace: &mut Workspace,
        out: &mut [f32],
    ) {
        assert_eq!(out.len(), preprocessing.len(), "one picture's numbers");
        let mut stored = reduce(photo, preprocessing.store_side, &mut workspace.resizer);
        if let Some(composed) = self.before_another_background(&stored, sample) {
            stored = Cow::Owned(composed);
        }
        let shot = Shot::draw(&self.crop, &self.rotation, preprocessing, &stored, sample);
        let view = self.view(preprocessing.size as usize, sample);
        let table = preprocessing.table();
        let mut random = sample.random(Domain::Trivial);
        let is_trivial = random.chance(self.trivial);
        if is_trivial {
            shot.bytes(workspace);
            trivial::apply(preprocessing.size as usize, &mut random, &mut workspace.square);
        }
        match self.colour.draw(&mut sample.random(Domain::Colour)) {
            Some(change) => {
                if !is_trivial {
                    shot.bytes(workspace);
                }
                change.apply(preprocessing, &workspace.square, view, out);
            }
            None if is_trivial => view.normalised(&workspace.square, &table, out),
            None => shot.normalised(view, &table, workspace, out),
        }
        self.erasing.apply(preprocessing.size as usize, &table, &mut sample.random(Domain::Erasing), out);
    }

    fn view(&self, side: usize, sample: AugmentKey) -> View {
        let mut random = sample.random(Domain::Flip);
        let flip = |random: &mut Random, probability| random.chance(probability);
        let horizontal = flip(&mut random, self.horizontal_flip);
        let vertical = flip(&mut random, self.vertical_flip);
        let transposed = flip(&mut random, self.transposition);
        View { side, horizontal, vertical, transposed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn photo(width: u32, height: u32) -> Rgb {
        let pixels = (0..width * height * 3).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        Rgb::new(width, height, pixels)
    }

    fn prepared(augment: &Augment, photo: &Rgb, sample: AugmentKey) -> Vec<f32> {
        let preprocessing = Preprocessing::imagenet(48);
        let mut out = vec![0.0; preprocessing.len()];
        augment.prepare_into(&preprocessing, photo, sample, &mut Workspace::default(), &mut out);
        out
    }

    const SAMPLE: AugmentKey = AugmentKey { seed: 1, epoch: 2, item: 3 };

    #[test]
    fn none_is_evaluation() {
        for photo in [photo(200, 100), photo(50, 60), photo(3, 400)] {
            assert_eq!(
                prepared(&Augment::none(), &photo, SAMPLE),
                Preprocessing::imagenet(48).prepare(&photo)
            );
        }
    }

    #[test]
    fn flips_and_transposition_move_pixels_only() {
        let photo = photo(80, 80);
        let plain = prepared(&Augment::none(), &photo, SAMPLE);
        let at = |out: &[f32], x: usize, y: usize| out[(y * 48 + x) * 3..][..3].to_vec();
        let horizontal = prepared(&Augment { horizontal_flip: 1.0, ..Augment::none() }, &photo, SAMPLE);
        let vertical = prepared(&Augment { vertical_flip: 1.0, ..Augment::none() }, &photo, SAMPLE);
        let transposed = prepared(&Augment { transposition: 1.0, ..Augment::none() }, &photo, SAMPLE);
        for (x, y) in [(0, 0), (5, 40), (47, 3)] {
            assert_eq!(at(&horizontal, x, y), at(&plain, 47 - x, y));
            assert_eq!(at(&vertical, x, y), at(&plain, x, 47 - y));
            assert_eq!(at(&transposed, x, y), at(&plain, y, x));
        }
    }

    /// Rotated pictures are flipped while they are sampled, all others afterwards.
    #[test]
    fn a_rotated_picture_is_flipped_bit_for_bit() {
        for side in [40, 200] {
            let photo = photo(side, side);
            let turned = Augment {
                rotation: Rotation { probability: 1.0, ..Rotation::default() },
                crop: RandomCrop::default(),
                ..Augment::none()
            };
            let plain = prepared(&turned, &photo, SAMPLE);
            let flipped = Augment { horizontal_flip: 1.0, transposition: 1.0, ..turned };
            let flipped = prepared(&flipped, &photo, SAMPLE);
            for (y, x) in (0..48).flat_map(|y| (0..48).map(move |x| (y, x))) {
                let (row, column) = (47 - x, y);
                assert_eq!(
                    flipped[(y * 48 + x) * 3..][..3],
                    plain[(row * 48 + column) * 3..][..3],
                    "{x} {y}"
                );
            }
        }
    }

    #[test]
    fn every_part_of_the_key_matters_and_nothing_else() {
        let (photo, augment) = (photo(90, 70), Augment::all());
        let base = prepared(&augment, &photo, SAMPLE);
        assert_eq!(base, prepared(&augment, &photo, SAMPLE));
        for other in [
            AugmentKey { seed: 9, ..SAMPLE },
            AugmentKey { epoch: 9, ..SAMPLE },
            AugmentKey { item: 9, ..SAMPLE },
        ] {
            assert_ne!(base, prepared(&augment, &photo, other));
        }
        assert!(base.iter().all(|value| value.is_finite()));
    }

    #[test]
    fn missing_fields_are_defaults_and_unknown_ones_errors() {
        let text = r#"{"horizontal_flip": 0.0, "crop": {"probability": 0.0}}"#;
        let augment: Augment = serde_json::from_str(text).unwrap();
        assert_eq!(augment.horizontal_flip, 0.0);
        assert_eq!(augment.crop.scale, RandomCrop::default().scale);
        assert_eq!(augment.erasing, Augment::default().erasing);
        assert!(serde_json::from_str::<Augment>(r#"{"blur": 1}"#).is_err());
        for augment in [Augment::none(), Augment::default(), Augment::all()] {
            let text = serde_json::to_string(&augment).unwrap();
            assert_eq!(serde_json::from_str::<Augment>(&text).unwrap(), augment);
        }
    }

    #[test]
    fn one_operation_changes_pictures_and_has_a_stream_of_its_own() {
        let (photo, plain) = (photo(90, 70), Augment { vertical_flip: 1.0, ..Augment::none() });
        let trivial = Augment { trivial: 1.0, ..plain.clone() };
        let same = |item: u64| {
            let sample = AugmentKey { item, ..SAMPLE };
            assert_eq!(prepared(&trivial, &photo, sample), prepared(&trivial, &photo, sample));
            prepared(&trivial, &photo, sample) == prepared(&plain, &photo, sample)
        };
        // One operation of 14 changes nothing, and the photo is as it would be without.
        let unchanged = (0..200).filter(|&item| same(item)).count();
        assert!((5..40).contains(&unchanged), "{unchanged}");
        let text = serde_json::to_string(&plain).unwrap();
        assert!(!text.contains("trivial"), "{text}");
        let text = serde_json::to_string(&trivial).unwrap();
        assert_eq!(serde_json::from_str::<Augment>(&text).unwrap(), trivial);
    }

    #[test]
    fn impossible_values_are_named() {
        assert_eq!(Augment::default().check(), Ok(()));
        assert_eq!(Augment::none().check(), Ok(()));
        let bad =
            Augment { crop: RandomCrop { scale: [0.5, 1.5], ..RandomCrop::default() }, ..Augment::default() };
        assert_eq!(bad.check().unwrap_err().field, "crop.scale");
        let bad = Augment { vertical_flip: f64::NAN, ..Augment::default() };
        assert_eq!(bad.check().unwrap_err().field, "vertical_flip");
    }
}
