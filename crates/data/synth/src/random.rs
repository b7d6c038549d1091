//! The choices behind a picture.

use foliar_random::Random as Stream;

/// What a stream of choices is for. Each part of a picture has a stream of its own, so that one can change without
/// moving the others.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Leaf,
    Lesion,
    Surroundings,
    Thing,
    Ground,
}

/// A stream of choices.
pub(super) struct Random(Stream);

impl Random {
    /// The stream of one part of one picture.
    pub(super) fn new(seed: u64, class: usize, index: u64, part: Part) -> Self {
        Self(Stream::keyed([seed, class as u64, index, part as u64]))
    }

    /// Any 32 bits.
    pub(super) fn word(&mut self) -> u32 {
        self.0.bits32()
    }

    /// Uniform in 0..1.
    pub(super) fn unit(&mut self) -> f32 {
        self.0.uniform_f32()
    }

    /// Uniform in `low..high`.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// In -1..1, around 0 more often.
    pub(super) fn around_zero(&mut self) -> f32 {
        self.unit() + self.unit() - 1.0
    }

    /// A whole number in `low..=high`.
    pub(super) fn count(&mut self, low: usize, high: usize) -> usize {
        low + (self.unit() * (high - low + 1) as f32) as usize
    }

    /// True with this probability.
    pub(super) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// -1 or 1.
    pub(super) fn sign(&mut self) -> f32 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }

    /// A vector of length 1, all directions alike: a point of the disc, scaled to its border.
    pub(super) fn direction(&mut self) -> [f32; 2] {
        loop {
            let [x, y] = [self.between(-1.0, 1.0), self.between(-1.0, 1.0)];
            let square = x * x + y * y;
            if (0.01..=1.0).contains(&square) {
                let length = square.sqrt();
                return [x / length, y / length];
            }
        }
    }
}
