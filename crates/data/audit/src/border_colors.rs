//! Colours at the border of a photo, where there is nothing to learn about a disease.

use foliar_vision::{Resizer, Rgb, Window};

/// Side of the reduced picture from which the border is taken.
const SIDE: usize = 32;
/// Width of the border, in pixels of the reduced picture: a sixteenth of the side.
const WIDTH: usize = 2;
/// Pieces that each side of the border is cut into.
const PIECES: usize = 4;

/// A place at the border, a sixteenth of the side wide and high.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Region {
    /// The upper left corner.
    UpperLeft,
    /// The middle of the upper border.
    Upper,
    /// The upper right corner.
    UpperRight,
    /// The middle of the left border.
    Left,
    /// The middle of the right border.
    Right,
    /// The lower left corner.
    LowerLeft,
    /// The middle of the lower border.
    Lower,
    /// The lower right corner.
    LowerRight,
}

impl Region {
    /// All eight, row by row.
    pub(crate) const ALL: [Self; 8] = [
        Self::UpperLeft,
        Self::Upper,
        Self::UpperRight,
        Self::Left,
        Self::Right,
        Self::LowerLeft,
        Self::Lower,
        Self::LowerRight,
    ];

    /// Its name in a sentence.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::UpperLeft => "upper left corner",
            Self::Upper => "middle of the upper border",
            Self::UpperRight => "upper right corner",
            Self::Left => "middle of the left border",
            Self::Right => "middle of the right border",
            Self::LowerLeft => "lower left corner",
            Self::Lower => "middle of the lower border",
            Self::LowerRight => "lower right corner",
        }
    }

    /// Column and row, each 0 (begin), 1 (middle) or 2 (end).
    fn place(self) -> [usize; 2] {
        match self {
            Self::UpperLeft => [0, 0],
            Self::Upper => [1, 0],
            Self::UpperRight => [2, 0],
            Self::Left => [0, 1],
            Self::Right => [2, 1],
            Self::LowerLeft => [0, 2],
            Self::Lower => [1, 2],
            Self::LowerRight => [2, 2],
        }
    }
}

/// Colours at the border of one photo: red, green and blue, 0 to 255.
#[derive(Clone, Debug, PartialEq)]
pub struct BorderColors {
    /// Mean colour of each piece of the outer sixteenth, 16 pieces in all, and the range of brightness of each side.
    pub border: Vec<f32>,
    /// Colours of eight single pixels: the corners and the middles of the sides (Noyan 2022).
    pub pixels: Vec<f32>,
    /// Mean colour of the whole photo.
    pub mean: [f32; 3],
    /// Mean colours of the corners and of the middles of the sides, row by row.
    pub regions: [[f32; 3]; 8],
}

impl BorderColors {
    /// Measures a photo.
    #[must_use]
    pub fn of(photo: &Rgb, resizer: &mut Resizer) -> Self {
        let mut small = vec![0; SIDE * SIDE * 3];
        let window = Window::whole((photo.width, photo.height));
        resizer.resize(photo, window, SIDE as u32, SIDE as u32, &mut small);
        let mean_of = |columns: std::ops::Range<usize>, rows: std::ops::Range<usize>| -> [f32; 3] {
            let count = (columns.len() * rows.len()) as f32;
            let mut sums = [0_u32; 3];
            for y in rows {
                for x in columns.clone() {
                    let pixel = &small[(y * SIDE + x) * 3..][..3];
                    sums.iter_mut().zip(pixel).for_each(|(sum, &value)| *sum += u32::from(value));
                }
            }
            sums.map(|sum| sum as f32 / count)
        };
        let strip = |place: usize| match place {
            0 => 0..WIDTH,
            1 => (SIDE - WIDTH) / 2..(SIDE + WIDTH) / 2,
            _ => SIDE - WIDTH..SIDE,
        };
        let piece = |number: usize| number * SIDE / PIECES..(number + 1) * SIDE / PIECES;
        let mut border = Vec::new();
        for end in [0, 2] {
            for across in [true, false] {
                let pieces: Vec<[f32; 3]> = (0..PIECES)
                    .map(|number| {
                        if across {
                            mean_of(piece(number), strip(end))
                        } else {
                            mean_of(strip(end), piece(number))
                        }
                    })
                    .collect();
                let sums: Vec<f32> = pieces.iter().map(|colour| colour.iter().sum()).collect();
                let low = sums.iter().copied().fold(f32::INFINITY, f32::min);
                let high = sums.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                border.extend(pieces.into_iter().flatten());
                border.push(high - low);
            }
        }
        let pixel = |region: &Region| {
            let [column, row] = region.place();
            let at = |place: usize, length: u32| place * (length as usize - 1) / 2;
            let (x, y) = (at(column, photo.width), at(row, photo.height));
            let begin = (y * photo.width as usize + x) * 3;
            [0, 1, 2].map(|channel| f32::from(photo.pixels[begin + channel]))
        };
        Self {
            border,
            pixels: Region::ALL.iter().flat_map(pixel).collect(),
            mean: mean_of(0..SIDE, 0..SIDE),
            regions: Region::ALL.map(|region| {
                let [column, row] = region.place();
                mean_of(strip(column), strip(row))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_lie_where_their_names_say() {
        // Red grows to the right, green downwards.
        let pixels =
            (0..64 * 64).flat_map(|place| [(place % 64 * 4) as u8, (place / 64 * 4) as u8, 7]).collect();
        let around = BorderColors::of(&Rgb::new(64, 64, pixels), &mut Resizer::default());
        for (region, colour) in Region::ALL.into_iter().zip(around.regions) {
            let words = region.words();
            assert_eq!(words.contains("left"), colour[0] < 50.0, "{words}");
            assert_eq!(words.contains("right"), colour[0] > 200.0, "{words}");
            assert_eq!(words.contains("upper"), colour[1] < 50.0, "{words}");
            assert_eq!(words.contains("lower"), colour[1] > 200.0, "{words}");
        }
        assert_eq!(around.border.len(), 4 * (PIECES * 3 + 1));
        assert_eq!(around.pixels.len(), 24);
    }
}
