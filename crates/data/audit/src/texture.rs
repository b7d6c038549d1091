//! Colours and textures of a photo as a short row of numbers: the features that are used without a network. They say much
//! less than those of a network, but enough to compare splits.

use foliar_vision::{Resizer, Rgb, Window};

use crate::luminance::luminance;

/// Steps of each colour in the histogram.
const STEPS: usize = 4;
/// Side of the picture that colours are counted in.
const COLOUR_SIDE: usize = 32;
/// Side of the picture that textures are counted in.
const TEXTURE_SIDE: usize = 128;
/// Cells along each axis whose mean colour and its variation are kept.
const CELLS: usize = 2;
/// Local binary patterns: how many of eight neighbours are brighter, where they are in a row, else one kind of its own
/// (Ojala, Pietikäinen and Mäenpää 2002, equation 9).
const PATTERNS: usize = 10;
/// Distances at which neighbours are compared, in pixels.
const DISTANCES: [usize; 2] = [1, 3];
/// Directions of a slope.
const DIRECTIONS: usize = 8;

/// Numbers that [`texture`] gives.
pub const WIDTH: usize = STEPS * STEPS * STEPS + CELLS * CELLS * 6 + DISTANCES.len() * PATTERNS + DIRECTIONS;

/// The colours and textures of a photo, [`WIDTH`] numbers of about 0 to 1: square roots of the proportions of a histogram of
/// colours, mean and standard deviation of the colours of four quarters, square roots of the shares of local binary
/// patterns and of directions of slopes.
#[must_use]
pub fn texture(photo: &Rgb, resizer: &mut Resizer) -> Vec<f32> {
    let mut row = Vec::with_capacity(WIDTH);
    let colours = reduced(photo, COLOUR_SIDE, resizer);
    let mut histogram = [0.0_f32; STEPS * STEPS * STEPS];
    for pixel in colours.chunks_exact(3) {
        let place = pixel.iter().fold(0, |place, &value| place * STEPS + usize::from(value) * STEPS / 256);
        histogram[place] += 1.0;
    }
    push_roots(&mut row, &histogram);
    let cell = COLOUR_SIDE / CELLS;
    for place in 0..CELLS * CELLS {
        let (left, top) = (place % CELLS * cell, place / CELLS * cell);
        let (mut sums, mut squares) = ([0.0_f32; 3], [0.0_f32; 3]);
        for y in top..top + cell {
            for x in left..left + cell {
                for channel in 0..3 {
                    let value = f32::from(colours[(y * COLOUR_SIDE + x) * 3 + channel]) / 255.0;
                    sums[channel] += value;
                    squares[channel] += value * value;
                }
            }
        }
        let count = (cell * cell) as f32;
        for channel in 0..3 {
            let mean = sums[channel] / count;
            row.extend([mean, (squares[channel] / count - mean * mean).max(0.0).sqrt()]);
        }
    }
    let grey: Vec<u8> = reduced(photo, TEXTURE_SIDE, resizer)
        .chunks_exact(3)
        .map(|pixel| luminance([pixel[0], pixel[1], pixel[2]]))
        .collect();
    for distance in DISTANCES {
        push_roots(&mut row, &patterns(&grey, distance));
    }
    push_roots(&mut row, &slopes(&grey));
    row
}

fn reduced(photo: &Rgb, side: usize, resizer: &mut Resizer) -> Vec<u8> {
    let mut small = vec![0; side * side * 3];
    let window = Window::whole((photo.width, photo.height));
    resizer.resize(photo, window, side as u32, side as u32, &mut small);
    small
}

/// Appends square roots of proportions, whose differences are those of the Hellinger distance.
fn push_roots(row: &mut Vec<f32>, counts: &[f32]) {
    let sum = counts.iter().sum::<f32>().max(1.0);
    row.extend(counts.iter().map(|count| (count / sum).sqrt()));
}

/// Counts of the local binary patterns.
fn patterns(grey: &[u8], distance: usize) -> [f32; PATTERNS] {
    let mut counts = [0.0; PATTERNS];
    let (side, d) = (TEXTURE_SIDE, distance as isize);
    let around = [(-d, -d), (0, -d), (d, -d), (d, 0), (d, d), (0, d), (-d, d), (-d, 0)]
        .map(|(x, y)| y * side as isize + x);
    for y in distance..side - distance {
        for x in distance..side - distance {
            let place = y * side + x;
            let own = grey[place];
            let mut bits = 0_u8;
            for (bit, offset) in around.iter().enumerate() {
                bits |= u8::from(grey[place.wrapping_add_signed(*offset)] > own) << bit;
            }
            let changes = (bits ^ bits.rotate_left(1)).count_ones();
            counts[if changes <= 2 { bits.count_ones() as usize } else { PATTERNS - 1 }] += 1.0;
        }
    }
    counts
}

/// Sum of the slopes in each direction.
fn slopes(grey: &[u8]) -> [f32; DIRECTIONS] {
    let mut sums = [0.0; DIRECTIONS];
    for y in 1..TEXTURE_SIDE - 1 {
        for x in 1..TEXTURE_SIDE - 1 {
            let at = |x: usize, y: usize| i32::from(grey[y * TEXTURE_SIDE + x]);
            let (right, down) = (at(x + 1, y) - at(x - 1, y), at(x, y + 1) - at(x, y - 1));
            // The octant by signs and by which is larger.
            let octant = usize::from(right < 0) * 4
                + usize::from(down < 0) * 2
                + usize::from(down.abs() > right.abs());
            sums[octant] += (right.abs() + down.abs()) as f32;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_of_one_width_and_finite() {
        for (width, height) in [(1, 1), (40, 300), (256, 256)] {
            let pixels = (0..width * height * 3).map(|place| (place * 7 % 251) as u8).collect();
            let row = texture(&Rgb::new(width, height, pixels), &mut Resizer::default());
            assert_eq!(row.len(), WIDTH);
            assert!(row.iter().all(|value| value.is_finite() && (0.0..=1.0).contains(value)));
        }
    }
}
