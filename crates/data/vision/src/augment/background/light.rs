//! How a thing is lit: brightness, warmth, saturation and contrast.

use foliar_random::Random;

/// Weights of luma, ITU-R BT.601.
const LUMA: [f32; 3] = [0.299, 0.587, 0.114];
/// The grey that contrast leaves alone.
const PIVOT: f32 = 110.0;

/// A change of colours.
#[derive(Clone, Copy, Debug)]
pub(super) struct Light {
    /// Factor of each channel.
    gain: [f32; 3],
    saturation: f32,
    contrast: f32,
}

impl Light {
    /// No change.
    #[cfg(test)]
    pub(super) fn unchanged() -> Self {
        Self { gain: [1.0; 3], saturation: 1.0, contrast: 1.0 }
    }

    /// The leaf that the photo is of.
    pub(super) fn of_the_leaf(random: &mut Random) -> Self {
        Self::draw([0.75, 1.35], 0.12, [0.8, 1.35], [0.85, 1.2], random)
    }

    /// Leaves behind and before it.
    pub(super) fn of_others(random: &mut Random) -> Self {
        Self::draw([0.35, 1.2], 0.15, [0.6, 1.5], [0.7, 1.2], random)
    }

    /// Everything.
    pub(super) fn of_the_scene(random: &mut Random) -> Self {
        Self::draw([0.8, 1.3], 0.12, [0.8, 1.25], [0.8, 1.25], random)
    }

    /// Factors between these bounds; `warmth` is the largest change of red against blue.
    fn draw(
        gain: [f64; 2],
        warmth: f64,
        saturation: [f64; 2],
        contrast: [f64; 2],
        random: &mut Random,
    ) -> Self {
        let mut between = |[low, high]: [f64; 2]| random.between(low.ln(), high.ln()).exp() as f32;
        let (gain, saturation, contrast) = (between(gain), between(saturation), between(contrast));
        let warm = random.between(-warmth, warmth) as f32;
        let tint = random.between(-warmth, warmth) as f32 / 3.0;
        Self { gain: [gain * (1.0 + warm), gain * (1.0 + tint), gain * (1.0 - warm)], saturation, contrast }
    }

    /// A colour in this light.
    pub(super) fn of(&self, colour: [f32; 3]) -> [f32; 3] {
        let luma: f32 = colour.iter().zip(LUMA).map(|(value, weight)| value * weight).sum();
        std::array::from_fn(|channel| {
            let saturated = luma + self.saturation * (colour[channel] - luma);
            PIVOT + self.contrast * (saturated * self.gain[channel] - PIVOT)
        })
    }
}
