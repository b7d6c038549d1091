//! Kernels that treat each element alone: copy, fill, add, activations.
//!
//! Large slices are cut into chunks of `CHUNK` elements that run in parallel.

use crate::activation::{Activation, relu, relu6};
use crate::isa::level::Level;
use crate::parallel::{Chunks, chunk_of, share_out};

/// Elements of a parallel piece of work: 128 KiB, which amortises the hand-over to another thread.
pub(crate) const CHUNK: usize = 1 << 15;

/// What a kernel does with the gradient that its destination already holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Accumulate {
    /// Replaces it; the old values are not read.
    Overwrite,
    /// Adds to it.
    Add,
}

/// `y = value`.
pub fn fill(y: &mut [f32], value: f32) {
    share_out(Chunks::new(y, CHUNK), |_, y| y.fill(value));
}

/// `y = x`.
///
/// # Panics
///
/// If the lengths differ.
pub fn copy(x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "lengths differ");
    share_out(Chunks::new(y, CHUNK), |index, y| y.copy_from_slice(chunk_of(x, CHUNK, index)));
}

/// `y = a + b`.
///
/// # Panics
///
/// If the lengths differ.
pub fn add(a: &[f32], b: &[f32], y: &mut [f32]) {
    assert!(a.len() == y.len() && b.len() == y.len(), "lengths differ");
    share_out(Chunks::new(y, CHUNK), |index, y| {
        add_chunk(chunk_of(a, CHUNK, index), chunk_of(b, CHUNK, index), y);
    });
}

/// `y = y + x`.
///
/// # Panics
///
/// If the lengths differ.
pub fn add_assign(x: &[f32], y: &mut [f32]) {
    assert_eq!(x.len(), y.len(), "lengths differ");
    share_out(Chunks::new(y, CHUNK), |index, y| add_assign_chunk(chunk_of(x, CHUNK, index), y));
}

/// `y = x` or `y = y + x`.
///
/// # Panics
///
/// If the lengths differ.
pub fn accumulate(x: &[f32], accumulate: Accumulate, y: &mut [f32]) {
    match accumulate {
        Accumulate::Overwrite => copy(x, y),
        Accumulate::Add => add_assign(x, y),
    }
}

/// `y = activation(x)`.
///
/// # Panics
///
/// If the lengths differ.
pub fn activate(activation: Activation, x: &[f32], y: &mut [f32]) {
    copy(x, y);
    activate_in_place(activation, y);
}

/// `y = activation(y)`.
pub fn activate_in_place(activation: Activation, y: &mut [f32]) {
    if activation != Activation::Identity {
        share_out(Chunks::new(y, CHUNK), |_, y| activate_chunk(activation, y));
    }
}

/// Gradient of the input of [`activate`] from its output `y` and the output's gradient `dy`:
/// `dx = dy` where the activation passes it, 0 elsewhere.
///
/// # Panics
///
/// If the lengths differ.
pub fn activate_backward(
    activation: Activation,
    y: &[f32],
    dy: &[f32],
    accumulate: Accumulate,
    dx: &mut [f32],
) {
    assert!(y.len() == dx.len() && dy.len() == dx.len(), "lengths differ");
    share_out(Chunks::new(dx, CHUNK), |index, dx| {
        let (y, dy) = (chunk_of(y, CHUNK, index), chunk_of(dy, CHUNK, index));
        activate_backward_chunk(activation, y, dy, accumulate, dx);
    });
}

/// [`activate_backward`], written over `dy`.
///
/// # Panics
///
/// If the lengths differ.
pub fn activate_backward_in_place(activation: Activation, y: &[f32], dy: &mut [f32]) {
    assert_eq!(y.len(), dy.len(), "lengths differ");
    if activation != Activation::Identity {
        share_out(Chunks::new(dy, CHUNK), |index, dy| mask_chunk(activation, chunk_of(y, CHUNK, index), dy));
    }
}

#[inline(always)]
fn add_body(_: impl Level, a: &[f32], b: &[f32], y: &mut [f32]) {
    for ((y, a), b) in y.iter_mut().zip(a).zip(b) {
        *y = a + b;
    }
}
multiversion!(fn add_chunk(a: &[f32], b: &[f32], y: &mut [f32]) = add_body);

#[inline(always)]
fn add_assign_body(_: impl Level, x: &[f32], y: &mut [f32]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += x;
    }
}
multiversion!(pub(crate) fn add_assign_chunk(x: &[f32], y: &mut [f32]) = add_assign_body);

#[inline(always)]
pub(crate) fn activate_body(_: impl Level, activation: Activation, y: &mut [f32]) {
    match activation {
        Activation::Identity => {}
        Activation::Relu => y.iter_mut().for_each(|y| *y = relu(*y)),
        Activation::Relu6 => y.iter_mut().for_each(|y| *y = relu6(*y)),
    }
}
multiversion!(fn activate_chunk(activation: Activation, y: &mut [f32]) = activate_body);

// The gradients below have one loop per activation, or the compiler would not vectorise them.

#[inline(always)]
pub(crate) fn mask_body(_: impl Level, activation: Activation, y: &[f32], dy: &mut [f32]) {
    match activation {
        Activation::Identity => {}
        Activation::Relu => mask(y, dy, |y| Activation::Relu.passes(y)),
        Activation::Relu6 => mask(y, dy, |y| Activation::Relu6.passes(y)),
    }
}

#[inline(always)]
fn mask(y: &[f32], dy: &mut [f32], passes: impl Fn(f32) -> bool) {
    for (dy, &y) in dy.iter_mut().zip(y) {
        *dy = if passes(y) { *dy } else { 0.0 };
    }
}

multiversion!(fn mask_chunk(activation: Activation, y: &[f32], dy: &mut [f32]) = mask_body);

#[inline(always)]
fn activate_backward_body(
    level: impl Level,
    activation: Activation,
    y: &[f32],
    dy: &[f32],
    accumulate: Accumulate,
    dx: &mut [f32],
) {
    match (accumulate, activation) {
        (Accumulate::Overwrite, _) => {
            dx.copy_from_slice(dy);
            mask_body(level, activation, y, dx);
        }
        (Accumulate::Add, Activation::Identity) => add_assign_body(level, dy, dx),
        (Accumulate::Add, Activation::Relu) => add_masked(y, dy, dx, |y| Activation::Relu.passes(y)),
        (Accumulate::Add, Activation::Relu6) => add_masked(y, dy, dx, |y| Activation::Relu6.passes(y)),
    }
}

#[inline(always)]
fn add_masked(y: &[f32], dy: &[f32], dx: &mut [f32], passes: impl Fn(f32) -> bool) {
    for ((dx, &y), &dy) in dx.iter_mut().zip(y).zip(dy) {
        *dx += if passes(y) { dy } else { 0.0 };
    }
}

multiversion!(
    fn activate_backward_chunk(
        activation: Activation,
        y: &[f32],
        dy: &[f32],
        accumulate: Accumulate,
        dx: &mut [f32],
    ) = activate_backward_body
);
