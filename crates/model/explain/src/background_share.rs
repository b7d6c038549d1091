//! How much of a heat map lies beside the leaf.

use foliar_vision::LeafMask;
use serde::Serialize;

use crate::heat::HeatMap;

/// The background's share of the evidence and of the area, over the part of a photograph that the network sees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BackgroundShare {
    /// Share of the heat that lies on the background, 0 to 1.
    pub evidence: f64,
    /// Share of the area that is background, 0 to 1.
    pub area: f64,
}

impl BackgroundShare {
    /// Compares a heat map with a mask of the same photograph. `None` if the mask is not to be trusted, is of another size, or
    /// nothing speaks for the class.
    #[must_use]
    pub fn of(heat: &HeatMap, leaf: &LeafMask) -> Option<Self> {
        if !leaf.is_trusted() || (heat.width, heat.height) != (leaf.width, leaf.height) {
            return None;
        }
        let (mut beside, mut all) = ([0.0_f64; 2], [0.0_f64; 2]);
        let pixels = (0..heat.height).flat_map(|y| (0..heat.width).map(move |x| (x, y)));
        for ((pixel, &value), &inside) in pixels.zip(&heat.values).zip(&leaf.pixels) {
            if !heat.crop.contains(pixel.0, pixel.1) {
                continue;
            }
            let amounts = [f64::from(value), 1.0];
            all.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
            if !inside {
                beside.iter_mut().zip(amounts).for_each(|(sum, amount)| *sum += amount);
            }
        }
        (all[0] > 0.0).then(|| Self { evidence: beside[0] / all[0], area: beside[1] / all[1] })
    }

    /// `evidence / area`: above 1 the network looks beside the leaf more than a network that looks anywhere. 0 where there is
    /// no background.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        if self.area > 0.0 { self.evidence / self.area } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heat::CropGeometry;
    use foliar_vision::leaf_mask::MaskFailure;

    /// Four columns, the two on the right are leaf.
    fn leaf(failure: Option<MaskFailure>) -> LeafMask {
        let pixels = [false, false, true, true].repeat(4);
        LeafMask { width: 4, height: 4, pixels, share: 0.5, plain_backdrop: true, failure }
    }

    fn heat(row: [f32; 4], left: f64) -> HeatMap {
        let crop = CropGeometry { left, top: 0.0, right: 4.0, bottom: 4.0 };
        HeatMap { width: 4, height: 4, values: row.repeat(4), crop }
    }

    #[test]
    fn shares_are_of_what_is_seen() {
        let even = BackgroundShare::of(&heat([1.0; 4], 0.0), &leaf(None)).unwrap();
        assert_eq!((even.evidence, even.area, even.ratio()), (0.5, 0.5, 1.0));
        let beside = BackgroundShare::of(&heat([0.0, 0.6, 0.2, 0.0], 1.0), &leaf(None)).unwrap();
        assert!(
            (beside.evidence - 0.75).abs() < 1e-6 && (beside.area - 1.0 / 3.0).abs() < 1e-9,
            "{beside:?}"
        );
    }

    #[test]
    fn nothing_is_said_without_heat_or_trust() {
        assert_eq!(BackgroundShare::of(&heat([0.0; 4], 0.0), &leaf(None)), None);
        assert_eq!(BackgroundShare::of(&heat([1.0; 4], 0.0), &leaf(Some(MaskFailure::Unclear))), None);
        let other = LeafMask { width: 2, height: 8, ..leaf(None) };
        assert_eq!(BackgroundShare::of(&heat([1.0; 4], 0.0), &other), None);
    }
}
