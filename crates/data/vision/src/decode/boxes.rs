//! Reduces a picture while it is decoded, row by row or tile by tile, so that it is never whole in memory.
//!
//! Each pixel of the result is the mean of a square of `divisor x divisor` pixels, or of what there is of it at the right and
//! lower border.

/// Sums of the pixels that have come so far.
pub(super) struct Boxes {
    divisor: u32,
    width: u32,
    height: u32,
    /// Three for each square, row by row.
    sums: Vec<u32>,
}

impl Boxes {
    /// Squares of a picture of `width x height` pixels. `divisor` is at most 4,096, so that sums fit.
    pub(super) fn new(width: u32, height: u32, divisor: u32) -> Self {
        let squares = width.div_ceil(divisor) as usize * height.div_ceil(divisor) as usize;
        Self { divisor, width, height, sums: vec![0; 3 * squares] }
    }

    /// Bytes of memory for the sums and the result.
    pub(super) fn needs(width: u32, height: u32, divisor: u32) -> u64 {
        15 * u64::from(width.div_ceil(divisor)) * u64::from(height.div_ceil(divisor))
    }

    /// Adds RGB pixels of row `y` from column `x` on; what lies outside the picture is ignored.
    pub(super) fn add(&mut self, x: u32, y: u32, rgb: &[u8]) {
        if y >= self.height || x >= self.width {
            return;
        }
        let (columns, divisor) = (self.width.div_ceil(self.divisor) as usize, self.divisor as usize);
        let row = (y / self.divisor) as usize * columns;
        let sums = &mut self.sums[3 * row..3 * (row + columns)];
        let (x, inside) = (x as usize, 3 * (self.width - x) as usize);
        let rgb = &rgb[..inside.min(rgb.len())];
        let (first, rest) = rgb.split_at((3 * (divisor - x % divisor)).min(rgb.len()));
        let runs = std::iter::once(first).chain(rest.chunks(3 * divisor));
        for (square, run) in sums[3 * (x / divisor)..].chunks_exact_mut(3).zip(runs) {
            square.iter_mut().zip(sum(run)).for_each(|(sum, more)| *sum += more);
        }
    }

    /// The means, `height / divisor x width / divisor x 3` bytes, sides rounded up.
    pub(super) fn means(self) -> Vec<u8> {
        let columns = self.width.div_ceil(self.divisor);
        let extent = |place: u32, length: u32| self.divisor.min(length - place * self.divisor);
        let mean = |(square, sums): (u32, &[u32])| {
            let (column, row) = (square % columns, square / columns);
            let count = extent(column, self.width) * extent(row, self.height);
            [0, 1, 2].map(|channel| ((sums[channel] + count / 2) / count) as u8)
        };
        (0..).zip(self.sums.chunks_exact(3)).flat_map(mean).collect()
    }
}

/// The sum of RGB pixels, four of them at a time.
fn sum(rgb: &[u8]) -> [u32; 3] {
    let (fours, rest) = rgb.as_chunks::<12>();
    let mut lanes = [0_u32; 12];
    for four in fours {
        lanes.iter_mut().zip(four).for_each(|(sum, value)| *sum += u32::from(*value));
    }
    let mut sums = [0, 1, 2].map(|channel| lanes.iter().skip(channel).step_by(3).sum());
    for pixel in rest.chunks_exact(3) {
        sums.iter_mut().zip(pixel).for_each(|(sum, value): (&mut u32, _)| *sum += u32::from(*value));
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_of_squares_and_of_parts_of_them() {
        let mut boxes = Boxes::new(5, 3, 2);
        // In tiles, the right ones first; the padding beyond the border is ignored.
        for y in 0..3_u8 {
            boxes.add(3, u32::from(y), &[3 + y, 0, 0, 4 + y, 0, 0, 99, 99, 99]);
        }
        for y in 0..3_u8 {
            boxes.add(0, u32::from(y), &[y, 0, 9, 1 + y, 0, 9, 2 + y, 0, 9]);
        }
        boxes.add(0, 3, &[99; 15]);
        let reds: Vec<u8> = boxes.means().chunks_exact(3).map(|pixel| pixel[0]).collect();
        // Rows hold x + y.
        assert_eq!(reds, [1, 3, 5, 3, 5, 6]);
    }

    #[test]
    fn runs_of_any_length_are_summed() {
        let (width, height) = (101, 7);
        let pixel = |x: u32, y: u32| [x * 2, y * 30, x + y].map(|value| value as u8);
        for divisor in [1, 2, 3, 5, 8, 13, 64] {
            // In pieces that end anywhere.
            let mut boxes = Boxes::new(width, height, divisor);
            for y in 0..height {
                for x in (0..width).step_by(17) {
                    boxes.add(x, y, &(x..x + 17).flat_map(|x| pixel(x, y)).collect::<Vec<u8>>());
                }
            }
            let mean = |column: u32, row: u32| {
                let columns = column * divisor..((column + 1) * divisor).min(width);
                let rows = row * divisor..((row + 1) * divisor).min(height);
                let square: Vec<[u8; 3]> =
                    rows.flat_map(|y| columns.clone().map(move |x| pixel(x, y))).collect();
                let count = square.len() as u32;
                [0, 1, 2].map(|channel| {
                    let sum: u32 = square.iter().map(|pixel| u32::from(pixel[channel])).sum();
                    ((sum + count / 2) / count) as u8
                })
            };
            let expected: Vec<u8> = (0..height.div_ceil(divisor))
                .flat_map(|row| (0..width.div_ceil(divisor)).flat_map(move |column| mean(column, row)))
                .collect();
            assert_eq!(boxes.means(), expected, "{divisor}");
        }
    }
}
