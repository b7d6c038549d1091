//! Noise whose power falls with frequency, as in pictures of nature.

use foliar_random::Random;

/// Smooth random numbers of mean about 0 and deviation about 1, one a pixel.
#[derive(Clone, Debug)]
pub(super) struct Field {
    /// `height x width`, row by row.
    pub(super) values: Vec<f32>,
}

impl Field {
    /// Sums octaves of smooth noise: the coarsest has a grain of `coarsest` pixels, each next one half of that down to two
    /// pixels, and 1 / `fall` of the amplitude: 2 is a spectrum of 1 / f, 1 is rough, 4 nearly the coarsest alone.
    pub(super) fn draw(width: usize, height: usize, coarsest: f32, fall: f32, random: &mut Random) -> Self {
        let mut values = vec![0.0; width * height];
        let (mut grain, mut amplitude, mut power) = (coarsest.max(2.0), 1.0, 0.0);
        while grain >= 2.0 {
            add_octave(&mut values, width, height, grain, amplitude, random);
            power += amplitude * amplitude * OCTAVE_VARIANCE;
            grain /= 2.0;
            amplitude /= fall;
        }
        let scale = 1.0 / power.sqrt();
        values.iter_mut().for_each(|value| *value *= scale);
        Self { values }
    }
}

/// Mean variance of an octave: of uniform numbers from -1 to 1, 1/3, which mixing reduces.
const OCTAVE_VARIANCE: f32 = 0.16;

fn add_octave(
    values: &mut [f32],
    width: usize,
    height: usize,
    grain: f32,
    amplitude: f32,
    random: &mut Random,
) {
    let knots = |length: usize| (length as f32 / grain).ceil() as usize + 2;
    let (columns, rows) = (knots(width), knots(height));
    let lattice: Vec<f32> = (0..columns * rows).map(|_| random.uniform_f32() * 2.0 - 1.0).collect();
    let shift = [random.uniform_f32(), random.uniform_f32()];
    let place = |pixel: usize, shift: f32| {
        let at = pixel as f32 / grain + shift;
        let low = at.floor();
        let part = at - low;
        (low as usize, part * part * (3.0 - 2.0 * part))
    };
    let across: Vec<(usize, f32)> = (0..width).map(|x| place(x, shift[0])).collect();
    for (y, row) in values.chunks_exact_mut(width).enumerate() {
        let (low, part) = place(y, shift[1]);
        let upper = &lattice[low * columns..][..columns];
        let lower = &lattice[(low + 1).min(rows - 1) * columns..][..columns];
        for (value, &(x, along)) in row.iter_mut().zip(&across) {
            let next = (x + 1).min(columns - 1);
            let above = upper[x] + along * (upper[next] - upper[x]);
            let below = lower[x] + along * (lower[next] - lower[x]);
            *value += amplitude * (above + part * (below - above));
        }
    }
}
