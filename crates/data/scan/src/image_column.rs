//! Which column of a table names the photos, where several fit the files.
//!
//! A table of numbers often has two: the number of the row, and that of the photo. Both fit photos that are called by numbers, and the
//! wrong one shuffles the labels.

use foliar_files::quoted;
use foliar_labels::{LabelError, Labels, plain_path};

use crate::labelled::Pictures;

/// Parts of names of columns that hold photos, and not numbers of rows.
const TELLING: [&str; 9] = ["image", "img", "photo", "picture", "file", "path", "bild", "foto", "imagen"];

/// Refuses a table in which another column names other photos just as well, and no name of a column decides.
///
/// # Errors
/// [`LabelError::Undecided`] with the option for each column.
pub(crate) fn check(labels: &Labels, pictures: &Pictures<'_>) -> Result<(), LabelError> {
    let Some(taken) = &labels.image_column else { return Ok(()) };
    let own = photos(labels.rows.iter().map(|row| row.image.as_str()), pictures);
    let found = own.iter().flatten().count();
    let rival = labels.image_rivals.iter().find(|rival| {
        let others = photos(rival.cells.iter().map(String::as_str), pictures);
        let fits = 5 * others.iter().flatten().count() >= 4 * found.max(1);
        let differs = own.iter().zip(&others).any(|(own, other)| own != other && other.is_some());
        fits && differs && (is_telling(&rival.column) || !is_telling(taken) || found == 0)
    });
    let Some(rival) = rival else { return Ok(()) };
    let mut columns = [taken.as_str(), rival.column.as_str()];
    columns.sort_by_key(|column| !is_telling(column));
    Err(LabelError::Undecided {
        path: labels.path.clone(),
        what: format!("`{taken}` and `{}` may both name the photos, and they name others", rival.column),
        ways: columns.iter().map(|column| format!("`--image-column {}`", quoted(column))).collect(),
    })
}

fn is_telling(column: &str) -> bool {
    let name = column.to_lowercase();
    TELLING.iter().any(|word| name.contains(word))
}

/// The one photo that each cell means, if it means one.
fn photos<'a>(cells: impl Iterator<Item = &'a str>, pictures: &Pictures<'_>) -> Vec<Option<usize>> {
    let cells: Vec<String> = cells.map(plain_path).collect();
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    let one = |files: Vec<usize>| match files.as_slice() {
        [one] => Some(*one),
        _ => None,
    };
    pictures.index.matched(&cells).into_iter().map(one).collect()
}
