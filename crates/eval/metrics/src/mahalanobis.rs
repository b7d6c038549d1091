//! How far a photograph lies from all that a network has learned from, in the space of its features: Mahalanobis' distance to
//! the nearest class, with one covariance for all classes (Lee et al. 2018, "A Simple Unified Framework for Detecting
//! Out-of-Distribution Samples", equation 2).
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | x | (D) | features of a photograph: what enters the last layer |
//! | μ_c | (D) | their mean over the training photographs of class c |
//! | S | (D, D) | second moment of x - μ_y over the training photographs |
//! | m | | tr S / D |
//! | ρ | | shrinkage: Σ = (1 - ρ) S + ρ m I (Ledoit and Wolf 2004, lemma 3.3) |
//! | u_j, λ_j | (D) | leading eigenvectors of S, at most 64, and eigenvalues of Σ along them |
//! | τ | | mean of the other eigenvalues of Σ |
//!
//! The score is min_c d²(x, μ_c) / D with d²(x, μ) = Σ_j (u_jᵀ(x - μ))² / λ_j + (‖x - μ‖² - Σ_j (u_jᵀ(x - μ))²) / τ: all
//! directions but the leading ones have one variance (Tipping and Bishop 1999). It is about 1 for a photograph like those
//! learned from, and the covariance takes 64 D numbers instead of D².

use serde::{Deserialize, Serialize};

use crate::error::{MetricsError, check_finite, check_length};
use foliar_linalg::{Principal, dot};

/// Most axes with a variance of their own.
const AXES: usize = 64;

/// Where the features of what a network has learned from lie. (C' + 64) D + 64 C' + 66 numbers at most,
/// for C' classes that occur.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MahalanobisDetector {
    /// D.
    pub width: usize,
    /// μ_c of the classes that occur, (C', D).
    pub means: Vec<f32>,
    /// u_j, (J, D), unit vectors.
    pub axes: Vec<f32>,
    /// u_jᵀ μ_c, (C', J).
    pub means_along: Vec<f32>,
    /// λ_j, (J), above 0.
    pub variances: Vec<f32>,
    /// τ, above 0.
    pub rest: f32,
    /// ρ, 0..=1.
    pub shrinkage: f32,
}

impl MahalanobisDetector {
    /// From the `features` (n, `width`) of the training photographs and their `labels` (n).
    ///
    /// # Errors
    /// Lists whose lengths do not fit, features that are not finite, no feature, fewer than two photographs more than
    /// classes, and features that are all the same within each class.
    pub fn fit(features: &[f32], labels: &[u32], width: usize) -> Result<Self, MetricsError> {
        check_length("features", features.len(), labels.len() * width)?;
        if width == 0 {
            return Err(MetricsError::Parameter {
                name: "number of features",
                value: 0.0,
                expected: "1 or more",
            });
        }
        check_finite("feature", features, width)?;
        let (means, nearest) = class_means(features, labels, width);
        let (count, classes) = (labels.len(), means.len() / width);
        if count < classes + 2 {
            let what = "distance of features";
            return Err(MetricsError::TooFew { what, found: count, needed: classes + 2 });
        }
        let mut rows = Vec::with_capacity(features.len());
        for (row, &class) in features.chunks_exact(width).zip(&nearest) {
            let mean = &means[class * width..][..width];
            rows.extend(row.iter().zip(mean).map(|(&x, mean)| (f64::from(x) - mean) as f32));
        }
        let wide = |row: &[f32]| row.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>();
        let squares: Vec<f64> = rows.chunks_exact(width).map(wide).collect();
        let (n, d) = (count as f64, width as f64);
        let trace = squares.iter().sum::<f64>() / n;
        if trace <= 0.0 {
            return Err(MetricsError::Parameter {
                name: "variance of the features",
                value: 0.0,
                expected: "above 0",
            });
        }
        let principal = Principal::of(&rows, width, AXES.min(width).min(count - classes));
        let m = trace / d;
        let spread = principal.square - d * m * m;
        let noise = (squares.iter().map(|square| square * square).sum::<f64>() / n - principal.square) / n;
        // Without spread S is m I already.
        let shrinkage = if spread > 0.0 { (noise / spread).clamp(0.0, 1.0) } else { 1.0 };
        let shrunk = |variance: f64| (1.0 - shrinkage) * variance + shrinkage * m;
        let leading: f64 = principal.variances.iter().sum();
        let others = width - principal.axes.len();
        let rest = if others > 0 { (trace - leading).max(0.0) / others as f64 } else { m };
        // What never varied among the photographs learned from still may by a millionth of the mean.
        let floor = |variance: f64| shrunk(variance).max(1e-6 * m) as f32;
        let means_along = means
            .chunks_exact(width)
            .flat_map(|mean| principal.axes.iter().map(|axis| dot(axis, mean) as f32).collect::<Vec<f32>>())
            .collect();
        let fitted = Self {
            width,
            means_along,
            means: means.iter().map(|&x| x as f32).collect(),
            axes: principal.axes.iter().flatten().map(|&x| x as f32).collect(),
            variances: principal.variances.iter().map(|&variance| floor(variance)).collect(),
            rest: floor(rest),
            shrinkage: shrinkage as f32,
        };
        fitted.check()?;
        Ok(fitted)
    }

    /// How far a photograph is out of distribution, from its features (D): about 1 for those like the ones learned from, the higher the
    /// farther. Features that are not finite give infinity.
    ///
    /// # Errors
    /// Another number of features than D.
    pub fn score(&self, features: &[f32]) -> Result<f64, MetricsError> {
        check_length("features", features.len(), self.width)?;
        let wide: Vec<f64> = features.iter().map(|&x| f64::from(x)).collect();
        let product = |axis: &[f32]| sum_over(axis, &wide, |u, x| u * x);
        let along: Vec<f64> = self.axes.chunks_exact(self.width).map(product).collect();
        let mut nearest = f64::INFINITY;
        for (class, mean) in self.means.chunks_exact(self.width).enumerate() {
            let square = sum_over(mean, &wide, |mean, x| (x - mean) * (x - mean));
            let means_along = &self.means_along[class * along.len()..][..along.len()];
            let (mut within, mut distance) = (0.0, 0.0);
            for ((x, &mean), &variance) in along.iter().zip(means_along).zip(&self.variances) {
                let part = (x - f64::from(mean)).powi(2);
                within += part;
                distance += part / f64::from(variance);
            }
            distance += (square - within).max(0.0) / f64::from(self.rest);
            // A distance that is no number is not below any.
            nearest = nearest.min(if distance.is_nan() { f64::INFINITY } else { distance });
        }
        Ok(nearest / self.width as f64)
    }

    /// Refuses values that no fit can have given, such as a damaged file holds.
    ///
    /// # Errors
    /// Lengths that do not fit each other, numbers that are not finite, variances that are not above 0.
    pub fn check(&self) -> Result<(), MetricsError> {
        if self.width == 0 {
            return Err(MetricsError::Parameter {
                name: "number of features",
                value: 0.0,
                expected: "1 or more",
            });
        }
        let classes = self.means.len() / self.width;
        let axes = self.variances.len();
        check_length("means of features", self.means.len(), classes.max(1).saturating_mul(self.width))?;
        check_length("axes of features", self.axes.len(), axes.saturating_mul(self.width))?;
        check_length("means along axes", self.means_along.len(), classes.saturating_mul(axes))?;
        check_finite("mean along axis", &self.means_along, axes)?;
        check_finite("mean of feature", &self.means, self.width)?;
        check_finite("axis of feature", &self.axes, self.width)?;
        match self.variances.iter().chain([&self.rest]).find(|&&value| !(value > 0.0 && value.is_finite())) {
            None => Ok(()),
            Some(&value) => Err(MetricsError::Parameter {
                name: "variance of features",
                value: f64::from(value),
                expected: "a finite number above 0",
            }),
        }
    }
}

/// Sum of `term` over two lists of one length, in eight interleaved partial sums.
fn sum_over(left: &[f32], right: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    let mut sums = [0.0; 8];
    let (left, right) = (left.chunks_exact(8), right.chunks_exact(8));
    let rest: f64 =
        left.remainder().iter().zip(right.remainder()).map(|(&a, &b)| term(f64::from(a), b)).sum();
    for (a, b) in left.zip(right) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (&a, &b))| *sum += term(f64::from(a), b));
    }
    sums.iter().sum::<f64>() + rest
}

/// Means of the classes that occur, in the order of their numbers, and the place of each photograph's among them.
fn class_means(features: &[f32], labels: &[u32], width: usize) -> (Vec<f64>, Vec<usize>) {
    let mut occurring: Vec<u32> = labels.to_vec();
    occurring.sort_unstable();
    occurring.dedup();
    let places: Vec<usize> =
        labels.iter().map(|label| occurring.partition_point(|other| other < label)).collect();
    let mut means = vec![0.0; occurring.len() * width];
    let mut counts = vec![0.0; occurring.len()];
    for (row, &place) in features.chunks_exact(width).zip(&places) {
        counts[place] += 1.0;
        let mean = &mut means[place * width..][..width];
        mean.iter_mut().zip(row).for_each(|(sum, &x)| *sum += f64::from(x));
    }
    for (mean, count) in means.chunks_exact_mut(width).zip(counts) {
        mean.iter_mut().for_each(|sum| *sum /= count);
    }
    (means, places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use foliar_linalg::Cholesky;

    use crate::bootstrap::Bootstrap;
    use crate::detection::{Detection, GroupedScores, conformal_threshold};
    use crate::groups::Groups;
    use crate::random::Purpose;

    /// `count` photographs of 3 classes in a `width`-dimensional space in which two directions vary much.
    fn cloud(seed: u64, count: usize, width: usize) -> (Vec<f32>, Vec<u32>) {
        let mut stream = Purpose::Bootstrap.stream(seed, 1);
        let labels: Vec<u32> = (0..count as u32).map(|index| index % 3).collect();
        let mut features = Vec::new();
        for &label in &labels {
            for place in 0..width {
                let centre = if place == 2 + label as usize { 3.0 } else { 0.0 };
                let deviation = if place < 2 { 5.0 } else { 0.5 };
                features.push((centre + deviation * stream.normal()) as f32);
            }
        }
        (features, labels)
    }

    fn scores(model: &MahalanobisDetector, features: &[f32]) -> Vec<f64> {
        features.chunks_exact(model.width).map(|row| model.score(row).unwrap()).collect()
    }

    #[test]
    fn the_distance_is_that_of_the_whole_covariance() {
        // All directions have axes of their own, so that the score is exact.
        let (features, labels) = cloud(1, 60, 6);
        let model = MahalanobisDetector::fit(&features, &labels, 6).unwrap();
        let (means, places) = class_means(&features, &labels, 6);
        let mut sigma = vec![vec![0.0; 6]; 6];
        for (row, &class) in features.chunks_exact(6).zip(&places) {
            let offset: Vec<f64> = (0..6).map(|i| f64::from(row[i]) - means[class * 6 + i]).collect();
            for i in 0..6 {
                (0..6).for_each(|j| sigma[i][j] += offset[i] * offset[j] / 60.0);
            }
        }
        let (m, rho) = ((0..6).map(|i| sigma[i][i]).sum::<f64>() / 6.0, f64::from(model.shrinkage));
        for (i, row) in sigma.iter_mut().enumerate() {
            row.iter_mut().for_each(|x| *x *= 1.0 - rho);
            row[i] += rho * m;
        }
        let packed: Vec<f64> = (0..6).flat_map(|i| sigma[i][..=i].to_vec()).collect();
        let factor = Cholesky::of(&packed).unwrap();
        let solve = |right: &[f64]| {
            let mut solution = right.to_vec();
            factor.solve(&mut solution);
            solution
        };
        for row in features.chunks_exact(6).take(10) {
            let to = |class: usize| {
                let offset: Vec<f64> = (0..6).map(|i| f64::from(row[i]) - means[class * 6 + i]).collect();
                dot(&offset, &solve(&offset)) / 6.0
            };
            let expected = (0..3).map(to).fold(f64::INFINITY, f64::min);
            let score = model.score(row).unwrap();
            assert!((score / expected - 1.0).abs() < 1e-4, "{score} {expected}");
        }
    }

    #[test]
    fn ood_photographs_are_distinguished_from_new_ones_of_the_same_kind() {
        let width = 120;
        let (features, labels) = cloud(2, 600, width);
        let model = MahalanobisDetector::fit(&features, &labels, width).unwrap();
        let (held_back, _) = cloud(3, 300, width);
        let inside = scores(&model, &held_back);
        // Strangers differ by one deviation in directions of low variance: nothing to the plain distance.
        let mut others = cloud(4, 300, width).0;
        others.chunks_exact_mut(width).for_each(|row| row[20..60].iter_mut().for_each(|x| *x += 0.5));
        let outside = scores(&model, &others);
        let groups = Groups::independent(300);
        let [inside_groups, outside_groups] =
            [&inside, &outside].map(|scores| GroupedScores { scores, groups: &groups });
        let bootstrap = Bootstrap { resamples: 50, ..Bootstrap::default() };
        let detection = Detection::new(inside_groups, outside_groups, &bootstrap).unwrap();
        assert!(detection.auroc.low > 0.9, "{detection:?}");
        let threshold = conformal_threshold(inside_groups, 0.95).unwrap();
        let (fresh, _) = cloud(5, 1000, width);
        let kept = scores(&model, &fresh).iter().filter(|&&score| score <= threshold).count();
        assert!((920..=980).contains(&kept), "{kept} of 1000");
        assert!((0.5..2.0).contains(&(inside.iter().sum::<f64>() / 300.0)));
    }

    #[test]
    fn what_can_not_be_fitted_is_refused() {
        let fit = |features: &[f32], labels: &[u32], width| {
            MahalanobisDetector::fit(features, labels, width).map_err(|error| error.to_string())
        };
        let cases: [(&[f32], &[u32], usize, &str); 5] = [
            (&[0.0; 3], &[0, 0], 2, "features: 3 numbers where 4 were expected"),
            (&[], &[], 0, "number of features is 0; it must be 1 or more"),
            (&[], &[], 2, "distance of features: 0 photos, of at least 2 that are needed; hold back more"),
            (&[1.0; 6], &[0, 0, 0], 2, "variance of the features is 0; it must be above 0"),
            (
                &[1.0, f32::NAN],
                &[0],
                2,
                "feature 1 of photo 0 is not a finite number; the network has overflowed",
            ),
        ];
        for (features, labels, width, expected) in cases {
            assert_eq!(fit(features, labels, width).unwrap_err(), expected);
        }
    }

    #[test]
    fn few_photographs_and_dead_features_do_no_harm() {
        // More features than photographs, half of them always 0.
        let (mut features, labels) = cloud(6, 12, 80);
        features.chunks_exact_mut(80).for_each(|row| row[40..].fill(0.0));
        let model = MahalanobisDetector::fit(&features, &labels, 80).unwrap();
        assert!(scores(&model, &features).iter().all(|score| score.is_finite()));
        assert_eq!(model.score(&[f32::NAN; 80]).unwrap(), f64::INFINITY);
        assert!(model.score(&[0.0; 3]).is_err());
        let text = serde_json::to_string(&model).unwrap();
        let read: MahalanobisDetector = serde_json::from_str(&text).unwrap();
        assert_eq!(read, model);
        assert!(MahalanobisDetector { rest: 0.0, ..read.clone() }.check().is_err());
        assert!(MahalanobisDetector { width: 0, ..read }.check().is_err());
    }
}
