//! Where the pixels before and after a sliding window meet, along one axis.
//!
//! Output pixel `o` meets input pixel `i` in tap `k` where `i = o * stride - pad + k`. Both ways of asking,
//! which inputs an output sees and which outputs an input reaches, have an arithmetic progression as their
//! answer, so a gather over the one serves the forward pass and over the other the backward pass.

use crate::shape::Window;

/// One axis of a window over an image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    kernel: usize,
    stride: usize,
    /// Padding before the first pixel.
    pad: usize,
    input: usize,
    output: usize,
}

/// The taps in which a pixel meets pixels of the other side. Tap `tap + t * tap_step` meets pixel
/// `place + t * place_step`, for `t` below `count`; all are inside the kernel and the image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meeting {
    pub(crate) count: usize,
    pub(crate) tap: usize,
    pub(crate) tap_step: usize,
    pub(crate) place: usize,
    pub(crate) place_step: isize,
}

impl Meeting {
    /// The taps and the places that they meet.
    #[inline(always)]
    pub(crate) fn pairs(self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.count).map(move |t| {
            let place = self.place.wrapping_add_signed(t as isize * self.place_step);
            (self.tap + t * self.tap_step, place)
        })
    }
}

impl Axis {
    /// The vertical and the horizontal axis of a window that makes images of `output` height and width from
    /// images of `input` height and width.
    pub(crate) fn pair(window: &Window, input: [usize; 2], output: [usize; 2]) -> [Self; 2] {
        let pad = [window.pad.top, window.pad.left];
        [0, 1].map(|axis| Self {
            kernel: window.kernel[axis],
            stride: window.stride[axis],
            pad: pad[axis],
            input: input[axis],
            output: output[axis],
        })
    }

    /// The inputs that an output sees.
    #[inline]
    pub(crate) fn inputs_of(&self, output: usize) -> Meeting {
        let start = output * self.stride;
        let first = self.pad.saturating_sub(start);
        let end = self.kernel.min((self.input + self.pad).saturating_sub(start));
        Meeting {
            count: end.saturating_sub(first),
            tap: first,
            tap_step: 1,
            place: (start + first).saturating_sub(self.pad),
            place_step: 1,
        }
    }

    /// The outputs that an input reaches.
    #[inline]
    pub(crate) fn outputs_of(&self, input: usize) -> Meeting {
        let reach = input + self.pad;
        // Both are equal to `reach` modulo the stride, as every tap in question is.
        let from_last_output = reach.saturating_sub((self.output - 1) * self.stride);
        let first = (reach % self.stride).max(from_last_output);
        let last = reach.min(self.kernel - 1);
        Meeting {
            count: if first > last { 0 } else { (last - first) / self.stride + 1 },
            tap: first,
            tap_step: self.stride,
            place: reach.saturating_sub(first) / self.stride,
            place_step: -1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Axis;

    #[test]
    fn both_directions_list_all_meetings() {
        for kernel in 1..5 {
            for stride in 1..4 {
                for pad in 0..4 {
                    for input in 1..9 {
                        for far_pad in 0..3 {
                            if input + pad + far_pad >= kernel {
                                check(
                                    kernel,
                                    stride,
                                    pad,
                                    input,
                                    (input + pad + far_pad - kernel) / stride + 1,
                                );
                            }
                        }
                    }
                }
            }
        }
    }

    fn check(kernel: usize, stride: usize, pad: usize, input: usize, output: usize) {
        let axis = Axis { kernel, stride, pad, input, output };
        let mut expected = Vec::new();
        for i in 0..input {
            for k in 0..kernel {
                for o in 0..output {
                    if i + pad == o * stride + k {
                        expected.push((i, k, o));
                    }
                }
            }
        }
        let backward: Vec<_> =
            (0..input).flat_map(|i| axis.outputs_of(i).pairs().map(move |(k, o)| (i, k, o))).collect();
        let mut forward: Vec<_> =
            (0..output).flat_map(|o| axis.inputs_of(o).pairs().map(move |(k, i)| (i, k, o))).collect();
        forward.sort();
        assert_eq!(backward, expected, "{axis:?}");
        assert_eq!(forward, expected, "{axis:?}");
    }
}
