//! Plain loops for layer norm, GELU and attention.

use foliar_nn::Nhwc;

pub(super) fn layer_norm([gamma, beta]: [&[f64]; 2], epsilon: f32, x: &[f64], y: &mut [f64]) {
    for (x, y) in x.chunks_exact(gamma.len()).zip(y.chunks_exact_mut(gamma.len())) {
        let (normal, _) = standard(x, epsilon);
        (0..x.len()).for_each(|c| y[c] = normal[c] * gamma[c] + beta[c]);
    }
}

/// Writes the gradient of the input, and gives dy x̂.
pub(super) fn layer_norm_backward(
    gamma: &[f64],
    epsilon: f32,
    x: &[f64],
    dy: &[f64],
    dx: &mut [f64],
) -> Vec<f64> {
    let channels = gamma.len();
    let mut products = vec![0.0; x.len()];
    for (row, dx) in dx.chunks_exact_mut(channels).enumerate() {
        let place = row * channels..(row + 1) * channels;
        let (normal, inverse) = standard(&x[place.clone()], epsilon);
        let dy = &dy[place.clone()];
        let g: Vec<f64> = dy.iter().zip(gamma).map(|(dy, gamma)| dy * gamma).collect();
        let mean = g.iter().sum::<f64>() / channels as f64;
        let slope = g.iter().zip(&normal).map(|(g, n)| g * n).sum::<f64>() / channels as f64;
        for c in 0..channels {
            dx[c] = inverse * (g[c] - mean - normal[c] * slope);
            products[place.start + c] = dy[c] * normal[c];
        }
    }
    products
}

pub(super) fn attention(from: Nhwc, to: Nhwc, heads: usize, x: &[f64], y: &mut [f64]) {
    for head in all_heads(from, to, heads) {
        for (query, shares) in head.shares(x).iter().enumerate() {
            for c in 0..head.width {
                y[head.output(query, c)] =
                    shares.iter().enumerate().map(|(key, p)| p * x[head.input(2, key, c)]).sum();
            }
        }
    }
}

pub(super) fn attention_backward(from: Nhwc, to: Nhwc, heads: usize, x: &[f64], dy: &[f64], dx: &mut [f64]) {
    for head in all_heads(from, to, heads) {
        for (query, shares) in head.shares(x).iter().enumerate() {
            let dshare = |key: usize| {
                (0..head.width).map(|c| dy[head.output(query, c)] * x[head.input(2, key, c)]).sum::<f64>()
            };
            let dshares: Vec<f64> = (0..head.tokens).map(dshare).collect();
            let mean: f64 = shares.iter().zip(&dshares).map(|(p, dp)| p * dp).sum();
            for key in 0..head.tokens {
                let dscore = shares[key] * (dshares[key] - mean) * head.factor();
                for c in 0..head.width {
                    dx[head.input(0, query, c)] += dscore * x[head.input(1, key, c)];
                    dx[head.input(1, key, c)] += dscore * x[head.input(0, query, c)];
                    dx[head.input(2, key, c)] += shares[key] * dy[head.output(query, c)];
                }
            }
        }
    }
}

/// x̂ of a row, and 1 / standard deviation.
fn standard(x: &[f64], epsilon: f32) -> (Vec<f64>, f64) {
    let count = x.len() as f64;
    let mean = x.iter().sum::<f64>() / count;
    let variance = x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
    let inverse = 1.0 / (variance + f64::from(epsilon)).sqrt();
    (x.iter().map(|x| (x - mean) * inverse).collect(), inverse)
}

/// The normal distribution's Φ, by the series of its integral near 0 and by the continued fraction of its tail elsewhere.
pub(super) fn below(x: f64) -> f64 {
    let density = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt();
    if x.abs() < 4.0 {
        let (mut term, mut sum) = (x, x);
        for k in 1..200 {
            term *= x * x / f64::from(2 * k + 1);
            sum += term;
        }
        return 0.5 + density * sum;
    }
    let fraction = (1..200).rev().fold(x.abs(), |rest, k| x.abs() + f64::from(k) / rest);
    let tail = density / fraction;
    if x > 0.0 { 1.0 - tail } else { tail }
}

/// One head of attention in one photograph.
struct Head {
    image: usize,
    number: usize,
    tokens: usize,
    /// Channels of all heads, and of one.
    channels: usize,
    width: usize,
}

fn all_heads(from: Nhwc, to: Nhwc, heads: usize) -> Vec<Head> {
    let (tokens, channels) = (from.h() * from.w(), to.c());
    let head = |(image, number)| Head { image, number, tokens, channels, width: channels / heads };
    (0..from.n()).flat_map(|image| (0..heads).map(move |number| (image, number))).map(head).collect()
}

impl Head {
    fn factor(&self) -> f64 {
        1.0 / (self.width as f64).sqrt()
    }

    /// Where channel `c` of a token's query (0), key (1) or value (2) is.
    fn input(&self, part: usize, token: usize, c: usize) -> usize {
        let row = (self.image * self.tokens + token) * 3 * self.channels;
        row + part * self.channels + self.number * self.width + c
    }

    fn output(&self, token: usize, c: usize) -> usize {
        (self.image * self.tokens + token) * self.channels + self.number * self.width + c
    }

    /// For each query, the share of each key.
    fn shares(&self, x: &[f64]) -> Vec<Vec<f64>> {
        let of = |query: usize| {
            let score = |key: usize| {
                let products = (0..self.width).map(|c| x[self.input(0, query, c)] * x[self.input(1, key, c)]);
                products.sum::<f64>() * self.factor()
            };
            let scores: Vec<f64> = (0..self.tokens).map(score).collect();
            let most = scores.iter().copied().fold(f64::MIN, f64::max);
            let sum: f64 = scores.iter().map(|score| (score - most).exp()).sum();
            scores.iter().map(|score| (score - most).exp() / sum).collect()
        };
        (0..self.tokens).map(of).collect()
    }
}
