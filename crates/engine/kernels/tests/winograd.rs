//! The 3 x 3 convolutions that Winograd's transforms are for, on all instruction sets and any number of threads, against a
//! loop over taps in f64. One test, as it switches the instruction sets for the whole process.
#![allow(clippy::unwrap_used)]

mod common;

use common::conv::{Case, conv};
use common::{Random, assert_same_on_all_pools};
use foliar_kernels::isa::{self, Isa};
use foliar_kernels::{Pad, Window};

/// Input (n, h, w, channels), output channels, and padding above, to the left, below and to the right.
const CASES: [([usize; 4], usize, [usize; 4]); 10] = [
    // Whole tiles.
    ([2, 16, 16, 32], 64, [1, 1, 1, 1]),
    // Tiles beyond the edge, several images a run.
    ([5, 7, 7, 64], 48, [1, 1, 1, 1]),
    // Channels that fill no vector.
    ([2, 13, 11, 27], 35, [1, 1, 1, 1]),
    ([3, 10, 9, 70], 131, [1, 1, 1, 1]),
    // No padding, and padding on some sides only.
    ([2, 14, 15, 32], 32, [0, 0, 0, 0]),
    ([2, 12, 17, 40], 24, [1, 0, 0, 1]),
    ([2, 17, 12, 24], 40, [0, 1, 1, 0]),
    // Bands of one image.
    ([1, 45, 38, 24], 24, [1, 1, 1, 1]),
    // Many tiles, which the gradient of the weights cuts into parts.
    ([9, 30, 31, 24], 32, [1, 1, 1, 1]),
    // Many weights.
    ([5, 8, 7, 260], 270, [1, 1, 1, 1]),
];

#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn right_on_all_instruction_sets_and_the_same_for_any_number_of_threads() {
    for (input, channels, [top, left, bottom, right]) in CASES {
        let window = Window::new([3, 3], [1, 1], Pad { top, left, bottom, right });
        let case = Case::new(conv(input, channels, window), &mut Random::new(channels as u64));
        let expected = case.expected();
        for wanted in [Isa::Portable, Isa::Avx2, Isa::Avx512] {
            if isa::select(wanted) == wanted {
                let what = format!("{wanted:?}");
                case.check(&expected, 5e-6, &what);
                assert_same_on_all_pools(&what, || case.results());
            }
        }
    }
}
