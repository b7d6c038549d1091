//! Photos that are copies of one another: byte for byte, or resized, saved again, cropped, turned, mirrored or brightened.
//!
//! The search compares perceptual hashes, within [`RADIUS`] bits under any of the eight symmetries, of the whole photo and
//! of inner windows. Each candidate pair is then aligned and compared pixel by pixel. Two photos of one leaf are similar but
//! differ in fine detail; a copy agrees down to the veins.
//!
//! Copies that are turned by any angle or are a smaller part of the photo have no similar hash. They are found by landmarks
//! that they share, and confirmed in the same way.

use std::collections::BTreeMap;

use foliar_results::audit::Symmetry;
use foliar_vision::Digest;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::align::{Grey, Warp};
use crate::fingerprint::Fingerprint;
use crate::hash_index::HashIndex;
use crate::landmark_matches::{Match, matches};
use crate::landmarks::Landmarks;
use crate::overlay::overlay;
use crate::thumbnail::{SIDE, Thumbnail};

/// Largest number of bits in which the hashes of copies differ.
pub const RADIUS: u32 = 11;
/// Least contrast of a thumbnail, as standard deviation of its greys; with less, the photo is not compared.
const CONTRAST: f64 = 3.0;
/// Least correlation of the detail of halved thumbnails before alignment; with less, alignment is not tried.
const PROMISING: f64 = 0.25;
/// Least correlation of halved thumbnails after alignment; with less, whole ones are not compared.
const ALIGNED: f64 = 0.9;
/// Detail is what remains of a pixel less the mean of this many pixels on each side, in pixels of a thumbnail.
const DETAIL: usize = 2;
/// Least correlation of a copy.
const SIMILARITY: f64 = 0.9;
/// Least correlation of a copy's detail.
const DETAIL_SIMILARITY: f64 = 0.9;
/// The same of copies that share landmarks. Two photos of one leaf, taken one after the other, come to 0.957, and to 0.98
/// where the camera did not move.
const LANDMARK_DETAIL: f64 = 0.96;
/// Least proportion of one photo that the other shows too.
const OVERLAP: f64 = 0.7;
/// The same of copies that share landmarks: the corners of a long photo that is turned by a right angle are lost.
const LANDMARK_OVERLAP: f64 = 0.5;
/// Most alignments that are tried for a pair.
const TRIES: usize = 3;
/// Most candidates of a photo.
const CANDIDATES: usize = 300;
/// Scales at which the alignment begins, for the hash of the whole photo and of each inner window.
const ZOOMS: [f64; 3] = [1.0, 60.0 / 64.0, 56.0 / 64.0];

/// Two photos of which one is a copy of the other, by their indices; `a < b`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Copy {
    /// The first.
    pub a: usize,
    /// The second.
    pub b: usize,
    /// How to turn or mirror `b` so that it looks like `a`.
    pub symmetry: Symmetry,
    /// Whether the files are equal byte for byte.
    pub exact: bool,
    /// Correlation of the thumbnails where they overlap, up to 1.
    pub similarity: f64,
    /// Correlation of their fine detail, up to 1.
    pub detail: f64,
    /// Proportion of one photo that the other shows too.
    pub overlap: f64,
    /// By how much `b` has to be turned clockwise besides, -180 to 180 degrees.
    pub angle: f64,
    /// How much larger a place is in `b` than in `a`, where it is not about 1; copies that only lack a border have 1.
    pub scale: f64,
}

/// What candidates are compared by first.
struct Sketch(Option<Grey>);

impl Sketch {
    fn of(thumbnail: &Thumbnail) -> Self {
        Self(grey(thumbnail).and_then(|whole| whole.halved()?.detail(DETAIL)))
    }
}

fn grey(thumbnail: &Thumbnail) -> Option<Grey> {
    Grey::new(SIDE, thumbnail.pixels().iter().map(|&value| f32::from(value)).collect())
}

/// A pair with similar hashes, seen from one of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    distance: u32,
    /// The other photo, by its index among those that are searched.
    other: usize,
    symmetry: Symmetry,
    /// Index into [`ZOOMS`].
    zoom: usize,
}

/// All copies among photos with the given digests and thumbnails, sorted by (a, b). Of files that are equal byte for byte
/// the first is paired with each of the others, and represents all of them in the search for near duplicates.
///
/// # Panics
/// If there is not one thumbnail for each digest.
#[must_use]
pub fn find_copies(digests: &[Digest], thumbnails: &[&Thumbnail]) -> Vec<Copy> {
    assert_eq!(digests.len(), thumbnails.len(), "one thumbnail for each photo");
    let mut first_of = BTreeMap::new();
    let mut copies = BTreeMap::new();
    let mut searched = Vec::new();
    for (place, digest) in digests.iter().enumerate() {
        let first = *first_of.entry(*digest).or_insert(place);
        if first < place {
            copies.insert((first, place), Copy::exact(first, place));
        } else if thumbnails[place].contrast() >= CONTRAST {
            searched.push(place);
        }
    }
    let (prints, sketches): (Vec<Fingerprint>, Vec<Sketch>) = searched
        .par_iter()
        .map(|&place| (Fingerprint::of(thumbnails[place]), Sketch::of(thumbnails[place])))
        .unzip();
    let index = HashIndex::new(prints.iter().map(|print| print.whole).collect(), RADIUS);
    let found: Vec<Vec<Copy>> = (0..searched.len())
        .into_par_iter()
        .map(|own| {
            let mut confirmed: Vec<Copy> = Vec::new();
            for candidate in candidates(&index, &prints, own) {
                let (a, b) = (searched[candidate.other], searched[own]);
                let known = confirmed.iter().any(|copy| (copy.a, copy.b) == (a.min(b), a.max(b)));
                if !known && is_promising(&sketches[candidate.other], &sketches[own], &candidate) {
                    confirmed.extend(confirm(thumbnails, a, b, &candidate));
                }
            }
            confirmed
        })
        .collect();
    for copy in found.into_iter().flatten() {
        let entry = copies.entry((copy.a, copy.b)).or_insert(copy);
        if copy.detail > entry.detail {
            *entry = copy;
        }
    }
    let landmarks: Vec<&Landmarks> = searched.iter().map(|&place| thumbnails[place].landmarks()).collect();
    let shared: Vec<Option<Copy>> = matches(&landmarks)
        .par_iter()
        .filter(|found| !copies.contains_key(&(searched[found.other], searched[found.own])))
        .map(|found| confirm_match(thumbnails, &searched, found))
        .collect();
    for copy in shared.into_iter().flatten() {
        copies.insert((copy.a, copy.b), copy);
    }
    copies.into_values().collect()
}

/// The photos whose hash is near one of the hashes of `own`, nearest first.
fn candidates(index: &HashIndex, prints: &[Fingerprint], own: usize) -> Vec<Candidate> {
    let mut candidates = Vec::new();
    let mut near = Vec::new();
    for symmetry in Symmetry::ALL {
        for (zoom, hash) in prints[own].hashes().into_iter().enumerate() {
            let query = hash.seen(symmetry);
            near.clear();
            index.near(query, &mut near);
            // Whole with whole is found from both sides; one is enough.
            let others = near.iter().copied().filter(|&other| other < own || (zoom > 0 && other > own));
            candidates.extend(others.map(|other| {
                let distance = prints[other].whole.distance(query);
                Candidate { distance, other, symmetry, zoom }
            }));
        }
    }
    candidates.sort_unstable();
    let mut tries = BTreeMap::new();
    candidates.retain(|candidate| {
        let count = tries.entry(candidate.other).or_insert(0);
        *count += 1;
        *count <= TRIES
    });
    candidates.truncate(CANDIDATES);
    candidates
}

/// Whether the pair is similar enough to be aligned.
fn is_promising(a: &Sketch, b: &Sketch, candidate: &Candidate) -> bool {
    let (Some(a), Some(b)) = (&a.0, &b.0) else { return false };
    let agreement = a.agreement(&b.seen(candidate.symmetry), &Warp::zoom(ZOOMS[candidate.zoom]));
    agreement.is_some_and(|agreement| agreement.correlation >= PROMISING)
}

/// Aligns `b` with `a`; returns the pair if one is a copy of the other.
fn confirm(thumbnails: &[&Thumbnail], a: usize, b: usize, candidate: &Candidate) -> Option<Copy> {
    let (whole_a, whole_b) = (grey(thumbnails[a])?, grey(&thumbnails[b].seen(candidate.symmetry))?);
    let (half_a, half_b) = (whole_a.halved()?, whole_b.halved()?);
    let warp = half_a.align(&half_b, Warp::zoom(ZOOMS[candidate.zoom]))?;
    if half_a.agreement(&half_b, &warp)?.correlation < ALIGNED {
        return None;
    }
    let warp = whole_a.align(&whole_b, warp)?;
    let whole = whole_a.agreement(&whole_b, &warp)?;
    let detail = whole_a.detail(DETAIL)?.agreement(&whole_b.detail(DETAIL)?, &warp)?;
    let is_copy = whole.correlation >= SIMILARITY
        && detail.correlation >= DETAIL_SIMILARITY
        && whole.overlap >= OVERLAP;
    is_copy.then_some(Copy {
        a: a.min(b),
        b: a.max(b),
        symmetry: if a < b { candidate.symmetry } else { candidate.symmetry.inverse() },
        exact: false,
        similarity: whole.correlation,
        detail: detail.correlation,
        overlap: whole.overlap,
        angle: 0.0,
        scale: 1.0,
    })
}

/// Lays the two photos over one another; returns the pair if one is a copy of the other.
fn confirm_match(thumbnails: &[&Thumbnail], searched: &[usize], found: &Match) -> Option<Copy> {
    let (a, b) = (searched[found.other], searched[found.own]);
    let laid = overlay(thumbnails[b].landmarks(), thumbnails[a].landmarks(), &found.similarity)?;
    let is_copy =
        laid.similarity >= SIMILARITY && laid.detail >= LANDMARK_DETAIL && laid.overlap >= LANDMARK_OVERLAP;
    is_copy.then_some(Copy {
        a,
        b,
        symmetry: if laid.mirrored { Symmetry::Mirrored } else { Symmetry::Same },
        exact: false,
        similarity: laid.similarity,
        detail: laid.detail,
        overlap: laid.overlap,
        angle: laid.angle,
        scale: laid.scale.recip(),
    })
}

impl Copy {
    fn exact(a: usize, b: usize) -> Self {
        Self {
            a,
            b,
            symmetry: Symmetry::Same,
            exact: true,
            similarity: 1.0,
            detail: 1.0,
            overlap: 1.0,
            angle: 0.0,
            scale: 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use foliar_vision::{Resizer, Rgb, Window};

    use super::*;

    const SIZE: u32 = 128;

    fn leaf(class: usize, index: u64) -> Rgb {
        Rgb::new(SIZE, SIZE, foliar_synth::draw(5, class, index, SIZE).into_raw())
    }

    fn windowed(photo: &Rgb, window: [f64; 4], side: u32) -> Rgb {
        let [left, top, width, height] = window;
        let mut pixels = vec![0; (side * side * 3) as usize];
        let window = Window::within((photo.width, photo.height), left, top, width, height);
        Resizer::default().resize(photo, window, side, side, &mut pixels);
        Rgb::new(side, side, pixels)
    }

    fn turned(photo: &Rgb, symmetry: Symmetry) -> Rgb {
        let side = photo.width as usize;
        let pixel = |place: usize| {
            let (x, y) = symmetry.source(place % side, place / side, side);
            [0, 1, 2].map(|channel| photo.pixels[(y * side + x) * 3 + channel])
        };
        Rgb::new(photo.width, photo.height, (0..side * side).flat_map(pixel).collect())
    }

    #[test]
    fn copies_of_every_kind_are_found_and_nothing_else() {
        let mut photos: Vec<Rgb> = (0..60).map(|number| leaf(number % 5, number as u64 / 5)).collect();
        let length = f64::from(SIZE);
        let bright =
            photos[3].pixels.iter().map(|&value| (f32::from(value) * 1.25).min(255.0) as u8).collect();
        let copies = [
            (0, photos[0].clone(), Symmetry::Same),
            (1, windowed(&photos[1], [0.0, 0.0, length, length], 60), Symmetry::Same),
            (2, windowed(&photos[2], [5.0, 1.0, length * 0.95, length * 0.95], SIZE), Symmetry::Same),
            (3, Rgb::new(SIZE, SIZE, bright), Symmetry::Same),
            (4, turned(&photos[4], Symmetry::QuarterTurn), Symmetry::QuarterTurnBack),
            (5, turned(&photos[5], Symmetry::Mirrored), Symmetry::Mirrored),
            (6, turned(&photos[6], Symmetry::Antitransposed), Symmetry::Antitransposed),
        ];
        for (_, copy, _) in &copies {
            photos.push(copy.clone());
        }
        let digests: Vec<Digest> = photos.iter().map(|photo| Digest::of(&photo.pixels)).collect();
        let mut resizer = Resizer::default();
        let thumbnails: Vec<Thumbnail> =
            photos.iter().map(|photo| Thumbnail::of(photo, &mut resizer)).collect();
        let found = find_copies(&digests, &thumbnails.iter().collect::<Vec<_>>());
        let said: Vec<(usize, usize, Symmetry)> =
            found.iter().map(|copy| (copy.a, copy.b, copy.symmetry)).collect();
        let planted: Vec<(usize, usize, Symmetry)> = copies
            .iter()
            .enumerate()
            .map(|(number, &(original, _, symmetry))| (original, 60 + number, symmetry))
            .collect();
        assert_eq!(said, planted, "{found:#?}");
        assert!(found[0].exact && found[1..].iter().all(|copy| !copy.exact));
    }

    #[test]
    fn empty_pictures_are_copies_of_nothing() {
        let empty = |value: u8| Thumbnail::of(&Rgb::new(8, 8, vec![value; 192]), &mut Resizer::default());
        let thumbnails: Vec<Thumbnail> = (0..20).map(empty).collect();
        let digests: Vec<Digest> = (0..20_u8).map(|number| Digest::of(&[number])).collect();
        assert_eq!(find_copies(&digests, &thumbnails.iter().collect::<Vec<_>>()), []);
        assert_eq!(find_copies(&[], &[]), []);
    }
}
