//! Which photos share landmarks, and how one would have to be turned, mirrored, scaled and shifted to show what another shows.
//!
//! Descriptors that differ in few bits are found by locality-sensitive hashing (Indyk and Motwani 1998): two of them agree in
//! all the bits of at least one of [`TABLES`] keys, probably. Each pair of landmarks proposes a similarity; where several pairs
//! of two photos propose the same one, it is fitted to them.

use std::f64::consts::TAU;

use rayon::prelude::*;

use crate::landmarks::{Landmark, Landmarks, STEP};

/// Keys of a descriptor.
const TABLES: usize = 12;
/// Bits of a key: at least and at most.
const KEY: [u32; 2] = [12, 24];
/// Most landmarks of one key; a key of more says nothing.
const COMMON: usize = 150;
/// Most bits in which descriptors of one place differ.
const NEAR: u32 = 22;
/// Landmarks of earlier photos that are kept for each, the nearest ones.
const KEPT: usize = 20;
/// Least number of landmarks that agree on a similarity.
const AGREEING: usize = 4;
/// Largest difference of the turns of two pairs of landmarks that agree, in 256th of a turn.
const TURN: u8 = 14;
/// Largest distance between a landmark and its place by another pair, then by the fit, in pixels of the largest level.
const DISTANCES: [f64; 3] = [11.0, 6.0, 4.0];
/// Landmarks nearer to each other than this count as one.
const APART: f64 = 4.0;
/// Largest scale, in either direction.
const SCALE: f64 = 1.9;

/// A similarity: q = scale e^(i turn) p + shift, where p is conjugated first if `mirrored`; in pixels of the largest level
/// from the centres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Similarity {
    pub(crate) mirrored: bool,
    /// Real and imaginary part of scale e^(i turn).
    pub(crate) factor: [f64; 2],
    pub(crate) shift: [f64; 2],
}

impl Similarity {
    pub(crate) fn of(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let y = if self.mirrored { -y } else { y };
        let [c, s] = self.factor;
        [c * x - s * y + self.shift[0], s * x + c * y + self.shift[1]]
    }

    pub(crate) fn scale(&self) -> f64 {
        self.factor[0].hypot(self.factor[1])
    }

    /// The one that fits pairs of places best, by least squares.
    fn fitted(mirrored: bool, pairs: &[([f64; 2], [f64; 2])]) -> Option<Self> {
        let count = pairs.len() as f64;
        let side = if mirrored { -1.0 } else { 1.0 };
        let mean = |place: fn(&([f64; 2], [f64; 2])) -> f64| pairs.iter().map(place).sum::<f64>() / count;
        let from = [mean(|pair| pair.0[0]), side * mean(|pair| pair.0[1])];
        let to = [mean(|pair| pair.1[0]), mean(|pair| pair.1[1])];
        let (mut real, mut imaginary, mut square) = (0.0, 0.0, 0.0);
        for (p, q) in pairs {
            let (x, y) = (p[0] - from[0], side * p[1] - from[1]);
            let (u, v) = (q[0] - to[0], q[1] - to[1]);
            real += x * u + y * v;
            imaginary += x * v - y * u;
            square += x * x + y * y;
        }
        let factor = [real / square, imaginary / square];
        let shift = [
            to[0] - factor[0] * from[0] + factor[1] * from[1],
            to[1] - factor[1] * from[0] - factor[0] * from[1],
        ];
        let found = Self { mirrored, factor, shift };
        let scale = found.scale();
        (square > 1.0 && (1.0 / SCALE..=SCALE).contains(&scale)).then_some(found)
    }
}

/// Two photos that share landmarks, and where `other` shows what `own` does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Match {
    pub(crate) own: usize,
    /// Less than `own`.
    pub(crate) other: usize,
    /// From places in `own` to places in `other`.
    pub(crate) similarity: Similarity,
}

/// All pairs of photos that share at least [`AGREEING`] landmarks in one similarity, by (own, other).
pub(crate) fn matches(photos: &[&Landmarks]) -> Vec<Match> {
    let begins: Vec<usize> = photos
        .iter()
        .scan(0, |next, photo| {
            let begin = *next;
            *next += photo.list.len();
            Some(begin)
        })
        .collect();
    let landmarks: Vec<(u32, &Landmark)> = photos
        .iter()
        .enumerate()
        .flat_map(|(place, photo)| photo.list.iter().map(move |landmark| (place as u32, landmark)))
        .collect();
    let descriptors: Vec<[u64; 2]> = landmarks.iter().map(|(_, landmark)| landmark.bits).collect();
    let bits = usize::BITS - landmarks.len().leading_zeros();
    let bits = bits.clamp(KEY[0], KEY[1]);
    // For each photo what is near its landmarks in earlier ones.
    let mut near: Vec<Vec<Near>> = vec![Vec::new(); photos.len()];
    for table in 0..TABLES {
        let table = Table::new(&landmarks, table, bits);
        near.par_iter_mut().enumerate().for_each(|(own, near)| {
            for (number, landmark) in photos[own].list.iter().enumerate() {
                let same = table.landmarks(landmark);
                if same.len() > COMMON {
                    continue;
                }
                for &other in same.iter().take_while(|&&other| (other as usize) < begins[own]) {
                    let [first, second] = descriptors[other as usize];
                    let half = (first ^ landmark.bits[0]).count_ones();
                    if half <= NEAR {
                        let distance = half + (second ^ landmark.bits[1]).count_ones();
                        if distance <= NEAR {
                            near.push(Near::new(number, distance, other));
                        }
                    }
                }
            }
        });
    }
    let found: Vec<Vec<Match>> = near
        .into_par_iter()
        .enumerate()
        .map(|(own, mut near)| {
            near.sort_unstable();
            near.dedup();
            let mut near: Vec<Near> = near
                .chunk_by(|a, b| a.own() == b.own())
                .flat_map(|near| near.iter().take(KEPT).copied())
                .collect();
            near.sort_unstable_by_key(|near| (near.other(), near.own()));
            near.chunk_by(|a, b| landmarks[a.other()].0 == landmarks[b.other()].0)
                .filter(|near| near.len() >= AGREEING)
                .filter_map(|near| {
                    let other = landmarks[near[0].other()].0 as usize;
                    let pair = |near: &Near| {
                        let (ours, theirs) = (&photos[own].list[near.own()], landmarks[near.other()].1);
                        Pair::new(ours, photos[own].size, theirs, photos[other].size)
                    };
                    let similarity = agreement(&near.iter().map(pair).collect::<Vec<_>>())?;
                    Some(Match { own, other, similarity })
                })
                .collect()
        })
        .collect();
    found.into_iter().flatten().collect()
}

/// A landmark of an earlier photo with a near descriptor, as a number that sorts by the first, then by the distance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Near(u64);

impl Near {
    fn new(own: usize, distance: u32, other: u32) -> Self {
        Self((own as u64) << 48 | u64::from(distance) << 32 | u64::from(other))
    }

    /// Index among the landmarks of the own photo.
    fn own(self) -> usize {
        (self.0 >> 48) as usize
    }

    /// Index among all landmarks.
    fn other(self) -> usize {
        self.0 as u32 as usize
    }
}

/// Landmarks by one of their keys.
struct Table {
    number: usize,
    bits: u32,
    begins: Vec<u32>,
    /// Ascending for each key.
    places: Vec<u32>,
}

impl Table {
    fn new(landmarks: &[(u32, &Landmark)], number: usize, bits: u32) -> Self {
        let mut begins = vec![0_u32; (1 << bits) + 1];
        let keys: Vec<u32> = landmarks.iter().map(|(_, landmark)| key(landmark, number, bits)).collect();
        keys.iter().for_each(|&key| begins[key as usize + 1] += 1);
        for key in 0..1 << bits {
            begins[key + 1] += begins[key];
        }
        let mut next = begins.clone();
        let mut places = vec![0; landmarks.len()];
        for (place, key) in keys.into_iter().enumerate() {
            let slot = &mut next[key as usize];
            places[*slot as usize] = place as u32;
            *slot += 1;
        }
        Self { number, bits, begins, places }
    }

    fn landmarks(&self, landmark: &Landmark) -> &[u32] {
        let key = key(landmark, self.number, self.bits) as usize;
        &self.places[self.begins[key] as usize..self.begins[key + 1] as usize]
    }
}

/// Some of the bits of a descriptor, whose pairs of places are in no order: the words of it for the first half of the tables,
/// and every other bit of two words for the second.
fn key(landmark: &Landmark, number: usize, bits: u32) -> u32 {
    let word = |number: usize| (landmark.bits[number / 4 % 2] >> (16 * (number % 4))) as u32 & 0xFFFF;
    let half = TABLES / 2;
    let (low, high) = if number < half {
        (word(number), word(number + 3))
    } else {
        let number = number - half;
        ((word(number) & 0x5555) | (word(number + 1) & 0xAAAA), word(number + 5))
    };
    (low | high << 16) & ((1 << bits) - 1)
}

/// Two landmarks with near descriptors.
#[derive(Clone, Copy)]
struct Pair {
    from: [f64; 2],
    to: [f64; 2],
    mirrored: bool,
    /// In 256th of a turn.
    turn: u8,
    /// Levels by which the second is larger.
    levels: i32,
}

impl Pair {
    fn new(from: &Landmark, from_size: [u16; 2], to: &Landmark, to_size: [u16; 2]) -> Self {
        let mirrored = from.mirrored != to.mirrored;
        let turn = if mirrored {
            to.direction.wrapping_add(from.direction)
        } else {
            to.direction.wrapping_sub(from.direction)
        };
        let levels = i32::from(to.level) - i32::from(from.level);
        Self { from: from.place(from_size), to: to.place(to_size), mirrored, turn, levels }
    }

    /// The similarity that this pair alone proposes.
    fn similarity(&self) -> Similarity {
        let scale = STEP.powi(self.levels);
        let turn = f64::from(self.turn) * TAU / 256.0;
        let factor = [scale * turn.cos(), scale * turn.sin()];
        let mut similarity = Similarity { mirrored: self.mirrored, factor, shift: [0.0; 2] };
        let there = similarity.of(self.from);
        similarity.shift = [self.to[0] - there[0], self.to[1] - there[1]];
        similarity
    }

    fn agrees(&self, other: &Self) -> bool {
        let turn = self.turn.wrapping_sub(other.turn);
        self.mirrored == other.mirrored
            && turn.min(turn.wrapping_neg()) <= TURN
            && (self.levels - other.levels).abs() <= 1
    }

    fn lies_within(&self, similarity: &Similarity, distance: f64) -> bool {
        square(similarity.of(self.from), self.to) <= distance * distance
    }
}

/// Square of the distance.
fn square(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}

/// The similarity on which most pairs agree; `None` if fewer than [`AGREEING`] agree on any.
fn agreement(pairs: &[Pair]) -> Option<Similarity> {
    let mut best = None;
    let mut most = AGREEING - 1;
    for pair in pairs {
        let like: Vec<&Pair> = pairs.iter().filter(|other| pair.agrees(other)).collect();
        if like.len() <= most {
            continue;
        }
        let mut found = Some((0, pair.similarity()));
        for distance in DISTANCES {
            found = found.and_then(|(_, similarity)| {
                let near: Vec<([f64; 2], [f64; 2])> = like
                    .iter()
                    .filter(|other| other.lies_within(&similarity, distance))
                    .map(|other| (other.from, other.to))
                    .collect();
                let agreeing = if near.len() > most { distinct(&near) } else { 0 };
                let fitted = (agreeing > most).then(|| Similarity::fitted(pair.mirrored, &near)).flatten()?;
                Some((agreeing, fitted))
            });
        }
        if let Some((agreeing, similarity)) = found {
            (most, best) = (agreeing, Some(similarity));
        }
    }
    best
}

/// Number of pairs that are apart from one another at both ends.
fn distinct(pairs: &[([f64; 2], [f64; 2])]) -> usize {
    let mut kept: Vec<&([f64; 2], [f64; 2])> = Vec::new();
    for pair in pairs {
        let new = |other: &&([f64; 2], [f64; 2])| {
            let [from, to] = [square(pair.0, other.0), square(pair.1, other.1)];
            from.min(to) >= APART * APART
        };
        if kept.iter().all(new) {
            kept.push(pair);
        }
    }
    kept.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_similarity_is_fitted_to_its_own_pairs() {
        for mirrored in [false, true] {
            let own = Similarity { mirrored, factor: [0.9, -0.7], shift: [3.0, -8.0] };
            let pairs: Vec<_> =
                [[0.0, 0.0], [10.0, 3.0], [-4.0, 30.0], [7.0, -9.0]].map(|p| (p, own.of(p))).to_vec();
            let found = Similarity::fitted(mirrored, &pairs).unwrap();
            for (p, q) in pairs {
                assert!(square(found.of(p), q) < 1e-18, "{found:?}");
            }
        }
    }
}
