//! How far features lie from those of training photos: [`foliar_metrics::MahalanobisDetector`] in single precision.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | x | (n, D) | features, less the mean of all classes |
//! | μ_c, m_c | (C, D), (C, J) | mean of class c, less the same, and the stored means along the axes |
//! | U | (J, D) | leading axes, λ_j the variances along them, τ that of all other directions |
//! | w | (n, C, J) | U x - m_c |
//! | r | (n, C, D) | what is left of x - μ_c beside the axes: (x - Uᵀ U x) - (μ_c - Uᵀ U μ_c) |
//! | G, ε_c | (J, J), (C, J) | I - U Uᵀ and m_c - U μ_c: 0 but for the rounding of U and m |
//!
//! The distance is min_c Σ_j w_j² / λ_j + (‖x - μ_c‖² - ‖w‖²) / τ. The difference of squares loses all digits where features hardly leave the
//! axes; ‖r‖² + wᵀ (G w + 2 ε_c) is the same number and loses none. Products of ε are left out.

use foliar_metrics::MahalanobisDetector;
use foliar_model::OodDetector;

use crate::ops::{Binary, Ops};

/// Appends the nodes from `features`, (n, D), to the distances in units of the threshold, (n).
pub(crate) fn distance<B: Ops>(b: &mut B, features: &B::Value, ood: &OodDetector) -> B::Value {
    let MahalanobisDetector { width, rest, variances, axes, .. } = &ood.distance;
    let (width, leading) = (*width, variances.len());
    let constants = Constants::new(&ood.distance);
    let classes = constants.beside.len() / width.max(1);

    b.enter("distance");
    let middle = b.floats(&[width], &constants.middle);
    let mut x = b.binary(Binary::Sub, features, &middle);
    let mut along = None;
    if leading > 0 {
        let axes = b.floats(&[leading, width], axes);
        let places = b.matmul(&x, &axes, true);
        let shadow = b.matmul(&places, &axes, false);
        x = b.binary(Binary::Sub, &x, &shadow);
        let places = b.insert(&places, 1);
        let means = b.floats(&[classes, leading], &constants.along);
        let w = b.binary(Binary::Sub, &places, &means);
        let skew = b.floats(&[leading, leading], &constants.skew);
        let slack = b.matmul(&w, &skew, false);
        let twice = b.floats(&[classes, leading], &constants.twice_off);
        let slack = b.binary(Binary::Add, &slack, &twice);
        let slack = b.binary(Binary::Mul, &slack, &w);
        let slack = b.sum(&slack, 2, false);
        let squares = b.binary(Binary::Mul, &w, &w);
        let variances = b.floats(&[leading], variances);
        let scaled = b.binary(Binary::Div, &squares, &variances);
        along = Some((b.sum(&scaled, 2, false), slack));
    }
    let x = b.insert(&x, 1);
    let means = b.floats(&[classes, width], &constants.beside);
    let r = b.binary(Binary::Sub, &x, &means);
    let squares = b.binary(Binary::Mul, &r, &r);
    let mut beside = b.sum(&squares, 2, false);
    if let Some((_, slack)) = &along {
        let sum = b.binary(Binary::Add, &beside, slack);
        beside = b.relu(&sum);
    }
    let rest = b.float(*rest);
    let mut distances = b.binary(Binary::Div, &beside, &rest);
    if let Some((along, _)) = &along {
        distances = b.binary(Binary::Add, along, &distances);
    }
    let smallest = b.least(&distances, 1);
    let unit = b.float((width as f64 * ood.threshold) as f32);
    b.binary(Binary::Div, &smallest, &unit)
}

/// What the nodes compute with.
struct Constants {
    /// The mean of all classes, (D).
    middle: Vec<f32>,
    /// μ_c - Uᵀ U μ_c.
    beside: Vec<f32>,
    /// m_c, moved as x is.
    along: Vec<f32>,
    /// G.
    skew: Vec<f32>,
    /// 2 ε_c.
    twice_off: Vec<f32>,
}

impl Constants {
    fn new(detector: &MahalanobisDetector) -> Self {
        let MahalanobisDetector { width, means, axes, means_along, .. } = detector;
        let width = (*width).max(1);
        let classes = (means.len() / width).max(1);
        let mut sums = vec![0.0; width];
        for mean in means.chunks_exact(width) {
            sums.iter_mut().zip(mean).for_each(|(sum, &mean)| *sum += f64::from(mean) / classes as f64);
        }
        let middle: Vec<f32> = sums.into_iter().map(|sum| sum as f32).collect();
        let axes: Vec<&[f32]> = axes.chunks_exact(width).collect();
        let dot = |axis: &[f32], of: &dyn Fn(usize) -> f64| {
            axis.iter().enumerate().map(|(place, &u)| f64::from(u) * of(place)).sum::<f64>()
        };
        let middle_along: Vec<f64> =
            axes.iter().map(|axis| dot(axis, &|place| f64::from(middle[place]))).collect();
        let (mut beside, mut along, mut twice_off) = (Vec::new(), Vec::new(), Vec::new());
        for (class, mean) in means.chunks_exact(width).enumerate() {
            let moved = |place: usize| f64::from(mean[place]) - f64::from(middle[place]);
            let own: Vec<f64> = axes.iter().map(|axis| dot(axis, &moved)).collect();
            beside.extend((0..width).map(|place| {
                let shadow: f64 = axes.iter().zip(&own).map(|(axis, own)| f64::from(axis[place]) * own).sum();
                (moved(place) - shadow) as f32
            }));
            let stored = &means_along[class * axes.len()..][..axes.len()];
            for ((&stored, middle), own) in stored.iter().zip(&middle_along).zip(own) {
                let stored = f64::from(stored) - middle;
                along.push(stored as f32);
                twice_off.push((2.0 * (stored - own)) as f32);
            }
        }
        let skew = axes.iter().enumerate().flat_map(|(row, axis)| {
            let product = |(column, other): (usize, &&[f32])| {
                (f64::from(u8::from(row == column)) - dot(axis, &|place| f64::from(other[place]))) as f32
            };
            axes.iter().enumerate().map(product).collect::<Vec<f32>>()
        });
        Self { skew: skew.collect(), middle, beside, along, twice_off }
    }
}
