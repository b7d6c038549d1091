//! File-name sequences: photos that were taken one after the other, found by the numbers in their file names.
//!
//! People usually take several photos of a leaf: `IMG_0493.jpg` and `IMG_0494.jpg` probably show the same leaf, or its
//! neighbour under the same light. A network that is trained on one of them knows the other, so a random split is
//! optimistic. Therefore the photos of one class and one source are sorted by their numbers and cut into runs; a run stays
//! in one split. Long runs separate few photos of one leaf; short runs leave enough groups to choose from in a small folder.
//! Files that were made of one photo, by their names, count as one. `IMG_0493_2`, a second part of `IMG_0493`, stays with it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::dataset::Dataset;
use crate::name_copies::NameCopies;

/// Least number of photos of a source to use its numbers.
const SMALLEST_SOURCE: usize = 10;
/// Digits of the number of a photo that a camera counted, of which a file is a part: less is a count of something else, more a date.
const COUNTER: std::ops::RangeInclusive<usize> = 3..=6;
/// Number of runs that a source is cut into, unless they would be too short or too long.
const RUNS: usize = 10;
/// Shortest and longest run.
const RUN: [usize; 2] = [5, 10];
/// Least proportion of photos that belong to a source; with less, no sequence is used.
const COVERAGE: f64 = 0.8;

/// By class, folder and name: the number and the index of each photo.
type Sources<'a> = BTreeMap<(usize, &'a Path, &'a str), Vec<(u64, usize)>>;

/// For each photo the number of its run; `None` if file names do not number the photos. Of copies by name the first stands for
/// all.
#[must_use]
pub fn runs(data: &Dataset, copies: &NameCopies) -> Option<Vec<u64>> {
    let mut sources = Sources::new();
    for (index, photo) in data.photos.iter().enumerate().filter(|(index, _)| copies.of[*index] == *index) {
        let folder = photo.path.parent().unwrap_or(Path::new(""));
        if let Some((source, number)) = counted(&copies.stems[index]) {
            sources.entry((photo.class, folder, source)).or_default().push((number, index));
        }
    }
    let parts = parts_of_things(&sources);
    sources.retain(|_, members| members.len() >= SMALLEST_SOURCE);
    let mut groups = vec![None; data.photos.len()];
    let mut next = 0u64;
    for members in sources.values_mut() {
        members.sort_unstable();
        let length = members.len().div_ceil(RUNS).clamp(RUN[0], RUN[1]);
        let mut taken = 0;
        // `leaf12_a` and `leaf12_b` have one number, which is not cut.
        for same in members.chunk_by(|a, b| a.0 == b.0) {
            if taken >= length {
                (next, taken) = (next + 1, 0);
            }
            same.iter().for_each(|&(_, index)| groups[index] = Some(next));
            taken += same.len();
        }
        next += 1;
    }
    for thing in parts {
        thing.iter().for_each(|&index| groups[index] = Some(next));
        next += 1;
    }
    for (index, photo) in data.photos.iter().enumerate() {
        let folder = photo.path.parent().unwrap_or(Path::new(""));
        if groups[index].is_none()
            && let Some((source, number)) = part(&copies.stems[index])
            && let Some(members) = sources.get(&(photo.class, folder, source))
        {
            // The photo itself may be missing.
            let next = members.partition_point(|&(other, _)| other <= number);
            groups[index] = groups[members[next.saturating_sub(1)].1];
        }
    }
    let covered = copies.of.iter().filter(|&&first| groups[first].is_some()).count();
    if data.photos.is_empty() || (covered as f64) < COVERAGE * data.photos.len() as f64 {
        return None;
    }
    let mut alone = |group: Option<u64>| {
        group.unwrap_or_else(|| {
            next += 1;
            next - 1
        })
    };
    let mut numbers = vec![0; groups.len()];
    for (index, &first) in copies.of.iter().enumerate() {
        numbers[index] = if first == index { alone(groups[index]) } else { numbers[first] };
    }
    Some(numbers)
}

/// The photos of each thing that was numbered itself and photographed several times, as in `plant3_1`, `plant3_2`, `L12-1`: sources
/// with a number in their name and few photos. Empty if they are a minority: then numbers are something else.
fn parts_of_things(sources: &Sources<'_>) -> Vec<Vec<usize>> {
    let is_thing = |source: &str, members: &[(u64, usize)]| {
        let few = (2..SMALLEST_SOURCE).contains(&members.len());
        // Larger numbers are times or counts of something else.
        let small = members.iter().all(|&(number, _)| number < 100);
        few && small && source.bytes().any(|byte| byte.is_ascii_digit())
    };
    let things = sources.iter().filter(|((.., source), members)| is_thing(source, members));
    let things: Vec<Vec<usize>> =
        things.map(|(_, members)| members.iter().map(|&(_, index)| index).collect()).collect();
    let photos = |all: &[Vec<usize>]| all.iter().map(Vec::len).sum::<usize>();
    let all: usize = sources.values().map(Vec::len).sum();
    if 2 * photos(&things) > all { things } else { Vec::new() }
}

/// The source and the number in a name such as `IMG_0493`, `RS_HL 0493` or `IDENTIFIER___RS_HL 0493_small`.
fn counted(stem: &str) -> Option<(&str, u64)> {
    let name = stem.rsplit("___").next().unwrap_or(stem);
    let end = name.rfind(|letter: char| letter.is_ascii_digit())? + 1;
    let begin = name[..end]
        .rfind(|letter: char| !letter.is_ascii_digit())
        .map_or(0, |place| place + name[place..].chars().next().map_or(1, char::len_utf8));
    Some((&name[..begin], name[begin..end].parse().ok()?))
}

/// The source and the number of the photo of which a file with a name such as `IMG_0493_2` is a part.
fn part(stem: &str) -> Option<(&str, u64)> {
    let (photo, part) = stem.rsplit_once(['_', '-'])?;
    let digits = photo.bytes().rev().take_while(u8::is_ascii_digit).count();
    let is_part = (1..=2).contains(&part.len()) && part.bytes().all(|letter| letter.is_ascii_digit());
    if is_part && COUNTER.contains(&digits) { counted(photo) } else { None }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::dataset::Photo;
    use crate::digest::Digest;

    fn dataset(names: impl Iterator<Item = String>) -> Dataset {
        let photo = |(index, name): (usize, String)| Photo {
            path: PathBuf::from("healthy").join(name),
            class: 0,
            split: None,
            digest: Digest::of(&index.to_le_bytes()),
            bytes: 1,
            width: 1,
            height: 1,
        };
        let photos = names.enumerate().map(photo).collect();
        Dataset {
            root: PathBuf::new(),
            classes: vec!["healthy".to_owned()],
            photos,
            layout: None,
            tables: None,
            label_sets: None,
        }
    }

    fn runs_of(data: &Dataset) -> Option<Vec<u64>> {
        runs(data, &NameCopies::find(data))
    }

    #[test]
    fn names_are_parsed() {
        for (stem, expected) in [
            ("IMG_0493", Some(("IMG_", 493))),
            ("0a1b-22___RS_HL 0493", Some(("RS_HL ", 493))),
            ("leaf 12 (cropped)", Some(("leaf ", 12))),
            ("77", Some(("", 77))),
            ("blätter7", Some(("blätter", 7))),
            ("leaf", None),
            ("", None),
            ("8bd39bca890ced99999999999999999999999", None),
        ] {
            assert_eq!(counted(stem), expected, "{stem}");
        }
    }

    #[test]
    fn names_of_parts_are_parsed() {
        for (stem, expected) in [
            ("IMG_0493_2", Some(("IMG_", 493))),
            ("DSC00493-12", Some(("DSC", 493))),
            ("IMG_0493_small", None),
            ("IMG_0493_123", None),
            ("IMG_20240501_12", None),
            ("leaf_12_1", None),
            ("IMG_0493", None),
            ("_2", None),
            ("", None),
        ] {
            assert_eq!(part(stem), expected, "{stem}");
        }
    }

    #[test]
    fn parts_of_a_photo_stay_with_it() {
        // Those of 0007 and 0030 have no whole photo; 0009 has as many parts as a source, which are a source of their own.
        let whole =
            (0..50).filter(|number| ![7, 30].contains(number)).map(|number| format!("IMG_{number:04}.jpg"));
        let parts = ["0003_1", "0003_2", "0007_1", "0007_12", "0030_4", "0030_9"]
            .map(|part| format!("IMG_{part}.jpg"));
        let many = (1..=10).map(|part| format!("IMG_0009_{part}.jpg"));
        let names: Vec<String> = whole.chain(parts).chain(many).collect();
        let groups = runs_of(&dataset(names.clone().into_iter())).unwrap();
        let run_of =
            |name: &str| groups[names.iter().position(|other| *other == format!("IMG_{name}.jpg")).unwrap()];
        for (part, photo) in [
            ("0003_1", "0003"),
            ("0003_2", "0003"),
            ("0007_1", "0006"),
            ("0007_12", "0006"),
            ("0030_4", "0029"),
            ("0030_9", "0029"),
        ] {
            assert_eq!(run_of(part), run_of(photo), "{part}");
        }
        assert_eq!(run_of("0009_1"), run_of("0009_5"));
        assert_ne!(run_of("0009_1"), run_of("0009"));
        // Runs of whole photos are the same without parts.
        let alone = runs_of(&dataset(names[..48].iter().cloned())).unwrap();
        assert_eq!(alone[..], groups[..48]);
    }

    #[test]
    fn neighbours_share_a_run() {
        let groups = runs_of(&dataset((0..50).rev().map(|number| format!("IMG_{number:04}.jpg")))).unwrap();
        let run_of = |number: usize| groups[49 - number];
        assert!((0..50).all(|number| run_of(number) == run_of(number / 5 * 5)));
        let mut distinct = groups.clone();
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 10);
    }

    #[test]
    fn photos_of_a_numbered_thing_share_a_run() {
        // Two, three or four photos of each of 30 leaves.
        for name in [
            |leaf: usize, photo: usize| format!("leaf{leaf}_{}.jpg", ["a", "b", "c", "d"][photo]),
            |leaf, photo| format!("plant{leaf}_leaf{}.jpg", photo + 1),
            |leaf, photo| format!("L{leaf}-{}.jpg", photo + 1),
        ] {
            let of: Vec<(usize, usize)> =
                (1..=30).flat_map(|leaf| (0..2 + leaf % 3).map(move |photo| (leaf, photo))).collect();
            let groups = runs_of(&dataset(of.iter().map(|&(leaf, photo)| name(leaf, photo)))).unwrap();
            for (one, other) in of.iter().zip(&groups).zip(of.iter().zip(&groups).skip(1)) {
                assert!(one.0.0 != other.0.0 || one.1 == other.1, "{} of {one:?} {other:?}", name(1, 0));
            }
            let distinct: std::collections::BTreeSet<u64> = groups.iter().copied().collect();
            assert!(distinct.len() >= 8, "{distinct:?}");
        }
        let times =
            (0..60).map(|photo| format!("IMG_202405{:02}_{}.jpg", photo / 3 + 1, 101_500 + photo * 7));
        assert_eq!(runs_of(&dataset(times)), None, "times of a day are no parts");
    }

    #[test]
    fn names_without_numbers_make_no_groups() {
        assert_eq!(
            runs_of(&dataset(
                (0..50_u64)
                    .map(|number| format!("{:016x}.jpg", number.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64)))
            )),
            None
        );
        assert_eq!(runs_of(&dataset((0..50).map(|number| format!("{}.jpg", "x".repeat(number + 1))))), None);
        assert_eq!(runs_of(&dataset(std::iter::empty())), None);
    }

    #[test]
    fn the_few_without_a_number_stand_alone() {
        let names = (0..50).map(|number| {
            if number < 5 { format!("{}.jpg", "x".repeat(number + 1)) } else { format!("a{number}.jpg") }
        });
        let groups = runs_of(&dataset(names)).unwrap();
        assert!((0..5).all(|index| groups.iter().filter(|&&group| group == groups[index]).count() == 1));
    }

    #[test]
    fn copies_of_a_photo_do_not_join_runs() {
        let copies = (0..50)
            .flat_map(|number| ["", "_flip", "_90deg"].map(|mark| format!("IMG_{number:04}{mark}.jpg")));
        let groups = runs_of(&dataset(copies)).unwrap();
        assert!(
            (0..50).all(|number| groups[3 * number..3 * number + 3]
                .iter()
                .all(|&run| run == groups[3 * number]))
        );
        let mut distinct = groups;
        distinct.sort_unstable();
        distinct.dedup();
        assert_eq!(distinct.len(), 10);
    }
}
