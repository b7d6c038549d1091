//! Winograd's convolution of 3 x 3 windows with stride 1: fewer multiplications by a change of basis.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | d | what a tile sees of the input | (6, 6, in) |
//! | w | weights | (3, 3, in, out) |
//! | y | what a tile makes of the output | (4, 4, out) |
//! | V | B^T d B, for each tile and input channel | 36 matrices of (tiles, in) |
//! | U | G w G^T, for each input and output channel | 36 matrices of (in, out) |
//! | M | V U, frequency by frequency | 36 matrices of (tiles, out) |
//!
//! - forward: `y = A^T M A`, F(4 x 4, 3 x 3) of Lavin and Gray 2015 (Winograd 1980)
//! - gradient of the input: the same with the weights turned by 180 degrees and in and out exchanged
//! - gradient of the weights: `dw = G^T (sum over tiles of V^T (A dy A^T)) G`
//!
//! A tile of 4 x 4 output pixels takes 36 multiplications for each pair of channels instead of 144. Rounding errors are
//! larger than those of a direct convolution: about 1e-6 of the result (relative L2) where those are 2e-7.

mod backward_weight;
mod convolve;
mod patch;
mod tile;
mod transform;
mod weights;

use super::Conv;
use crate::elementwise::Accumulate;
use patch::{Pixels, Tiles};
use tile::Finish;
use transform::TAPS;
use weights::{Direction, Weights};

/// Fewest input and output channels for which the transforms cost less than they save.
const CHANNELS: usize = 24;

/// Fewest output pixels of a tile of 16, on average: the others are computed for nothing.
const PIXELS: usize = 7;

/// Whether a convolution is one that is done this way: 3 x 3 with stride 1 and at most one pixel of padding, of enough
/// channels and pixels. The number of images does not count: the result of an image is the same bits however many others are
/// computed with it.
pub(super) fn suits(conv: &Conv) -> bool {
    let output = conv.output;
    let tiles = Tiles::of_output(output).per_image();
    can(conv) && conv.input.c.min(conv.channels()) >= CHANNELS && output.h * output.w >= PIXELS * tiles
}

/// Whether the window is one that the transforms are for.
fn can(conv: &Conv) -> bool {
    let (window, pad) = (conv.window, conv.window.pad);
    let padding = pad.top.max(pad.left).max(pad.bottom).max(pad.right);
    window.kernel == [TAPS, TAPS] && window.stride == [1, 1] && padding <= 1
}

/// Tiles of all output images.
fn tiles(conv: &Conv) -> usize {
    let output = conv.output;
    output.n * Tiles::of_output(output).per_image()
}

/// `y = conv(x, weight) + bias`, held within `range`; weights are (3, 3, in, out).
pub(super) fn forward(
    conv: &Conv,
    x: &[f32],
    weight: &[f32],
    bias: Option<&[f32]>,
    range: Option<[f32; 2]>,
    y: &mut [f32],
) {
    let (input, output, pad) = (conv.input, conv.output, conv.window.pad);
    let tiles = Tiles::of_output(output);
    convolve::Work {
        source: x,
        seen: Pixels { tiles, size: [input.h, input.w], pad: [pad.top, pad.left] },
        inputs: input.c,
        weights: Weights {
            values: weight,
            inputs: input.c,
            outputs: output.c,
            direction: Direction::Forward,
        },
        made: Pixels { tiles, size: [output.h, output.w], pad: [0, 0] },
        outputs: output.c,
        finish: bias.map_or(Finish::Overwrite, Finish::Bias),
        range,
    }
    .run(y);
}

/// Gradient of the input from the gradient of the output, `dy`.
pub(super) fn backward_input(
    conv: &Conv,
    dy: &[f32],
    weight: &[f32],
    accumulate: Accumulate,
    dx: &mut [f32],
) {
    let (input, output, pad) = (conv.input, conv.output, conv.window.pad);
    let tiles = Tiles::of_output(input);
    convolve::Work {
        source: dy,
        seen: Pixels {
            tiles,
            size: [output.h, output.w],
            pad: [pad.top, pad.left].map(|pad| TAPS - 1 - pad),
        },
        inputs: output.c,
        weights: Weights {
            values: weight,
            inputs: input.c,
            outputs: output.c,
            direction: Direction::Backward,
        },
        made: Pixels { tiles, size: [input.h, input.w], pad: [0, 0] },
        outputs: input.c,
        finish: match accumulate {
            Accumulate::Overwrite => Finish::Overwrite,
            Accumulate::Add => Finish::Add,
        },
        range: None,
    }
    .run(dx);
}

/// Number of floats that [`backward_weight`] needs for partial sums.
pub(super) fn partials_len(conv: &Conv) -> usize {
    backward_weight::Plan::new(conv.input.c, conv.channels(), tiles(conv)).partials_len()
}

/// Gradient of the weights from the gradient of the output, `dy`; overwritten.
pub(super) fn backward_weight(conv: &Conv, x: &[f32], dy: &[f32], dweight: &mut [f32], partials: &mut [f32]) {
    let (input, output, pad) = (conv.input, conv.output, conv.window.pad);
    let tiles = Tiles::of_output(output);
    backward_weight::Work {
        x,
        seen: Pixels { tiles, size: [input.h, input.w], pad: [pad.top, pad.left] },
        inputs: input.c,
        dy,
        made: Pixels { tiles, size: [output.h, output.w], pad: [0, 0] },
        outputs: output.c,
        plan: backward_weight::Plan::new(input.c, output.c, tiles.per_image() * output.n),
    }
    .run(partials, dweight);
}

#[cfg(test)]
mod tests;
