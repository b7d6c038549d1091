//! Masks that have the name of the photo beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use foliar_vision::decode::{decode_bytes, read_file};
use foliar_vision::limits::Limits;
use rayon::prelude::*;

use crate::layout::{Layout, MASK_ENDS};
use crate::nested;
use crate::node::Node;
use crate::walk::{Tree, walk};

/// Colours up to which a picture is a mask and no photo.
const COLOURS: usize = 16;

/// Masks beside their photos: `leaf_mask.png` beside `leaf.jpg` by its name, `leaf.png` beside `leaf.jpg` by its few colours.
pub(crate) fn companions<'a>(root: &Path, tree: &'a Tree, limits: &Limits) -> BTreeSet<&'a Path> {
    let others: BTreeSet<PathBuf> = tree
        .files
        .iter()
        .filter(|file| tree.is_picture(file) && !is_png(file))
        .map(|file| file.with_extension(""))
        .collect();
    let twin = |file: &Path| is_png(file) && others.contains(&file.with_extension(""));
    let twins = tree.files.par_iter().map(PathBuf::as_path).filter(|file| twin(file));
    let masks: Vec<&Path> = twins.filter(|file| has_few_colours(&root.join(file), limits)).collect();
    Layout::companions(tree).into_iter().chain(masks).collect()
}

/// The masks among the photos below `folder`, by their paths below it: those that [`scan`](crate::scan) leaves out, and folders of
/// masks of which most are called like a photo elsewhere. None where nothing can be read.
#[must_use]
pub fn masks(folder: &Path, limits: &Limits) -> BTreeSet<PathBuf> {
    let Ok(tree) = walk(folder) else { return BTreeSet::new() };
    let mut found: BTreeSet<PathBuf> =
        companions(folder, &tree, limits).into_iter().map(Path::to_owned).collect();
    let folders = nested::masks(&Node::of(&tree));
    let is_inside = |file: &Path| folders.iter().find(|folder| file.starts_with(folder));
    let pictures = || tree.files.iter().filter(|file| tree.is_picture(file) && !found.contains(*file));
    let (mut stems, mut inside): (BTreeSet<String>, BTreeMap<&Path, Vec<&Path>>) = Default::default();
    for file in pictures() {
        match is_inside(file) {
            Some(folder) => inside.entry(folder).or_default().push(file),
            None => drop(stems.insert(stem(file))),
        }
    }
    let of_photo = |file: &&&Path| {
        let own = stem(file);
        let bare = MASK_ENDS.iter().find_map(|end| own.strip_suffix(end));
        stems.contains(&own) || bare.is_some_and(|bare| stems.contains(bare))
    };
    let masks = inside.into_values().filter(|files| 2 * files.iter().filter(of_photo).count() > files.len());
    let masks: Vec<PathBuf> = masks.flatten().map(Path::to_owned).collect();
    found.extend(masks);
    found
}

fn stem(file: &Path) -> String {
    file.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default()
}

fn is_png(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png"))
}

fn has_few_colours(path: &Path, limits: &Limits) -> bool {
    // Of files of other content with this name the colours say nothing: JPEG is no format of masks.
    let Ok(bytes) = read_file(path, limits) else { return false };
    let Some(Ok(picture)) = bytes.starts_with(b"\x89PNG").then(|| decode_bytes(&bytes, limits)) else {
        return false;
    };
    let mut colours: BTreeSet<[u8; 3]> = BTreeSet::new();
    let (pixels, _) = picture.pixels.as_chunks::<3>();
    let mut last = None;
    for &pixel in pixels {
        if last == Some(pixel) {
            continue;
        }
        last = Some(pixel);
        colours.insert(pixel);
        if colours.len() > COLOURS {
            return false;
        }
    }
    true
}
