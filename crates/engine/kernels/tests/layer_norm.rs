//! Layer norm, factors and shifts of channels, and lists of tokens, against plain loops in float64.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Random, assert_close, assert_same_on_all_pools, fewer};
use foliar_kernels::Accumulate;
use foliar_kernels::layer_norm::{
    Destination, LayerNorm, scale_channels, scale_channels_backward, scale_channels_in_place, shift_channels,
    shift_channels_backward,
};
use foliar_kernels::tokens::{Insertion, add_positions, add_positions_backward, pick, pick_backward};

fn doubles(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&value| f64::from(value)).collect()
}

#[test]
fn layer_norm_is_that_of_plain_loops() {
    let mut random = Random::new(1);
    for case in 0..fewer(40) {
        let rows = random.count(400);
        let channels = random.channels(&[1, 2, 3, 16, 31, 32, 33, 96, 200, 384]);
        let what = format!("case {case}: {rows} x {channels}");
        let x: Vec<f32> = random.values(rows * channels).iter().map(|x| 3.0 * x + 5.0).collect();
        let (dy, old) = (random.values(x.len()), random.values(x.len()));
        let (scale, shift) = (random.values(channels), random.values(channels));
        let norm = LayerNorm { scale: &scale, shift: &shift, epsilon: 1e-2 };
        let (mut y, mut dx) = (Vec::new(), Vec::new());
        let (mut dscale, mut dshift) = (vec![0.0; channels], vec![0.0; channels]);
        for (x, dy) in x.chunks_exact(channels).zip(dy.chunks_exact(channels)) {
            let (x, dy) = (doubles(x), doubles(dy));
            let count = channels as f64;
            let mean = x.iter().sum::<f64>() / count;
            let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
            let inverse = 1.0 / (variance + f64::from(1e-2_f32)).sqrt();
            let normal: Vec<f64> = x.iter().map(|x| (x - mean) * inverse).collect();
            let g: Vec<f64> = dy.iter().zip(&scale).map(|(dy, &scale)| dy * f64::from(scale)).collect();
            let mean_g = g.iter().sum::<f64>() / count;
            let slope = g.iter().zip(&normal).map(|(g, normal)| g * normal).sum::<f64>() / count;
            for c in 0..channels {
                y.push(normal[c] * f64::from(scale[c]) + f64::from(shift[c]));
                dx.push(inverse * (g[c] - mean_g - normal[c] * slope));
                dscale[c] += dy[c] * normal[c];
                dshift[c] += dy[c];
            }
        }
        let found = assert_same_on_all_pools(&what, || {
            let mut y = vec![f32::NAN; x.len()];
            norm.forward(&x, &mut y);
            y
        });
        assert_close(&found, &y, 3e-6, &what);
        let gradients = |dx: &mut Vec<f32>, accumulate: Option<Accumulate>| {
            let (mut dscale, mut dshift) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
            let to = accumulate.map_or(Destination::Unwanted, |how| Destination::Stored(dx, how));
            norm.backward(&x, &dy, to, &mut dscale, &mut dshift);
            (dscale, dshift)
        };
        let stored = assert_same_on_all_pools(&what, || {
            let mut stored = vec![f32::NAN; x.len()];
            let (dscale, dshift) = gradients(&mut stored, Some(Accumulate::Overwrite));
            [stored, dscale, dshift].concat()
        });
        assert_close(&stored[..x.len()], &dx, 2e-5, &what);
        assert_close(&stored[x.len()..x.len() + channels], &dscale, 2e-5, &what);
        assert_close(&stored[x.len() + channels..], &dshift, 2e-5, &what);
        let mut added = old.clone();
        gradients(&mut added, Some(Accumulate::Add));
        let sum: Vec<f64> = dx.iter().zip(&old).map(|(new, old)| new + f64::from(*old)).collect();
        assert_close(&added, &sum, 2e-5, &what);
        let (only_scale, only_shift) = gradients(&mut Vec::new(), None);
        let (mut in_place, mut dscale, mut dshift) = (dy.clone(), vec![0.0; channels], vec![0.0; channels]);
        norm.backward_in_place(&x, &mut in_place, &mut dscale, &mut dshift);
        assert_eq!([in_place, dscale, dshift].concat(), stored, "{what}, in place");
        assert_eq!(
            [only_scale, only_shift].concat(),
            stored[x.len()..],
            "{what}, without the input's gradient"
        );
    }
}

#[test]
fn factors_and_shifts_of_channels() {
    let mut random = Random::new(4);
    for channels in [1, 7, 32, 100] {
        let rows = if cfg!(miri) { 9 } else { 1500 };
        let (x, dy) = (random.values(rows * channels), random.values(rows * channels));
        let (scale, old) = (random.values(channels), random.values(rows * channels));
        let (mut y, mut added, mut shifted) = (x.clone(), old.clone(), x.clone());
        scale_channels(&x, &scale, Accumulate::Overwrite, &mut y);
        scale_channels(&x, &scale, Accumulate::Add, &mut added);
        shift_channels(&x, &scale, &mut shifted);
        let mut in_place = x.clone();
        scale_channels_in_place(&scale, &mut in_place);
        assert_eq!(in_place, y);
        for i in 0..x.len() {
            assert_eq!(y[i], x[i] * scale[i % channels]);
            assert_eq!(added[i], old[i] + x[i] * scale[i % channels]);
            assert_eq!(shifted[i], x[i] + scale[i % channels]);
        }
        let sums = assert_same_on_all_pools("sums", || {
            let (mut dscale, mut dshift) = (vec![f32::NAN; channels], vec![f32::NAN; channels]);
            scale_channels_backward(&x, &dy, &mut dscale);
            shift_channels_backward(&dy, &mut dshift);
            [dscale, dshift].concat()
        });
        let mut expected = vec![0.0; 2 * channels];
        for i in 0..x.len() {
            expected[i % channels] += f64::from(x[i]) * f64::from(dy[i]);
            expected[channels + i % channels] += f64::from(dy[i]);
        }
        assert_close(&sums, &expected, 1e-5, "sums");
    }
}

#[test]
fn learned_tokens_are_put_in_and_their_gradients_come_out() {
    let mut random = Random::new(5);
    for (images, tokens, after, count, channels) in
        [(1, 4, 0, 1, 3), (3, 5, 1, 4, 7), (2, 6, 6, 2, 33), (2, 1, 0, 3, 1)]
    {
        let insertion = Insertion { channels, tokens, after, count };
        let (x, learned) = (random.values(images * tokens * channels), random.values(count * channels));
        let whole = images * (tokens + count) * channels;
        let mut y = vec![f32::NAN; whole];
        insertion.forward(&x, &learned, &mut y);
        let (dy, old) = (random.values(whole), random.values(x.len()));
        let (mut dx, mut added, mut dlearned) = (x.clone(), old.clone(), learned.clone());
        insertion.backward_list(&dy, Accumulate::Overwrite, &mut dx);
        insertion.backward_list(&dy, Accumulate::Add, &mut added);
        insertion.backward_learned(&dy, &mut dlearned);
        let mut sums = vec![0.0_f32; learned.len()];
        for place in 0..images * (tokens + count) {
            let (image, token) = (place / (tokens + count), place % (tokens + count));
            for c in 0..channels {
                let at = place * channels + c;
                let from = if token < after { token } else { token.wrapping_sub(count) };
                if (after..after + count).contains(&token) {
                    let own = (token - after) * channels + c;
                    assert_eq!(y[at], learned[own]);
                    sums[own] += dy[at];
                } else {
                    let own = (image * tokens + from) * channels + c;
                    assert_eq!(y[at], x[own]);
                    assert_eq!(dx[own], dy[at]);
                    assert_eq!(added[own], old[own] + dy[at]);
                }
            }
        }
        assert_eq!(dlearned, sums);
    }
}

#[test]
fn positions_are_added_and_one_token_is_picked() {
    let mut random = Random::new(6);
    let (images, tokens, channels) = (3, 50, if cfg!(miri) { 3 } else { 130 });
    let (x, positions) = (random.values(images * tokens * channels), random.values(tokens * channels));
    let mut y = x.clone();
    add_positions(&x, &positions, &mut y);
    assert!((0..x.len()).all(|i| y[i] == positions[i % positions.len()] + x[i]));
    let sums = assert_same_on_all_pools("positions", || {
        let mut sums = vec![f32::NAN; positions.len()];
        add_positions_backward(&x, &mut sums);
        sums
    });
    let len = positions.len();
    assert!((0..len).all(|i| sums[i] == x[i] + x[len + i] + x[2 * len + i]));
    let mut one = vec![f32::NAN; images * channels];
    pick(channels, tokens, 7, &x, &mut one);
    let (mut dx, old) = (vec![f32::NAN; x.len()], random.values(x.len()));
    let mut added = old.clone();
    pick_backward(channels, tokens, 7, &one, Accumulate::Overwrite, &mut dx);
    pick_backward(channels, tokens, 7, &one, Accumulate::Add, &mut added);
    for i in 0..x.len() {
        let (image, token, c) = (i / (tokens * channels), i / channels % tokens, i % channels);
        let given = if token == 7 { one[image * channels + c] } else { 0.0 };
        assert_eq!(dx[i], given);
        assert_eq!(added[i], old[i] + given);
        assert!(token != 7 || given == x[i]);
    }
}
