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

use super::builder::{Builder, Value};

/// Appends the nodes from `features`, (n, D), to the distances in units of the threshold, (n).
pub(super) fn distance(b: &mut Builder, features: &Value, ood: &OodDetector) -> Value {
    let MahalanobisDetector { width, rest, variances, axes, .. } = &ood.distance;
    let (width, leading) = (*width, variances.len());
    let constants = Constants::new(&ood.distance);
    let classes = constants.beside.len() / width.max(1);

    b.enter("distance");
    let middle = b.floats(&[width], &constants.middle);
    let mut x = b.op("Sub", &[features, &middle]);
    let mut along = None;
    if leading > 0 {
        let axes = b.floats(&[leading, width], axes);
        let turned = b.transpose(&axes, &[1, 0]);
        let places = b.op("MatMul", &[&x, &turned]);
        let shadow = b.op("MatMul", &[&places, &axes]);
        x = b.op("Sub", &[&x, &shadow]);
        let places = b.unsqueeze(&places, &[1]);
        let means = b.floats(&[classes, leading], &constants.along);
        let w = b.op("Sub", &[&places, &means]);
        let skew = b.floats(&[leading, leading], &constants.skew);
        let slack = b.op("MatMul", &[&w, &skew]);
        let twice = b.floats(&[classes, leading], &constants.twice_off);
        let slack = b.op("Add", &[&slack, &twice]);
        let slack = b.op("Mul", &[&slack, &w]);
        let slack = b.reduce("ReduceSum", &slack, Some(2), false);
        let squares = b.op("Mul", &[&w, &w]);
        let variances = b.floats(&[leading], variances);
        let scaled = b.op("Div", &[&squares, &variances]);
        along = Some((b.reduce("ReduceSum", &scaled, Some(2), false), slack));
    }
    let x = b.unsqueeze(&x, &[1]);
    let means = b.floats(&[classes, width], &constants.beside);
    let r = b.op("Sub", &[&x, &means]);
    let squares = b.op("Mul", &[&r, &r]);
    let mut beside = b.reduce("ReduceSum", &squares, Some(2), false);
    if let Some((_, slack)) = &along {
        let sum = b.op("Add", &[&beside, slack]);
        beside = b.op("Relu", &[&sum]);
    }
    let rest = b.float(*rest);
    let mut distances = b.op("Div", &[&beside, &rest]);
    if let Some((along, _)) = &along {
        distances = b.op("Add", &[along, &distances]);
    }
    let smallest = b.reduce("ReduceMin", &distances, Some(1), false);
    let unit = b.float((width as f64 * ood.threshold) as f32);
    b.op("Div", &[&smallest, &unit])
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
