//! Extremely randomised trees (Geurts, Ernst and Wehenkel, *Extremely randomized trees*, 2006): a classifier without
//! hyperparameters for rows of any numbers.
//!
//! | symbol | is |
//! | --- | --- |
//! | n, d, C | rows, columns, classes |
//! | K | columns drawn at a node: the root of d, rounded up |
//! | p | proportion of a class among the rows of a node; its impurity is `1 - sum p^2` (Gini) |
//!
//! A node draws K columns that are not constant in it, and for each a threshold uniform between the least and the largest
//! value. It keeps the pair that lowers the mean impurity most. A node of fewer than `SPLIT` rows or of one class is a leaf;
//! it predicts the proportions of its classes. The forest predicts the mean over its trees.

use foliar_random::Random;
use rayon::prelude::*;

/// First number of the key of a tree's stream; the others are the seed and the tree.
const PURPOSE: u64 = 40;
/// Trees of a forest.
const TREES: usize = 40;
/// A node of fewer rows is not divided.
const SPLIT: usize = 6;
/// Trees that grow at a time; their predictions are added in their order.
const AT_A_TIME: usize = 8;

/// Features: rows of equal width.
#[derive(Clone, Copy, Debug)]
pub struct Table<'a> {
    /// The rows, one after the other.
    pub values: &'a [f32],
    /// Numbers in a row, at least 1.
    pub width: usize,
}

impl<'a> Table<'a> {
    /// One row.
    #[must_use]
    pub fn row(&self, row: usize) -> &'a [f32] {
        &self.values[row * self.width..(row + 1) * self.width]
    }
}

/// Learns the class of the rows `train` and predicts the probability of each class for each row of `test`, row by row.
/// `labels` has the class of each row of the table, below `classes`; only those of `train` are read. Equal arguments give
/// equal probabilities.
#[must_use]
pub fn predict(
    table: Table<'_>,
    labels: &[usize],
    classes: usize,
    train: &[usize],
    test: &[usize],
    seed: u64,
) -> Vec<f32> {
    let mut shares = vec![0.0; test.len() * classes];
    for begin in (0..TREES).step_by(AT_A_TIME) {
        let grown: Vec<Vec<f32>> = (begin..TREES.min(begin + AT_A_TIME))
            .into_par_iter()
            .map(|tree| {
                let random = Random::keyed([PURPOSE, seed, tree as u64, 0]);
                let grower = Grower { table, labels, classes, random, nodes: Vec::new() };
                let nodes = grower.grow(train.to_vec());
                test.iter().flat_map(|&row| leaf(&nodes, table.row(row)).iter().copied()).collect()
            })
            .collect();
        for tree in grown {
            shares.iter_mut().zip(tree).for_each(|(sum, share)| *sum += share / TREES as f32);
        }
    }
    shares
}

enum Node {
    /// Rows with at most `threshold` in `column` go to the first of two nodes, the others to the second.
    Inner { column: usize, threshold: f32, below: [usize; 2] },
    /// Proportions of the classes.
    Leaf(Vec<f32>),
}

fn leaf<'a>(nodes: &'a [Node], row: &[f32]) -> &'a [f32] {
    let mut at = 0;
    loop {
        match &nodes[at] {
            Node::Inner { column, threshold, below } => at = below[usize::from(row[*column] > *threshold)],
            Node::Leaf(shares) => return shares,
        }
    }
}

struct Grower<'a> {
    table: Table<'a>,
    labels: &'a [usize],
    classes: usize,
    random: Random,
    nodes: Vec<Node>,
}

impl Grower<'_> {
    fn grow(mut self, rows: Vec<usize>) -> Vec<Node> {
        self.nodes.push(Node::Leaf(Vec::new()));
        let mut open = vec![(0, rows)];
        while let Some((place, rows)) = open.pop() {
            let counts = self.counts(&rows);
            let pure = counts.iter().filter(|&&count| count > 0.0).count() <= 1;
            let division = if pure || rows.len() < SPLIT { None } else { self.divide(&rows, &counts) };
            let Some((column, threshold)) = division else {
                let whole = (rows.len() as f32).max(1.0);
                self.nodes[place] = Node::Leaf(counts.into_iter().map(|count| count / whole).collect());
                continue;
            };
            let (low, high): (Vec<usize>, Vec<usize>) =
                rows.into_iter().partition(|&row| self.table.row(row)[column] <= threshold);
            let below = [self.nodes.len(), self.nodes.len() + 1];
            self.nodes.extend([Node::Leaf(Vec::new()), Node::Leaf(Vec::new())]);
            self.nodes[place] = Node::Inner { column, threshold, below };
            open.push((below[0], low));
            open.push((below[1], high));
        }
        self.nodes
    }

    fn counts(&self, rows: &[usize]) -> Vec<f32> {
        let mut counts = vec![0.0; self.classes];
        rows.iter().for_each(|&row| counts[self.labels[row]] += 1.0);
        counts
    }

    /// The best of K random divisions; `None` if all columns are constant.
    fn divide(&mut self, rows: &[usize], counts: &[f32]) -> Option<(usize, f32)> {
        let width = self.table.width;
        let wanted = (width as f64).sqrt().ceil() as usize;
        let mut best: Option<(f32, usize, f32)> = None;
        let mut tried = 0;
        let mut columns: Vec<usize> = (0..width).collect();
        let mut low_counts = vec![0.0; self.classes];
        for left in (0..width).rev() {
            let column = columns[self.random.below(left + 1)];
            if let Some(place) = columns.iter().position(|&other| other == column) {
                columns.swap_remove(place);
            }
            let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
            for &row in rows {
                let value = self.table.row(row)[column];
                least = least.min(value);
                most = most.max(value);
            }
            if least >= most {
                continue;
            }
            let drawn =
                (f64::from(least) + (f64::from(most) - f64::from(least)) * self.random.uniform()) as f32;
            // Rounding may reach the upper end, which would leave one side empty.
            let threshold = if drawn >= most { least } else { drawn };
            low_counts.fill(0.0);
            for &row in rows {
                if self.table.row(row)[column] <= threshold {
                    low_counts[self.labels[row]] += 1.0;
                }
            }
            let (mut low, mut low_squares, mut high, mut high_squares) = (0.0_f32, 0.0_f32, 0.0_f32, 0.0_f32);
            for (&all, &below) in counts.iter().zip(&low_counts) {
                let above = all - below;
                low += below;
                low_squares += below * below;
                high += above;
                high_squares += above * above;
            }
            // n (1 - impurity), which is to be maximised.
            let purity = low_squares / low + high_squares / high;
            if best.is_none_or(|(other, ..)| purity > other) {
                best = Some((purity, column, threshold));
            }
            tried += 1;
            if tried == wanted {
                break;
            }
        }
        best.map(|(_, column, threshold)| (column, threshold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two classes divided by a slanted line, and a column of noise.
    fn table(count: usize) -> (Vec<f32>, Vec<usize>) {
        let mut random = Random::seeded(99);
        let mut labels = Vec::new();
        let mut values = Vec::new();
        for _ in 0..count {
            let row = [random.uniform() as f32, random.uniform() as f32, random.uniform() as f32];
            labels.push(usize::from(row[0] + row[1] > 1.0));
            values.extend(row);
        }
        (values, labels)
    }

    #[test]
    fn a_slanted_line_is_learned_and_noise_is_not() {
        let (values, labels) = table(600);
        let (train, test): (Vec<usize>, Vec<usize>) = ((0..400).collect(), (400..600).collect());
        let right = |values: &[f32], width: usize| {
            let shares = predict(Table { values, width }, &labels, 2, &train, &test, 1);
            assert!(shares.chunks(2).all(|pair| (pair[0] + pair[1] - 1.0).abs() < 1e-4));
            let hits = test
                .iter()
                .zip(shares.chunks(2))
                .filter(|(row, pair)| usize::from(pair[1] > 0.5) == labels[**row]);
            hits.count()
        };
        assert!(right(&values, 3) > 175);
        let noise: Vec<f32> = values.chunks(3).map(|row| row[2]).collect();
        assert!((60..140).contains(&right(&noise, 1)));
    }

    #[test]
    fn labels_of_the_test_rows_are_not_read() {
        let (values, mut labels) = table(300);
        let (train, test): (Vec<usize>, Vec<usize>) = ((0..200).collect(), (200..300).collect());
        let predict =
            |labels: &[usize]| predict(Table { values: &values, width: 3 }, labels, 2, &train, &test, 1);
        let before = predict(&labels);
        test.iter().for_each(|&row| labels[row] = 1 - labels[row]);
        assert_eq!(before, predict(&labels));
    }

    #[test]
    fn constant_columns_predict_the_proportions_of_all() {
        let shares = predict(
            Table { values: &[1.0; 8], width: 1 },
            &[0, 0, 0, 0, 0, 0, 1, 1],
            2,
            &[0, 1, 2, 3, 4, 5, 6, 7],
            &[0],
            1,
        );
        assert!((shares[0] - 0.75).abs() < 1e-6, "{shares:?}");
    }
}
