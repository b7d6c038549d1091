//! The mask of dropout: its share, its scale, and what it depends on.

mod common;

use common::{LONG as LEN, Random, assert_same_on_all_pools};
use foliar_kernels::Accumulate;
use foliar_kernels::dropout::{Mask, apply, apply_in_place};

fn masked(mask: Mask, x: &[f32]) -> Vec<f32> {
    assert_same_on_all_pools("dropout", || {
        let mut y = vec![f32::NAN; x.len()];
        apply(mask, x, Accumulate::Overwrite, &mut y);
        y
    })
}

#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn the_rate_is_dropped_and_the_mean_kept() {
    for rate in [0.0, 0.2, 0.5, 0.9] {
        let y = masked(Mask::new(1, 2, 3, rate), &vec![1.0; LEN]);
        let dropped = y.iter().filter(|&&y| y == 0.0).count() as f32 / LEN as f32;
        assert!((dropped - rate).abs() < 0.006, "{rate}: {dropped}");
        assert!(y.iter().all(|&y| y == 0.0 || y == 1.0 / (1.0 - rate)), "{rate}");
    }
    assert_eq!(masked(Mask::new(1, 2, 3, 0.0), &[0.1, f32::INFINITY]), [0.1, f32::INFINITY]);
}

#[test]
#[cfg_attr(miri, ignore = "too much for Miri")]
fn seed_step_and_layer_each_change_the_mask_and_nothing_else_does() {
    let ones = vec![1.0; LEN];
    let first = masked(Mask::new(1, 2, 3, 0.5), &ones);
    assert_eq!(first, masked(Mask::new(1, 2, 3, 0.5), &ones));
    assert_eq!(first[..99], masked(Mask::new(1, 2, 3, 0.5), &ones[..99]));
    for other in
        [Mask::new(2, 2, 3, 0.5), Mask::new(1, 3, 3, 0.5), Mask::new(1, 2, 4, 0.5), Mask::new(3, 2, 1, 0.5)]
    {
        let equal = masked(other, &ones).iter().zip(&first).filter(|(a, b)| a == b).count();
        assert!(equal.abs_diff(LEN / 2) < 700, "{equal} of {LEN} places agree");
    }
}

#[test]
fn the_gradient_passes_the_same_mask() {
    let mut random = Random::new(1);
    let (dy, old) = (random.values(LEN), random.values(LEN));
    let mask = Mask::new(5, 6, 7, 0.3);
    let overwritten = masked(mask, &dy);
    let mut added = old.clone();
    apply(mask, &dy, Accumulate::Add, &mut added);
    assert!((0..LEN).all(|i| added[i] == old[i] + overwritten[i]));
    let mut in_place = dy;
    apply_in_place(mask, &mut in_place);
    assert_eq!(in_place, overwritten);
}
