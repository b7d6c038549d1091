//! Masks that have the name of the photo beside them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use foliar_vision::decode::{decode_bytes, read_file};
use foliar_vision::limits::Limits;
use rayon::prelude::*;

use crate::layout::Layout;
use crate::walk::Tree;

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
