//! The gradient of the input.
//!
//! Along one axis, input pixel `i` meets output pixel `o` in tap `k` where `i = o * stride - pad + k`. So
//! the pixels of one residue `r = i mod stride` meet the outputs in the taps `k = r + pad (mod stride)` only.
//! For pixel `i = r + q * stride` the highest of these taps belongs to output `q + (r + pad - k) / stride`
//! and each next lower one to the next output: a convolution of stride 1 over the gradient of the output,
//! with these taps in descending order. A *phase* is a pair of residues, one per axis.

use rayon::prelude::*;

use super::Conv;
use super::forward::product;
use super::patches::Patches;
use crate::elementwise::{Accumulate, add_assign_chunk};
use crate::matmul::{View, ViewMut, matmul};
use crate::scratch;
use crate::shape::Nhwc;

/// Pixels of one phase that a strided convolution's piece of work has at least, where the image has them.
const BAND_PIXELS: usize = 96;

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
    scratch::with(weight.len(), |turned| {
        turn(conv, weight, turned);
        if conv.window.stride == [1, 1] {
            let patches = Phase::of(conv, [0, 0]).patches(conv, dy);
            let matrix = View::new(turned, patches.columns(), conv.input.c);
            product(&patches, matrix, accumulate, dx);
        } else {
            strided(conv, dy, turned, accumulate, dx);
        }
    });
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
struct Phase {
    vertical: Residue,
    horizontal: Residue,
}

impl Phase {
    fn of(conv: &Conv, residue: [usize; 2]) -> Self {
        let Conv { input, window, .. } = *conv;
        Self {
            vertical: Residue::of(residue[0], window.kernel[0], window.stride[0], window.pad.top, input.h),
            horizontal: Residue::of(residue[1], window.kernel[1], window.stride[1], window.pad.left, input.w),
        }
    }

    fn taps(&self) -> usize {
        self.vertical.taps * self.horizontal.taps
    }

    /// What the phase's pixels see of the gradient of the output.
    fn patches<'a>(&self, conv: &Conv, dy: &'a [f32]) -> Patches<'a> {
        Patches {
            source: dy,
            shape: conv.output(),
            kernel: [self.vertical.taps, self.horizontal.taps],
            stride: [1, 1],
            origin: [self.vertical.origin, self.horizontal.origin],
            grid: [self.vertical.pixels, self.horizontal.pixels],
        }
    }
}

/// The residues of all phases, in the order in which [`turn`] lays out their weights.
fn residues(conv: &Conv) -> impl Iterator<Item = [usize; 2]> + use<> {
    let [down, across] = conv.window.stride;
    (0..down).flat_map(move |y| (0..across).map(move |x| [y, x]))
}

/// Lays out the weights as one matrix per phase, each of (its taps in descending order, out) rows of `in`.
fn turn(conv: &Conv, weight: &[f32], turned: &mut [f32]) {
    let (inputs, [_, across]) = (conv.input.c, conv.window.kernel);
    let patch = conv.patch_len();
    turned.par_chunks_mut(conv.channels * inputs).enumerate().for_each(|(index, matrix)| {
        let [y, x] = tap(conv, index);
        let start = (y * across + x) * inputs;
        for (row, patch) in matrix.chunks_exact_mut(inputs).zip(weight.chunks_exact(patch)) {
            row.copy_from_slice(&patch[start..start + inputs]);
        }
    });
}

/// Kernel row and column of the tap with the given index among all phases' taps.
fn tap(conv: &Conv, mut index: usize) -> [usize; 2] {
    for residue in residues(conv) {
        let phase = Phase::of(conv, residue);
        if index < phase.taps() {
            let [down, across] = conv.window.stride;
            let (vertical, horizontal) = (phase.vertical, phase.horizontal);
            let (y, x) = (index / horizontal.taps, index % horizontal.taps);
            return [
                vertical.lowest + (vertical.taps - 1 - y) * down,
                horizontal.lowest + (horizontal.taps - 1 - x) * across,
            ];
        }
        index -= phase.taps();
    }
    unreachable!("every tap of the kernel belongs to one phase")
}

/// The gradient of the input where a stride is above 1: each piece of work is a band of an image's rows.
fn strided(conv: &Conv, dy: &[f32], turned: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    let Nhwc { h, w, c, .. } = conv.input;
    let [down, across] = conv.window.stride;
    let band_rows = (BAND_PIXELS.div_ceil(w.div_ceil(across)) * down).min(h.next_multiple_of(down));
    dx.par_chunks_mut(conv.input.image_len()).enumerate().for_each(|(image, dx)| {
        dx.par_chunks_mut(band_rows * w * c).enumerate().for_each(|(band, dx)| {
            let mut matrices = turned;
            for residue in residues(conv) {
                let phase = Phase::of(conv, residue);
                let (matrix, rest) = matrices.split_at(phase.taps() * conv.channels * c);
                matrices = rest;
                let band = Band { image, first: band * band_rows, rows: dx.len() / (w * c) };
                band.add_phase(conv, residue, &phase.patches(conv, dy), matrix, accumulate, dx);
            }
        });
    });
}

/// A band of rows of one image of the input.
struct Band {
    image: usize,
    /// The first row, a multiple of the vertical stride.
    first: usize,
    rows: usize,
}

impl Band {
    /// Computes the pixels of one phase in this band, whose gradient is `dx`.
    fn add_phase(
        &self,
        conv: &Conv,
        residue: [usize; 2],
        patches: &Patches<'_>,
        matrix: &[f32],
        accumulate: Accumulate,
        dx: &mut [f32],
    ) {
        let Nhwc { w, c, .. } = conv.input;
        let [down, across] = conv.window.stride;
        let [grid_rows, grid_columns] = patches.grid;
        let start = (self.image * grid_rows + self.first / down) * grid_columns;
        let pixels = self.rows.saturating_sub(residue[0]).div_ceil(down) * grid_columns;
        let inner = patches.columns();
        scratch::with(pixels * (inner + c), |memory| {
            let (block, product) = memory.split_at_mut(pixels * inner);
            if inner > 0 {
                patches.fill(start..start + pixels, 0..inner, block);
            }
            matmul(
                View::new(block, pixels, inner),
                View::new(matrix, inner, c),
                Accumulate::Overwrite,
                ViewMut::new(product, pixels, c),
            );
            for (index, gradient) in product.chunks_exact(c).enumerate() {
                let (i, j) = (index / grid_columns, index % grid_columns);
                let pixel = (residue[0] + i * down) * w + residue[1] + j * across;
                let dx = &mut dx[pixel * c..][..c];
                match accumulate {
                    Accumulate::Overwrite => dx.copy_from_slice(gradient),
                    Accumulate::Add => add_assign_chunk(gradient, dx),
                }
            }
        });
    }
}
