//! A watermark: a mark at one place of the border that most photos of one class have and almost no other photo, such as a
//! date, a label, a ruler or a coloured corner.
//!
//! | symbol | is |
//! | --- | --- |
//! | m | median colour of a class in a region of the border, by channel |
//! | r | radius around m, in the largest difference of a channel, that holds `SHARE` of the class |
//! | f | proportion of all other photos whose colour there is within r of m |
//!
//! A class with its own background also has a small f, but everywhere; a watermark is in one place.

use foliar_results::audit::Watermark;
use foliar_vision::Dataset;

use crate::border_colors::Region;
use crate::image_stats::ImageStats;

/// Proportion of a class that has the watermark.
const SHARE: f64 = 0.8;
/// Least number of photos of a class, and of all others, to look for a watermark.
const FEWEST: usize = 10;
/// Largest radius; with a larger one the class has no colour of its own there.
const LARGEST_RADIUS: f32 = 20.0;
/// Smallest radius; a smaller one would only measure compression.
const SMALLEST_RADIUS: f32 = 4.0;
/// Largest f of a watermark.
const MOST_OTHERS: f64 = 0.02;
/// Least f of the median other region of the same class.
const ELSEWHERE: f64 = 0.06;

/// The watermarks of all classes.
#[must_use]
pub fn watermarks(dataset: &Dataset, stats: &[ImageStats]) -> Vec<Watermark> {
    let mut watermarks = Vec::new();
    for (class, name) in dataset.classes.iter().enumerate() {
        let inside: Vec<bool> = dataset.photos.iter().map(|photo| photo.class == class).collect();
        let members = inside.iter().filter(|inside| **inside).count();
        if members < FEWEST || inside.len() - members < FEWEST {
            continue;
        }
        let patches: Vec<Patch> =
            (0..Region::ALL.len()).map(|region| Patch::of(region, &inside, stats)).collect();
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
                watermarks.push(Watermark {
                    class: name.clone(),
                    region: Region::ALL[place].words().to_owned(),
                    colour: patch.colour.map(|value| value.round().clamp(0.0, 255.0) as u8),
                    share: patch.share,
                    others: patch.others,
                });
            }
        }
    }
    watermarks
}

/// One region in the photos of a class and in all others.
struct Patch {
    colour: [f32; 3],
    radius: f32,
    share: f64,
    others: f64,
}

impl Patch {
    fn of(region: usize, inside: &[bool], stats: &[ImageStats]) -> Self {
        let colours = |wanted: bool| {
            let of_kind = inside.iter().zip(stats).filter(move |(inside, _)| **inside == wanted);
            of_kind.map(move |(_, stats)| stats.border.regions[region])
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
