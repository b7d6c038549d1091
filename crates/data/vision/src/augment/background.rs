//! Another background: the leaf of a laboratory photo, cut out and put into a scene.
//!
//! A classifier that learns from leaves on grey cloth alone learns that a leaf is what lies on grey cloth. Pasted pictures of the
//! same leaf before other backgrounds teach it to look at the leaf (Dwibedi, Misra and Hebert 2017, "Cut, paste and learn";
//! Ghiasi et al. 2021, "Simple copy-paste"). A paste that gives itself away teaches the paste: so edges are feathered, leaf and
//! scene are lit alike in some pictures and differently in others, shadows fall, other leaves lie behind and before, and the
//! whole is blurred and grained as one.
//!
//! Only a leaf that is surely found is cut out: [`LeafMask::is_sure`]. Any other photo stays as it is, byte for byte.

mod blur;
mod canvas;
mod cutout;
mod field;
mod light;
mod placement;
mod scene;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use foliar_picture::Rgb;
use foliar_random::Random;
use serde::{Deserialize, Serialize};

use crate::leaf_mask::leaf_mask;

use self::canvas::Canvas;
use self::cutout::Cutout;
use self::light::Light;
use self::placement::Placement;

/// Random backgrounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Background {
    /// Probability. Default 0.8.
    pub probability: f64,
    /// Pictures that serve as backgrounds in half of the scenes; with none, all scenes are drawn. Not written: who reads the
    /// settings brings them.
    #[serde(skip)]
    pub pictures: Arc<[Rgb]>,
}

impl Default for Background {
    fn default() -> Self {
        Self { probability: 0.8, pictures: Arc::default() }
    }
}

impl Background {
    /// Photos as they are.
    #[must_use]
    pub fn none() -> Self {
        Self { probability: 0.0, ..Self::default() }
    }

    /// Whether no photo is changed.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.probability == 0.0
    }

    /// The photo with its leaf in a drawn scene; `None` where chance leaves it alone, or its leaf is not surely found.
    pub(super) fn apply(&self, photo: &Rgb, random: &mut Random) -> Option<Rgb> {
        if !random.chance(self.probability) {
            return None;
        }
        let mask = leaf_mask(photo);
        mask.is_sure().then(|| self.composed(&Cutout::of(photo, &mask), photo, random))
    }

    /// The scene with the leaf in it, as large as the photo.
    fn composed(&self, leaf: &Cutout, photo: &Rgb, random: &mut Random) -> Rgb {
        let (width, height) = (photo.width as usize, photo.height as usize);
        let shade = leaf.shade();
        let mut canvas = match self.pictures.len() {
            count if count > 0 && random.chance(0.5) => {
                scene::of(&self.pictures[random.below(count)], width, height, random)
            }
            _ => scene::draw(width, height, leaf, &shade, random),
        };
        let placement = Placement::of_the_leaf(leaf, &canvas, random);
        let light = Light::of_the_leaf(random);
        if random.chance(0.7) {
            canvas.cast_shadow(&shade, &placement, random);
        }
        canvas.draw(leaf, &placement, &light);
        if random.chance(0.35) {
            for _ in 0..=random.below(2) {
                let before = Placement::before_the_leaf(leaf, &canvas, random);
                let light = Light::of_others(random);
                canvas.draw(leaf, &before, &light);
            }
        }
        finish(&mut canvas, random);
        canvas.picture()
    }
}

/// Light, blur and grain of the whole, as a camera sees it.
fn finish(canvas: &mut Canvas, random: &mut Random) {
    if random.chance(0.4) {
        canvas.dapple(random.between(0.1, 0.5) as f32, random);
    }
    let light = Light::of_the_scene(random);
    canvas.lit(&light);
    if random.chance(0.25) {
        canvas.blur(1);
    }
    if random.chance(0.5) {
        canvas.grain(random.between(1.0, 6.0) as f32, random);
    }
}
