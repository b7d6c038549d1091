//! Which parts of a picture show what the other does not: a label or a hand over it, an erased square, the filled corners of a
//! picture that was turned.

/// Cells along an axis.
const GRID: usize = 12;
/// Largest share of the cells that may be hidden.
const MOST: f64 = 0.4;
/// Mean square of what is left of a cell, of a picture with variance 1, from which on it may be hidden; and how many times that of
/// the middle one of all cells it is then at least.
const LEFT: [f64; 2] = [0.3, 4.0];

/// Cells of a picture, and which of them are not compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cells {
    /// Row by row; empty if all are compared.
    hidden: Vec<bool>,
}

/// Sums over a cell.
#[derive(Clone, Copy, Default)]
struct Sum {
    squares: f64,
    count: usize,
}

impl Cells {
    /// All of them are compared.
    pub(crate) fn all() -> Self {
        Self { hidden: Vec::new() }
    }

    /// The cell of the pixel at `place` of a picture whose sides are `sides`.
    fn of(place: [usize; 2], sides: [usize; 2]) -> usize {
        let [column, row] = [0, 1].map(|axis| place[axis] * GRID / sides[axis].max(1));
        row * GRID + column
    }

    /// Whether the pixel at `place` of a picture whose sides are `sides` is compared.
    pub(crate) fn shows(&self, place: [usize; 2], sides: [usize; 2]) -> bool {
        self.hidden.is_empty() || !self.hidden[Self::of(place, sides)]
    }

    /// Hides the cells in which two pictures do not agree at all, while they do in others. `left` are the squares of what is left
    /// of pixels when one is taken from the other. `None` if that is nothing, or too much.
    pub(crate) fn hiding(left: &[([usize; 2], f64)], sides: [usize; 2]) -> Option<Self> {
        let mut cells = [Sum::default(); GRID * GRID];
        for &(place, square) in left {
            let cell = &mut cells[Self::of(place, sides)];
            cell.squares += square;
            cell.count += 1;
        }
        let mean = |cell: &Sum| cell.squares / cell.count.max(1) as f64;
        let mut means: Vec<f64> = cells.iter().filter(|cell| cell.count > 0).map(mean).collect();
        means.sort_by(f64::total_cmp);
        let middle = means.get(means.len() / 2)?;
        let most = LEFT[0].max(LEFT[1] * middle);
        let hidden: Vec<bool> = cells.iter().map(|cell| cell.count > 0 && mean(cell) > most).collect();
        let count = hidden.iter().filter(|&&hidden| hidden).count();
        (count > 0 && count as f64 <= MOST * means.len() as f64).then_some(Self { hidden })
    }

    /// These and their neighbours.
    pub(crate) fn wider(&self) -> Self {
        let is_hidden = |column: usize, row: usize| self.hidden.get(row * GRID + column) == Some(&true);
        let near = |place: usize| place.saturating_sub(1)..(place + 2).min(GRID);
        let wider =
            |cell: usize| near(cell / GRID).any(|row| near(cell % GRID).any(|column| is_hidden(column, row)));
        if self.hidden.is_empty() {
            Self::all()
        } else {
            Self { hidden: (0..GRID * GRID).map(wider).collect() }
        }
    }

    /// Share of the cells that is compared.
    pub(crate) fn share(&self) -> f64 {
        1.0 - self.hidden.iter().filter(|&&hidden| hidden).count() as f64 / (GRID * GRID) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture of 24 x 24 pixels with `square` left in some, 0.01 in all others.
    fn left(square: f64, is_in: impl Fn(usize, usize) -> bool) -> Vec<([usize; 2], f64)> {
        let places = (0..24 * 24).map(|place| [place % 24, place / 24]);
        places.map(|[x, y]| ([x, y], if is_in(x, y) { square } else { 0.01 })).collect()
    }

    #[test]
    fn what_covers_a_part_is_hidden() {
        let cells = Cells::hiding(&left(1.0, |x, y| x < 6 && y < 4), [24, 24]).unwrap();
        assert!(
            !cells.shows([5, 3], [24, 24]) && cells.shows([6, 3], [24, 24]) && cells.shows([5, 4], [24, 24])
        );
        assert!((cells.share() - (1.0 - 6.0 / 144.0)).abs() < 1e-9);
        let wider = cells.wider();
        assert!(!wider.shows([7, 5], [24, 24]) && wider.shows([8, 5], [24, 24]));
        assert!(!cells.shows([11, 7], [48, 48]), "of a picture of another size");
    }

    #[test]
    fn pictures_that_agree_nowhere_or_everywhere_hide_nothing() {
        assert_eq!(Cells::hiding(&left(1.0, |_, _| false), [24, 24]), None);
        assert_eq!(Cells::hiding(&left(1.0, |_, y| y < 12), [24, 24]), None, "a half is too much");
        assert_eq!(Cells::hiding(&left(1.0, |_, _| true), [24, 24]), None);
        assert_eq!(Cells::hiding(&[], [24, 24]), None);
        assert!(Cells::all().shows([3, 3], [24, 24]) && Cells::all().wider() == Cells::all());
    }
}
