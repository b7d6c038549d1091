//! Where a function on a grid is at least a level: marching squares (Lorensen and Cline, 1987, in the plane).
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | `v` | `[rows, columns]` | values at the nodes, linear along each edge of the grid |
//! | cell | | the square between four nodes; corners and edges go around it in one direction |
//! | exit, entry | | edges where that way around leaves and enters the region `v >= level` |
//!
//! The grid is surrounded by nodes of no height that lie on its border, so that every ring closes. An edge between two
//! cells is an exit of one and an entry of the other: joining each exit to an entry of its cell gives closed rings.

use crate::draw::canvas::Point;

/// Values on a grid, row by row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Heights<'a> {
    values: &'a [f64],
    columns: usize,
    rows: usize,
}

impl<'a> Heights<'a> {
    /// `None` where the values are no grid of at least two rows and two columns.
    pub(crate) fn new(values: &'a [f64], columns: usize) -> Option<Self> {
        let rows = values.len().checked_div(columns)?;
        (columns > 1 && rows > 1 && rows * columns == values.len()).then_some(Self { values, columns, rows })
    }

    /// The region where the function is at least `level`, as closed rings of which an odd number encloses it. Coordinates
    /// are those of the grid: `0..=columns - 1` across, `0..=rows - 1` along the rows.
    pub(crate) fn region(&self, level: f64) -> Vec<Vec<Point>> {
        let cells = (0..=self.rows).flat_map(|row| (0..=self.columns).map(move |column| (column, row)));
        let mut next = vec![None; 2 * (self.columns + 2) * (self.rows + 2)];
        for cell in cells {
            for (exit, entry) in self.segments(cell, level) {
                next[self.place(exit)] = Some((exit, entry));
            }
        }
        let mut rings = Vec::new();
        for start in 0..next.len() {
            let mut ring = Vec::new();
            let mut place = start;
            while let Some((exit, entry)) = next[place].take() {
                let point = self.crossing(exit, level);
                if ring.last() != Some(&point) {
                    ring.push(point);
                }
                place = self.place(entry);
            }
            if ring.len() > 2 {
                rings.push(ring);
            }
        }
        rings
    }

    /// The value at a node of the surrounded grid.
    fn at(&self, (column, row): Node) -> f64 {
        let inside = (1..=self.columns).contains(&column) && (1..=self.rows).contains(&row);
        if inside { self.values[(row - 1) * self.columns + column - 1] } else { f64::NEG_INFINITY }
    }

    /// Where a node of the surrounded grid lies.
    fn position(&self, (column, row): Node) -> Point {
        let on = |place: usize, count: usize| place.saturating_sub(1).min(count - 1) as f64;
        (on(column, self.columns), on(row, self.rows))
    }

    /// Exits of a cell, each with the entry that it is joined to.
    fn segments(&self, (column, row): Node, level: f64) -> Vec<(Edge, Edge)> {
        let corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)];
        let heights = corners.map(|corner| self.at(corner));
        let inside = heights.map(|height| height >= level);
        let edge = |index: usize| Edge::between(corners[index], corners[(index + 1) % 4]);
        let is = |index: usize, from: bool| inside[index] == from && inside[(index + 1) % 4] != from;
        // Where two corners across from one another are inside, the mean says whether the region joins them.
        let joined = heights.iter().sum::<f64>() / 4.0 >= level;
        let entry = |exit: usize| {
            let around = (1..4).map(|step| if joined { (exit + step) % 4 } else { (exit + 4 - step) % 4 });
            around.into_iter().find(|&index| is(index, false))
        };
        let exits = (0..4).filter(|&index| is(index, true));
        exits.filter_map(|exit| Some((edge(exit), edge(entry(exit)?)))).collect()
    }

    /// Where the function passes through the level on an edge.
    fn crossing(&self, Edge { from, to }: Edge, level: f64) -> Point {
        let ((x0, y0), (x1, y1)) = (self.position(from), self.position(to));
        let (low, high) = (self.at(from), self.at(to));
        let share = (level - low) / (high - low);
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)
    }

    /// A number of its own for each edge of the surrounded grid.
    fn place(&self, Edge { from, to }: Edge) -> usize {
        2 * (from.1 * (self.columns + 2) + from.0) + usize::from(from.0 == to.0)
    }
}

/// Column and row in the surrounded grid.
type Node = (usize, usize);

/// An edge from its upper or left end to the other.
#[derive(Debug, Clone, Copy)]
struct Edge {
    from: Node,
    to: Node,
}

impl Edge {
    fn between(a: Node, b: Node) -> Self {
        if a < b { Self { from: a, to: b } } else { Self { from: b, to: a } }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Twice the area between the rings, those within others counted as holes where they turn the other way.
    fn area(rings: &[Vec<Point>]) -> f64 {
        let ring = |ring: &Vec<Point>| -> f64 {
            let next = ring.iter().cycle().skip(1);
            ring.iter().zip(next).map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum::<f64>() / 2.0
        };
        rings.iter().map(ring).sum::<f64>().abs()
    }

    #[test]
    fn a_peak_is_one_ring_and_everything_is_the_whole_grid() {
        let values = [0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        let heights = Heights::new(&values, 3).unwrap();
        let peak = heights.region(0.5);
        assert_eq!(peak.len(), 1);
        assert!((area(&peak) - 0.5).abs() < 1e-12, "{peak:?}");
        assert!((area(&heights.region(-1.0)) - 4.0).abs() < 1e-12);
        assert!(heights.region(2.0).is_empty());
    }

    #[test]
    fn a_hollow_has_two_rings() {
        let mut values = vec![1.0; 25];
        values[12] = 0.0;
        let rings = Heights::new(&values, 5).unwrap().region(0.5);
        assert_eq!(rings.len(), 2);
        assert!((area(&rings) - 15.5).abs() < 1e-12);
    }

    proptest! {
        /// What is at least a level and what is at least its complement share the grid, but for ties at saddles.
        #[test]
        fn regions_shrink_as_the_level_rises(values in prop::collection::vec(-3.0..3.0, 42)) {
            let heights = Heights::new(&values, 7).unwrap();
            let areas: Vec<f64> = [-4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0].map(|level| area(&heights.region(level))).to_vec();
            prop_assert!((areas[0] - 30.0).abs() < 1e-9);
            prop_assert!(areas.windows(2).all(|pair| pair[1] <= pair[0] + 1e-9), "{areas:?}");
        }
    }
}
