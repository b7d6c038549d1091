//! What the border tells of the class once leaves are put before other backgrounds.
//!
//! On photos of a laboratory the border often tells the class, and a network may learn it. Other backgrounds are meant to end that;
//! whether they do is measured with the probe that found it, on views as training makes them.

use foliar_results::BorderChange;
use foliar_results::audit::ShortcutCue;
use foliar_vision::decode::read_file;
use foliar_vision::{Dataset, Limits, Photo, Resizer, Rgb, decode_reduced, folds};
use rayon::prelude::*;

use crate::audit_input::SEED;
use crate::border_colors::BorderColors;
use crate::forest::Table;
use crate::groups::PhotoGroups;
use crate::probe::probe_of;
use crate::split_check::FOLDS;

/// The border of a photo and of its view, and whether the view has another background.
struct Borders {
    plain: Vec<f32>,
    view: Vec<f32>,
    is_changed: bool,
}

/// Measures how well the outer border predicts the class on the photos of `dataset` as they are, and on what `view` makes of each, which
/// is given its place and its pixels, the shorter side at most `side`; `None` is the photo as it is. `groups` are those of the photos.
/// `progress` is called from several threads, once a photo.
///
/// Returns `None` if there is one class only, or if a photo cannot be decoded any more.
///
/// # Panics
/// If `groups` are not those of the photos of the data set.
#[must_use]
pub fn border_change(
    dataset: &Dataset,
    groups: &PhotoGroups,
    side: u32,
    view: &(dyn Fn(usize, &Rgb) -> Option<Rgb> + Sync),
    progress: &(dyn Fn() + Sync),
) -> Option<BorderChange> {
    assert_eq!(dataset.photos.len(), groups.of.len(), "one group a photo");
    if dataset.classes.len() < 2 {
        return None;
    }
    let limits = Limits::default();
    let measure = |resizer: &mut Resizer, (place, photo): (usize, &Photo)| {
        let bytes = read_file(&dataset.root.join(&photo.path), &limits).ok()?;
        let picture = decode_reduced(&bytes, side, &limits, resizer).ok()?;
        progress();
        let plain = BorderColors::of(&picture, resizer).border;
        let changed = view(place, &picture);
        let is_changed = changed.is_some();
        let view = changed.map_or_else(|| plain.clone(), |view| BorderColors::of(&view, resizer).border);
        Some(Borders { plain, view, is_changed })
    };
    let photos = dataset.photos.par_iter().enumerate();
    let measured: Option<Vec<Borders>> = photos.map_init(Resizer::default, measure).collect();
    let measured = measured?;
    let all: Vec<usize> = (0..measured.len()).collect();
    let folds = folds(dataset, &all, Some(&groups.numbers()), FOLDS, SEED);
    let probe = |of: &dyn Fn(&Borders) -> &[f32]| {
        let values: Vec<f32> = measured.iter().flat_map(|borders| of(borders).iter().copied()).collect();
        let table = Table { values: &values, width: values.len() / measured.len() };
        probe_of(ShortcutCue::Border, table, dataset, &groups.of, &folds)
    };
    Some(BorderChange {
        as_they_are: probe(&|borders| &borders.plain),
        as_trained: probe(&|borders| &borders.view),
        photographs: measured.len(),
        changed: measured.iter().filter(|borders| borders.is_changed).count(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use std::path::{Path, PathBuf};

    use foliar_vision::Digest;

    use super::*;
    use crate::groups::{GroupRule, NearDuplicates, group_photos};
    use crate::sample::dataset;

    const SIDE: u32 = 64;
    const EACH: u64 = 20;

    /// Drawn leaves of two classes, one with a dark border and one with a light one, in a folder.
    fn laboratory(folder: &Path) -> (Dataset, PhotoGroups) {
        let mut dataset = dataset(&["dark/0", "light/0"]);
        (dataset.root, dataset.photos) = (folder.to_owned(), Vec::new());
        for (class, shade) in [40, 200].into_iter().enumerate() {
            for number in 0..EACH {
                let mut picture = foliar_synth::draw(1, class, number, SIDE);
                for (x, y, pixel) in picture.enumerate_pixels_mut() {
                    if [x, y].into_iter().any(|place| !(6..SIDE - 6).contains(&place)) {
                        pixel.0 = [shade + number as u8; 3];
                    }
                }
                let path = PathBuf::from(format!("{class}-{number}.png"));
                picture.save(folder.join(&path)).unwrap();
                let digest = Digest::of(path.as_os_str().as_encoded_bytes());
                dataset.photos.push(Photo {
                    path,
                    class,
                    split: None,
                    digest,
                    bytes: 1,
                    width: SIDE,
                    height: SIDE,
                });
            }
        }
        let groups = group_photos(&dataset, &GroupRule::None, NearDuplicates::Off).unwrap();
        (dataset, groups)
    }

    #[test]
    fn a_border_that_is_exchanged_tells_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (dataset, groups) = laboratory(folder.path());
        let flat = |place: usize, photo: &Rgb| {
            let shade = (place * 97 % 200) as u8;
            (!place.is_multiple_of(4))
                .then(|| Rgb::new(photo.width, photo.height, vec![shade; photo.pixels.len()]))
        };
        let measured = border_change(&dataset, &groups, SIDE, &flat, &|| {}).unwrap();
        assert_eq!((measured.photographs, measured.changed), (40, 30));
        assert!(measured.as_they_are.accuracy.value > 0.95, "{measured:?}");
        assert!(measured.as_trained.accuracy.value < 0.85, "{measured:?}");
        // Views that are the photos say what the photos say.
        let same = border_change(&dataset, &groups, SIDE, &|_, _| None, &|| {}).unwrap();
        assert_eq!((same.changed, &same.as_they_are), (0, &same.as_trained));
        assert_eq!(same.as_they_are, measured.as_they_are);
    }

    #[test]
    fn photos_that_are_gone_give_no_number() {
        let folder = tempfile::tempdir().unwrap();
        let (dataset, groups) = laboratory(folder.path());
        std::fs::remove_file(folder.path().join("1-3.png")).unwrap();
        assert_eq!(border_change(&dataset, &groups, SIDE, &|_, _| None, &|| {}), None);
    }
}
