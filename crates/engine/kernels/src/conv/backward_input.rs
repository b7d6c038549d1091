//! The gradient of the input.
//!
//! Along one axis, input pixel `i` meets output pixel `o` in tap `k` where `i = o * stride - pad + k`. So
//! the pixels of one residue `r = i mod stride` meet the outputs in the taps `k = r + pad (mod stride)` only.
//! For pixel `i = r + q * stride` the highest of these taps belongs to output `q + (r + pad - k) / stride`
//! and each next lower one to the next output: a convolution of stride 1 over the gradient of the output,
//! with these taps in descending order. A *phase* is a pair of residues, one per axis.

use super::forward::{Pixels, Right, product};
use super::windows::Windows;
use super::{Conv, winograd};
use crate::elementwise::Accumulate;
use crate::product::{Panels, Start};
use crate::scratch;

/// Gradient of the input from the gradient of the output, `dy`.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn backward_input(conv: &Conv, dy: &[f32], weight: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    conv.check(dx, weight, dy);
    if dx.is_empty() || weight.is_empty() {
        return;
    }
    if winograd::suits(conv) {
        return winograd::backward_input(conv, dy, weight, accumulate, dx);
    }
    for phase in Phase::all(conv) {
        phase.gradient(conv, dy, weight, accumulate, dx);
    }
}

/// The taps and pixels of one residue along one axis.
#[derive(Clone, Copy)]
struct Residue {
    /// Number of taps.
    taps: usize,
    /// The lowest tap; the others follow at distances of the stride.
    lowest: usize,
    /// Output that the first pixel meets in the highest tap.
    origin: isize,
    /// Number of pixels.
    pixels: usize,
}

impl Residue {
    fn of(residue: usize, kernel: usize, stride: usize, pad: usize, pixels: usize) -> Self {
        let lowest = (residue + pad) % stride;
        let taps = kernel.saturating_sub(lowest).div_ceil(stride);
        let highest = lowest + taps.saturating_sub(1) * stride;
        Self {
            taps,
            lowest,
            // The difference is a multiple of the stride.
            origin: ((residue + pad) as isize - highest as isize) / stride as isize,
            pixels: pixels.saturating_sub(residue).div_ceil(stride),
        }
    }
}

/// The pixels of the input that share their residues modulo the stride.
pub(super) struct Phase {
    residue: [usize; 2],
    vertical: Residue,
    horizontal: Residue,
}

impl Phase {
    /// All phases of a convolution.
    pub(super) fn all(conv: &Conv) -> impl Iterator<Item = Self> {
        let conv = *conv;
        let [down, across] = conv.window.stride;
        (0..down).flat_map(move |y| (0..across).map(move |x| Self::of(&conv, [y, x])))
    }

    fn of(conv: &Conv, residue: [usize; 2]) -> Self {
        let (input, window) = (conv.input, conv.window);
        Self {
            residue,
            vertical: Residue::of(residue[0], window.kernel[0], window.stride[0], window.pad.top, input.h),
            horizontal: Residue::of(residue[1], window.kernel[1], window.stride[1], window.pad.left, input.w),
        }
    }

    /// Kernel row and column of the tap that the phase's windows see at their pixel number `segment`.
    pub(super) fn tap(&self, conv: &Conv, segment: usize) -> [usize; 2] {
        let [down, across] = conv.window.stride;
        let (y, x) = (segment / self.horizontal.taps, segment % self.horizontal.taps);
        [
            self.vertical.lowest + (self.vertical.taps - 1 - y) * down,
            self.horizontal.lowest + (self.horizontal.taps - 1 - x) * across,
        ]
    }

    /// Taps that the phase's pixels meet outputs in.
    pub(super) fn taps(&self) -> usize {
        self.vertical.taps * self.horizontal.taps
    }

    /// The phase's pixels.
    pub(super) fn pixels(&self, conv: &Conv) -> Pixels {
        let grid = [self.vertical.pixels, self.horizontal.pixels];
        Pixels { shape: conv.input, first: self.residue, step: conv.window.stride, grid }
    }

    /// What the phase's pixels see of the gradient of the output.
    pub(super) fn windows<'a>(&self, conv: &Conv, dy: &'a [f32]) -> Windows<'a> {
        Windows {
            source: dy,
            shape: conv.output,
            kernel: [self.vertical.taps, self.horizontal.taps],
            segment: conv.channels(),
            stride: [1, 1],
            origin: [self.vertical.origin, self.horizontal.origin],
            grid: [self.vertical.pixels, self.horizontal.pixels],
        }
    }

    /// Computes the gradient of the phase's pixels.
    fn gradient(&self, conv: &Conv, dy: &[f32], weight: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
        let (inputs, outputs) = (conv.input.c, conv.channels());
        let (taps, pixels) = (self.taps(), self.pixels(conv));
        if taps == 0 {
            if accumulate == Accumulate::Overwrite {
                pixels.clear(dx);
            }
            return;
        }
        let layout = Panels::new(taps, outputs, inputs);
        let windows = self.windows(conv, dy);
        let start = match accumulate {
            Accumulate::Overwrite => Start::Zero,
            Accumulate::Add => Start::Add,
        };
        scratch::with(layout.packed_len(), |packed| {
            layout.pack(packed, &|segment, within, columns, rows| {
                let [a, b] = self.tap(conv, segment);
                let first = (a * conv.window.kernel[1] + b) * inputs;
                for (column, input) in columns.enumerate() {
                    let weight = &weight[(first + input) * outputs..][within.clone()];
                    for (row, &value) in rows.chunks_exact_mut(layout.width()).zip(weight) {
                        row[column] = value;
                    }
                }
            });
            product(&windows, Right { layout, packed }, start.into(), pixels, dx);
        });
    }
}
