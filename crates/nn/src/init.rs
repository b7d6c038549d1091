//! First values of the weights.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | n | fan: number of products that meet in one value; kh kw out for a convolution, in for a linear layer |
//! | σ | standard deviation, √(2 / n) |
//!
//! Convolutions are normal with σ by fan out (He et al. 2015, "Delving Deep into Rectifiers", equation 14), linear layers
//! uniform in ± 1 / √n as in PyTorch, batch norm scales 1 and shifts 0. Each tensor draws from a ChaCha8 stream of its
//! own, keyed by (seed, name): adding a layer, or widening the classifier, leaves the others as they were.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use crate::parameters::{Parameter, Role};

/// First values of `parameter`, in PyTorch's order.
pub(crate) fn initial(parameter: &Parameter, seed: u64) -> Vec<f32> {
    let count = parameter.range.len();
    let mut random = stream(seed, &parameter.name);
    match (parameter.role, &parameter.shape[..]) {
        (Role::ConvWeight, [channels, _, height, width]) => {
            normal(&mut random, count, (2.0 / (channels * height * width) as f64).sqrt())
        }
        // The fan out of a filter that feeds one channel is its number of taps.
        (Role::DepthwiseWeight, [_, _, height, width]) => {
            normal(&mut random, count, (2.0 / (height * width) as f64).sqrt())
        }
        (Role::LinearWeight, [_, inputs]) => {
            let bound = 1.0 / (*inputs as f64).sqrt();
            (0..count).map(|_| ((2.0 * unit(&mut random) - 1.0) * bound) as f32).collect()
        }
        (Role::NormScale | Role::RunningVariance, _) => vec![1.0; count],
        _ => vec![0.0; count],
    }
}

fn stream(seed: u64, name: &str) -> ChaCha8Rng {
    let mut key = [0; 32];
    let digest = blake3::Hasher::new_derive_key("foliar weight initialisation 1")
        .update(&seed.to_le_bytes())
        .update(name.as_bytes())
        .finalize();
    key.copy_from_slice(digest.as_bytes());
    ChaCha8Rng::from_seed(key)
}

/// Uniform in [0, 1), 53 bits.
fn unit(random: &mut ChaCha8Rng) -> f64 {
    (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Normal numbers in pairs (Box and Muller 1958).
fn normal(random: &mut ChaCha8Rng, count: usize, deviation: f64) -> Vec<f32> {
    let mut values = Vec::with_capacity(count + 1);
    while values.len() < count {
        let radius = deviation * (-2.0 * (1.0 - unit(random)).ln()).sqrt();
        let angle = std::f64::consts::TAU * unit(random);
        values.push((radius * angle.cos()) as f32);
        values.push((radius * angle.sin()) as f32);
    }
    values.truncate(count);
    values
}
