//! Shapes of image batches and of the windows that slide over them.
//!
//! A shape can only be had from a constructor that multiplies with checks. Whatever is computed from one later, tile sizes,
//! private sums and bytes included, stays within `usize`.

/// Most values of a tensor, an image with its padding, or a kernel's weights.
pub const MOST_VALUES: usize = if usize::BITS >= 64 { 1_usize.wrapping_shl(40) } else { 1 << 26 };

/// Largest side of a window, step or padding, in pixels.
pub const LARGEST_SIDE: usize = 1 << 15;

/// The product of extents, if it is at most [`MOST_VALUES`]; an extent of zero counts as one, so that the product of a part of
/// them is no larger.
pub(crate) fn values(extents: &[usize]) -> Option<usize> {
    let product = extents.iter().try_fold(1_usize, |product, &extent| product.checked_mul(extent.max(1)));
    product.filter(|&product| product <= MOST_VALUES)
}

/// The shape of a batch of images, channels innermost: element `(n, y, x, c)` lies at
/// `((n * h + y) * w + x) * c_total + c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nhwc {
    pub(crate) n: usize,
    pub(crate) h: usize,
    pub(crate) w: usize,
    pub(crate) c: usize,
}

impl Nhwc {
    /// A shape of `n` images of `h` rows, `w` columns and `c` channels, or `None` beyond [`MOST_VALUES`].
    pub fn new(n: usize, h: usize, w: usize, c: usize) -> Option<Self> {
        values(&[n, h, w, c])?;
        Some(Self { n, h, w, c })
    }

    /// The same for `n` images.
    ///
    /// # Panics
    ///
    /// Beyond [`MOST_VALUES`]: never for fewer images than there are.
    pub fn of_images(self, n: usize) -> Self {
        let Some(shape) = Self::new(n, self.h, self.w, self.c) else {
            panic!("{n} images of {self:?} are too many");
        };
        shape
    }

    /// Images.
    #[inline]
    pub const fn n(self) -> usize {
        self.n
    }

    /// Height in pixels.
    #[inline]
    pub const fn h(self) -> usize {
        self.h
    }

    /// Width in pixels.
    #[inline]
    pub const fn w(self) -> usize {
        self.w
    }

    /// Channels.
    #[inline]
    pub const fn c(self) -> usize {
        self.c
    }

    /// Number of elements.
    #[inline]
    pub const fn len(self) -> usize {
        self.rows() * self.c
    }

    /// Whether there are no elements.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Number of pixels over all images: the rows of the batch seen as a matrix of `c` columns.
    #[inline]
    pub const fn rows(self) -> usize {
        self.n * self.h * self.w
    }

    /// Number of elements of one image.
    #[inline]
    pub const fn image_len(self) -> usize {
        self.h * self.w * self.c
    }
}

/// Pixels of padding on each side of an image: zeros for a convolution, minus infinity for max pooling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Pad {
    /// Rows above.
    pub top: usize,
    /// Columns to the left.
    pub left: usize,
    /// Rows below.
    pub bottom: usize,
    /// Columns to the right.
    pub right: usize,
}

impl Pad {
    /// The same padding on all four sides.
    pub const fn all(pixels: usize) -> Self {
        Self { top: pixels, left: pixels, bottom: pixels, right: pixels }
    }
}

/// A sliding window: output pixel `(y, x)` sees the input pixels
/// `(y * stride - pad.top + i, x * stride - pad.left + j)` for `i`, `j` in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) pad: Pad,
}

impl Window {
    /// A window of one pixel that visits every pixel once.
    pub const PIXEL: Self = Self { kernel: [1, 1], stride: [1, 1], pad: Pad::all(0) };

    /// A window from its height and width, its vertical and horizontal step and its padding, all in pixels. `None` if a
    /// side or a step is zero, or anything is beyond [`LARGEST_SIDE`].
    pub fn new(kernel: [usize; 2], stride: [usize; 2], pad: Pad) -> Option<Self> {
        let sides = [kernel[0], kernel[1], stride[0], stride[1]];
        let pads = [pad.top, pad.left, pad.bottom, pad.right];
        let fits = sides.iter().all(|side| (1..=LARGEST_SIDE).contains(side))
            && pads.iter().all(|&side| side <= LARGEST_SIDE);
        fits.then_some(Self { kernel, stride, pad })
    }

    /// A square window with the same step both ways and the same padding on all sides; `None` as from [`Window::new`].
    pub fn square(kernel: usize, stride: usize, pad: usize) -> Option<Self> {
        Self::new([kernel; 2], [stride; 2], Pad::all(pad))
    }

    /// TensorFlow's `SAME` padding for an input of `h` x `w`: the output is `ceil(input / stride)`, and
    /// where the padding is odd the larger half lies below and to the right. `None` as from [`Window::new`].
    pub fn same(kernel: [usize; 2], stride: [usize; 2], h: usize, w: usize) -> Option<Self> {
        Self::new(kernel, stride, Pad::default())?;
        let total = |input: usize, axis: usize| {
            let last = input.div_ceil(stride[axis]).saturating_sub(1) * stride[axis];
            kernel[axis].saturating_sub(input - last)
        };
        let (vertical, horizontal) = (total(h, 0), total(w, 1));
        let pad = Pad {
            top: vertical / 2,
            left: horizontal / 2,
            bottom: vertical - vertical / 2,
            right: horizontal - horizontal / 2,
        };
        Some(Self { kernel, stride, pad })
    }

    /// The same window with padding added below and to the right, so that steps that would not fit whole over an
    /// input of `h` x `w`, at most [`MOST_VALUES`] each, are taken too (ceil mode), if they begin on the image or the padding
    /// before it, as in PyTorch.
    pub fn ceil(self, h: usize, w: usize) -> Self {
        let missing = |input: usize, before: usize, after: usize, axis: usize| {
            let (kernel, stride, padded) = (self.kernel[axis], self.stride[axis], before + input + after);
            let steps = padded.saturating_sub(kernel).div_ceil(stride);
            let steps = if steps * stride >= input + before { steps.saturating_sub(1) } else { steps };
            (steps * stride + kernel).saturating_sub(padded)
        };
        let Pad { top, left, bottom, right } = self.pad;
        let pad = Pad {
            bottom: bottom + missing(h, top, bottom, 0),
            right: right + missing(w, left, right, 1),
            ..self.pad
        };
        Self { pad, ..self }
    }

    /// Height and width of the window, in pixels.
    #[inline]
    pub const fn kernel(&self) -> [usize; 2] {
        self.kernel
    }

    /// Vertical and horizontal step, in pixels.
    #[inline]
    pub const fn stride(&self) -> [usize; 2] {
        self.stride
    }

    /// Padding around the image.
    #[inline]
    pub const fn pad(&self) -> Pad {
        self.pad
    }

    /// Height and width of the output for an input of `h` x `w`; steps that do not fit whole are dropped
    /// (floor mode). `None` if the padded input is smaller than the kernel.
    pub fn output(&self, h: usize, w: usize) -> Option<(usize, usize)> {
        let [h, w] = self.padded(h, w)?;
        let extent =
            |padded: usize, axis: usize| Some(padded.checked_sub(self.kernel[axis])? / self.stride[axis] + 1);
        Some((extent(h, 0)?, extent(w, 1)?))
    }

    /// Height and width of an image of `h` x `w` with its padding.
    pub(crate) fn padded(&self, h: usize, w: usize) -> Option<[usize; 2]> {
        let pad = self.pad;
        Some([h.checked_add(pad.top + pad.bottom)?, w.checked_add(pad.left + pad.right)?])
    }

    /// Number of positions in the window.
    pub const fn area(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Whether the window is one pixel that visits every pixel once, so that the output's pixels are the
    /// input's.
    pub fn is_pointwise(&self) -> bool {
        *self == Self::PIXEL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_floored() {
        let output = |kernel, stride, pad, h, w| Window::square(kernel, stride, pad)?.output(h, w);
        assert_eq!(output(7, 2, 3, 224, 224), Some((112, 112)));
        assert_eq!(output(3, 2, 1, 112, 57), Some((56, 29)));
        assert_eq!(output(2, 2, 0, 5, 1), None);
        assert_eq!(output(0, 1, 0, 5, 5), None);
        assert_eq!(output(1, 0, 0, 5, 5), None);
    }

    /// Extents of `torch.nn.functional.max_pool2d(x, kernel, stride, pad, ceil_mode=True)`.
    #[test]
    fn output_with_ceil_is_that_of_pytorch() {
        for (kernel, stride, pad, input, expected) in [
            (3, 2, 0, 13, 6),
            (3, 2, 0, 6, 3),
            (3, 2, 0, 3, 1),
            (3, 2, 0, 2, 1),
            (3, 2, 1, 6, 4),
            (2, 2, 1, 3, 2),
            (2, 3, 0, 7, 3),
            (1, 3, 0, 5, 2),
            (2, 3, 0, 6, 2),
        ] {
            let window = Window::square(kernel, stride, pad).unwrap().ceil(input, input);
            let found = window.output(input, input);
            assert_eq!(found, Some((expected, expected)), "{kernel} {stride} {pad} {input}");
        }
    }

    #[test]
    fn same_keeps_ceil_of_input_over_stride_and_pads_the_far_side_more() {
        for (kernel, stride, input) in [(3, 1, 7), (3, 2, 224), (3, 2, 113), (5, 3, 10), (1, 2, 9), (2, 5, 9)]
        {
            let window = Window::same([kernel; 2], [stride; 2], input, input).unwrap();
            let expected = input.div_ceil(stride);
            assert_eq!(window.output(input, input), Some((expected, expected)), "{window:?}");
            assert!(window.pad.bottom - window.pad.top <= 1);
        }
        let pad = Window::same([3, 3], [2, 2], 224, 224).unwrap().pad;
        assert_eq!((pad.top, pad.bottom), (0, 1));
    }
}
