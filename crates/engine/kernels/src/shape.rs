//! Shapes of image batches and of the windows that slide over them.

/// The shape of a batch of images, channels innermost: element `(n, y, x, c)` lies at
/// `((n * h + y) * w + x) * c_total + c`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Nhwc {
    /// Images.
    pub n: usize,
    /// Height in pixels.
    pub h: usize,
    /// Width in pixels.
    pub w: usize,
    /// Channels.
    pub c: usize,
}

impl Nhwc {
    /// A shape from its four extents.
    pub const fn new(n: usize, h: usize, w: usize, c: usize) -> Self {
        Self { n, h, w, c }
    }

    /// Number of elements.
    pub const fn len(self) -> usize {
        self.rows() * self.c
    }

    /// Whether there are no elements.
    pub const fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Number of pixels over all images: the rows of the batch seen as a matrix of `c` columns.
    pub const fn rows(self) -> usize {
        self.n * self.h * self.w
    }

    /// Number of elements of one image.
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
    /// Height and width of the window, in pixels, at least 1.
    pub kernel: [usize; 2],
    /// Vertical and horizontal step, in pixels, at least 1.
    pub stride: [usize; 2],
    /// Padding around the image.
    pub pad: Pad,
}

impl Window {
    /// A square window with the same step both ways and the same padding on all sides.
    pub const fn square(kernel: usize, stride: usize, pad: usize) -> Self {
        Self { kernel: [kernel, kernel], stride: [stride, stride], pad: Pad::all(pad) }
    }

    /// TensorFlow's `SAME` padding for an input of `h` x `w`: the output is `ceil(input / stride)`, and
    /// where the padding is odd the larger half lies below and to the right.
    pub fn same(kernel: [usize; 2], stride: [usize; 2], h: usize, w: usize) -> Self {
        let total = |input: usize, axis: usize| {
            let output = input.div_ceil(stride[axis]);
            (output.saturating_sub(1) * stride[axis] + kernel[axis]).saturating_sub(input)
        };
        let (vertical, horizontal) = (total(h, 0), total(w, 1));
        Self {
            kernel,
            stride,
            pad: Pad {
                top: vertical / 2,
                left: horizontal / 2,
                bottom: vertical - vertical / 2,
                right: horizontal - horizontal / 2,
            },
        }
    }

    /// The same window with padding added below and to the right, so that steps that would not fit whole over an
    /// input of `h` x `w` are taken too (ceil mode), if they begin on the image or the padding before it, as in PyTorch.
    pub fn ceil(self, h: usize, w: usize) -> Self {
        let missing = |input: usize, before: usize, after: usize, axis: usize| {
            let (kernel, stride, padded) = (self.kernel[axis], self.stride[axis], before + input + after);
            if kernel == 0 || stride == 0 {
                return 0;
            }
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

    /// Height and width of the output for an input of `h` x `w`; steps that do not fit whole are dropped
    /// (floor mode). `None` if the kernel or a stride is zero, or the padded input is smaller than the
    /// kernel.
    pub fn output(&self, h: usize, w: usize) -> Option<(usize, usize)> {
        let extent = |padded: usize, axis: usize| {
            let (kernel, stride) = (self.kernel[axis], self.stride[axis]);
            (kernel > 0 && stride > 0 && padded >= kernel).then(|| (padded - kernel) / stride + 1)
        };
        let pad = self.pad;
        Some((extent(h + pad.top + pad.bottom, 0)?, extent(w + pad.left + pad.right, 1)?))
    }

    /// Number of positions in the window.
    pub const fn area(&self) -> usize {
        self.kernel[0] * self.kernel[1]
    }

    /// Whether the window is one pixel that visits every pixel once, so that the output's pixels are the
    /// input's.
    pub fn is_pointwise(&self) -> bool {
        *self == Self::square(1, 1, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_floored() {
        assert_eq!(Window::square(7, 2, 3).output(224, 224), Some((112, 112)));
        assert_eq!(Window::square(3, 2, 1).output(112, 57), Some((56, 29)));
        assert_eq!(Window::square(2, 2, 0).output(5, 1), None);
        assert_eq!(Window::square(0, 1, 0).output(5, 5), None);
        assert_eq!(Window::square(1, 0, 0).output(5, 5), None);
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
            let window = Window::square(kernel, stride, pad).ceil(input, input);
            let found = window.output(input, input);
            assert_eq!(found, Some((expected, expected)), "{kernel} {stride} {pad} {input}");
        }
    }

    #[test]
    fn same_keeps_ceil_of_input_over_stride_and_pads_the_far_side_more() {
        for (kernel, stride, input) in [(3, 1, 7), (3, 2, 224), (3, 2, 113), (5, 3, 10), (1, 2, 9), (2, 5, 9)]
        {
            let window = Window::same([kernel; 2], [stride; 2], input, input);
            let expected = input.div_ceil(stride);
            assert_eq!(window.output(input, input), Some((expected, expected)), "{window:?}");
            assert!(window.pad.bottom - window.pad.top <= 1);
        }
        let pad = Window::same([3, 3], [2, 2], 224, 224).pad;
        assert_eq!((pad.top, pad.bottom), (0, 1));
    }
}
