//! Mean of all pixels of an image.

use crate::elementwise::{Accumulate, add_assign_chunk};
use crate::parallel::{Chunks, chunk_of, share_out};
use crate::reduce::{BLOCK_ROWS, add_rows};
use crate::scratch;
use crate::shape::Nhwc;

/// Mean over all pixels of each image and channel: `y` is (n, c).
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn global_average_forward(input: Nhwc, x: &[f32], y: &mut [f32]) {
    check(input, x, y);
    if x.is_empty() {
        return y.fill(0.0);
    }
    let share = 1.0 / (input.h * input.w) as f32;
    share_out(Chunks::new(y, input.c), |image, y| {
        let x = chunk_of(x, input.image_len(), image);
        y.fill(0.0);
        x.chunks(BLOCK_ROWS * input.c).for_each(|x| add_rows(x, y));
        y.iter_mut().for_each(|y| *y *= share);
    });
}

/// Gradient of the input of [`global_average_forward`].
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn global_average_backward(input: Nhwc, dy: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    check(input, dx, dy);
    if dx.is_empty() {
        return;
    }
    let share = 1.0 / (input.h * input.w) as f32;
    share_out(Chunks::new(dx, input.image_len()), |image, dx| {
        let dy = chunk_of(dy, input.c, image);
        scratch::with(input.c, |gradient| {
            gradient.iter_mut().zip(dy).for_each(|(gradient, dy)| *gradient = dy * share);
            for dx in dx.chunks_exact_mut(input.c) {
                match accumulate {
                    Accumulate::Overwrite => dx.copy_from_slice(gradient),
                    Accumulate::Add => add_assign_chunk(gradient, dx),
                }
            }
        });
    });
}

fn check(input: Nhwc, x: &[f32], y: &[f32]) {
    assert_eq!(x.len(), input.len(), "input of {input:?}");
    assert_eq!(y.len(), input.n * input.c, "one mean per image and channel of {input:?}");
}
