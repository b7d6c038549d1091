//! Linear discriminant analysis (LDA) with a shrunken covariance, cross-validated: a classifier of features that is learned
//! in closed form.
//!
//! | symbol | shape | is |
//! | --- | --- | --- |
//! | n, d, C | | photos to learn from, features, classes |
//! | x | d | features of a photo, each divided by its standard deviation over all photos |
//! | m_c, n_c | d, 1 | mean and number of the photos of a class |
//! | S | d x d | covariance within the classes, `sum (x - m_c)(x - m_c)' / n` |
//! | mu | 1 | mean of the diagonal of S |
//! | lambda | 1 | `min(1, b / a)` with `a = |S - mu I|^2`, `b = (sum |x - m_c|^4 / n - |S|^2) / n` (Frobenius norms) |
//! | P | d x d | `(1 - lambda) S + lambda mu I` |
//! | l_c(x) | 1 | `m_c' P^-1 x - m_c' P^-1 m_c / 2 + ln(n_c / n)`, the logit of a class |
//! | T | 1 | temperature: the probabilities are `softmax(l(x) / T)` |
//!
//! Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning*, equation 4.10; the shrinkage is that of Ledoit
//! and Wolf 2004, equation 14, of the covariance within classes.
//!
//! Nothing that is predicted for a fold depends on the labels of that fold: means, covariance, shrinkage and temperature
//! come from the other folds. Only the scaling of the features, which knows no labels, uses all photos.

use foliar_linalg::Cholesky;
use foliar_metrics::{calibrate, softmax};
use rayon::prelude::*;

/// Rows of the covariance that a thread adds to at a time.
const BLOCK: usize = 32;
/// Least lambda: features that repeat one another leave S without an inverse.
const LEAST_SHRINKAGE: f64 = 1e-4;

/// Features of photos and their classes.
#[derive(Clone, Copy, Debug)]
pub struct LabelledFeatures<'a> {
    /// Features, one row a photo.
    pub features: &'a [f32],
    /// d, at least 1.
    pub width: usize,
    /// Class of each photo, below `classes`.
    pub labels: &'a [usize],
    /// C.
    pub classes: usize,
}

/// A cross-validation: each fold is predicted by classifiers that learned from other folds.
pub struct CrossValidation<'a> {
    /// Standardised features.
    rows: Vec<f32>,
    width: usize,
    labels: &'a [usize],
    classes: usize,
    folds: &'a [Vec<usize>],
    /// Of each fold.
    moments: Vec<Moments>,
}

impl<'a> CrossValidation<'a> {
    /// Prepares a cross-validation over `folds`.
    ///
    /// # Panics
    /// If `folds` do not hold each photo exactly once.
    #[must_use]
    pub fn new(data: LabelledFeatures<'a>, folds: &'a [Vec<usize>]) -> Self {
        let LabelledFeatures { width, labels, classes, .. } = data;
        assert_eq!(folds.iter().map(Vec::len).sum::<usize>(), labels.len(), "each photo is in one fold");
        let rows = standardised(data);
        let of = |fold: &Vec<usize>| Moments::of(&rows, labels, classes, width, fold);
        let moments = folds.iter().map(of).collect();
        Self { rows, width, labels, classes, folds, moments }
    }

    /// Logits of every photo, n x C, from a classifier that learned from all folds but the photo's own. A class that is
    /// absent from the other folds has a logit of negative infinity.
    #[must_use]
    pub fn logits(&self) -> Vec<f32> {
        let of_fold =
            |(number, fold): (usize, &Vec<usize>)| self.predict(&self.classifier_without(&[number]), fold);
        let predicted: Vec<Vec<f32>> = self.folds.par_iter().enumerate().map(of_fold).collect();
        let mut logits = vec![f32::NEG_INFINITY; self.labels.len() * self.classes];
        for (fold, predicted) in self.folds.iter().zip(predicted) {
            for (&photo, row) in fold.iter().zip(predicted.chunks_exact(self.classes)) {
                logits[photo * self.classes..(photo + 1) * self.classes].copy_from_slice(row);
            }
        }
        logits
    }

    /// Probabilities of every photo, n x C, from its logits. The temperature of a fold is fitted on the other folds, each
    /// predicted by a classifier that learned from neither of the two.
    #[must_use]
    pub fn probabilities(&self, logits: &[f32]) -> Vec<f64> {
        let count = self.folds.len();
        let pairs: Vec<[usize; 2]> =
            (0..count).flat_map(|one| (0..one).map(move |other| [one, other])).collect();
        // Logits of either fold of a pair, from a classifier that learned from neither.
        let predicted: Vec<[Vec<f32>; 2]> = pairs
            .par_iter()
            .map(|pair| {
                let classifier = self.classifier_without(pair);
                pair.map(|fold| self.predict(&classifier, &self.folds[fold]))
            })
            .collect();
        // What the temperature of each fold is fitted on: logits and labels.
        let mut held = vec![(Vec::new(), Vec::new()); count];
        for (&[one, other], [of_one, of_other]) in pairs.iter().zip(&predicted) {
            for (fitted, fold, rows) in [(one, other, of_other), (other, one, of_one)] {
                let (logits, labels) = &mut held[fitted];
                for (&photo, row) in self.folds[fold].iter().zip(rows.chunks_exact(self.classes)) {
                    // A class that was not there to learn from says nothing about the temperature.
                    if row[self.labels[photo]].is_finite() {
                        logits.extend_from_slice(row);
                        labels.push(self.labels[photo] as u32);
                    }
                }
            }
        }
        let temperatures: Vec<f64> = held
            .par_iter()
            .map(|(logits, labels)| calibrate(logits, labels, self.classes).temperature)
            .collect();
        let mut probabilities = vec![0.0; logits.len()];
        for (fold, temperature) in self.folds.iter().zip(temperatures) {
            for &photo in fold {
                let places = photo * self.classes..(photo + 1) * self.classes;
                let scale = |&logit: &f32| (f64::from(logit) / temperature) as f32;
                let scaled: Vec<f32> = logits[places.clone()].iter().map(scale).collect();
                probabilities[places].copy_from_slice(&softmax(&scaled));
            }
        }
        probabilities
    }

    /// A classifier that learned from all folds but the named ones.
    fn classifier_without(&self, held_out: &[usize]) -> Classifier {
        let learned: Vec<usize> = (0..self.folds.len()).filter(|fold| !held_out.contains(fold)).collect();
        // Added up anew for each, not subtracted from a sum over all, which would keep a rounding of what was held out.
        let mut moments = Moments::empty(self.classes, self.width);
        learned.iter().for_each(|&fold| moments.add(&self.moments[fold]));
        let photos: Vec<usize> = learned.iter().flat_map(|&fold| self.folds[fold].iter().copied()).collect();
        let shrinkage = moments.shrinkage(&self.rows, self.labels, &photos);
        moments.classifier(shrinkage)
    }

    /// Logits of some photos, one row each.
    fn predict(&self, classifier: &Classifier, photos: &[usize]) -> Vec<f32> {
        let row =
            |&photo: &usize| classifier.logits(&self.rows[photo * self.width..(photo + 1) * self.width]);
        photos.par_iter().flat_map_iter(row).collect()
    }
}

/// Each feature less its mean and divided by its standard deviation over all photos, or 0 where it is constant.
fn standardised(data: LabelledFeatures<'_>) -> Vec<f32> {
    let LabelledFeatures { features, width, .. } = data;
    let count = (features.len() / width.max(1)).max(1) as f64;
    let (mut sums, mut squares) = (vec![0.0_f64; width], vec![0.0_f64; width]);
    for row in features.chunks_exact(width) {
        for ((sum, square), &value) in sums.iter_mut().zip(&mut squares).zip(row) {
            *sum += f64::from(value);
            *square += f64::from(value).powi(2);
        }
    }
    let scales: Vec<(f64, f64)> = sums
        .iter()
        .zip(&squares)
        .map(|(sum, square)| {
            let mean = sum / count;
            let deviation = (square / count - mean * mean).max(0.0).sqrt();
            (mean, if deviation > 1e-6 { deviation.recip() } else { 0.0 })
        })
        .collect();
    let scaled = features.chunks_exact(width).flat_map(|row| {
        row.iter().zip(&scales).map(|(&value, (mean, scale))| ((f64::from(value) - mean) * scale) as f32)
    });
    scaled.collect()
}

/// Sums over photos, from which a classifier of any union of folds is learned.
struct Moments {
    width: usize,
    counts: Vec<f64>,
    /// C x d: sums of each class.
    sums: Vec<f64>,
    /// d x d: sums of products; the lower triangle.
    products: Vec<f64>,
}

impl Moments {
    fn empty(classes: usize, width: usize) -> Self {
        Self {
            width,
            counts: vec![0.0; classes],
            sums: vec![0.0; classes * width],
            products: vec![0.0; width * width],
        }
    }

    fn of(rows: &[f32], labels: &[usize], classes: usize, width: usize, photos: &[usize]) -> Self {
        let mut moments = Self::empty(classes, width);
        let row = |photo: usize| &rows[photo * width..(photo + 1) * width];
        for &photo in photos {
            moments.counts[labels[photo]] += 1.0;
            let sums = &mut moments.sums[labels[photo] * width..(labels[photo] + 1) * width];
            sums.iter_mut().zip(row(photo)).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        // A thread owns a block of rows, so that each sum is added in the order of the photos.
        moments.products.par_chunks_mut(BLOCK * width.max(1)).enumerate().for_each(|(block, products)| {
            for &photo in photos {
                let row = row(photo);
                for (offset, sums) in products.chunks_exact_mut(width).enumerate() {
                    let own = block * BLOCK + offset;
                    let factor = f64::from(row[own]);
                    sums[..=own]
                        .iter_mut()
                        .zip(row)
                        .for_each(|(sum, &value)| *sum += factor * f64::from(value));
                }
            }
        });
        moments
    }

    fn add(&mut self, other: &Self) {
        for (own, other) in [
            (&mut self.counts, &other.counts),
            (&mut self.sums, &other.sums),
            (&mut self.products, &other.products),
        ] {
            own.iter_mut().zip(other).for_each(|(own, other)| *own += other);
        }
    }

    /// m_c of each class, 0 where there is none.
    fn means(&self) -> Vec<f64> {
        let mean = |(place, sum): (usize, &f64)| match self.counts[place / self.width] {
            count if count > 0.5 => sum / count,
            _ => 0.0,
        };
        self.sums.iter().enumerate().map(mean).collect()
    }

    /// S, the lower triangle.
    fn covariance(&self) -> Vec<f64> {
        let width = self.width;
        let count = self.counts.iter().sum::<f64>().max(1.0);
        let means = self.means();
        let mut covariance = self.products.clone();
        covariance.par_chunks_mut(width).enumerate().for_each(|(i, row)| {
            for (mean, members) in means.chunks_exact(width).zip(&self.counts) {
                let factor = members * mean[i];
                row[..=i].iter_mut().zip(mean).for_each(|(value, other)| *value -= factor * other);
            }
            row[..=i].iter_mut().for_each(|value| *value /= count);
        });
        covariance
    }

    /// lambda, for the photos that these sums are of.
    fn shrinkage(&self, rows: &[f32], labels: &[usize], photos: &[usize]) -> f64 {
        let width = self.width;
        let count = photos.len().max(1) as f64;
        let (covariance, means) = (self.covariance(), self.means());
        let (mut norm, mut trace) = (0.0, 0.0);
        for (i, row) in covariance.chunks_exact(width).enumerate() {
            norm += 2.0 * row[..i].iter().map(|value| value * value).sum::<f64>() + row[i] * row[i];
            trace += row[i];
        }
        let fourth_power = |&photo: &usize| {
            let mean = &means[labels[photo] * width..(labels[photo] + 1) * width];
            let row = &rows[photo * width..(photo + 1) * width];
            let square = |(&value, mean): (&f32, &f64)| (f64::from(value) - mean).powi(2);
            row.iter().zip(mean).map(square).sum::<f64>().powi(2)
        };
        let fourth: f64 = photos.iter().map(fourth_power).sum();
        let spread = norm - trace * trace / width as f64;
        let error = (fourth / count - norm) / count;
        if spread > 0.0 { (error / spread).clamp(LEAST_SHRINKAGE, 1.0) } else { 1.0 }
    }

    fn classifier(&self, shrinkage: f64) -> Classifier {
        let width = self.width;
        let mut matrix = self.covariance();
        let scale = (0..width).map(|i| matrix[i * width + i]).sum::<f64>() / width as f64;
        for i in 0..width {
            for value in &mut matrix[i * width..=i * width + i] {
                *value *= 1.0 - shrinkage;
            }
            // Where all features are constant any positive number will do.
            matrix[i * width + i] += shrinkage * scale.max(1e-9);
        }
        let packed: Vec<f64> =
            matrix.chunks_exact(width).enumerate().flat_map(|(i, row)| row[..=i].iter().copied()).collect();
        let factor = Cholesky::of(&packed);
        let count = self.counts.iter().sum::<f64>().max(1.0);
        let means = self.means();
        let classes: Vec<(Vec<f64>, f64)> = means
            .par_chunks_exact(width)
            .zip(&self.counts)
            .map(|(mean, &members)| {
                let mut weights = mean.to_vec();
                match &factor {
                    Some(factor) => factor.solve(&mut weights),
                    // Features that are not finite: then only the class counts decide.
                    None => weights.fill(0.0),
                }
                let half: f64 =
                    weights.iter().zip(mean).map(|(weight, mean)| weight * mean).sum::<f64>() / 2.0;
                let prior = if members > 0.5 { (members / count).ln() } else { f64::NEG_INFINITY };
                (weights, prior - half)
            })
            .collect();
        Classifier(classes)
    }
}

/// Weights and offset of each class.
struct Classifier(Vec<(Vec<f64>, f64)>);

impl Classifier {
    fn logits(&self, row: &[f32]) -> Vec<f32> {
        let logit = |(weights, offset): &(Vec<f64>, f64)| {
            let products = weights.iter().zip(row).map(|(weight, &value)| weight * f64::from(value));
            (offset + products.sum::<f64>()) as f32
        };
        self.0.iter().map(logit).collect()
    }
}

#[cfg(test)]
mod tests {
    use foliar_random::Random;

    use super::*;

    fn normal(random: &mut Random) -> f32 {
        ((0..12).map(|_| random.uniform()).sum::<f64>() - 6.0) as f32
    }

    /// Three clouds that overlap in all but a sum of features, with more features than photos in a fold.
    fn clouds(count: usize, width: usize) -> (Vec<f32>, Vec<usize>, Vec<Vec<usize>>) {
        let mut random = Random::seeded(4);
        let labels: Vec<usize> = (0..count).map(|photo| photo % 3).collect();
        let features = (0..count * width)
            .map(|place| {
                normal(&mut random) + if place % width % 3 == labels[place / width] { 0.7 } else { 0.0 }
            })
            .collect();
        let folds = (0..5).map(|fold| (0..count).filter(|photo| photo / 3 % 5 == fold).collect()).collect();
        (features, labels, folds)
    }

    fn best(row: &[f32]) -> usize {
        (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0)
    }

    #[test]
    fn classes_are_separated_where_features_outnumber_photos() {
        let (count, width) = (90, 120);
        let (features, labels, folds) = clouds(count, width);
        let data = LabelledFeatures { features: &features, width, labels: &labels, classes: 3 };
        let validation = CrossValidation::new(data, &folds);
        let logits = validation.logits();
        let hits = logits.chunks(3).zip(&labels).filter(|(row, label)| best(row) == **label).count();
        assert!(hits > 80, "{hits} of {count}");
        let probabilities = validation.probabilities(&logits);
        assert!(probabilities.chunks(3).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-9));
        let own: f64 = probabilities.chunks(3).zip(&labels).map(|(row, &label)| row[label]).sum();
        // Calibrated: the mean probability of the true class is near the share that is right.
        assert!((own - hits as f64).abs() < 0.15 * count as f64, "{own} for {hits}");
    }

    /// Whatever is predicted for a fold is the same bits after the labels in that fold were changed.
    #[test]
    fn labels_of_a_fold_do_not_change_its_predictions() {
        let (count, width) = (90, 20);
        let (features, labels, folds) = clouds(count, width);
        let predict = |labels: &[usize]| {
            let data = LabelledFeatures { features: &features, width, labels, classes: 3 };
            let validation = CrossValidation::new(data, &folds);
            let logits = validation.logits();
            let probabilities = validation.probabilities(&logits);
            (logits, probabilities)
        };
        let (logits, probabilities) = predict(&labels);
        for fold in &folds {
            let mut shifted = labels.clone();
            fold.iter().for_each(|&photo| shifted[photo] = (shifted[photo] + 1) % 3);
            let (other_logits, other_probabilities) = predict(&shifted);
            for &photo in fold {
                let places = photo * 3..(photo + 1) * 3;
                assert_eq!(logits[places.clone()], other_logits[places.clone()], "photo {photo}");
                assert_eq!(probabilities[places.clone()], other_probabilities[places], "photo {photo}");
            }
            let others = (0..count).filter(|photo| !fold.contains(photo));
            assert!(others.into_iter().any(|photo| logits[photo * 3] != other_logits[photo * 3]));
        }
    }

    /// Groups of photos that look alike, each with a label drawn at random: there is nothing to learn.
    #[test]
    fn random_labels_of_groups_are_predicted_at_chance() {
        const SEEDS: u64 = 150;
        const GROUPS: usize = 30;
        let (each, width) = (4, 6);
        let mut hits = Vec::new();
        for seed in 0..SEEDS {
            let mut random = Random::keyed([5, seed, 0, 0]);
            // Half of each class, in random order.
            let of_group: Vec<usize> =
                random.permutation(GROUPS).into_iter().map(|place| place % 2).collect();
            let mut features = Vec::new();
            for _ in 0..GROUPS {
                let centre: Vec<f32> = (0..width).map(|_| 3.0 * normal(&mut random)).collect();
                for _ in 0..each {
                    features.extend(centre.iter().map(|value| value + 0.3 * normal(&mut random)));
                }
            }
            let labels: Vec<usize> = (0..GROUPS * each).map(|photo| of_group[photo / each]).collect();
            // As many groups of each class in every fold.
            let mut folds = vec![Vec::new(); 5];
            let mut next = [0; 2];
            for group in 0..GROUPS {
                let fold = next[of_group[group]] % 5;
                next[of_group[group]] += 1;
                folds[fold].extend(group * each..(group + 1) * each);
            }
            let data = LabelledFeatures { features: &features, width, labels: &labels, classes: 2 };
            let logits = CrossValidation::new(data, &folds).logits();
            for group in 0..GROUPS {
                let right =
                    |photo: usize| usize::from(best(&logits[photo * 2..photo * 2 + 2]) == labels[photo]);
                let right: usize = (group * each..(group + 1) * each).map(right).sum();
                hits.push(right as f64 / each as f64);
            }
        }
        let mean = hits.iter().sum::<f64>() / hits.len() as f64;
        // Four standard errors of the binomial distribution over groups.
        let error = 4.0 * (0.25 / hits.len() as f64).sqrt();
        assert!((mean - 0.5).abs() < error, "{mean} is not within {error} of a half");
    }

    #[test]
    fn constant_features_and_absent_classes_are_harmless() {
        let labels = [0, 0, 1, 1, 2];
        let folds = [vec![0, 2], vec![1, 3], vec![4]];
        let data = LabelledFeatures { features: &[1.0; 10], width: 2, labels: &labels, classes: 3 };
        let validation = CrossValidation::new(data, &folds);
        let logits = validation.logits();
        assert!(logits.iter().all(|logit| !logit.is_nan()));
        assert_eq!(logits[4 * 3 + 2], f32::NEG_INFINITY);
        assert!(
            validation.probabilities(&logits).iter().all(|probability| (0.0..=1.0).contains(probability))
        );
    }
}
