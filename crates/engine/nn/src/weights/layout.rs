//! How files lay out the numbers of a tensor.
//!
//! | file | convolution | depthwise | classifier |
//! | --- | --- | --- | --- |
//! | torchvision, ours | (out, in, kh, kw) | (channels, 1, kh, kw) | (out, in) |
//! | Keras, TensorFlow-slim | (kh, kw, in, out) | (kh, kw, channels, 1) | (1, 1, in, out) |
//! | Caffe | (out, in, kh, kw) | | (out, in, 1, 1) |

/// Order of a tensor's numbers in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// PyTorch's.
    Ours,
    /// PyTorch's with the input channels blue, green, red.
    BlueFirst,
    /// (kh, kw, in, out) where PyTorch has (out, in, kh, kw).
    InputsOutputsLast,
    /// (kh, kw, channels, 1) where PyTorch has (channels, 1, kh, kw).
    ChannelsLast,
}

impl Layout {
    /// The shape that a tensor of `shape` in the file has once it is in PyTorch's layout.
    pub(super) fn ours(self, shape: &[usize]) -> Vec<usize> {
        match (self, shape) {
            (Layout::InputsOutputsLast, &[height, width, inputs, outputs]) => {
                vec![outputs, inputs, height, width]
            }
            (Layout::ChannelsLast, &[height, width, channels, 1]) => vec![channels, 1, height, width],
            (Layout::InputsOutputsLast, &[inputs, outputs]) => vec![outputs, inputs],
            _ => shape.to_vec(),
        }
    }

    /// The numbers of a tensor of `shape` in the file, in PyTorch's order.
    pub(super) fn reorder(self, shape: &[usize], data: Vec<f32>) -> Vec<f32> {
        match (self, shape) {
            // A matrix whose rows are pixels and inputs, and whose columns are outputs.
            (Layout::InputsOutputsLast, &[height, width, inputs, outputs]) => {
                let pixels = height * width;
                let place = |output, input, pixel| (pixel * inputs + input) * outputs + output;
                gather(&data, [outputs, inputs, pixels], place)
            }
            (Layout::InputsOutputsLast, &[inputs, outputs]) => {
                gather(&data, [outputs, inputs, 1], |output, input, _| input * outputs + output)
            }
            (Layout::ChannelsLast, &[height, width, channels, 1]) => {
                gather(&data, [channels, 1, height * width], |channel, _, pixel| pixel * channels + channel)
            }
            (Layout::BlueFirst, &[outputs, inputs, height, width]) => {
                let pixels = height * width;
                let place = |output, input, pixel| (output * inputs + inputs - 1 - input) * pixels + pixel;
                gather(&data, [outputs, inputs, pixels], place)
            }
            _ => data,
        }
    }
}

/// Whether two shapes are equal, but for lengths of 1 at their ends: a 1 x 1 convolution is a linear layer.
pub(super) fn agree(found: &[usize], expected: &[usize]) -> bool {
    let trimmed = |shape: &[usize]| shape.iter().rposition(|&len| len != 1).map_or(0, |last| last + 1);
    found[..trimmed(found)] == expected[..trimmed(expected)]
}

/// The numbers at `place(a, b, c)` for all indices below `lens`, the last one fastest.
fn gather(data: &[f32], lens: [usize; 3], place: impl Fn(usize, usize, usize) -> usize) -> Vec<f32> {
    let mut gathered = Vec::with_capacity(data.len());
    for a in 0..lens[0] {
        for b in 0..lens[1] {
            gathered.extend((0..lens[2]).map(|c| data[place(a, b, c)]));
        }
    }
    gathered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_turn_shapes_and_numbers() {
        let numbers = |count: usize| (0..count).map(|i| i as f32).collect::<Vec<_>>();
        let kernel = [1, 2, 3, 2];
        assert_eq!(Layout::InputsOutputsLast.ours(&kernel), [2, 3, 1, 2]);
        assert_eq!(
            Layout::InputsOutputsLast.reorder(&kernel, numbers(12)),
            [0., 6., 2., 8., 4., 10., 1., 7., 3., 9., 5., 11.]
        );
        assert_eq!(Layout::ChannelsLast.ours(&[1, 2, 3, 1]), [3, 1, 1, 2]);
        assert_eq!(Layout::ChannelsLast.reorder(&[1, 2, 3, 1], numbers(6)), [0., 3., 1., 4., 2., 5.]);
        assert_eq!(Layout::BlueFirst.reorder(&[1, 3, 1, 2], numbers(6)), [4., 5., 2., 3., 0., 1.]);
        assert_eq!(Layout::Ours.reorder(&[6], numbers(6)), numbers(6));
    }
}
