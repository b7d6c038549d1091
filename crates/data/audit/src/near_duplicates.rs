//! Photos that are copies of one another: byte for byte, or resized, saved again, cropped, turned, mirrored or brightened.
//!
//! The search compares perceptual hashes, within [`RADIUS`] bits under any of the eight symmetries, of the whole photo and
//! of inner windows. Each candidate pair is then aligned and compared pixel by pixel. Two photos of one leaf are similar but
//! differ in fine detail; a copy agrees down to the veins.
//!
//! Copies that are turned by any angle or are a smaller part of the photo have no similar hash. They are found by landmarks
//! that they share, and confirmed in the same way.
//!
//! A photo of which a folder holds hundreds of copies has tens of thousands of pairs. Once a photo has `ENOUGH` copies, others
//! are compared with it only if no chain of copies leads to them, so that sets of copies stay whole.

use std::collections::BTreeMap;

use foliar_results::audit::Symmetry;
use foliar_vision::{Digest, UnionFind};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::align::{Grey, Warp};
use crate::fingerprint::Fingerprint;
use crate::hash_index::HashIndex;
use crate::landmark_matches::{Match, matches};
use crate::landmarks::Landmarks;
use crate::overlay::{Overlay, overlay};
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
/// The same where parts are covered, which are left out: two photos of one leaf come to 0.976 then.
const COVERED_DETAIL: f64 = 0.98;
/// Least proportion of one photo that the other shows too.
const OVERLAP: f64 = 0.7;
/// The same of copies that share landmarks: the corners of a long photo that is turned by a right angle are lost.
const LANDMARK_OVERLAP: f64 = 0.5;
/// Most alignments that are tried for a pair.
const TRIES: usize = 3;
/// Most candidates of a photo.
const CANDIDATES: usize = 300;
/// Copies of a photo that are looked for; more only where they join sets of copies.
const ENOUGH: usize = 24;
/// The same of copies that share landmarks, whose comparison takes longer.
const ENOUGH_BY_LANDMARKS: usize = 4;
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
/// A photo with more than 24 near copies is paired with those whose hashes are nearest to its own, and with as many others as it
/// takes to join the copies to one set; of copies that only landmarks find, with 4.
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
    let compare = |own: usize, candidate: &Candidate| {
        let (a, b) = (searched[candidate.other], searched[own]);
        let promising = is_promising(&sketches[candidate.other], &sketches[own], candidate);
        promising.then(|| confirm(thumbnails, a, b, candidate)).flatten()
    };
    let count = searched.len();
    let mut sets = UnionFind::new(count);
    let of_hash = |own| candidates(&index, &prints, own);
    let searches = search(count, &mut sets, ENOUGH, of_hash, |candidate| candidate.other, compare);
    let of = sets.clone().names();
    let is_full: Vec<bool> = searches.iter().map(|search| search.found.len() >= ENOUGH).collect();
    for (_, copy) in searches.into_iter().flat_map(|search| search.found) {
        let entry = copies.entry((copy.a, copy.b)).or_insert(copy);
        if copy.detail > entry.detail {
            *entry = copy;
        }
    }
    let landmarks: Vec<&Landmarks> = searched.iter().map(|&place| thumbnails[place].landmarks()).collect();
    let matches = matches(&landmarks);
    let of_photo = |own: usize| {
        let begin = matches.partition_point(|found| found.own < own);
        let own_matches = matches[begin..].iter().take_while(move |found| found.own == own).copied();
        own_matches
            .filter(|found| !copies.contains_key(&(searched[found.other], searched[own])))
            .filter(|found| !(is_full[own] && of[own] == of[found.other]))
            .collect()
    };
    let shared = search(
        count,
        &mut sets,
        ENOUGH_BY_LANDMARKS,
        of_photo,
        |found: &Match| found.other,
        |_, found| confirm_match(thumbnails, &searched, found),
    );
    for (_, copy) in shared.into_iter().flat_map(|search| search.found) {
        copies.insert((copy.a, copy.b), copy);
    }
    copies.into_values().collect()
}

/// The search for copies of a photo among its candidates.
struct Search<C> {
    /// Index among those that are searched, as of all others here.
    own: usize,
    /// Candidates that were not looked at, nearest first.
    left: Vec<C>,
    /// Copies, with the index of the other photo.
    found: Vec<(usize, Copy)>,
}

/// Searches for copies of each photo, `enough` of them at a time, and joins the sets that they make: the same sets as if every
/// candidate were compared. `other` is the index of the photo that a candidate stands for.
fn search<C: Send>(
    count: usize,
    sets: &mut UnionFind,
    enough: usize,
    candidates: impl Fn(usize) -> Vec<C> + Sync,
    other: impl Fn(&C) -> usize + Sync,
    compare: impl Fn(usize, &C) -> Option<Copy> + Sync,
) -> Vec<Search<C>> {
    let mut of: Vec<usize> = (0..count).collect();
    let mut searches: Vec<Search<C>> = (0..count)
        .into_par_iter()
        .map(|own| {
            let search = Search { own, left: candidates(own), found: Vec::new() };
            search.go_on(enough, &of, &other, &compare)
        })
        .collect();
    loop {
        for search in &searches {
            search.found.iter().for_each(|&(other, _)| sets.join(search.own, other));
        }
        of = sets.clone().names();
        if searches.iter().all(|search| search.left.is_empty()) {
            return searches;
        }
        searches =
            searches.into_par_iter().map(|search| search.go_on(enough, &of, &other, &compare)).collect();
    }
}

impl<C> Search<C> {
    /// Looks for `enough` more copies, among the candidates that are not in its set yet.
    fn go_on(
        mut self,
        enough: usize,
        of: &[usize],
        place: impl Fn(&C) -> usize,
        compare: impl Fn(usize, &C) -> Option<Copy>,
    ) -> Self {
        let most = self.found.len() + enough;
        let mut left = std::mem::take(&mut self.left).into_iter();
        while self.found.len() < most
            && let Some(candidate) = left.next()
        {
            let other = place(&candidate);
            let known = || self.found.iter().any(|&(known, _)| known == other);
            if of[other] != of[self.own] && !known() {
                let copy = compare(self.own, &candidate);
                self.found.extend(copy.map(|copy| (other, copy)));
            }
        }
        self.left = left.collect();
        self
    }
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
    let is_copy = |laid: &Overlay| {
        let detail = if laid.covered { COVERED_DETAIL } else { LANDMARK_DETAIL };
        laid.similarity >= SIMILARITY && laid.detail >= detail && laid.overlap >= LANDMARK_OVERLAP
    };
    let laid = overlay(thumbnails[b].landmarks(), thumbnails[a].landmarks(), &found.similarity, is_copy)?;
    is_copy(&laid).then_some(Copy {
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
    use proptest::prelude::*;

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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn sets_are_those_of_all_pairs(
            colours in prop::collection::vec(0..4_usize, 1..150),
            bridges in prop::collection::vec((0..150_usize, 0..150_usize), 0..4),
        ) {
            // Photos of one colour are copies, and of each colour's candidates the nearest ones; bridges are copies besides.
            let count = colours.len();
            let is_copy = |a: usize, b: usize| {
                colours[a] == colours[b] || bridges.contains(&(a, b)) || bridges.contains(&(b, a))
            };
            let candidates = |own: usize| {
                let candidate = |other: usize| Candidate {
                    distance: u32::from(colours[other] != colours[own]),
                    other,
                    symmetry: Symmetry::Same,
                    zoom: 0,
                };
                let mut all: Vec<Candidate> = (0..own).map(candidate).collect();
                all.sort_unstable();
                all
            };
            let compare = |own: usize, candidate: &Candidate| {
                is_copy(own, candidate.other).then(|| Copy::exact(candidate.other, own))
            };
            let mut sets = UnionFind::new(count);
            let searches = search(count, &mut sets, ENOUGH, candidates, |candidate| candidate.other, compare);
            let of = sets.names();
            let mut sets = UnionFind::new(count);
            for b in 0..count {
                (0..b).filter(|&a| is_copy(a, b)).for_each(|a| sets.join(a, b));
            }
            prop_assert_eq!(of, sets.names());
            for (own, search) in searches.iter().enumerate() {
                let copies = (0..own).filter(|&other| is_copy(own, other)).count();
                prop_assert!(search.found.len() >= copies.min(ENOUGH), "{} of {}", search.found.len(), copies);
                prop_assert!(search.found.len() <= ENOUGH + bridges.len(), "{}", search.found.len());
            }
        }
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
