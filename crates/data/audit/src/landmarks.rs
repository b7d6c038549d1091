//! Local features of a photo that a turn, a mirror, a crop and another size leave as they are: where copies overlap, they
//! share some of them. And a small picture of the photo in its own shape, by which it can be compared with a turned one.
//!
//! | symbol | is |
//! | --- | --- |
//! | L0 to L3 | the photo in grey, with [`AREA`] pixels and each time [`STEP`] times less along each axis |
//! | B, C | a level blurred by a binomial filter of variance 1, and of variance 5 |
//! | D | B - C; a landmark is a local extremum of D that lies on no edge (Lowe 2004, sections 3 and 4) |
//! | a | direction of the centroid of B around it (Rosin 1999; Rublee et al., *ORB*, 2011) |
//! | h | whether the mixed second moment along and across a is negative: exchanged by a mirror |
//!
//! The descriptor has a bit for each of [`BITS`] pairs of places around the landmark: whether B is larger at the first
//! (Calonder et al., *BRIEF*, 2010). Places are turned by a and mirrored by h, so that turned and mirrored copies have the
//! same bits.

use std::f64::consts::TAU;
use std::sync::LazyLock;

use foliar_vision::{Resizer, Rgb, Window};

use crate::luminance::luminance;

/// Pixels of the largest level.
pub(crate) const AREA: f64 = 128.0 * 128.0;
/// Width of a level over that of the next.
pub(crate) const STEP: f64 = 1.26;
/// Most landmarks of each level.
const MOST: [usize; 4] = [26, 18, 12, 8];
/// Most landmarks of a photo.
const COUNT: usize = 64;
/// Least value of |D|, in grey levels.
const CONTRAST: f64 = 1.2;
/// Largest ratio of the curvatures of D.
const EDGE: f32 = 8.0;
/// Radius of the places around a landmark, in pixels of its level.
const RADIUS: i32 = 11;
/// Radius of the moments.
const MOMENTS: i32 = 9;
/// Least length of the centroid and least mixed moment, as proportions of the largest possible; below, direction or side
/// are a matter of chance.
const CLEAR: [f32; 2] = [0.06, 0.015];
/// Bits of a descriptor.
const BITS: usize = 128;
/// Directions in which the places are kept.
const DIRECTIONS: usize = 64;
/// Bytes of a landmark.
const BYTES: usize = 24;
/// Most pixels of the small picture.
const PICTURE: usize = 4608;
/// Unit of the places of landmarks, in pixels of the largest level.
const UNIT: f64 = 1.0 / 32.0;

/// A landmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Landmark {
    /// Column and row in the largest level, in units of 1/32 pixel from its upper left corner.
    place: [u16; 2],
    /// The level.
    pub(crate) level: u8,
    /// Direction in 256th of a turn.
    pub(crate) direction: u8,
    /// h.
    pub(crate) mirrored: bool,
    /// The descriptor.
    pub(crate) bits: [u64; 2],
}

/// The landmarks of a photo.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Landmarks {
    /// Width and height of the largest level, in pixels.
    pub(crate) size: [u16; 2],
    pub(crate) list: Vec<Landmark>,
    /// L3 in grey levels, row by row.
    pub(crate) picture: Vec<u8>,
}

impl Landmark {
    /// Its place from the centre of a picture of `size`, in pixels of the largest level.
    pub(crate) fn place(&self, size: [u16; 2]) -> [f64; 2] {
        [0, 1].map(|axis| f64::from(self.place[axis]) * UNIT - f64::from(size[axis]) / 2.0)
    }
}

impl Landmarks {
    /// Bytes of [`Landmarks::to_bytes`].
    pub(crate) const LENGTH: usize = 8 + COUNT * BYTES + PICTURE;

    /// Width and height of the small picture of a photo whose largest level is of `size`.
    pub(crate) fn picture_size(size: [u16; 2]) -> [usize; 2] {
        size.map(|side| (1..MOST.len()).fold(usize::from(side), |side, _| next_side(side)))
    }

    /// The landmarks of a photo, at most [`COUNT`].
    pub(crate) fn of(photo: &Rgb, resizer: &mut Resizer) -> Self {
        let (mut level, size) = Level::of(photo, resizer);
        let mut list = Vec::with_capacity(COUNT);
        let mut scale = 1.0;
        for (number, most) in MOST.into_iter().enumerate() {
            if number > 0 {
                level = level.reduced();
                scale *= STEP;
            }
            level.blur();
            level.find(number as u8, most, scale, &mut list);
        }
        let picture = level.grey.iter().map(|value| (value >> 8) as u8).collect();
        Self { size, list, picture }
    }

    /// As bytes, [`Landmarks::LENGTH`] of them.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::LENGTH);
        self.size.iter().for_each(|side| bytes.extend(side.to_le_bytes()));
        bytes.extend((self.list.len() as u32).to_le_bytes());
        for landmark in &self.list {
            landmark.place.iter().for_each(|place| bytes.extend(place.to_le_bytes()));
            bytes.extend([landmark.level, landmark.direction, u8::from(landmark.mirrored), 0]);
            landmark.bits.iter().for_each(|bits| bytes.extend(bits.to_le_bytes()));
        }
        bytes.resize(Self::LENGTH - PICTURE, 0);
        bytes.extend(&self.picture);
        bytes.resize(Self::LENGTH, 0);
        bytes
    }

    /// From the bytes of [`Landmarks::to_bytes`]; `None` from others.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (rows, picture) = bytes.split_at_checked(Self::LENGTH - PICTURE)?;
        let (head, rows) = rows.split_first_chunk::<8>()?;
        let half = |bytes: &[u8], at: usize| Some(u16::from_le_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]));
        let size = [half(head, 0)?, half(head, 2)?];
        let count = usize::from(half(head, 4)?);
        let (rows, _) = rows.as_chunks::<BYTES>();
        let [width, height] = Self::picture_size(size);
        let picture = picture.get(..width.checked_mul(height)?)?.to_vec();
        if count > rows.len() {
            return None;
        }
        let landmark = |row: &[u8; BYTES]| {
            let bits =
                |at: usize| row[at..at + 8].iter().rev().fold(0, |bits, &byte| bits << 8 | u64::from(byte));
            Some(Landmark {
                place: [half(row, 0)?, half(row, 2)?],
                level: row[4].min(MOST.len() as u8 - 1),
                direction: row[5],
                mirrored: row[6] != 0,
                bits: [bits(8), bits(16)],
            })
        };
        let list = rows[..count].iter().map(landmark).collect::<Option<_>>()?;
        Some(Self { size, list, picture })
    }
}

/// A level with what it is searched for.
struct Level {
    width: usize,
    height: usize,
    /// The level itself, 256 a grey level.
    grey: Vec<u16>,
    /// B.
    fine: Vec<u16>,
    /// C.
    coarse: Vec<u16>,
}

/// Length of a side in the next level.
fn next_side(side: usize) -> usize {
    ((side as f64 / STEP).round() as usize).max(2)
}

/// An extremum of D.
#[derive(Clone, Copy)]
struct Extremum {
    strength: u16,
    x: usize,
    y: usize,
}

impl Level {
    /// The largest level, and its size.
    fn of(photo: &Rgb, resizer: &mut Resizer) -> (Self, [u16; 2]) {
        let (width, height) = (f64::from(photo.width), f64::from(photo.height));
        let scale = (AREA / (width * height)).sqrt();
        // What is far longer than wide is squeezed.
        let side = |length: f64| (length * scale).round().clamp(32.0, 512.0) as u32;
        let (width, height) = (side(width), side(height));
        let mut small = vec![0; (width * height * 3) as usize];
        resizer.resize(photo, Window::whole((photo.width, photo.height)), width, height, &mut small);
        let grey = small
            .chunks_exact(3)
            .map(|pixel| u16::from(luminance([pixel[0], pixel[1], pixel[2]])) << 8)
            .collect();
        let (width_, height_) = (width as usize, height as usize);
        let level = Self { width: width_, height: height_, grey, fine: Vec::new(), coarse: Vec::new() };
        (level, [width as u16, height as u16])
    }

    /// The next level, from B.
    fn reduced(&self) -> Self {
        let (width, height) = (next_side(self.width), next_side(self.height));
        let places = |own: usize, other: usize| -> Vec<(usize, u32)> {
            let ratio = other as f64 / own as f64;
            (0..own)
                .map(|place| {
                    let at = ((place as f64 + 0.5) * ratio - 0.5).clamp(0.0, (other - 1) as f64);
                    let before = (at as usize).min(other - 2);
                    (before, ((at - before as f64) * 256.0) as u32)
                })
                .collect()
        };
        let (columns, rows) = (places(width, self.width), places(height, self.height));
        let mut grey = Vec::with_capacity(width * height);
        let mut row = vec![0_u16; self.width];
        for &(y, down) in &rows {
            let (upper, lower) = self.fine[y * self.width..(y + 2) * self.width].split_at(self.width);
            for ((mixed, &upper), &lower) in row.iter_mut().zip(upper).zip(lower) {
                *mixed = ((u32::from(upper) * (256 - down) + u32::from(lower) * down) >> 8) as u16;
            }
            grey.extend(columns.iter().map(|&(x, across)| {
                let [left, right] = [row[x], row[x + 1]].map(u32::from);
                ((left * (256 - across) + right * across) >> 8) as u16
            }));
        }
        Self { width, height, grey, fine: Vec::new(), coarse: Vec::new() }
    }

    fn blur(&mut self) {
        self.fine = binomial(&self.grey, self.width, self.height, 1);
        self.coarse = binomial(&self.fine, self.width, self.height, 2);
    }

    /// Appends the strongest landmarks of this level, which is `scale` times smaller than the largest.
    fn find(&self, number: u8, most: usize, scale: f64, list: &mut Vec<Landmark>) {
        let mut extrema = self.extrema();
        extrema.sort_unstable_by_key(|found| (std::cmp::Reverse(found.strength), found.y, found.x));
        let mut taken = 0;
        for found in extrema {
            if taken == most {
                break;
            }
            if let Some((direction, mirrored)) = self.pose(found.x, found.y) {
                let place = [found.x, found.y].map(|at| ((at as f64 + 0.5) * scale / UNIT) as u16);
                let bits = self.describe(found.x, found.y, direction, mirrored);
                list.push(Landmark { place, level: number, direction, mirrored, bits });
                taken += 1;
            }
        }
    }

    fn extrema(&self) -> Vec<Extremum> {
        let (width, margin) = (self.width, RADIUS as usize + 1);
        let mut extrema = Vec::new();
        if width <= 2 * margin || self.height <= 2 * margin {
            return extrema;
        }
        let least = (CONTRAST * 128.0) as i16;
        let difference: Vec<i16> = self
            .fine
            .iter()
            .zip(&self.coarse)
            .map(|(fine, coarse)| (fine >> 1) as i16 - (coarse >> 1) as i16)
            .collect();
        let rows: Vec<&[i16]> = difference.chunks_exact(width).collect();
        let (mut most, mut fewest, mut is_top) = (vec![0_i16; width], vec![0_i16; width], vec![0_u8; width]);
        for y in margin..self.height - margin {
            let [upper, row, lower] = [rows[y - 1], rows[y], rows[y + 1]];
            for (((most, fewest), (&a, &b)), &c) in
                most.iter_mut().zip(&mut fewest).zip(upper.iter().zip(row)).zip(lower)
            {
                (*most, *fewest) = (a.max(b).max(c), a.min(b).min(c));
            }
            let inner = 1..width - 1;
            for ((is_top, &own), (most, fewest)) in
                is_top[inner.clone()].iter_mut().zip(&row[inner]).zip(most.windows(3).zip(fewest.windows(3)))
            {
                let most = most[0].max(most[1]).max(most[2]);
                let fewest = fewest[0].min(fewest[1]).min(fewest[2]);
                let high = own >= least && own >= most;
                let low = own <= -least && own <= fewest;
                *is_top = u8::from(high | low);
            }
            for x in (margin..width - margin).filter(|&x| is_top[x] != 0) {
                // A flat top counts once.
                let own = row[x];
                let is_first =
                    own != row[x - 1] && own != upper[x - 1] && own != upper[x] && own != upper[x + 1];
                if is_first && !on_edge(&difference, width, y * width + x) {
                    extrema.push(Extremum { strength: own.unsigned_abs(), x, y });
                }
            }
        }
        extrema
    }

    /// Direction and side of a landmark; `None` if they are not clear.
    fn pose(&self, x: usize, y: usize) -> Option<(u8, bool)> {
        let centre = i32::from(self.fine[y * self.width + x] >> 4);
        let (mut sums, mut size) = ([0_i32; 5], 0_i32);
        for (down, &reach) in (-MOMENTS..=MOMENTS).zip(REACHES.iter()) {
            let row = (y as i32 + down) as usize * self.width + x;
            let row = &self.fine[row - reach as usize..=row + reach as usize];
            let (mut plain, mut first, mut second, mut all) = (0_i32, 0_i32, 0_i32, 0_i32);
            for (across, &value) in (-reach..=reach).zip(row) {
                let value = i32::from(value >> 4) - centre;
                plain += value;
                first += across * value;
                second += across * across * value;
                all += value.abs();
            }
            sums[0] += first;
            sums[1] += down * plain;
            sums[2] += second;
            sums[3] += down * first;
            sums[4] += down * down * plain;
            size += all;
        }
        let [mx, my, mxx, mxy, myy] = sums.map(|sum| sum as f32);
        let size = (size as f32).max(1.0) * MOMENTS as f32;
        let length = mx.hypot(my);
        if length < CLEAR[0] * size {
            return None;
        }
        let (cos, sin) = (mx / length, my / length);
        let mixed = (myy - mxx) * sin * cos + mxy * (cos * cos - sin * sin);
        if mixed.abs() < CLEAR[1] * size * MOMENTS as f32 {
            return None;
        }
        let turn = f64::from(my).atan2(f64::from(mx)) / TAU * 256.0;
        Some(((turn.round() as i32).rem_euclid(256) as u8, mixed < 0.0))
    }

    fn describe(&self, x: usize, y: usize, direction: u8, mirrored: bool) -> [u64; 2] {
        let nearest = (usize::from(direction) * DIRECTIONS + 128) / 256 % DIRECTIONS;
        let places = &PLACES[nearest * 2 + usize::from(mirrored)];
        let value = |[across, down]: [i8; 2]| {
            let (x, y) = (x as isize + isize::from(across), y as isize + isize::from(down));
            self.fine[y as usize * self.width + x as usize]
        };
        let mut bits = [0_u64; 2];
        for (number, [first, second]) in places.iter().enumerate() {
            bits[number / 64] |= u64::from(value(*first) > value(*second)) << (number % 64);
        }
        bits
    }
}

/// Half the width of the disc of the moments in each of its rows.
static REACHES: LazyLock<Vec<i32>> = LazyLock::new(|| {
    let reach = |down: i32| (f64::from(MOMENTS * MOMENTS - down * down)).sqrt() as i32;
    (-MOMENTS..=MOMENTS).map(reach).collect()
});

/// The pairs of places of the descriptor for each direction, plain and mirrored.
static PLACES: LazyLock<Vec<[[[i8; 2]; 2]; BITS]>> = LazyLock::new(|| {
    // Places in the disc, denser in its middle; pairs that are not too near (Calonder et al., section 3.2).
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / (1_u64 << 24) as f64
    };
    let mut place = || {
        let (radius, angle) = (f64::from(RADIUS - 1) * uniform().powf(0.6), TAU * uniform());
        [radius * angle.cos(), radius * angle.sin()]
    };
    let mut pairs = Vec::with_capacity(BITS);
    while pairs.len() < BITS {
        let (first, second): ([f64; 2], [f64; 2]) = (place(), place());
        if (first[0] - second[0]).hypot(first[1] - second[1]) >= 4.0 {
            pairs.push([first, second]);
        }
    }
    (0..DIRECTIONS * 2)
        .map(|number| {
            let angle = (number / 2) as f64 * TAU / DIRECTIONS as f64;
            let side = if number % 2 == 1 { -1.0 } else { 1.0 };
            let turned = |[along, across]: [f64; 2]| {
                let across = across * side;
                let x = along * angle.cos() - across * angle.sin();
                let y = along * angle.sin() + across * angle.cos();
                [x.round() as i8, y.round() as i8]
            };
            std::array::from_fn(|pair| pairs[pair].map(turned))
        })
        .collect()
});

/// Whether the extremum at `at` lies on an edge: one of its curvatures is far larger than the other.
fn on_edge(difference: &[i16], width: usize, at: usize) -> bool {
    let value = |place: usize| f32::from(difference[place]);
    let along_x = value(at + 1) + value(at - 1) - 2.0 * value(at);
    let along_y = value(at + width) + value(at - width) - 2.0 * value(at);
    let mixed =
        (value(at + width + 1) - value(at + width - 1) - value(at - width + 1) + value(at - width - 1)) / 4.0;
    let (trace, determinant) = (along_x + along_y, along_x * along_y - mixed * mixed);
    determinant <= 0.0 || trace * trace * EDGE > (EDGE + 1.0).powi(2) * determinant
}

/// The picture filtered by (1, 4, 6, 4, 1) / 16 along both axes, whose taps are `step` pixels apart; the border pixel is
/// repeated.
fn binomial(values: &[u16], width: usize, height: usize, step: usize) -> Vec<u16> {
    let mix = |a: u16, b: u16, c: u16, d: u16, e: u16| a + e + ((b + d) << 2) + c * 6;
    let reach = 2 * step;
    let mut rows = vec![0_u16; values.len()];
    let mut padded = vec![0_u16; width + 2 * reach];
    for (row, out) in values.chunks_exact(width).zip(rows.chunks_exact_mut(width)) {
        padded[..reach].fill(row[0] >> 4);
        padded[reach + width..].fill(row[width - 1] >> 4);
        padded[reach..reach + width].iter_mut().zip(row).for_each(|(padded, value)| *padded = value >> 4);
        let (a, b, c, d, e) =
            (&padded[..], &padded[step..], &padded[2 * step..], &padded[3 * step..], &padded[4 * step..]);
        for (x, out) in out.iter_mut().enumerate() {
            *out = mix(a[x], b[x], c[x], d[x], e[x]) >> 4;
        }
    }
    let mut blurred = vec![0_u16; values.len()];
    for (y, out) in blurred.chunks_exact_mut(width).enumerate() {
        let row = |offset: isize| {
            let y = (y as isize + offset * step as isize).clamp(0, height as isize - 1) as usize;
            &rows[y * width..(y + 1) * width]
        };
        let (a, b, c, d, e) = (row(-2), row(-1), row(0), row(1), row(2));
        for (x, out) in out.iter_mut().enumerate() {
            *out = mix(a[x], b[x], c[x], d[x], e[x]);
        }
    }
    blurred
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blur_keeps_a_flat_picture() {
        let flat = vec![255 << 8; 40 * 30];
        let blurred = binomial(&flat, 40, 30, 2);
        assert!(blurred.iter().all(|&value| value >= 254 << 8), "{}", blurred[0]);
    }

    #[test]
    fn bytes_are_read_back() {
        let mut resizer = Resizer::default();
        let photo = Rgb::new(160, 120, foliar_synth::draw(5, 1, 2, 160).into_raw()[..160 * 120 * 3].to_vec());
        let landmarks = Landmarks::of(&photo, &mut resizer);
        assert!(landmarks.list.len() > 20 && landmarks.list.len() <= COUNT, "{}", landmarks.list.len());
        let bytes = landmarks.to_bytes();
        assert_eq!(Landmarks::from_bytes(&bytes), Some(landmarks));
        assert_eq!(Landmarks::from_bytes(&bytes[1..]), None);
        let _ = Landmarks::from_bytes(&vec![255; Landmarks::LENGTH]);
    }

    #[test]
    fn a_mirror_and_a_quarter_turn_leave_most_descriptors() {
        let side = 128;
        let photo = Rgb::new(side, side, foliar_synth::draw(5, 2, 3, side).into_raw());
        let changed = |source: fn(u32, u32, u32) -> (u32, u32)| {
            let pixel = |place: u32| {
                let (x, y) = source(place % side, place / side, side);
                [0, 1, 2].map(|channel| photo.pixels[((y * side + x) * 3 + channel) as usize])
            };
            Rgb::new(side, side, (0..side * side).flat_map(pixel).collect())
        };
        let mut resizer = Resizer::default();
        let own = Landmarks::of(&photo, &mut resizer);
        for source in [|x, y, side| (side - 1 - x, y), |x, y, side: u32| (y, side - 1 - x)]
            as [fn(u32, u32, u32) -> _; 2]
        {
            let other = Landmarks::of(&changed(source), &mut resizer);
            let near = |landmark: &&Landmark| {
                let differ = |other: &Landmark| -> u32 {
                    [0, 1].map(|half| (landmark.bits[half] ^ other.bits[half]).count_ones()).iter().sum()
                };
                other.list.iter().any(|other| differ(other) <= 16)
            };
            let found = own.list.iter().filter(near).count();
            assert!(2 * found > own.list.len(), "{found} of {}", own.list.len());
        }
    }
}
