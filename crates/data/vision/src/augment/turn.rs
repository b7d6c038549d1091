//! Rotates a window of a picture: it is sampled once, along slanted lines.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | `S` | side of the square that is filled, in pixels |
//! | `p(x, y)` | position in the source that pixel `(x, y)` of the square shows: `origin + x along_row + y along_column` |
//! | `u, v` | column and row of a position; whole numbers are centres of pixels |
//! | `fx, fy` | their fractions, in 1/256 |
//!
//! A pixel is blended from the four whose centres surround its position, with the weights `(1 - fx)(1 - fy)`, `fx (1 - fy)`,
//! `(1 - fx) fy`, `fx fy`. Where the window is enlarged that is the triangle filter of [`crate::resize`]. Where it is reduced
//! the filter would have to be wider; the window is then first brought to the scale of the square, upright, with as much of
//! its surroundings as the rotation shows.
//!
//! Positions are in fixed point with 16 bits of fraction, so that a flipped square has exactly the pixels of the plain one.

use std::ops::Range;

use super::view::View;
use foliar_picture::{Resizer, Rgb, Window};

/// One pixel, in fixed point.
const ONE: f64 = 65_536.0;

/// Pixels in rows, three bytes each.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pixels: &'a [u8],
    width: u32,
    height: u32,
}

/// A rotated square of a source.
pub(super) struct Turn<'a> {
    source: Source<'a>,
    side: usize,
    /// Column and row of the position of pixel (0, 0).
    origin: [i64; 2],
    along_row: [i64; 2],
    along_column: [i64; 2],
}

impl<'a> Turn<'a> {
    /// A square of `side` that shows `window` of `photo`, turned by `angle` radians about its middle. `canvas` is work space.
    pub(super) fn new(
        photo: &'a Rgb,
        window: Window,
        side: u32,
        angle: f64,
        resizer: &mut Resizer,
        canvas: &'a mut Vec<u8>,
    ) -> Self {
        let length = f64::from(side);
        if window.width <= length && window.height <= length {
            let source = Source { pixels: &photo.pixels, width: photo.width, height: photo.height };
            let middle = [window.left + window.width / 2.0, window.top + window.height / 2.0];
            return Self::about(source, middle, [window.width / length, window.height / length], side, angle);
        }
        let around = Surroundings::of((photo.width, photo.height), window, side, angle);
        canvas.resize(around.width as usize * around.height as usize * 3, 0);
        resizer.resize(photo, around.window, around.width, around.height, canvas);
        let source = Source { pixels: canvas, width: around.width, height: around.height };
        let middle = around.before.map(|before| f64::from(before) + length / 2.0);
        Self::about(source, middle, [1.0; 2], side, angle)
    }

    /// `middle` is a position from the upper left corner of the source, `scale` says how many pixels of the source one pixel of
    /// the square is wide and high before it is turned.
    fn about(source: Source<'a>, middle: [f64; 2], scale: [f64; 2], side: u32, angle: f64) -> Self {
        let (sin, cos) = angle.sin_cos();
        let along_row = [cos * scale[0], sin * scale[1]];
        let along_column = [-sin * scale[0], cos * scale[1]];
        // From the middle of the square to the centre of its first pixel.
        let first = 0.5 - f64::from(side) / 2.0;
        let origin = [0, 1].map(|axis| middle[axis] + first * (along_row[axis] + along_column[axis]) - 0.5);
        let fixed = |position: [f64; 2]| position.map(|value| (value * ONE).round() as i64);
        Self {
            source,
            side: side as usize,
            origin: fixed(origin),
            along_row: fixed(along_row),
            along_column: fixed(along_column),
        }
    }

    /// The same square seen through `view`.
    pub(super) fn seen(self, view: View) -> Self {
        let last = self.side as i64 - 1;
        let (mut along_row, mut along_column) = (self.along_row, self.along_column);
        if view.transposed {
            std::mem::swap(&mut along_row, &mut along_column);
        }
        let mut origin = self.origin;
        for (flipped, step) in [(view.horizontal, &mut along_row), (view.vertical, &mut along_column)] {
            if flipped {
                for axis in 0..2 {
                    origin[axis] += last * step[axis];
                    step[axis] = -step[axis];
                }
            }
        }
        Self { origin, along_row, along_column, ..self }
    }

    /// Calls `put(colour, place)` for each pixel of the square, row by row; `place` is the pixel's three values of `out`.
    pub(super) fn sample<T>(&self, out: &mut [T], put: impl Fn([u8; 3], &mut [T])) {
        let Source { width, height, .. } = self.source;
        let limits = [width, height].map(|length| (i64::from(length) - 1) << 16);
        for (y, row) in out.chunks_exact_mut(self.side * 3).enumerate() {
            let start: [i64; 2] =
                std::array::from_fn(|axis| self.origin[axis] + y as i64 * self.along_column[axis]);
            let [columns, rows] =
                [0, 1].map(|axis| inside(start[axis], self.along_row[axis], limits[axis], self.side));
            let first = columns.start.max(rows.start);
            let inner = first..columns.end.min(rows.end).max(first);
            let position = |x: usize| -> [i64; 2] {
                std::array::from_fn(|axis| start[axis] + x as i64 * self.along_row[axis])
            };
            let at_border = (0..inner.start).chain(inner.end..self.side);
            for x in at_border {
                put(self.source.at_border(position(x)), &mut row[x * 3..][..3]);
            }
            let [mut u, mut v] = position(inner.start);
            for place in row[inner.start * 3..inner.end * 3].chunks_exact_mut(3) {
                put(self.source.inside(u, v), place);
                u += self.along_row[0];
                v += self.along_row[1];
            }
        }
    }
}

impl Source<'_> {
    /// The colour at a position with pixels on all sides.
    #[inline(always)]
    fn inside(&self, u: i64, v: i64) -> [u8; 3] {
        let stride = self.width as usize * 3;
        let start = (v >> 16) as usize * stride + (u >> 16) as usize * 3;
        // Two neighbours above and two below; of the last two pixels of a picture no eight bytes can be read.
        let rows = self.pixels.get(start..start + stride + 8);
        match rows.and_then(|rows| Some((rows.first_chunk()?, rows.last_chunk()?))) {
            Some((above, below)) => {
                blend(u64::from_le_bytes(*above), u64::from_le_bytes(*below), fraction(u), fraction(v))
            }
            None => self.at_border([u, v]),
        }
    }

    /// The colour at any position; beyond its borders the picture is mirrored.
    #[cold]
    fn at_border(&self, [u, v]: [i64; 2]) -> [u8; 3] {
        let columns = neighbours(u >> 16, self.width);
        let pair = |row: usize| {
            let [left, right] = columns.map(|column| {
                let start = (row * self.width as usize + column) * 3;
                u64::from(self.pixels[start])
                    | u64::from(self.pixels[start + 1]) << 8
                    | u64::from(self.pixels[start + 2]) << 16
            });
            left | right << 24
        };
        let [above, below] = neighbours(v >> 16, self.height).map(pair);
        blend(above, below, fraction(u), fraction(v))
    }
}

/// The eight bits of a position behind the point.
fn fraction(position: i64) -> u64 {
    ((position >> 8) & 255) as u64
}

/// Blends four pixels: each argument holds the red, green and blue of the left one and of the right one in its six lowest
/// bytes. Lanes of 16 and of 32 bits in one number replace vector instructions. No sum overflows its lane, because the weights
/// add up to 2^8 along each axis.
#[inline(always)]
fn blend(above: u64, below: u64, fx: u64, fy: u64) -> [u8; 3] {
    const BYTES: u64 = 0x00FF_00FF_00FF_00FF;
    const LANE: u64 = 0xFFFF;
    let vertical = |above: u64, below: u64| above * (256 - fy) + below * fy;
    // Red left, blue left, green right.
    let even = vertical(above & BYTES, below & BYTES);
    // Green left, red right, blue right.
    let odd = vertical((above >> 8) & BYTES, (below >> 8) & BYTES);
    let horizontal = |left: u64, right: u64, half: u64| left * (256 - fx) + right * fx + half;
    let red_green = horizontal(
        (even & LANE) | (odd & LANE) << 32,
        ((odd >> 16) & LANE) | (even & (LANE << 32)),
        0x8000_0000_8000,
    );
    let blue = horizontal((even >> 16) & LANE, (odd >> 32) & LANE, 0x8000);
    [(red_green >> 16) as u8, (red_green >> 48) as u8, (blue >> 16) as u8]
}

/// The steps among the first `steps` at which `start + i step` lies in `0..limit`.
fn inside(start: i64, step: i64, limit: i64, steps: usize) -> Range<usize> {
    let steps = steps as i64;
    // The first whole number not below a / b.
    let ceil = |a: i64, b: i64| -(-a).div_euclid(b);
    let range = match step {
        0 if (0..limit).contains(&start) => 0..steps,
        0 => 0..0,
        1.. => ceil(-start, step)..ceil(limit - start, step),
        _ => ceil(start - limit + 1, -step)..ceil(start + 1, -step),
    };
    let first = range.start.clamp(0, steps);
    first as usize..range.end.clamp(first, steps) as usize
}

/// A position and the next one, mirrored at the borders of `0..length`.
fn neighbours(position: i64, length: u32) -> [usize; 2] {
    let length = i64::from(length);
    [position, position + 1].map(|position| {
        let mirrored = position.rem_euclid(2 * length);
        mirrored.min(2 * length - 1 - mirrored) as usize
    })
}

/// A window with as much of its surroundings as its rotation shows and the picture has, at the scale of the square.
struct Surroundings {
    window: Window,
    width: u32,
    height: u32,
    /// Columns and rows before the window begins.
    before: [u32; 2],
}

impl Surroundings {
    fn of(bounds: (u32, u32), window: Window, side: u32, angle: f64) -> Self {
        // A square turned by the angle reaches this far beyond its sides.
        let reach = (angle.cos().abs() + angle.sin().abs() - 1.0) / 2.0 * f64::from(side);
        let axis = |start: f64, extent: f64, bound: u32| {
            let scale = f64::from(side) / extent;
            let before = reach.min(start * scale).floor().max(0.0);
            let after = reach.min((f64::from(bound) - start - extent) * scale).floor().max(0.0);
            let length = before + f64::from(side) + after;
            (start - before / scale, length / scale, before as u32, length as u32)
        };
        let (left, width, columns_before, columns) = axis(window.left, window.width, bounds.0);
        let (top, height, rows_before, rows) = axis(window.top, window.height, bounds.1);
        Self {
            window: Window::within(bounds, left, top, width, height),
            width: columns,
            height: rows,
            before: [columns_before, rows_before],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(pixels: &[u8], width: u32, height: u32) -> Source<'_> {
        Source { pixels, width, height }
    }

    fn noise(width: u32, height: u32) -> Vec<u8> {
        (0..width * height * 3).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
    }

    fn bytes(turn: &Turn<'_>) -> Vec<u8> {
        let mut out = vec![0; turn.side * turn.side * 3];
        turn.sample(&mut out, |colour, place| place.copy_from_slice(&colour));
        out
    }

    #[test]
    fn borders_mirror() {
        let mirrored: Vec<usize> = (-4..8).map(|position| neighbours(position, 3)[0]).collect();
        assert_eq!(mirrored, [2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0, 1]);
    }

    #[test]
    fn steps_inside_are_counted_exactly() {
        for start in -9..9 {
            for step in -4..=4 {
                for limit in 1..7 {
                    let expected: Vec<usize> =
                        (0..10).filter(|&i| (0..limit).contains(&(start + i as i64 * step))).collect();
                    let range = inside(start, step, limit, 10);
                    assert_eq!(range.collect::<Vec<_>>(), expected, "{start} {step} {limit}");
                }
            }
        }
    }

    /// Every channel of every blend against the sum that the module's head defines.
    #[test]
    fn blending_is_the_weighted_sum() {
        let pixels = noise(9, 8);
        let source = source(&pixels, 9, 8);
        for v in (0..7 << 16).step_by(7_919) {
            for u in (0..8 << 16).step_by(9_973) {
                let (fx, fy) = (fraction(u) as u32, fraction(v) as u32);
                let (column, row) = ((u >> 16) as usize, (v >> 16) as usize);
                let expected = [0, 1, 2].map(|channel| {
                    let at = |column: usize, row: usize| u32::from(pixels[(row * 9 + column) * 3 + channel]);
                    let above = at(column, row) * (256 - fx) + at(column + 1, row) * fx;
                    let below = at(column, row + 1) * (256 - fx) + at(column + 1, row + 1) * fx;
                    ((above * (256 - fy) + below * fy + 32_768) >> 16) as u8
                });
                assert_eq!(source.inside(u, v), expected);
                assert_eq!(source.at_border([u, v]), expected);
            }
        }
    }

    /// A quarter turn of a square without surroundings moves pixels.
    #[test]
    fn a_quarter_turn_moves_pixels() {
        let pixels = noise(8, 8);
        let turn = Turn::about(source(&pixels, 8, 8), [4.0; 2], [1.0; 2], 8, std::f64::consts::FRAC_PI_2);
        let turned = bytes(&turn);
        for y in 0..8_usize {
            for x in 0..8_usize {
                assert_eq!(turned[(y * 8 + x) * 3..][..3], pixels[(x * 8 + (7 - y)) * 3..][..3], "{x} {y}");
            }
        }
    }

    #[test]
    fn no_turn_is_the_window() {
        let photo = Rgb::new(40, 30, noise(40, 30));
        let window = Window::within((40, 30), 7.0, 5.0, 16.0, 16.0);
        let (resizer, canvas) = (&mut Resizer::default(), &mut Vec::new());
        let turn = Turn::new(&photo, window, 16, 0.0, resizer, canvas);
        let cut: Vec<u8> = (5..21).flat_map(|y| photo.pixels[(y * 40 + 7) * 3..][..48].to_vec()).collect();
        assert_eq!(bytes(&turn), cut);
    }

    #[test]
    fn a_reduced_window_is_smoothed_before_it_is_turned() {
        let checkers = (0..64 * 64).flat_map(|i| [if (i / 64 + i % 64) % 2 == 0 { 0 } else { 255 }; 3]);
        let photo = Rgb::new(64, 64, checkers.collect());
        let (resizer, canvas) = (&mut Resizer::default(), &mut Vec::new());
        let turn = Turn::new(&photo, Window::whole((64, 64)), 16, 0.2, resizer, canvas);
        assert!(bytes(&turn).iter().all(|value| (120..=135).contains(value)));
    }

    #[test]
    fn surroundings_turn_into_view() {
        let window = Window::within((100, 100), 30.0, 0.0, 40.0, 40.0);
        let around = Surroundings::of((100, 100), window, 80, 0.3);
        assert!(around.before[0] > 0 && around.before[1] == 0);
        assert!(around.width > 80 && around.height > 80);
    }
}
