//! Folders that stand where classes or parts stand and hold no photo.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

use foliar_files::Printable as _;
use foliar_vision::{counted, portable_component};

use crate::layout::Layout;
use crate::options::ClassesFrom;
use crate::part::plain_part;
use crate::siblings::is_no_class;
use crate::walk::Tree;

/// Folders that sentences name.
const NAMED: usize = 4;
/// Extensions of files that may show what photos show, or hold photos, and are not read.
const MEDIA: [&str; 24] = [
    "mp4", "mov", "avi", "mkv", "m4v", "3gp", "webm", "pdf", "doc", "docx", "ppt", "pptx", "psd", "zip",
    "rar", "7z", "tar", "gz", "dng", "cr2", "cr3", "nef", "arw", "svg",
];

/// One sentence a folder: those beside classes that hold films, documents or archives alone, and those beside parts that are named
/// like parts and hold no photo at all. Empty folders beside classes are problems, and not among them.
pub(crate) fn sentences(tree: &Tree, layout: &Layout) -> Vec<String> {
    let named = tree.folders.iter().filter(|folder| layout.left_out(folder).is_none());
    let mut said: Vec<String> = named.filter_map(|folder| sentence(tree, layout, folder)).collect();
    if said.len() > NAMED {
        let more = said.len() - NAMED;
        said.truncate(NAMED);
        said.push(format!("{} hold no photo either", counted(more, "more folder", "more folders")));
    }
    said
}

fn sentence(tree: &Tree, layout: &Layout, folder: &Path) -> Option<String> {
    let above = folder.parent()?;
    let name = folder.file_name().map(portable_component)?;
    let is_part = || {
        plain_part(&name).is_some()
            && layout.sections.iter().any(|section| {
                section.split.is_some() && section.folder.parent() == Some(above) && section.folder != folder
            })
    };
    let is_class = || {
        let section = |folder: &Path| layout.sections.iter().any(|section| section.folder == folder);
        layout.classes_from == ClassesFrom::Depth(1) && section(above) && !is_no_class(&name)
    };
    let (part, class) = (is_part(), is_class());
    if !part && !class {
        return None;
    }
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    // The files are sorted.
    let first = tree.files.partition_point(|file| file.as_path() < folder);
    for file in tree.files[first..].iter().take_while(|file| file.starts_with(folder)) {
        if tree.is_picture(file) {
            return None;
        }
        let kind = file.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
        *kinds.entry(kind).or_default() += 1;
    }
    let shown = folder.shown();
    if part {
        return Some(format!("{shown} holds no photo, so there is no such part"));
    }
    let media = kinds.iter().filter(|(kind, _)| MEDIA.contains(&kind.as_str()));
    let (kind, count) = media.max_by_key(|(_, count)| **count)?;
    let files = counted(*count, &format!(".{kind} file, which is"), &format!(".{kind} files, which are"));
    Some(format!("{shown} is no class: it holds no photo but {files} not read"))
}
