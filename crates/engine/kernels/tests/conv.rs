//! Dense convolution against a loop over taps in f64.

#![allow(clippy::unwrap_used)]

mod common;

use common::conv::{Case, conv};
use common::{Random, assert_same_on_all_pools, fewer};
use foliar_kernels::conv::Conv;
use foliar_kernels::{Accumulate, Nhwc, Window};

fn check(case: &Case) {
    case.check(&case.expected(), 3e-6, "any instructions");
}

#[test]
fn random_shapes() {
    let mut random = Random::new(1);
    for _ in 0..fewer(150) {
        let (window, [h, w]) = random.window(5, 9);
        let channels = [1, 2, 3, 5, 8, 17, 64, 67];
        let input = [random.count(5), h, w, random.channels(&channels)];
        let conv = conv(input, random.channels(&channels), window);
        check(&Case::new(conv, &mut random));
    }
}

/// The shapes that networks have, small.
#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn layers_of_networks() {
    let mut random = Random::new(2);
    for conv in [
        conv([3, 37, 33, 3], 16, Window::square(7, 2, 3)),
        conv([2, 32, 32, 3], 32, Window::same([3, 3], [2, 2], 32, 32)),
        conv([9, 14, 14, 32], 48, Window::square(3, 1, 1)),
        conv([9, 15, 14, 32], 48, Window::square(3, 2, 1)),
        conv([2, 7, 7, 130], 70, Window::square(3, 1, 1)),
        conv([4, 14, 14, 96], 64, Window::square(1, 1, 0)),
        conv([4, 14, 13, 96], 64, Window::square(1, 2, 0)),
        conv([2, 5, 5, 16], 300, Window::square(1, 1, 0)),
        // A tile of the weights' gradient begins inside a kernel row.
        conv([1, 6, 6, 300], 20, Window::square(3, 1, 1)),
        // Some input pixels are seen by no window.
        conv([2, 10, 10, 4], 4, Window::square(2, 3, 0)),
        // The padding is wider than the kernel.
        conv([1, 4, 4, 3], 5, Window::square(2, 1, 3)),
    ] {
        check(&Case::new(conv, &mut random));
    }
}

#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn threads_do_not_change_a_bit() {
    let mut random = Random::new(3);
    for conv in [
        conv([5, 30, 30, 3], 16, Window::square(3, 1, 1)),
        conv([9, 28, 28, 24], 40, Window::square(3, 2, 1)),
        conv([9, 20, 20, 64], 80, Window::square(1, 1, 0)),
        conv([3, 9, 9, 72], 96, Window::square(3, 1, 1)),
    ] {
        let case = Case::new(conv, &mut random);
        assert_same_on_all_pools(&format!("{conv:?}"), || case.results());
    }
}

#[test]
fn no_images() {
    let conv = conv([0, 8, 8, 3], 4, Window::square(3, 1, 1));
    let case = Case::new(conv, &mut Random::new(4));
    assert!(case.forward(None).is_empty());
    assert!(case.backward_input(Accumulate::Overwrite).is_empty());
    let (dweight, dbias) = case.backward_weight();
    assert!(dweight.iter().chain(&dbias).all(|&value| value == 0.0));
}

#[test]
fn a_window_larger_than_the_padded_input_is_refused() {
    assert_eq!(Conv::new(Nhwc::new(1, 2, 2, 1).unwrap(), 1, Window::square(5, 1, 1).unwrap()), None);
}
