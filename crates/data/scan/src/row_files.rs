//! Which file each row of a table means.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use foliar_labels::{FileIndex, LabelRow, Labels, plain_path};
use foliar_vision::dataset::Split;

use crate::part::{is_mask, normal, part_of, plain_part};

/// What a row means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RowFile {
    /// This file, by its place among the pictures.
    One(usize),
    /// No file.
    None,
    /// Any of these.
    Several(Vec<usize>),
}

/// The file of each row of `table`, which lies at `place` below the root, or elsewhere. `pictures` are relative to the root, and
/// `index` is one of them.
///
/// Where a name ends the paths of several files, the choice falls on, in this order: the file that the name is the whole path
/// of, from the root or from the table; files in the part that the row says; files in a folder that is called like the class;
/// files below the folder of the table; files that are no masks; files in the part that the table is called after; and files
/// of the folder that holds most of the rows, if it holds twice as many as each other.
pub(crate) fn row_files(
    table: &Labels,
    place: Option<&Path>,
    pictures: &[&Path],
    index: &FileIndex,
) -> Vec<RowFile> {
    let names: Vec<&str> = table.rows.iter().map(|row| row.image.as_str()).collect();
    let found = index.matched(&names);
    let mut held: HashMap<Option<&Path>, usize> = HashMap::new();
    for files in &found {
        let mut folders: Vec<Option<&Path>> = files.iter().map(|&file| pictures[file].parent()).collect();
        folders.sort_unstable();
        folders.dedup();
        folders.into_iter().for_each(|folder| *held.entry(folder).or_default() += 1);
    }
    let above = place.and_then(Path::parent);
    let called =
        table.path.file_stem().and_then(|stem| part_of(&stem.to_string_lossy())).map(|part| part.split);
    let rows = table.rows.iter().zip(found);
    rows.map(|(row, files)| {
        let choice = Choice { row, above, called, pictures, held: &held };
        match choice.narrowed(files).as_slice() {
            [] => RowFile::None,
            [one] => RowFile::One(*one),
            several => RowFile::Several(several.to_vec()),
        }
    })
    .collect()
}

/// Whether a file stays among the files that a row may mean.
type Rule<'a> = &'a dyn Fn(&Path, &[usize]) -> bool;

/// What decides between the files of one row.
struct Choice<'a> {
    row: &'a LabelRow,
    /// The folder of the table below the root.
    above: Option<&'a Path>,
    /// The part that the table is called after.
    called: Option<Split>,
    pictures: &'a [&'a Path],
    /// Rows that a folder holds a file for.
    held: &'a HashMap<Option<&'a Path>, usize>,
}

impl Choice<'_> {
    fn narrowed(&self, mut files: Vec<usize>) -> Vec<usize> {
        let path = PathBuf::from(plain_path(&self.row.image));
        // `train/1.jpg` is not `test/1.jpg`, whatever other folders the table was made among.
        if let Some(part) = split_of_folders(&path) {
            files.retain(|&file| split_of_folders(self.pictures[file]).is_none_or(|other| other == part));
        }
        let said = self.row.split.as_deref().and_then(split_of);
        let whole = |file: &Path| file == path || self.above.is_some_and(|above| file == above.join(&path));
        let in_part = |file: &Path, part: Option<Split>| part.is_some() && split_of_folders(file) == part;
        let in_class = |file: &Path| {
            let folder = file.parent().and_then(Path::file_name).map(|name| normal(&name.to_string_lossy()));
            folder.is_some_and(|folder| self.row.labels.iter().any(|label| normal(label) == folder))
        };
        let most = |file: &Path, rivals: &[usize]| {
            let held = |file: &Path| self.held.get(&file.parent()).copied().unwrap_or(0);
            let rival = |other: &&usize| self.pictures[**other].parent() != file.parent();
            rivals.iter().filter(rival).all(|&other| held(file) >= 2 * held(self.pictures[other]))
        };
        let below = |file: &Path| {
            self.above.is_some_and(|above| !above.as_os_str().is_empty() && file.starts_with(above))
        };
        let is_photo = |file: &Path| !file.iter().any(|folder| is_mask(&folder.to_string_lossy()));
        let rules: [Rule<'_>; 7] = [
            &|file, _| whole(file),
            &|file, _| in_part(file, said),
            &|file, _| in_class(file),
            &|file, _| below(file),
            &|file, _| is_photo(file),
            &|file, _| in_part(file, self.called),
            &most,
        ];
        for rule in rules {
            if files.len() < 2 {
                break;
            }
            let kept: Vec<usize> =
                files.iter().copied().filter(|&file| rule(self.pictures[file], &files)).collect();
            if !kept.is_empty() {
                files = kept;
            }
        }
        files
    }
}

/// The part that the folders of a file name, the innermost first.
pub(crate) fn split_of_folders(file: &Path) -> Option<Split> {
    let folders = file.parent()?.iter().rev();
    folders.map(|folder| plain_part(&folder.to_string_lossy())).find(Option::is_some).flatten()
}

/// The part that a cell names.
pub(crate) fn split_of(cell: &str) -> Option<Split> {
    Split::of_word(cell).or_else(|| plain_part(cell))
}
