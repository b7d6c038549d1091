//! Elementwise kernels, over more than one chunk.

mod common;

use common::{LONG as LEN, Random, assert_same_on_all_pools};
use foliar_kernels::elementwise::*;
use foliar_kernels::{Accumulate, Activation};

#[test]
fn copies_and_sums() {
    let mut random = Random::new(1);
    let (a, b) = (random.values(LEN), random.values(LEN));
    let sum: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a + b).collect();
    let into = |work: &(dyn Fn(&mut [f32]) + Sync), start: &[f32]| {
        assert_same_on_all_pools("elementwise", || {
            let mut y = start.to_vec();
            work(&mut y);
            y
        })
    };
    let nan = vec![f32::NAN; LEN];
    assert_eq!(into(&|y| fill(y, 2.5), &nan), vec![2.5; LEN]);
    assert_eq!(into(&|y| copy(&a, y), &nan), a);
    assert_eq!(into(&|y| add(&a, &b, y), &nan), sum);
    assert_eq!(into(&|y| add_assign(&a, y), &b), sum);
    assert_eq!(into(&|y| accumulate(&a, Accumulate::Overwrite, y), &nan), a);
    assert_eq!(into(&|y| accumulate(&a, Accumulate::Add, y), &b), sum);
}

#[test]
fn activations_and_their_gradients() {
    let mut random = Random::new(2);
    let x: Vec<f32> = random.values(LEN).iter().map(|x| x * 9.0).collect();
    let (dy, old) = (random.values(LEN), random.values(LEN));
    for activation in [Activation::Identity, Activation::Relu, Activation::Relu6] {
        let mut y = vec![f32::NAN; LEN];
        activate(activation, &x, &mut y);
        let mut overwritten = vec![f32::NAN; LEN];
        activate_backward(activation, &y, &dy, Accumulate::Overwrite, &mut overwritten);
        let mut added = old.clone();
        activate_backward(activation, &y, &dy, Accumulate::Add, &mut added);
        let mut in_place = dy.clone();
        activate_backward_in_place(activation, &y, &mut in_place);
        for i in 0..LEN {
            let expected = match activation {
                Activation::Identity => x[i],
                Activation::Relu => x[i].max(0.0),
                Activation::Relu6 => x[i].clamp(0.0, 6.0),
            };
            let flat = activation != Activation::Identity && (y[i] <= 0.0 || y[i] == 6.0);
            let gradient = if flat { 0.0 } else { dy[i] };
            assert_eq!(y[i], expected, "{activation:?}({})", x[i]);
            assert_eq!(overwritten[i], gradient);
            assert_eq!(added[i], old[i] + gradient);
            assert_eq!(in_place[i], gradient);
        }
    }
}

#[test]
fn nan_is_not_hidden() {
    let mut y = vec![f32::NAN; 40];
    activate_in_place(Activation::Relu, &mut y);
    activate_in_place(Activation::Relu6, &mut y);
    assert!(y.iter().all(|y| y.is_nan()));
}

#[test]
#[should_panic(expected = "lengths differ")]
fn lengths_are_checked() {
    add(&[1.0], &[1.0, 2.0], &mut [0.0]);
}
