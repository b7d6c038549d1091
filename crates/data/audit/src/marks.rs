//! A mark that most photographs of one class carry at one place of the border, and hardly any other photograph: a date, a
//! label, a ruler, a coloured corner.
//!
//! | symbol | is |
//! | --- | --- |
//! | m | median colour of a class at a region of the border, by channel |
//! | r | radius around m, in the largest difference of a channel, that holds `SHARE` of the class |
//! | f | share of all other photographs that lie within r of m there |
//!
//! A background of its own also makes f small, but everywhere; a mark is at one place.

use foliar_vision::Dataset;
use serde::{Deserialize, Serialize};

use crate::surroundings::Region;
use crate::survey::Sight;

/// Share of a class that carries the mark.
const SHARE: f64 = 0.8;
/// Least photographs of a class, and of all others, to say anything.
const FEWEST: usize = 10;
/// Largest radius: beyond, the class has no colour of its own there.
const LARGEST_RADIUS: f32 = 20.0;
/// Smallest radius: below, compression alone would tell photographs apart.
const SMALLEST_RADIUS: f32 = 4.0;
/// Largest f of a mark.
const MOST_OTHERS: f64 = 0.02;
/// What f is at least at most other regions of the same class.
const ELSEWHERE: f64 = 0.06;

/// A mark.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Name of the class that carries it.
    pub class: String,
    /// Where.
    pub region: Region,
    /// Its colour: red, green and blue.
    pub colour: [u8; 3],
    /// Share of the class that has this colour there.
    pub share: f64,
    /// Share of all other photographs that have.
    pub others: f64,
}

/// The marks of all classes.
#[must_use]
pub fn marks(dataset: &Dataset, sights: &[Sight]) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (class, name) in dataset.classes.iter().enumerate() {
        let inside: Vec<bool> = dataset.photos.iter().map(|photo| photo.class == class).collect();
        let members = inside.iter().filter(|inside| **inside).count();
        if members < FEWEST || inside.len() - members < FEWEST {
            continue;
        }
        let patches: Vec<Patch> =
            (0..Region::ALL.len()).map(|region| Patch::of(region, &inside, sights)).collect();
        for (place, patch) in patches.iter().enumerate() {
            let mut elsewhere: Vec<f64> = patches
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != place)
                .map(|(_, other)| other.others)
                .collect();
            elsewhere.sort_by(f64::total_cmp);
            let usual = elsewhere.get(elsewhere.len() / 2).copied().unwrap_or(0.0);
            if patch.radius <= LARGEST_RADIUS && patch.others <= MOST_OTHERS && usual >= ELSEWHERE {
                marks.push(Mark {
                    class: name.clone(),
                    region: Region::ALL[place],
                    colour: patch.colour.map(|value| value.round().clamp(0.0, 255.0) as u8),
                    share: patch.share,
                    others: patch.others,
                });
            }
        }
    }
    marks
}

/// A region in the photographs of a class and of the others.
struct Patch {
    colour: [f32; 3],
    radius: f32,
    share: f64,
    others: f64,
}

impl Patch {
    fn of(region: usize, inside: &[bool], sights: &[Sight]) -> Self {
        let colours = |wanted: bool| {
            let of_kind = inside.iter().zip(sights).filter(move |(inside, _)| **inside == wanted);
            of_kind.map(move |(_, sight)| sight.surroundings.regions[region])
        };
        let colour = [0, 1, 2].map(|channel| {
            let mut values: Vec<f32> = colours(true).map(|colour| colour[channel]).collect();
            values.sort_by(f32::total_cmp);
            values[values.len() / 2]
        });
        let distance = |other: [f32; 3]| {
            colour.iter().zip(other).map(|(own, other)| (own - other).abs()).fold(0.0, f32::max)
        };
        let mut distances: Vec<f32> = colours(true).map(distance).collect();
        distances.sort_by(f32::total_cmp);
        let held = (distances.len() as f64 * SHARE).ceil() as usize;
        let radius = distances[held.clamp(1, distances.len()) - 1].max(SMALLEST_RADIUS);
        let share_of = |wanted: bool| {
            let near: Vec<bool> = colours(wanted).map(|colour| distance(colour) <= radius).collect();
            near.iter().filter(|near| **near).count() as f64 / near.len().max(1) as f64
        };
        Self { colour, radius, share: share_of(true), others: share_of(false) }
    }
}
