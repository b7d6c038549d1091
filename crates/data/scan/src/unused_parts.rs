//! Parts of a data set that tables and lists beside class folders say.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use foliar_files::{Printable as _, quoted};
use foliar_labels::{ColumnChoice, Labels, SPLIT_COLUMNS};
use foliar_vision::dataset::Split;
use foliar_vision::{counted, portable_name};

use crate::discover::{are_parts, candidate, tables};
use crate::labelled::Pictures;
use crate::part::normal;
use crate::row_files::split_of;
use crate::table_splits::table_part;
use crate::walk::Tree;

/// What takes parts that no option takes as they are.
const BY_SPLIT: &str = "`--split FILE`, a table of all photos with the columns `path` and `split` (`train`, `val`, `test`), alone takes them";

/// What is to be said where a table has a column of parts, or there is a list for each part, and the folders alone say the
/// classes and no parts: which option takes the parts.
pub(crate) fn unused_parts(root: &Path, tree: &Tree) -> Option<String> {
    let pictures = Pictures::of(tree);
    let of_run = |place: &PathBuf| {
        let beside = |name: &str| foliar_archive::is_file(&root.join(place).with_file_name(name));
        beside("recipe.toml") || beside("tuning.json")
    };
    let mut places = tables(root, tree);
    places.retain(|place| !of_run(place));
    let of_lists_of_numbers = places.iter().find_map(|place| of_numbers(root, place));
    if of_lists_of_numbers.is_some() {
        return of_lists_of_numbers;
    }
    let of_column = places.iter().find_map(|place| of_column(root, place, &pictures));
    of_column.or_else(|| of_lists(root, &places, &pictures))
}

/// A table with a column of parts.
fn of_column(root: &Path, place: &Path, pictures: &Pictures<'_>) -> Option<String> {
    let file = root.join(place);
    let (column, rows) = Labels::parts(&file)?;
    let names: Vec<&str> = rows.iter().map(|(photo, _)| photo.as_str()).collect();
    let found = pictures.index.matched(&names);
    let parts: Vec<Option<Split>> = rows
        .iter()
        .zip(&found)
        .filter(|(_, files)| !files.is_empty())
        .map(|((_, part), _)| split_of(part))
        .collect();
    let apart = parts.iter().filter(|part| part.is_some_and(|part| part != Split::Train)).count();
    if apart == 0 || 2 * parts.len() < pictures.paths.len() {
        return None;
    }
    let takes_split = SPLIT_COLUMNS.contains(&normal(&column).as_str())
        && !normal(&column).starts_with("is")
        && file.extension().is_some_and(|kind| kind == "csv" || kind == "tsv")
        && rows.iter().all(|(_, part)| Split::of_word(part).is_some());
    let shown = quoted(&file.shown().to_string());
    let way = match (takes_split, Labels::read(&file, &ColumnChoice::default())) {
        (true, _) => format!("`--split {shown}` alone takes them"),
        (false, Ok(_)) => format!("`--labels {shown}` alone takes them"),
        (false, Err(_)) => BY_SPLIT.to_owned(),
    };
    let apart = counted(apart, "photo is", "photos are");
    Some(format!(
        "the column `{column}` of {} says the parts of the data set, in which {apart} not for training: {way}",
        portable_name(place)
    ))
}

/// A list that marks by number the photos to train on, beside those of photos and classes.
fn of_numbers(root: &Path, place: &Path) -> Option<String> {
    let file = root.join(place);
    file.file_name().filter(|name| *name == "image_class_labels.txt")?;
    let labels = Labels::read(&file, &ColumnChoice::default()).ok()?;
    let column = labels.split_column?;
    let apart = labels.rows.iter().filter(|row| row.split.as_deref() == Some("test")).count();
    (apart > 0).then(|| {
        format!(
            "{column} says the parts of the data set, in which {} not for training: `--labels {}` alone takes them",
            counted(apart, "photo is", "photos are"),
            quoted(&file.shown().to_string())
        )
    })
}

/// A list for each part.
fn of_lists(root: &Path, places: &[PathBuf], pictures: &Pictures<'_>) -> Option<String> {
    let of_part =
        |place: &&PathBuf| place.file_stem().is_some_and(|stem| table_part(Path::new(stem)).is_some());
    let read = |place: &PathBuf| {
        let labels = Labels::read(&root.join(place), &ColumnChoice::default()).ok();
        let labels = labels.filter(|labels| !labels.is_output())?;
        candidate(root, place.clone(), labels, pictures)
    };
    let lists: Vec<_> = places.iter().filter(of_part).filter_map(read).collect();
    let listed: BTreeSet<usize> = lists.iter().flat_map(|list| list.says.keys().copied()).collect();
    if let [list] = lists.as_slice()
        && list.labels.by_folder
        && let Some(part) = table_part(&list.place).filter(|part| *part != Split::Train)
    {
        let photos = counted(listed.len(), "photo", "photos");
        return Some(format!("{} lists {photos} for {part}: {BY_SPLIT}", portable_name(&list.place)));
    }
    if lists.len() < 2 || !are_parts(&lists) || 2 * listed.len() < pictures.paths.len() {
        return None;
    }
    let names: Vec<String> = lists.iter().map(|list| portable_name(&list.place)).collect();
    let option = |list: &crate::discover::Candidate| {
        format!("--labels {}", quoted(&root.join(&list.place).shown().to_string()))
    };
    let options: Vec<String> = lists.iter().map(option).collect();
    Some(format!(
        "{} say the parts of the data set: `{}` alone takes them",
        names.join(" and "),
        options.join(" ")
    ))
}
