//! Dropout (Srivastava et al. 2014), with a mask that is never stored.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | p | rate: the chance that an element is dropped, in [0, 1) |
//! | k | key of the mask, from (seed, step, layer) |
//! | h(k, i) | 32 bits, the upper half of splitmix64 (Steele, Lea and Flood 2014) at k and place i |
//!
//! y(i) = x(i) / (1 - p) where h(k, i) ≥ p 2³², else 0, and the gradient likewise. As the mask is a pure function of key and
//! place, the backward pass draws it again, and a run that is resumed at the same step sees the same one.

use crate::elementwise::{Accumulate, CHUNK};
use crate::isa::level::Level;
use crate::parallel::{Chunks, chunk_of, share_out};

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The mask of one layer in one step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mask {
    key: u64,
    /// Hashes below it are dropped: p 2³².
    threshold: u32,
    /// 1 / (1 - p).
    scale: f32,
}

impl Mask {
    /// The mask of `layer` in the training step `step` of the run with this `seed`. A `rate` of 0 keeps everything as it is.
    ///
    /// # Panics
    ///
    /// Unless `rate` is in [0, 1).
    pub fn new(seed: u64, step: u64, layer: u64, rate: f32) -> Self {
        assert!((0.0..1.0).contains(&rate), "a rate of dropout is in [0, 1), not {rate}");
        let key = [seed, step, layer].iter().fold(0, |key: u64, &part| {
            mix(key.wrapping_add(GOLDEN).wrapping_add(mix(part.wrapping_add(GOLDEN))))
        });
        Self { key, threshold: (f64::from(rate) * 2f64.powi(32)) as u32, scale: 1.0 / (1.0 - rate) }
    }

    /// What the element at `place` is multiplied by.
    #[inline(always)]
    pub(crate) fn factor(&self, place: usize) -> f32 {
        let hash = mix(self.key.wrapping_add((place as u64).wrapping_mul(GOLDEN)));
        if (hash >> 32) as u32 >= self.threshold { self.scale } else { 0.0 }
    }
}

#[inline(always)]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// `y = x` under the mask. It is its own gradient: with the gradient of the output for `x`, and that of the input for `y`, it
/// is the backward pass.
///
/// # Panics
///
/// If the lengths differ.
pub fn apply(mask: Mask, x: &[f32], accumulate: Accumulate, y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "lengths differ");
    share_out(Chunks::new(y, CHUNK), |index, y| {
        apply_chunk(mask, index * CHUNK, chunk_of(x, CHUNK, index), accumulate, y);
    });
}

/// [`apply`], written over `x`.
pub fn apply_in_place(mask: Mask, x: &mut [f32]) {
    share_out(Chunks::new(x, CHUNK), |index, x| apply_in_place_chunk(mask, index * CHUNK, x));
}

// A dropped element is 0 whatever it was, so that a selection stands where a product would let NaN through; what is kept lets
// NaN through as everywhere.

#[inline(always)]
fn masked(mask: Mask, place: usize, x: f32) -> f32 {
    let factor = mask.factor(place);
    if factor == 0.0 { 0.0 } else { x * factor }
}

#[inline(always)]
fn apply_body(_: impl Level, mask: Mask, start: usize, x: &[f32], accumulate: Accumulate, y: &mut [f32]) {
    match accumulate {
        Accumulate::Overwrite => {
            for (place, (y, &x)) in y.iter_mut().zip(x).enumerate() {
                *y = masked(mask, start + place, x);
            }
        }
        Accumulate::Add => {
            for (place, (y, &x)) in y.iter_mut().zip(x).enumerate() {
                *y += masked(mask, start + place, x);
            }
        }
    }
}
multiversion!(
    fn apply_chunk(mask: Mask, start: usize, x: &[f32], accumulate: Accumulate, y: &mut [f32]) = apply_body
);

#[inline(always)]
fn apply_in_place_body(_: impl Level, mask: Mask, start: usize, x: &mut [f32]) {
    for (place, x) in x.iter_mut().enumerate() {
        *x = masked(mask, start + place, *x);
    }
}
multiversion!(fn apply_in_place_chunk(mask: Mask, start: usize, x: &mut [f32]) = apply_in_place_body);
