//! Grouped convolution (Krizhevsky, Sutskever and Hinton 2012; Xie et al. 2016, "Aggregated Residual Transformations for Deep
//! Neural Networks"): the channels are cut into groups of neighbours, and each group of outputs sees one group of inputs.
//!
//! | symbol | meaning | shape |
//! | --- | --- | --- |
//! | g | groups, which divide the channels of input and output | |
//! | x | input | (n, h, w, in) |
//! | W | weight | (kernel h, kernel w, in / g, out) |
//! | y | output | (n, h', w', out) |
//! | x_k, W_k, y_k | channels of group k; of W those of its outputs | |
//!
//! y_k is the dense convolution of x_k with W_k, and the gradients likewise. Where a window lies in memory is found once for all
//! groups, whose channels follow each other at each pixel; each group is then a product of `product.rs` with weights of its own.

mod backward_weight;
mod prepared;

use std::ops::{Deref, Range};

pub use backward_weight::backward_weight;
pub use prepared::Prepared;

use super::Conv;
use super::backward_input::Phase;
use super::forward::{PIECE_ROWS, PIECES, Pixels, Shared, TILE_ROWS};
use super::windows::Windows;
use crate::elementwise::Accumulate;
use crate::parallel::{self, Chunks, share_out};
use crate::prefetch::Prefetch;
use crate::product::{Panels, Results, Start, multiply};
use crate::scratch;
use crate::shape::{Nhwc, Window, values};
use crate::slide::Slide;

/// A grouped convolution: its input, its number of output channels and of groups, and its window; padding is zeros.
///
/// Weights are laid out (kernel height, kernel width, in / groups, out).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Grouped {
    /// The shapes; what is computed is not what it computes.
    dense: Conv,
    groups: usize,
}

impl Deref for Grouped {
    type Target = Slide;

    #[inline]
    fn deref(&self) -> &Slide {
        &self.dense.slide
    }
}

impl Grouped {
    /// A grouped convolution, or `None` if the groups do not divide the channels of input and output, the window does not fit
    /// into the padded input, or a tensor is beyond [`MOST_VALUES`](crate::shape::MOST_VALUES).
    pub fn new(input: Nhwc, channels: usize, groups: usize, window: Window) -> Option<Self> {
        let divide = groups > 0 && input.c.is_multiple_of(groups) && channels.is_multiple_of(groups);
        let inputs = if divide { input.c / groups } else { return None };
        values(&[window.area(), inputs, channels])?;
        Some(Self { dense: Conv { slide: Slide::new(input, channels, window)? }, groups })
    }

    /// The same for `n` images.
    ///
    /// # Panics
    ///
    /// If their tensors are too large: never for fewer images than there are.
    pub fn of_images(self, n: usize) -> Self {
        Self { dense: self.dense.of_images(n), ..self }
    }

    /// Output channels.
    #[inline]
    pub fn channels(&self) -> usize {
        self.output.c
    }

    /// Number of groups.
    #[inline]
    pub fn groups(&self) -> usize {
        self.groups
    }

    /// Number of weights that make one output value: kernel height x kernel width x input channels of a group.
    pub fn patch_len(&self) -> usize {
        self.window.area() * self.inputs()
    }

    /// Number of weights.
    pub fn weight_len(&self) -> usize {
        self.channels() * self.patch_len()
    }

    /// Number of floats that [`backward_weight`] needs for partial sums.
    pub fn partials_len(&self) -> usize {
        backward_weight::Partition::of(self).partials_len(self)
    }

    /// Input channels of a group.
    fn inputs(&self) -> usize {
        self.input.c / self.groups
    }

    /// Output channels of a group.
    fn outputs(&self) -> usize {
        self.channels() / self.groups
    }

    /// Panics unless the slices have the lengths of the input, the weights and the output.
    fn check(&self, x: &[f32], weight: &[f32], y: &[f32]) {
        self.dense.slide.check(x, y);
        assert_eq!(weight.len(), self.weight_len(), "weights of {self:?}");
    }

    /// How the weights of a group are packed for the forward pass.
    fn panels(&self) -> Panels {
        Panels::new(self.window.area(), self.inputs(), self.outputs())
    }

    /// Packs the weights of all groups for the forward pass, one after the other.
    fn pack(&self, layout: &Panels, weight: &[f32], packed: &mut [f32]) {
        let (inputs, outputs, channels) = (self.inputs(), self.outputs(), self.channels());
        share_out(Chunks::new(packed, layout.packed_len().max(1)), |group, packed| {
            layout.pack(packed, &|segment, within, columns, rows| {
                for (index, row) in within.zip(rows.chunks_exact_mut(layout.width())) {
                    let begin = (segment * inputs + index) * channels + group * outputs;
                    row[..columns.len()].copy_from_slice(&weight[begin + columns.start..begin + columns.end]);
                }
            });
        });
    }

    /// The product of the input's windows and packed weights.
    fn product(&self, x: &[f32], layout: &Panels, packed: &[f32], ends: GroupEnds<'_>, y: &mut [f32]) {
        let windows = Windows::of_input(&self.dense, x);
        let steps = [self.inputs(), self.outputs()];
        Products { windows, layout, packed, groups: self.groups, steps, ends }
            .run(Pixels::all(self.output), y);
    }
}

/// `y = conv(x, weight)`.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn forward(conv: &Grouped, x: &[f32], weight: &[f32], y: &mut [f32]) {
    conv.check(x, weight, y);
    if y.is_empty() {
        return;
    }
    let layout = conv.panels();
    scratch::with(conv.groups * layout.packed_len(), |packed| {
        conv.pack(&layout, weight, packed);
        conv.product(x, &layout, packed, GroupEnds::default(), y);
    });
}

/// Gradient of the input from the gradient of the output, `dy`.
///
/// # Panics
///
/// If the length of a slice is not that of its tensor.
pub fn backward_input(conv: &Grouped, dy: &[f32], weight: &[f32], accumulate: Accumulate, dx: &mut [f32]) {
    conv.check(dx, weight, dy);
    if dx.is_empty() || weight.is_empty() {
        return;
    }
    let (inputs, outputs, channels) = (conv.inputs(), conv.outputs(), conv.channels());
    for phase in Phase::all(&conv.dense) {
        let pixels = phase.pixels(&conv.dense);
        if phase.taps() == 0 {
            if accumulate == Accumulate::Overwrite {
                pixels.clear(dx);
            }
            continue;
        }
        let layout = &Panels::new(phase.taps(), outputs, inputs);
        scratch::with(conv.groups * layout.packed_len(), |packed| {
            share_out(Chunks::new(packed, layout.packed_len()), |group, packed| {
                layout.pack(packed, &|segment, within, columns, rows| {
                    let [a, b] = phase.tap(&conv.dense, segment);
                    let first = (a * conv.window.kernel[1] + b) * inputs;
                    for (column, input) in columns.enumerate() {
                        let begin = (first + input) * channels + group * outputs;
                        let weight = &weight[begin..begin + outputs][within.clone()];
                        for (row, &value) in rows.chunks_exact_mut(layout.width()).zip(weight) {
                            row[column] = value;
                        }
                    }
                });
            });
            let windows = phase.windows(&conv.dense, dy);
            let ends = GroupEnds { adds: accumulate == Accumulate::Add, ..GroupEnds::default() };
            let steps = [outputs, inputs];
            Products { windows, layout, packed, groups: conv.groups, steps, ends }.run(pixels, dx);
        });
    }
}

/// What the sums of all groups begin and end with.
#[derive(Clone, Copy, Default)]
struct GroupEnds<'a> {
    /// Whether they are added to what is there.
    adds: bool,
    /// One for each channel; not where they are added.
    bias: Option<&'a [f32]>,
    /// The least and the greatest value that is written.
    range: Option<[f32; 2]>,
}

/// The products of windows and packed matrices, a group's after the other's.
struct Products<'a> {
    windows: Windows<'a>,
    /// Of one group.
    layout: &'a Panels,
    packed: &'a [f32],
    groups: usize,
    /// Channels of a group in what is seen and in what is made.
    steps: [usize; 2],
    ends: GroupEnds<'a>,
}

impl Products<'_> {
    /// Window number r gives pixel number r of `pixels` in `y`. Work is cut into blocks of rows, and where these are few, of
    /// groups; no number depends on the cuts.
    fn run(&self, pixels: Pixels, y: &mut [f32]) {
        let rows = self.windows.count();
        if rows == 0 {
            return;
        }
        let piece_rows = rows.div_ceil(rows.div_ceil(PIECE_ROWS)).next_multiple_of(TILE_ROWS);
        let blocks = rows.div_ceil(piece_rows);
        let piece_groups = self.groups.div_ceil(PIECES.div_ceil(blocks).min(self.groups));
        let runs = self.groups.div_ceil(piece_groups);
        let shared = Shared::new(y);
        parallel::for_each(blocks * runs, &|index| {
            let (block, run) = (index / runs, index % runs);
            let rows = block * piece_rows..((block + 1) * piece_rows).min(rows);
            let groups = run * piece_groups..((run + 1) * piece_groups).min(self.groups);
            self.piece(&pixels, rows, groups, shared);
        });
    }

    fn piece(&self, pixels: &Pixels, rows: Range<usize>, groups: Range<usize>, y: Shared) {
        let Self { windows, layout, packed, steps: [from, to], ends, .. } = self;
        let count = rows.len();
        scratch::with(windows.segment, |zeros| {
            zeros.fill(0.0);
            scratch::with_pointers((windows.segments() + 1) * count, |pointers| {
                let (table, outputs) = pointers.split_at_mut(windows.segments() * count);
                windows.point(rows.clone(), zeros, table);
                y.point(pixels, rows, outputs);
                advance(table, groups.start * from);
                advance(outputs, groups.start * to);
                for group in groups {
                    let start = match ends.bias {
                        _ if ends.adds => Start::Add,
                        Some(bias) => Start::Bias(&bias[group * to..(group + 1) * to]),
                        None => Start::Zero,
                    };
                    let results = Results { outputs: &*outputs, start, residuals: None, range: ends.range };
                    let packed = &packed[group * layout.packed_len()..(group + 1) * layout.packed_len()];
                    let ahead = Prefetch::nothing();
                    // SAFETY: the pointers are those of whole pixels of all channels, moved to the first of the group's, and so
                    // are the zeros; pieces have no pixel and group in common.
                    unsafe { multiply(layout, packed, 0..layout.count(), table, results, &ahead) };
                    advance(table, *from);
                    advance(outputs, *to);
                }
            });
        });
    }
}

/// Moves pointers by so many floats.
fn advance(pointers: &mut [*const f32], floats: usize) {
    for pointer in pointers {
        *pointer = pointer.wrapping_add(floats);
    }
}
