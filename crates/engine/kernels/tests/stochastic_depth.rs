//! Stochastic depth: whole images are dropped, with the share and the scale of its rate.

mod common;

use common::{Random, assert_same_on_all_pools, fewer};
use foliar_kernels::Accumulate;
use foliar_kernels::dropout::Mask;
use foliar_kernels::stochastic_depth::{apply, apply_in_place};

/// Floats of an image that is one piece of work, and of one that is several.
const SIZES: [usize; 2] = [50, 90_000];

fn dropped(mask: Mask, image: usize, x: &[f32]) -> Vec<f32> {
    assert_same_on_all_pools("stochastic depth", || {
        let mut y = vec![f32::NAN; x.len()];
        apply(mask, image, x, Accumulate::Overwrite, &mut y);
        y
    })
}

#[test]
fn images_are_kept_or_dropped_whole() {
    for (image, count) in SIZES.into_iter().zip([fewer(3000), 2]) {
        let x = vec![1.0; image * count];
        let y = dropped(Mask::new(1, 2, 3, 0.25), image, &x);
        let firsts: Vec<f32> = y.chunks_exact(image).map(|image| image[0]).collect();
        assert!(y.chunks_exact(image).all(|image| image.iter().all(|&value| value == image[0])));
        assert!(firsts.iter().all(|&first| first == 0.0 || first == 1.0 / 0.75));
        if count > 1000 {
            let share = firsts.iter().filter(|&&first| first == 0.0).count() as f32 / count as f32;
            assert!((share - 0.25).abs() < 0.03, "{share}");
        }
    }
}

#[test]
fn an_image_does_not_depend_on_the_others_and_a_dropped_one_is_zero_whatever_it_was() {
    let mask = Mask::new(1, 2, 3, 0.5);
    let y = dropped(mask, 10, &[f32::NAN; 320]);
    assert_eq!(y.iter().filter(|value| !value.is_nan()).count() % 10, 0);
    assert!(y.iter().any(|value| value.is_nan()) && y.contains(&0.0));
    let few = dropped(mask, 10, &[f32::NAN; 50]);
    assert!(few.iter().zip(&y).all(|(few, all)| few.is_nan() == all.is_nan()));
    let other = dropped(Mask::new(1, 3, 3, 0.5), 10, &[f32::NAN; 320]);
    assert!(other.iter().zip(&y).any(|(other, y)| other.is_nan() != y.is_nan()), "another step");
}

#[test]
fn the_gradient_passes_the_same_images() {
    let mut random = Random::new(1);
    for image in SIZES {
        let (dy, old) = (random.values(image * 3), random.values(image * 3));
        let mask = Mask::new(5, 6, 7, 0.4);
        let overwritten = dropped(mask, image, &dy);
        let mut added = old.clone();
        apply(mask, image, &dy, Accumulate::Add, &mut added);
        let close = |i: usize| (added[i] - (old[i] + overwritten[i])).abs() < 1e-6;
        assert!((0..dy.len()).all(close));
        let mut in_place = dy;
        apply_in_place(mask, image, &mut in_place);
        assert_eq!(in_place, overwritten);
    }
}
