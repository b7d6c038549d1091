//! What the columns of a table mean: the photo, its label or labels, its split and its group.

use std::collections::{BTreeMap, BTreeSet};

use crate::column_names::{GEOMETRY, GROUPS, IMAGES, KINDS, LABELS, NUMBERS, SPLITS, is_part, plain};
use crate::error::LabelError;
use crate::file_index::has_picture_extension;
use crate::table::Table;

/// Columns that are named by whoever gives the table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnChoice {
    /// The column that names the photos.
    pub image: Option<String>,
    /// The column that holds the classes.
    pub label: Option<String>,
}

/// Which columns say what; all are indices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    pub(crate) image: usize,
    pub(crate) label: LabelColumns,
    pub(crate) split: Option<usize>,
    /// Several columns of yes and no that mark the photos of one part each, `is_train` and `is_test`; none where one column or
    /// cells of other words say the parts.
    pub(crate) marked_parts: Vec<usize>,
    /// Candidates, the best first.
    pub(crate) groups: Vec<usize>,
}

/// Where the labels stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LabelColumns {
    /// In a column.
    One(usize),
    /// In a column of zeros and ones for each class.
    OneHot(Vec<usize>),
    /// In the folder of the path.
    Folder,
}

/// The columns of a table.
///
/// # Errors
/// [`LabelError::Table`] where a column is missing, [`LabelError::Undecided`] where several may be meant; both name the option
/// that decides.
pub(crate) fn columns(table: &Table, choice: &ColumnChoice) -> Result<Columns, LabelError> {
    let image = match &choice.image {
        Some(name) => given(table, name, "--image-column")?,
        None => image(table)?,
    };
    let named = |names: &'static [&'static str]| {
        let columns = move |name: &&str| table.header.iter().position(|column| plain(column) == *name);
        names.iter().filter_map(columns).filter(move |&column| column != image)
    };
    let label = choice.label.as_ref().map(|name| given(table, name, "--label-column")).transpose()?;
    let free = |column: &usize| Some(*column) != label;
    let says_parts = |column: &usize| free(column) && *column != image && is_parts(table, *column);
    let split = named(&SPLITS).find(says_parts).or_else(|| (0..table.header.len()).find(says_parts));
    let split = split.or_else(|| named(&SPLITS).find(free));
    let mut marked_parts: Vec<usize> = named(&SPLITS).filter(free).collect();
    marked_parts
        .retain(|&column| plain(&table.header[column]).starts_with("is") && is_yes_or_no(table, column));
    marked_parts.sort_unstable();
    let of_split = |column: &usize| Some(*column) == split || marked_parts.contains(column);
    let groups: Vec<usize> = named(&GROUPS).filter(free).filter(|column| !of_split(column)).collect();
    let others: Vec<usize> = (0..table.header.len())
        .filter(|column| *column != image && !of_split(column) && !groups.contains(column))
        .filter(|column| !is_row_number(&table.header[*column]) && !is_of_boxes(table, *column))
        .filter(|column| table.named || table.cells(*column).any(|cell| !cell.is_empty()))
        .collect();
    let label = match label {
        Some(column) if is_measured(table, column) => return Err(measured(table, column)),
        Some(column) => LabelColumns::One(column),
        None if others.is_empty() && groups.is_empty() && !table.named => LabelColumns::Folder,
        None if !table.named => LabelColumns::One(of_list(table, others)?),
        None => found(table, &others, &groups, &|names| {
            named(names).filter(|column| !of_split(column) && !is_of_boxes(table, *column)).collect()
        })?,
    };
    if marked_parts.len() < 2 || split.is_none_or(|split| !marked_parts.contains(&split)) {
        marked_parts.clear();
    }
    Ok(Columns { image, label, split, marked_parts, groups })
}

fn given(table: &Table, name: &str, option: &str) -> Result<usize, LabelError> {
    table.column(name).ok_or_else(|| {
        LabelError::table(
            &table.path,
            format!("no column `{name}` for {option}; its columns are {}", listed(table)),
        )
    })
}

/// The photos that a table names, whatever else it says; none where no column is known to name them.
pub(crate) fn photos(table: &Table) -> Vec<String> {
    let column = image(table).ok();
    column.into_iter().flat_map(|column| table.cells(column)).map(str::to_owned).collect()
}

/// The name of the column of parts of a table with names of columns, and the photo and part of each row that has one; `None`
/// where no column holds words for parts. A column such as `is_test` gives words for its marks.
pub(crate) fn parts(table: &Table) -> Option<(&str, Vec<(String, String)>)> {
    let image = image(table).ok().filter(|_| table.named)?;
    let says_parts = |column: &usize| *column != image && is_parts(table, *column);
    let called = |column: &usize| SPLITS.contains(&plain(&table.header[*column]).as_str());
    let all = || (0..table.header.len()).filter(says_parts);
    let marks = |column: &usize| {
        called(column) && plain(&table.header[*column]).starts_with("is") && is_yes_or_no(table, *column)
    };
    let column = all().find(called).or_else(|| all().next());
    let column = column.or_else(|| (0..table.header.len()).find(marks))?;
    let marked = marks(&column).then(|| plain(&table.header[column]).split_off(2).replace("image", ""));
    let word = |cell: &str| match &marked {
        None => cell.to_owned(),
        Some(part) if yes(cell) == Some(true) => part.clone(),
        Some(part) if part.starts_with("train") => "test".to_owned(),
        Some(_) => "train".to_owned(),
    };
    let rows = table.cells(image).zip(table.cells(column)).filter(|(_, part)| !part.is_empty());
    let rows = rows.map(|(photo, part)| (photo.to_owned(), word(part))).collect();
    Some((table.header[column].as_str(), rows))
}

/// The column that names the photos: one of a telling name, of several that whose cells look most like photos.
fn image(table: &Table) -> Result<usize, LabelError> {
    let pictures = |column: usize| table.cells(column).filter(|cell| has_picture_extension(cell)).count();
    let named =
        IMAGES.iter().filter_map(|name| table.header.iter().position(|column| plain(column) == *name));
    let best = named.map(|column| (pictures(column), column));
    let best = best.reduce(|best, other| if other.0 > best.0 { other } else { best });
    let most = (0..table.header.len()).map(|column| (pictures(column), column));
    let most = most.filter(|(count, _)| *count > 0 && 5 * count >= 4 * table.rows.len());
    let most = most.reduce(|best, other| if other.0 > best.0 { other } else { best });
    match (best, most) {
        (Some((0, _)), Some((_, column))) | (None, Some((_, column))) | (Some((_, column)), _) => Ok(column),
        (None, None) => {
            let what = format!(
                "no column is known to name the photos; its columns are {}; name it with --image-column",
                listed(table)
            );
            Err(LabelError::table(&table.path, what))
        }
    }
}

/// The column or columns of the classes, where none is given.
fn found(
    table: &Table,
    others: &[usize],
    groups: &[usize],
    named: &dyn Fn(&'static [&'static str]) -> Vec<usize>,
) -> Result<LabelColumns, LabelError> {
    let tiers: [Vec<usize>; 3] = [&LABELS[..], &KINDS, &NUMBERS].map(named);
    let marks: Vec<usize> = others.iter().copied().filter(|&column| is_marks(table, column)).collect();
    if marks.len() > 1 && (marks.len() == others.len() || tiers.iter().all(Vec::is_empty)) {
        return Ok(LabelColumns::OneHot(marks));
    }
    let Some(tier) = tiers.iter().find(|tier| !tier.is_empty()) else {
        return match others {
            [only] if is_categorical(table, *only) => Ok(LabelColumns::One(*only)),
            // A column that could be a group is the class where there is no other.
            [] => match groups {
                [only]
                    if !plain(&table.header[*only]).starts_with("group") && is_categorical(table, *only) =>
                {
                    Ok(LabelColumns::One(*only))
                }
                _ => Err(unknown(table)),
            },
            _ => Err(unknown(table)),
        };
    };
    let first = tier[0];
    let is_numbers = |column: usize| table.cells(column).all(is_number);
    let mut rivals = tier.clone();
    // Healthy or not beside a column that names the disease.
    if is_numbers(first) {
        rivals.extend(tiers[1].iter().filter(|&&kind| !tier.contains(&kind) && !is_numbers(kind)));
    }
    if rivals.iter().any(|&other| !is_same(table, first, other)) {
        return Err(undecided(table, &rivals));
    }
    // Of columns that say the same, the one with names.
    let alike = tiers.iter().flatten().filter(|&&column| is_same(table, first, column));
    let named = alike.copied().find(|&column| !is_numbers(column));
    let column = named.unwrap_or(first);
    if is_measured(table, column) {
        return Err(measured(table, column));
    }
    Ok(LabelColumns::One(column))
}

fn measured(table: &Table, column: usize) -> LabelError {
    let what = format!(
        "the column `{}` holds numbers with decimals and no classes; name another with --label-column",
        table.header[column]
    );
    LabelError::table(&table.path, what)
}

/// The column of the classes in a list without names of columns.
fn of_list(table: &Table, mut candidates: Vec<usize>) -> Result<usize, LabelError> {
    let keep_some = |candidates: &mut Vec<usize>, keep: &dyn Fn(usize) -> bool| {
        if candidates.iter().any(|&column| keep(column)) {
            candidates.retain(|&column| keep(column));
        }
    };
    keep_some(&mut candidates, &|column| !is_measured(table, column));
    keep_some(&mut candidates, &|column| table.cells(column).any(|cell| cell != table.rows[0].cells[column]));
    keep_some(&mut candidates, &|column| !numbers_rows(table, column));
    let Some((&first, rest)) = candidates.split_first() else { return Err(unknown(table)) };
    if rest.iter().any(|&other| !is_same(table, first, other)) {
        return Err(undecided(table, &candidates));
    }
    let named = candidates.iter().copied().find(|&column| !table.cells(column).all(is_number));
    let column = named.unwrap_or(first);
    match is_measured(table, column) || numbers_rows(table, column) {
        true => Err(unknown(table)),
        false => Ok(column),
    }
}

/// Whether a column has another whole number in each of several rows.
fn numbers_rows(table: &Table, column: usize) -> bool {
    let distinct: BTreeSet<&str> = table.cells(column).collect();
    let whole = |cell: &&str| !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
    table.rows.len() > 2 && distinct.len() == table.rows.len() && distinct.iter().all(whole)
}

fn undecided(table: &Table, columns: &[usize]) -> LabelError {
    let name = |column: &usize| format!("`{}`", table.header[*column]);
    let names: Vec<String> = columns.iter().map(name).collect();
    let (last, others) = names.split_last().map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
    let what = match others {
        [one] => format!("both {one} and {last} may be the classes, and they differ"),
        _ => format!("{} or {last} may be the classes, and they differ", others.join(", ")),
    };
    let way = |column: &usize| match table.header[*column].contains(' ') {
        true => format!("`--label-column \"{}\"`", table.header[*column]),
        false => format!("`--label-column {}`", table.header[*column]),
    };
    LabelError::Undecided { path: table.path.clone(), what, ways: columns.iter().map(way).collect() }
}

fn unknown(table: &Table) -> LabelError {
    let words = parts(table).filter(|(column, _)| !plain(column).starts_with("is"));
    let split = words.map_or_else(String::new, |(column, _)| {
        format!(
            ", or give the table as `--split FILE` for the parts in `{column}`, where folders are the classes"
        )
    });
    let what = format!(
        "no column is known to hold the classes; its columns are {}; name it with --label-column{split}",
        listed(table)
    );
    LabelError::table(&table.path, what)
}

fn listed(table: &Table) -> String {
    const NAMED: usize = 12;
    let names: Vec<String> = table.header.iter().take(NAMED).map(|name| format!("`{name}`")).collect();
    let more = table.header.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", names.join(", "))
}

/// Whether a column says the part of each photo, whatever it is called.
fn is_parts(table: &Table, column: usize) -> bool {
    let mut cells = table.cells(column).filter(|cell| !cell.is_empty()).peekable();
    cells.peek().is_some() && cells.all(is_part)
}

/// Whether a column is a side or a corner of boxes or photos: `xmin`, `width`, or `y` beside `x`.
fn is_of_boxes(table: &Table, column: usize) -> bool {
    let has = |name: &str| table.header.iter().any(|column| plain(column) == name);
    match plain(&table.header[column]).as_str() {
        "x" | "y" => has("x") && has("y"),
        name => GEOMETRY.contains(&name),
    }
}

/// Whether the name of a column says that it holds classes.
pub(crate) fn is_called_label(name: &str) -> bool {
    let name = plain(name);
    [&LABELS[..], &KINDS, &NUMBERS].iter().any(|names| names.contains(&name.as_str()))
}

/// Whether a column is the number of the row, as data frames write it.
pub(crate) fn is_row_number(name: &str) -> bool {
    name.is_empty() || name.eq_ignore_ascii_case("index") || name.to_ascii_lowercase().starts_with("unnamed:")
}

/// Whether a cell is a mark of a one-hot column, and whether it is set.
pub(crate) fn mark(cell: &str) -> Option<bool> {
    match cell.to_ascii_lowercase().as_str() {
        "0" | "0.0" | "false" | "" => Some(false),
        "1" | "1.0" | "true" => Some(true),
        _ => None,
    }
}

/// Whether a cell says yes or no; nothing is no.
pub(crate) fn yes(cell: &str) -> Option<bool> {
    match cell.to_ascii_lowercase().as_str() {
        "yes" | "y" => Some(true),
        "no" | "n" => Some(false),
        _ => mark(cell),
    }
}

fn is_yes_or_no(table: &Table, column: usize) -> bool {
    table.cells(column).all(|cell| yes(cell).is_some())
}

fn is_marks(table: &Table, column: usize) -> bool {
    table.cells(column).all(|cell| mark(cell).is_some()) && table.cells(column).any(|cell| !cell.is_empty())
}

fn is_number(cell: &str) -> bool {
    cell.is_empty() || cell.parse::<f64>().is_ok()
}

/// Whether a column holds numbers of which some are not whole.
fn is_measured(table: &Table, column: usize) -> bool {
    let number = |cell: &str| cell.parse::<f64>().ok();
    table.cells(column).all(is_number)
        && table.cells(column).filter_map(number).any(|number| number.fract() != 0.0)
}

/// Whether values come back often enough to be classes.
fn is_categorical(table: &Table, column: usize) -> bool {
    let distinct: BTreeSet<&str> = table.cells(column).filter(|cell| !cell.is_empty()).collect();
    let whole = |cell: &str| !is_number(cell) || !cell.contains(['.', 'e', 'E']);
    !distinct.is_empty()
        && (2 * distinct.len() <= table.rows.len() || distinct.len() == 2)
        && distinct.iter().all(|cell| whole(cell))
}

/// Whether two columns tell photos apart in the same way.
fn is_same(table: &Table, a: usize, b: usize) -> bool {
    let (mut forward, mut backward) = (BTreeMap::new(), BTreeMap::new());
    table
        .cells(a)
        .zip(table.cells(b))
        .all(|(a, b)| *forward.entry(a).or_insert(b) == b && *backward.entry(b).or_insert(a) == a)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn of(text: &str) -> Result<Columns, String> {
        let table = Table::parse(Path::new("t.csv"), text).map_err(|error| error.to_string())?;
        columns(&table, &ColumnChoice::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn columns_are_known_by_their_names_and_cells() {
        use LabelColumns::{Folder, One, OneHot};
        for (text, image, label) in [
            ("image_id,label\n1.jpg,0\n", 0, One(1)),
            ("id,predominant_stress,miner,rust,severity\n1,2,0,1,3\n2,0,0,0,0\n", 0, One(1)),
            (
                "image_id,healthy,multiple_diseases,rust\nTrain_0,1,0,0\nTrain_1,0,0,1\n",
                0,
                OneHot(vec![1, 2, 3]),
            ),
            ("filename, Rust, Healthy\n1.jpg, 1, 0\n", 0, OneHot(vec![1, 2])),
            ("label,file\nrust,1.jpg\n", 1, One(0)),
            ("file_id,image_path,segmented_path,species,source\n1,a.jpg,b.png,x,lab\n", 1, One(3)),
            (
                "image_name;organ;species_id;obs_id;species;genus;learn_tag\na.jpg;leaf;7;1;Acer;A;train\n",
                0,
                One(4),
            ),
            ("image_id,label,variety,age\n1.jpg,blast,ADT45,45\n", 0, One(1)),
            ("image_id,label,class_name\n1.jpg,0,rust\n2.jpg,1,scab\n", 0, One(2)),
            ("photo,what\n1.jpg,rust\n2.jpg,rust\n3.jpg,scab\n4.jpg,scab\n", 0, One(1)),
            ("photo,plant\n1.jpg,rust\n2.jpg,rust\n3.jpg,scab\n4.jpg,scab\n", 0, One(1)),
            ("a/1.jpg\nb/2.jpg\n", 0, Folder),
            (",image,healthy,rust\n0,1.jpg,1,0\n1,2.jpg,0,1\n", 1, OneHot(vec![2, 3])),
        ] {
            let columns = of(text).unwrap();
            assert_eq!((columns.image, columns.label), (image, label), "{text}");
        }
    }

    #[test]
    fn what_is_not_known_is_asked_for() {
        for (text, expected) in [
            ("a,b\n1,2\n", "--image-column"),
            ("image,caption\n1.jpg,a leaf\n2.jpg,another\n3.jpg,third\n", "--label-column"),
            ("image_id\n1.jpg\n", "--label-column"),
            ("image,label,class\n1.jpg,a,x\n2.jpg,a,y\n", "--label-column class"),
            ("image_id,healthy,rust\n1,0.25,0.75\n", "--label-column"),
            ("image,label\n1.jpg,0.25\n2.jpg,3\n", "decimals"),
        ] {
            let error = of(text).unwrap_err();
            assert!(error.contains(expected) && error.contains("t.csv"), "{error}");
        }
    }

    #[test]
    fn splits_and_groups_are_columns() {
        let columns = of("image,label,leaf,plant,Set\n1.jpg,a,1,7,train\n2.jpg,b,2,7,val\n").unwrap();
        assert_eq!((columns.split, columns.groups), (Some(4), vec![3, 2]));
    }
}
