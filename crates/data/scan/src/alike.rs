//! Classes whose names differ in spelling only.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use foliar_files::{Printable as _, quoted};
use foliar_vision::dataset::{Dataset, Photo, Split};
use foliar_vision::{counted, normal_class_name, portable_component, portable_name};

use unicode_normalization::UnicodeNormalization as _;

use crate::error::{AlikeClasses, ScanError, shown_alike};
use crate::part::bare;

/// Sets of two or more classes of one normal form, by their indices. The first of each set is the one that the others are
/// meant to be: that with most photos for training, then with most at all.
pub(crate) fn alike(dataset: &Dataset) -> Vec<Vec<usize>> {
    let mut sets: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, class) in dataset.classes.iter().enumerate() {
        sets.entry(normal_class_name(class)).or_default().push(index);
    }
    sets.retain(|_, classes| classes.len() > 1);
    let (trained, all) = (trained(dataset), dataset.class_counts());
    let mut sets: Vec<Vec<usize>> = sets.into_values().collect();
    for classes in &mut sets {
        classes.sort_by_key(|&class| (std::cmp::Reverse((trained[class], all[class])), class));
    }
    sets
}

/// Refuses classes to train on that lie beside one another and have one name.
pub(crate) fn beside(dataset: &Dataset, trained: &[usize]) -> Result<(), ScanError> {
    let one = |&(class, like): &(usize, usize)| {
        trained[class] > 0 && is_same_name(&dataset.classes[class], &dataset.classes[like])
    };
    let pairs = alike(dataset).into_iter().flat_map(|classes| {
        let like = classes[0];
        classes.into_iter().skip(1).map(move |class| (class, like))
    });
    let pairs: Vec<AlikeClasses> =
        pairs.filter(one).map(|(class, like)| pair(dataset, class, &dataset.classes[like])).collect();
    if pairs.is_empty() {
        return Ok(());
    }
    let root = quoted(&dataset.root.shown().to_string());
    // Around a data set other folders lie, which would be the classes.
    let at_top = pairs.iter().all(|pair| dataset.classes.contains(&pair.folder));
    let two = match at_top {
        true => format!("`{root} --classes-from 1` if they are two"),
        false => "give one of them another name if they are two".to_owned(),
    };
    let ways = vec![format!("`{root} --match-names` to take them for one class"), two];
    Err(ScanError::Undecided { root: dataset.root.clone(), what: shown_alike(&pairs), ways })
}

/// Whether two names of one folder are meant to be one: they differ in case, in blanks at an end or in the form of their letters
/// (composed or not) alone. `leaf_1` and `leaf 1` may be two.
pub(crate) fn is_same_name(one: &str, other: &str) -> bool {
    let plain = |name: &str| name.trim().nfc().flat_map(char::to_lowercase).nfc().collect::<String>();
    plain(one) == plain(other)
}

/// For each class the number of its photos that no folder sets apart for validation or test.
pub(crate) fn trained(dataset: &Dataset) -> Vec<usize> {
    let mut trained = vec![0; dataset.classes.len()];
    for photo in dataset.photos.iter().filter(|photo| photo.split.is_none_or(|split| split == Split::Train)) {
        trained[photo.class] += 1;
    }
    trained
}

/// The class at `index` and the one that it looks like.
pub(crate) fn pair(dataset: &Dataset, index: usize, like: &str) -> AlikeClasses {
    let photos = || dataset.photos.iter().filter(|photo| photo.class == index);
    let class = &dataset.classes[index];
    AlikeClasses {
        folder: photos().next().map_or_else(|| class.clone(), |photo| folder(photo, class)),
        photographs: photos().count(),
        like: like.to_owned(),
    }
}

/// The folder of a class above one of its photos.
fn folder(photo: &Photo, class: &str) -> String {
    let named = |folder: &&Path| {
        folder.file_name().map(portable_component).is_some_and(|name| class.ends_with(&name))
    };
    photo.path.ancestors().skip(1).filter(named).last().map_or_else(|| class.to_owned(), portable_name)
}

/// What there is to say of classes that only a number in brackets tells apart, `rust (1)` and `rust (2)`: degrees of one disease, or
/// copies of one folder.
pub(crate) fn numbered(classes: &[String]) -> Option<String> {
    let mut sets: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for class in classes {
        let bare = bare(class);
        if bare.numbered {
            sets.entry(bare.coloured).or_default().push(class);
        }
    }
    let Some((_, names)) = sets.into_iter().find(|(_, names)| names.len() > 1) else {
        return numbered_alike(classes);
    };
    Some(format!(
        "{} to {} are taken for {} classes, although only numbers tell them apart (--classes FILE merges classes)",
        names[0],
        names[names.len() - 1],
        names.len()
    ))
}

/// The same of numbers that stand behind several names: `rust_1`, `rust_2`, `healthy_1` and `healthy_2`.
fn numbered_alike(classes: &[String]) -> Option<String> {
    let mut sets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for class in classes {
        let stem = class.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let bare = stem.trim_end_matches(['_', '-', ' ']);
        if stem.len() < class.len() && bare.ends_with(char::is_alphabetic) {
            sets.entry(bare).or_default().insert(&class[stem.len()..]);
        }
    }
    let (_, first) = sets.first_key_value()?;
    let alike = sets.len() > 1 && first.len() > 1 && sets.values().all(|numbers| numbers == first);
    alike.then(|| {
        format!(
            "{} are taken for {} classes each, although only numbers tell them apart (--classes FILE merges classes)",
            sets.keys().copied().collect::<Vec<_>>().join(", "),
            first.len()
        )
    })
}

/// The data set in which alike classes are one, and what was taken for what.
pub(crate) fn matched(mut dataset: Dataset) -> Dataset {
    let counts = dataset.class_counts();
    let mut said = Vec::new();
    let mut class_of: Vec<usize> = (0..dataset.classes.len()).collect();
    for classes in alike(&dataset) {
        for &class in &classes[1..] {
            class_of[class] = classes[0];
            let [own, other] = [class, classes[0]].map(|class| &dataset.classes[class]);
            said.push(format!("{own} is read as {other} ({})", counted(counts[class], "photo", "photos")));
        }
    }
    if said.is_empty() {
        return dataset;
    }
    for photo in &mut dataset.photos {
        photo.class = class_of[photo.class];
    }
    let layout: Vec<String> = dataset.layout.take().into_iter().chain(said).collect();
    dataset.layout = Some(layout.join("; "));
    dataset.retain(|_| true).0
}
