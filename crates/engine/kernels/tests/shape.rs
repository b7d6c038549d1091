//! Shapes are refused if and only if they do not fit or are too large to count.
#![allow(clippy::unwrap_used)]

mod common;

use common::Random;
use foliar_kernels::conv::Conv;
use foliar_kernels::depthwise::Depthwise;
use foliar_kernels::pointwise::Pointwise;
use foliar_kernels::pool::Pool;
use foliar_kernels::shape::{LARGEST_SIDE, MOST_VALUES};
use foliar_kernels::{Nhwc, Window};

const CASES: usize = 200_000;
/// What no length that kernels compute may reach: as many doubles would be more bytes than there can be.
const MOST_LEN: usize = usize::MAX / size_of::<f64>() / 2;

impl Random {
    /// A number of any size: most are small, the largest is that of all bits.
    fn extent(&mut self) -> usize {
        let most = self.pick(&[2, 9, 17, 22, 41, usize::BITS as usize]);
        let bits = self.between(0, most - 1);
        (1_usize << bits).wrapping_add_signed(self.between(0, 2) as isize - 1)
    }

    fn extents<const LEN: usize>(&mut self) -> [usize; LEN] {
        [(); LEN].map(|()| self.extent())
    }
}

/// Whether a tensor of these extents can be counted, even if none of them were zero.
fn fits(extents: &[usize]) -> bool {
    let product = extents.iter().try_fold(1_u128, |sum, &extent| sum.checked_mul(extent.max(1) as u128));
    product.is_some_and(|product| product <= MOST_VALUES as u128)
}

#[test]
fn batches() {
    let random = &mut Random::new(1);
    let mut made = 0;
    for _ in 0..CASES {
        let [n, h, w, c] = random.extents();
        let shape = Nhwc::new(n, h, w, c);
        assert_eq!(shape.is_some(), fits(&[n, h, w, c]), "{n} x {h} x {w} x {c}");
        let Some(shape) = shape else { continue };
        made += 1;
        assert_eq!([shape.n(), shape.h(), shape.w(), shape.c()], [n, h, w, c]);
        assert_eq!([shape.len(), shape.rows(), shape.image_len()], [n * h * w * c, n * h * w, h * w * c]);
        assert_eq!(Some(shape.of_images(n / 2)), Nhwc::new(n / 2, h, w, c));
    }
    assert!((CASES / 10..CASES * 9 / 10).contains(&made), "{made}");
}

#[test]
fn products() {
    let random = &mut Random::new(2);
    let mut made = 0;
    for _ in 0..CASES {
        let [rows, inputs, outputs] = random.extents();
        let layer = Pointwise::new(rows, inputs, outputs);
        let matrices = fits(&[rows, inputs]) && fits(&[rows, outputs]) && fits(&[inputs, outputs]);
        assert_eq!(layer.is_some(), matrices && inputs.min(outputs) > 0, "{rows}, {inputs}, {outputs}");
        let Some(layer) = layer else { continue };
        made += 1;
        assert_eq!([layer.rows(), layer.inputs(), layer.outputs()], [rows, inputs, outputs]);
        assert_eq!(layer.of_rows(rows / 2).rows(), rows / 2);
        assert!(layer.partials_len().max(layer.norm_partials_len()) < MOST_LEN, "{layer:?}");
    }
    assert!((CASES / 10..CASES * 9 / 10).contains(&made), "{made}");
}

#[test]
fn layers() {
    let random = &mut Random::new(3);
    let mut made = 0;
    for _ in 0..CASES {
        let ([n, h, w, c], channels) = (random.extents(), random.extent());
        let [kernel, stride, pad] = random.extents();
        let window = Window::square(kernel, stride, pad);
        let sides = [kernel, stride].iter().all(|side| (1..=LARGEST_SIDE).contains(side));
        assert_eq!(window.is_some(), sides && pad <= LARGEST_SIDE, "{kernel}, {stride}, {pad}");
        let (Some(input), Some(window)) = (Nhwc::new(n, h, w, c), window) else { continue };

        let [padded_h, padded_w] = [h + 2 * pad, w + 2 * pad];
        let output = |padded: usize| Some(padded.checked_sub(kernel)? / stride + 1);
        let shapes = output(padded_h).zip(output(padded_w));
        let slides = |channels: usize| {
            shapes.is_some_and(|(h, w)| fits(&[n, h, w, channels]))
                && fits(&[padded_h, padded_w, c])
                && fits(&[kernel, kernel, c])
        };
        let conv = Conv::new(input, channels, window);
        let weights = fits(&[kernel, kernel, c, channels]);
        assert_eq!(conv.is_some(), slides(channels) && weights, "{input:?}, {channels}, {window:?}");
        let (pool, depthwise) = (Pool::new(input, window), Depthwise::new(input, window));
        assert_eq!([pool.is_some(), depthwise.is_some()], [slides(c); 2], "{input:?}, {window:?}");

        if let (Some(conv), Some((h, w))) = (conv, shapes) {
            made += 1;
            assert_eq!(Some(conv.output()), Nhwc::new(n, h, w, channels));
            assert_eq!(conv.of_images(n / 2).output(), conv.output().of_images(n / 2));
            assert!(conv.partials_len() < MOST_LEN, "{conv:?}");
        }
        if let Some(depthwise) = depthwise {
            assert!(depthwise.partials_len().max(depthwise.norm_partials_len()) < MOST_LEN, "{depthwise:?}");
        }
    }
    assert!(made > CASES / 50, "{made}");
}
