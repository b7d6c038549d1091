//! Classes all of whose photos are those of another class.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use foliar_vision::dataset::Dataset;
use foliar_vision::digest::Digest;
use foliar_vision::portable_component;

use crate::error::ScanError;

/// Photos of a class from which on their labels, if they are wrong, are no slips.
const LEAST: usize = 3;

/// The first class with all photos in another, byte for byte.
pub(crate) fn same_class(dataset: &Dataset) -> Option<ScanError> {
    let mut holders: HashMap<Digest, BTreeSet<usize>> = HashMap::new();
    for photo in &dataset.photos {
        holders.entry(photo.digest).or_default().insert(photo.class);
    }
    let mut shared: BTreeMap<(usize, usize), usize> = BTreeMap::new();
    for photo in &dataset.photos {
        for &other in holders[&photo.digest].iter().filter(|&&other| other != photo.class) {
            *shared.entry((photo.class, other)).or_default() += 1;
        }
    }
    let counts = dataset.class_counts();
    let is_whole = |pair: &(usize, usize)| {
        counts[pair.0] >= LEAST && shared.get(pair).is_some_and(|&count| count == counts[pair.0])
    };
    let &pair = shared.keys().find(|pair| is_whole(pair))?;
    let turned = (pair.1, pair.0);
    // Of two alike the later one, unless only the first is a link.
    let (class, like) = match is_whole(&turned) {
        true if is_link(dataset, pair.0) && !is_link(dataset, pair.1) => pair,
        true => turned,
        false => pair,
    };
    Some(ScanError::SameClass {
        root: dataset.root.clone(),
        class: dataset.classes[class].clone(),
        photographs: counts[class],
        like: dataset.classes[like].clone(),
        is_folder: dataset.tables.is_none(),
    })
}

/// Whether the folder of a class is a link.
fn is_link(dataset: &Dataset, class: usize) -> bool {
    let name = &dataset.classes[class];
    let of_class =
        |folder: &&Path| folder.file_name().map(portable_component).is_some_and(|folder| folder == *name);
    let first = dataset.photos.iter().find(|photo| photo.class == class);
    let folder = first.and_then(|photo| photo.path.ancestors().skip(1).find(of_class));
    folder.is_some_and(|folder| dataset.root.join(folder).is_symlink())
}
