//! Linear discriminant analysis with a shrunken covariance: a classifier of features that is learnt in closed form.
//!
//! | symbol | shape | is |
//! | --- | --- | --- |
//! | n, d, C | | photographs, features, classes |
//! | x | d | features of a photograph, each divided by its standard deviation over all |
//! | m_c, n_c | d, 1 | mean and number of the photographs of a class |
//! | S | d x d | covariance within the classes, `sum (x - m_c)(x - m_c)' / n` |
//! | mu | 1 | mean of S's diagonal |
//! | lambda | 1 | `min(1, b / a)` with `a = |S - mu I|^2`, `b = (sum |x - m_c|^4 / n - |S|^2) / n` (Frobenius norms) |
//! | P | d x d | `(1 - lambda) S + lambda mu I` |
//! | l_c(x) | 1 | `m_c' P^-1 x - m_c' P^-1 m_c / 2 + ln(n_c / n)`, the logit of a class |
//!
//! Hastie, Tibshirani and Friedman, *The Elements of Statistical Learning*, equation 4.10; the shrinkage is that of Ledoit
//! and Wolf 2004, equation 14, of the covariance within classes.

use foliar_linalg::Cholesky;
use rayon::prelude::*;

/// Rows of the covariance that a thread adds to at a time.
const BLOCK: usize = 32;
/// Least lambda: features that repeat one another leave S without an inverse.
const LEAST_SHRINKAGE: f64 = 1e-4;

/// Features of photographs and their classes.
#[derive(Clone, Copy, Debug)]
pub struct Samples<'a> {
    /// n x d features, row by row.
    pub features: &'a [f32],
    /// d.
    pub width: usize,
    /// Class of each photograph.
    pub labels: &'a [usize],
    /// C.
    pub classes: usize,
}

/// Logits of every photograph, n x C, from a classifier that has not seen its fold. A class that is absent from the other
/// folds has a logit of negative infinity there.
///
/// # Panics
/// If `folds` do not hold each photograph exactly once.
#[must_use]
pub fn cross_predict(samples: Samples<'_>, folds: &[Vec<usize>]) -> Vec<f64> {
    let Samples { width, labels, classes, .. } = samples;
    assert_eq!(folds.iter().map(Vec::len).sum::<usize>(), labels.len(), "each photograph is in one fold");
    let rows = standardised(samples);
    let parts: Vec<Moments> =
        folds.iter().map(|fold| Moments::of(&rows, labels, classes, width, fold)).collect();
    let mut all = Moments::empty(classes, width);
    parts.iter().for_each(|part| all.add(part, 1.0));
    let shrinkage = shrinkage(&rows, labels, &all);
    let mut logits = vec![f64::NEG_INFINITY; labels.len() * classes];
    for (fold, part) in folds.iter().zip(&parts) {
        let mut others = Moments::empty(classes, width);
        others.add(&all, 1.0);
        others.add(part, -1.0);
        let rule = others.rule(shrinkage);
        let said: Vec<Vec<f64>> =
            fold.par_iter().map(|&photo| rule.logits(&rows[photo * width..(photo + 1) * width])).collect();
        for (&photo, said) in fold.iter().zip(said) {
            logits[photo * classes..(photo + 1) * classes].copy_from_slice(&said);
        }
    }
    logits
}

/// Each feature less its mean and divided by its standard deviation over all photographs, or 0 where it is constant.
fn standardised(samples: Samples<'_>) -> Vec<f32> {
    let Samples { features, width, .. } = samples;
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

/// Sums over photographs, from which any union and difference of folds is learnt.
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
        // A thread owns a block of rows, so that each sum is added in the order of the photographs.
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

    fn add(&mut self, other: &Self, factor: f64) {
        for (own, other) in [
            (&mut self.counts, &other.counts),
            (&mut self.sums, &other.sums),
            (&mut self.products, &other.products),
        ] {
            own.iter_mut().zip(other).for_each(|(own, other)| *own += factor * other);
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

    fn rule(&self, shrinkage: f64) -> Rule {
        let width = self.width;
        let mut matrix = self.covariance();
        let scale = (0..width).map(|i| matrix[i * width + i]).sum::<f64>() / width as f64;
        for i in 0..width {
            for value in &mut matrix[i * width..=i * width + i] {
                *value *= 1.0 - shrinkage;
            }
            // Where all features are constant nothing is known, and any positive number will do.
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
                    // Features that are not finite: then only the numbers of photographs speak.
                    None => weights.fill(0.0),
                }
                let half: f64 =
                    weights.iter().zip(mean).map(|(weight, mean)| weight * mean).sum::<f64>() / 2.0;
                let prior = if members > 0.5 { (members / count).ln() } else { f64::NEG_INFINITY };
                (weights, prior - half)
            })
            .collect();
        Rule(classes)
    }
}

/// Weights and offset of each class.
struct Rule(Vec<(Vec<f64>, f64)>);

impl Rule {
    fn logits(&self, row: &[f32]) -> Vec<f64> {
        let logit = |(weights, offset): &(Vec<f64>, f64)| {
            offset + weights.iter().zip(row).map(|(weight, &value)| weight * f64::from(value)).sum::<f64>()
        };
        self.0.iter().map(logit).collect()
    }
}

/// lambda.
fn shrinkage(rows: &[f32], labels: &[usize], all: &Moments) -> f64 {
    let width = all.width;
    let count = labels.len().max(1) as f64;
    let (covariance, means) = (all.covariance(), all.means());
    let (mut norm, mut trace) = (0.0, 0.0);
    for (i, row) in covariance.chunks_exact(width).enumerate() {
        norm += 2.0 * row[..i].iter().map(|value| value * value).sum::<f64>() + row[i] * row[i];
        trace += row[i];
    }
    let fourth: f64 = rows
        .chunks_exact(width)
        .zip(labels)
        .map(|(row, &label)| {
            let mean = &means[label * width..(label + 1) * width];
            row.iter().zip(mean).map(|(&value, mean)| (f64::from(value) - mean).powi(2)).sum::<f64>().powi(2)
        })
        .sum();
    let spread = norm - trace * trace / width as f64;
    let error = (fourth / count - norm) / count;
    if spread > 0.0 { (error / spread).clamp(LEAST_SHRINKAGE, 1.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use foliar_random::Random;

    use super::*;

    /// Three clouds that overlap in all but a sum of features; more features than photographs in a fold.
    #[test]
    fn classes_are_told_apart_where_features_outnumber_photographs() {
        let (count, width) = (90, 120);
        let mut random = Random::seeded(4);
        let mut normal = || (0..12).map(|_| random.uniform()).sum::<f64>() - 6.0;
        let labels: Vec<usize> = (0..count).map(|photo| photo % 3).collect();
        let features: Vec<f32> = (0..count * width)
            .map(|place| {
                (normal() + if place % width % 3 == labels[place / width] { 0.7 } else { 0.0 }) as f32
            })
            .collect();
        let folds: Vec<Vec<usize>> =
            (0..5).map(|fold| (0..count).filter(|photo| photo / 3 % 5 == fold).collect()).collect();
        let logits =
            cross_predict(Samples { features: &features, width, labels: &labels, classes: 3 }, &folds);
        let best = |row: &[f64]| (0..3).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0);
        let hits = logits.chunks(3).zip(&labels).filter(|(row, label)| best(row) == **label).count();
        assert!(hits > 80, "{hits} of {count}");
    }

    #[test]
    fn constant_features_and_absent_classes_do_no_harm() {
        let labels = [0, 0, 1, 1, 2];
        let folds = [vec![0, 2], vec![1, 3], vec![4]];
        let logits =
            cross_predict(Samples { features: &[1.0; 10], width: 2, labels: &labels, classes: 3 }, &folds);
        assert!(logits.iter().all(|logit| !logit.is_nan()));
        assert_eq!(logits[4 * 3 + 2], f64::NEG_INFINITY);
    }
}
