//! Mean over windows that divide an image into a given number of rows and columns.
//!
//! Row i of H' sees the rows ⌊i H / H'⌋ to ⌈(i + 1) H / H'⌉ of H, and columns likewise, as PyTorch's `AdaptiveAvgPool2d`.
//! Windows may overlap, and an image smaller than the output is repeated.

use std::ops::Range;

use crate::elementwise::{Accumulate, add_assign_chunk};
use crate::parallel::{Chunks, chunk_of, share_out};
use crate::scratch;
use crate::shape::{Nhwc, values};

/// Mean of the windows: `y` is (n, output, output, c).
///
/// # Panics
///
/// If the length of a slice is not that of its tensor, or `output` is 0.
pub fn adaptive_average_forward(input: Nhwc, output: usize, x: &[f32], y: &mut [f32]) {
    check(input, output, x, y);
    if x.is_empty() {
        return y.fill(0.0);
    }
    let (c, across) = (input.c, input.w);
    share_out(Chunks::new(y, output * output * c), |image, y| {
        let x = chunk_of(x, input.image_len(), image);
        for (pixel, y) in y.chunks_exact_mut(c).enumerate() {
            let [rows, columns] = windows(input, output, pixel);
            let share = 1.0 / (rows.len() * columns.len()) as f32;
            y.fill(0.0);
            for row in rows {
                for column in columns.clone() {
                    add_assign_chunk(&x[(row * across + column) * c..][..c], y);
                }
            }
            y.iter_mut().for_each(|y| *y *= share);
        }
    });
}

/// Gradient of the input of [`adaptive_average_forward`].
///
/// # Panics
///
/// If the length of a slice is not that of its tensor, or `output` is 0.
pub fn adaptive_average_backward(
    input: Nhwc,
    output: usize,
    dy: &[f32],
    accumulate: Accumulate,
    dx: &mut [f32],
) {
    check(input, output, dx, dy);
    if dx.is_empty() {
        return;
    }
    let (c, across) = (input.c, input.w);
    share_out(Chunks::new(dx, input.image_len()), |image, dx| {
        let dy = chunk_of(dy, output * output * c, image);
        if accumulate == Accumulate::Overwrite {
            dx.fill(0.0);
        }
        scratch::with(c, |gradient| {
            for (pixel, dy) in dy.chunks_exact(c).enumerate() {
                let [rows, columns] = windows(input, output, pixel);
                let share = 1.0 / (rows.len() * columns.len()) as f32;
                gradient.iter_mut().zip(dy).for_each(|(gradient, dy)| *gradient = dy * share);
                for row in rows {
                    for column in columns.clone() {
                        add_assign_chunk(gradient, &mut dx[(row * across + column) * c..][..c]);
                    }
                }
            }
        });
    });
}

/// Rows and columns of the input that an output pixel sees.
fn windows(input: Nhwc, output: usize, pixel: usize) -> [Range<usize>; 2] {
    let seen = |place: usize, extent: usize| place * extent / output..((place + 1) * extent).div_ceil(output);
    [seen(pixel / output, input.h), seen(pixel % output, input.w)]
}

fn check(input: Nhwc, output: usize, x: &[f32], y: &[f32]) {
    assert!(output > 0, "an output of at least one pixel");
    assert!(values(&[output, input.h.max(input.w)]).is_some(), "too large an output from {input:?}");
    assert_eq!(x.len(), input.len(), "input of {input:?}");
    let means = Nhwc::new(input.n, output, output, input.c).map(Nhwc::len);
    assert_eq!(Some(y.len()), means, "output of {output} x {output} from {input:?}");
}
