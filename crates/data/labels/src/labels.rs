//! What a table says of photos: labels, split and group of each.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::annotations::annotations;
use crate::class_first::before_name;
use crate::column_names::{UNASSIGNED, plain};
use crate::columns::{
    ColumnChoice, Columns, LabelColumns, columns, is_called_label, is_row_number, mark, parts, photos, yes,
};
use crate::error::LabelError;
use crate::file_index::{has_picture_extension, plain_path};
use crate::json;
use crate::label_cell::{LabelCells, is_empty_list};
use crate::names::is_of_names;
use crate::table::Table;
use crate::text;
use crate::trio::trio;

/// A table of labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Labels {
    /// The file.
    pub path: PathBuf,
    /// One for each row, in their order.
    pub rows: Vec<LabelRow>,
    /// Where the classes stand, in words that follow "the classes are".
    pub form: String,
    /// Name of the column of splits, if there is one; of several that mark a part each, all their names.
    pub split_column: Option<String>,
    /// Name of the column of groups, if there is one that tells photos of one class apart.
    pub group_column: Option<String>,
    /// Columns that are named like groups and are not used, with the reason.
    pub unused_columns: Vec<(String, String)>,
    /// Names of all columns; none for a file of annotations.
    pub header: Vec<String>,
    /// Whether the labels are the last folders of the names, so that it is a list of photos in class folders.
    pub by_folder: bool,
    /// What says that the column holds classes.
    pub known: Known,
    /// Name of the column of photos, where the table chose it and its cells may also be numbers of rows.
    pub image_column: Option<String>,
    /// Other columns that may name the photos: a cell of its own in every row.
    pub image_rivals: Vec<ImageRival>,
}

/// A column that may name the photos in the place of the one that was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageRival {
    /// Its name.
    pub column: String,
    /// Its cell for each of [`Labels::rows`].
    pub cells: Vec<String>,
}

/// What says that a column holds classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// Its name, the form of the file, or whoever named the column.
    Told,
    /// Nothing: it is the only column behind the photo of a list without names of columns.
    List,
    /// Nothing: it is the only column that may be, and is called otherwise.
    No,
}

/// What a row says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelRow {
    /// Line or number in the file, from 1.
    pub line: u64,
    /// The photo, as it is written.
    pub image: String,
    /// Its labels: none where the table gives none, more than one where it gives several.
    pub labels: Vec<String>,
    /// Whether it says that the photo has no label, with a zero in each of several columns of labels or an empty list. A cell
    /// without anything says nothing.
    pub says_none: bool,
    /// The split, as it is written.
    pub split: Option<String>,
    /// The group.
    pub group: Option<String>,
}

impl LabelRow {
    /// The labels as one text.
    #[must_use]
    pub fn cell(&self) -> String {
        self.labels.join(" ")
    }
}

impl Labels {
    /// Reads a table of labels: separated values or a list, JSON, JSON lines, or a COCO file.
    ///
    /// # Errors
    /// [`LabelError`] for a file that cannot be read, holds no such table, or may be meant in several ways.
    pub fn read(path: &Path, choice: &ColumnChoice) -> Result<Self, LabelError> {
        let error = match Self::read_table(path, choice) {
            Err(LabelError::Table { path, .. }) if is_of_names(&path) => LabelError::table(
                &path,
                "it lists names of classes and no photos; `--classes FILE` takes it as names for classes that are numbers",
            ),
            read => return read,
        };
        Err(error)
    }

    fn read_table(path: &Path, choice: &ColumnChoice) -> Result<Self, LabelError> {
        if let Some(lists) = trio(path) {
            return lists;
        }
        let text = text::read(path)?;
        match (extension(path) == "json").then(|| annotations(&text)).flatten() {
            Some(images) => Ok(Self::of_annotations(path, images)),
            None => Self::of_table(&table(path, &text)?, choice),
        }
    }

    /// The photos that a table of separated values names, whether it has labels or not; none for any other file.
    #[must_use]
    pub fn photos(path: &Path) -> Vec<String> {
        let table = Table::read(path).ok();
        table.iter().flat_map(photos).collect()
    }

    /// The name of the column of parts of a table, and the photo and part of each row that has one, whether
    /// it has labels or not; `None` where no column holds words such as `train` and `test` alone.
    #[must_use]
    pub fn parts(path: &Path) -> Option<(String, Vec<(String, String)>)> {
        let table = table(path, &text::read(path).ok()?).ok()?;
        parts(&table).map(|(column, rows)| (column.to_owned(), rows))
    }

    fn of_annotations(path: &Path, images: Vec<(String, Vec<String>)>) -> Self {
        let row = |(line, (image, labels))| LabelRow {
            line,
            image,
            labels,
            says_none: false,
            split: None,
            group: None,
        };
        Self {
            path: path.to_owned(),
            rows: (1..).zip(images).map(row).collect(),
            form: "the categories of the annotations".to_owned(),
            split_column: None,
            group_column: None,
            unused_columns: Vec::new(),
            header: Vec::new(),
            by_folder: false,
            known: Known::Told,
            image_column: None,
            image_rivals: Vec::new(),
        }
    }

    fn of_table(table: &Table, choice: &ColumnChoice) -> Result<Self, LabelError> {
        if table.rows.is_empty() {
            return Err(LabelError::table(&table.path, "the table has no rows"));
        }
        if let Some(what) = of_documents(table).filter(|_| choice.label.is_none()) {
            return Err(LabelError::table(&table.path, what));
        }
        let Columns { image, label, split, marked_parts, groups } = columns(table, choice)?;
        let name = |column: usize| table.header[column].clone();
        let mut all = labels(table, image, &label);
        let cut = if label == LabelColumns::Folder && all.iter().all(Vec::is_empty) {
            names_behind_classes(table, image)
        } else {
            None
        };
        if let Some(cut) = &cut {
            all = cut.iter().map(|(class, _)| vec![(*class).to_owned()]).collect();
        }
        if all.iter().all(Vec::is_empty) {
            return Err(LabelError::table(&table.path, "it has no rows with a label"));
        }
        if let Some(place) = all.iter().position(|labels| labels.iter().any(|label| label.contains('\n'))) {
            let what = format!(
                "the label in line {} runs over several lines: a quote is wrong",
                table.rows[place].line
            );
            return Err(LabelError::table(&table.path, what));
        }
        if choice.label.is_none()
            && let Some(what) = no_class_twice(table, &label, &all)
        {
            return Err(LabelError::Undecided {
                path: table.path.clone(),
                what,
                ways: vec!["`--label-column NAME` with the column of the classes".to_owned()],
            });
        }
        let mut unused_columns = Vec::new();
        let mut group = None;
        for column in groups.iter().copied().filter(|column| label != LabelColumns::One(*column)) {
            match useless(table, column, &all) {
                Some(why) => unused_columns.push((name(column), why)),
                None if group.is_none() => group = Some(column),
                None => unused_columns.push((name(column), "another column groups the photos".to_owned())),
            }
        }
        let cell = |row: usize, column: Option<usize>| {
            let cell = &table.rows[row].cells[column?];
            (!cell.is_empty()).then(|| cell.clone())
        };
        let marked = marked_parts_of(table, &marked_parts)?;
        let row = |(place, labels): (usize, Vec<String>)| LabelRow {
            line: table.rows[place].line,
            image: match &cut {
                Some(cut) => cut[place].1.to_owned(),
                None => table.rows[place].cells[image].clone(),
            },
            says_none: labels.is_empty() && says_none(table, place, &label),
            labels,
            split: match marked_parts.is_empty() {
                true => cell(place, split).filter(|cell| plain(cell) != UNASSIGNED),
                false => marked[place].clone(),
            },
            group: cell(place, group),
        };
        let form = match &label {
            LabelColumns::One(column) if table.named => format!("the column `{}`", name(*column)),
            LabelColumns::One(_) if table.header.len() == 2 => "the words behind the paths".to_owned(),
            LabelColumns::One(column) => format!("the cells of {}", name(*column)),
            LabelColumns::OneHot(columns) => format!("{} columns of 0 and 1", columns.len()),
            LabelColumns::Folder if cut.is_some() => "the words before the names".to_owned(),
            LabelColumns::Folder => "the folders of the paths".to_owned(),
        };
        let known = match &label {
            LabelColumns::One(_) if choice.label.is_some() => Known::Told,
            // Nobody takes the pains to say the parts of what is no data set.
            LabelColumns::One(_) if !table.named && split.is_some() => Known::Told,
            LabelColumns::One(_) if !table.named => Known::List,
            LabelColumns::Folder if cut.is_some() => Known::List,
            LabelColumns::One(column) if is_of_hugging_face(&table.path, &table.header[*column]) => {
                Known::Told
            }
            LabelColumns::One(column) if !is_called_label(&table.header[*column]) => Known::No,
            _ => Known::Told,
        };
        Ok(Self {
            path: table.path.clone(),
            rows: all.into_iter().enumerate().map(row).filter(|row| !row.image.is_empty()).collect(),
            form,
            split_column: match marked_parts.as_slice() {
                [] => split.map(name),
                columns => Some(columns.iter().map(|&column| name(column)).collect::<Vec<_>>().join(", ")),
            },
            group_column: group.map(name),
            unused_columns,
            header: if table.named { table.header.clone() } else { Vec::new() },
            by_folder: label == LabelColumns::Folder && cut.is_none(),
            known,
            image_column: may_be_row_numbers(table, image, choice).then(|| name(image)),
            image_rivals: match may_be_row_numbers(table, image, choice) {
                true => image_rivals(table, image, &label),
                false => Vec::new(),
            },
        })
    }

    /// Whether it is one that a program wrote about a classifier, or about photos to leave out, and not one of labels.
    #[must_use]
    pub fn is_output(&self) -> bool {
        const OUTPUTS: [&str; 7] =
            ["probability", "confidence", "score", "predicted", "prediction", "suggested", "reason"];
        self.header.iter().any(|column| OUTPUTS.contains(&plain(column).as_str()))
    }

    /// Whether its rows are boxes in photos, so that a photo may have several.
    #[must_use]
    pub fn is_of_boxes(&self) -> bool {
        const BOXES: [&str; 6] = ["xmin", "bbox", "xcenter", "boundingbox", "bboxx", "boxes"];
        self.header.iter().any(|column| BOXES.contains(&plain(column).as_str()))
    }

    /// The labels that occur.
    #[must_use]
    pub fn names(&self) -> BTreeSet<&str> {
        self.rows.iter().flat_map(|row| &row.labels).map(String::as_str).collect()
    }
}

/// What is said where each row has a label of its own, which is no class.
fn no_class_twice(table: &Table, label: &LabelColumns, labels: &[Vec<String>]) -> Option<String> {
    /// Rows from which chance does not explain it.
    const ROWS: usize = 8;
    let LabelColumns::One(column) = label else { return None };
    let distinct: BTreeSet<&Vec<String>> = labels.iter().filter(|labels| !labels.is_empty()).collect();
    (labels.len() >= ROWS && distinct.len() == labels.len()).then(|| {
        let name = &table.header[*column];
        format!(
            "each of the {} rows has another value in `{name}`, so that these are no classes",
            labels.len()
        )
    })
}

/// Whether the cells of the column of photos do not look like photos, and nobody named the column.
fn may_be_row_numbers(table: &Table, image: usize, choice: &ColumnChoice) -> bool {
    choice.image.is_none() && table.named && !table.cells(image).any(has_picture_extension)
}

/// The columns beside that of the photos which have a cell of their own in every row of a photo.
fn image_rivals(table: &Table, image: usize, label: &LabelColumns) -> Vec<ImageRival> {
    let rows = || table.rows.iter().filter(|row| !row.cells[image].is_empty());
    let names_rows = |column: &usize| {
        let mut seen = BTreeSet::new();
        rows().all(|row| !row.cells[*column].is_empty() && seen.insert(row.cells[*column].as_str()))
    };
    let free = |column: &usize| {
        *column != image && *label != LabelColumns::One(*column) && !is_row_number(&table.header[*column])
    };
    let rival = |column: usize| ImageRival {
        column: table.header[column].clone(),
        cells: rows().map(|row| row.cells[column].clone()).collect(),
    };
    (0..table.header.len()).filter(free).filter(names_rows).map(rival).collect()
}

/// What is said of tables of programs that write labels into cells which are documents.
fn of_documents(table: &Table) -> Option<&'static str> {
    let has = |name: &str| table.header.iter().any(|column| plain(column) == name);
    if has("regionattributes") {
        return Some(
            "this is a table of the VGG Image Annotator, whose labels stand in `file_attributes` and `region_attributes`; write a \
             table with a photo and its class in each line",
        );
    }
    (has("annotations") && has("data")).then_some(
        "this is the full export of Label Studio; export the project as CSV or as JSON-MIN, and give that",
    )
}

/// The class and the photo of each line of a list without folders, where words before the names may be classes: several of
/// them, and some more than once.
fn names_behind_classes(table: &Table, image: usize) -> Option<Vec<(&str, &str)>> {
    let cut: Vec<(&str, &str)> = table.cells(image).map(before_name).collect::<Option<_>>()?;
    let classes: BTreeSet<&str> = cut.iter().map(|(class, _)| *class).collect();
    (classes.len() > 1 && classes.len() < cut.len()).then_some(cut)
}

fn extension(path: &Path) -> String {
    path.extension().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase()
}

/// The table that a text is, by the kind that its file is called after.
fn table(path: &Path, text: &str) -> Result<Table, LabelError> {
    match extension(path).as_str() {
        "json" => json::document(path, text),
        "jsonl" | "ndjson" => json::lines(path, text),
        _ => Table::parse(path, text),
    }
}

/// The labels of each row.
fn labels(table: &Table, image: usize, label: &LabelColumns) -> Vec<Vec<String>> {
    match label {
        LabelColumns::One(column) => {
            let cells = LabelCells::of(table.cells(*column));
            let whole = table.cells(*column).filter(|cell| !cell.is_empty()).all(|cell| {
                cell.strip_suffix(".0").is_some_and(|whole| whole.bytes().all(|byte| byte.is_ascii_digit()))
            });
            // Data frames write the numbers of a column with gaps as 3.0.
            let cut = |cell: &str| cell.strip_suffix(".0").filter(|_| whole).unwrap_or(cell).to_owned();
            table.cells(*column).map(|cell| cells.labels(&cut(cell))).collect()
        }
        LabelColumns::OneHot(columns) => {
            let set = |row: &crate::table::Row| {
                let set = columns.iter().filter(|column| mark(&row.cells[**column]) == Some(true));
                set.map(|column| table.header[*column].clone()).collect()
            };
            table.rows.iter().map(set).collect()
        }
        LabelColumns::Folder => {
            let folder = |name: &str| {
                let path = plain_path(name);
                let above = path.rsplit_once('/').map(|(above, _)| above.rsplit('/').next().unwrap_or(above));
                above.map(str::to_owned).into_iter().collect()
            };
            table.cells(image).map(folder).collect()
        }
    }
}

/// Whether a row without labels says that there is none.
fn says_none(table: &Table, place: usize, label: &LabelColumns) -> bool {
    let cell = |column: &usize| table.rows[place].cells[*column].trim();
    match label {
        LabelColumns::One(column) => is_empty_list(cell(column)),
        LabelColumns::OneHot(columns) => columns.iter().all(|column| !cell(column).is_empty()),
        LabelColumns::Folder => false,
    }
}

/// Whether it is the column of `metadata.csv` or `metadata.jsonl` that Hugging Face's documentation calls `text`.
fn is_of_hugging_face(path: &Path, column: &str) -> bool {
    path.file_stem().is_some_and(|stem| stem == "metadata") && plain(column) == "text"
}

/// The part of each row, where several columns mark a part each: `val` of `is_val`. A row without a mark is for training if no
/// column marks that.
///
/// # Errors
/// [`LabelError::Table`] for a row with marks in two columns.
fn marked_parts_of(table: &Table, columns: &[usize]) -> Result<Vec<Option<String>>, LabelError> {
    let part = |column: usize| plain(&table.header[column]).split_off(2);
    let trains = columns.iter().any(|&column| part(column).starts_with("train"));
    let of_row = |row: &crate::table::Row| {
        let mut set = columns.iter().filter(|column| yes(&row.cells[**column]) == Some(true));
        match (set.next(), set.next()) {
            (Some(one), None) => Ok(Some(part(*one).trim_end_matches("image").to_owned())),
            (None, _) => Ok((!trains).then(|| "train".to_owned())),
            (Some(one), Some(other)) => {
                let what = format!(
                    "line {} marks both `{}` and `{}`, and a photo has one part",
                    row.line, table.header[*one], table.header[*other]
                );
                Err(LabelError::table(&table.path, what))
            }
        }
    };
    table.rows.iter().map(of_row).collect()
}

/// Why a column cannot say which photos stay together.
fn useless(table: &Table, column: usize, labels: &[Vec<String>]) -> Option<String> {
    let cells: Vec<&str> = table.cells(column).collect();
    let distinct: BTreeSet<&str> = cells.iter().copied().filter(|cell| !cell.is_empty()).collect();
    if distinct.is_empty() {
        return Some("it is empty".to_owned());
    }
    if distinct.len() == cells.len() {
        return Some("each of its values stands once".to_owned());
    }
    let mut of_class: BTreeMap<&[String], BTreeSet<&str>> = BTreeMap::new();
    for (labels, cell) in labels.iter().zip(&cells) {
        of_class.entry(labels).or_default().insert(cell);
    }
    of_class
        .values()
        .all(|groups| groups.len() == 1)
        .then(|| "it keeps each class whole, so no class could be split".to_owned())
        .or_else(|| kinds(&plain(&table.header[column]), &distinct, cells.len()))
}

/// Why a column such as `plant` names kinds, `tomato` and `potato`, and no single plants: it has few values for so many photos.
fn kinds(name: &str, values: &BTreeSet<&str>, photos: usize) -> Option<String> {
    /// Columns in which a value may also be a kind.
    const EITHER: [&str; 6] = ["plant", "tree", "leaf", "specimen", "individual", "subject"];
    /// Photos of one plant up to which it is one.
    const OF_ONE: usize = 10;
    let is_word =
        |value: &&str| value.chars().count() > 2 && !value.contains(|letter: char| letter.is_numeric());
    let words = values.iter().all(is_word) && values.len() * values.len() < photos;
    let few = EITHER.contains(&name) && (photos > OF_ONE * values.len() || words);
    few.then(|| {
        format!(
            "{} values for {photos} photos name kinds and no single ones (`--groups FILE` keeps photos together)",
            values.len()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, text: &str) -> Result<Labels, String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(name), text).unwrap();
        Labels::read(&folder.path().join(name), &ColumnChoice::default()).map_err(|error| error.to_string())
    }

    fn pairs(name: &str, text: &str) -> Vec<String> {
        let labels = of(name, text).unwrap();
        labels.rows.iter().map(|row| format!("{}: {}", row.image, row.labels.join("+"))).collect()
    }

    #[test]
    fn every_kind_of_table_says_the_same() {
        let expected = ["1.jpg: rust", "2.jpg: scab"];
        for (name, text) in [
            ("a.csv", "image,label\n1.jpg,rust\n2.jpg,scab\n"),
            ("a.csv", "\u{feff}image;label\r\n1.jpg;rust\r\n2.jpg;scab\r\n"),
            ("a.tsv", "image\tlabel\n1.jpg\trust\n2.jpg\tscab\n"),
            ("a.csv", "image,rust,scab\n1.jpg,1,0\n2.jpg,0,1\n"),
            ("a.txt", "1.jpg rust\n2.jpg scab\n"),
            (
                "a.jsonl",
                "{\"file_name\":\"1.jpg\",\"label\":\"rust\"}\n{\"file_name\":\"2.jpg\",\"label\":\"scab\"}\n",
            ),
            (
                "a.json",
                "[{\"file_name\":\"1.jpg\",\"label\":\"rust\"},{\"file_name\":\"2.jpg\",\"label\":\"scab\"}]",
            ),
            ("a.json", "{\"1.jpg\":\"rust\",\"2.jpg\":\"scab\"}"),
        ] {
            assert_eq!(pairs(name, text), expected, "{text}");
        }
        assert_eq!(
            pairs("a.txt", "./images/rust/1.jpg\n.\\images\\scab\\2.jpg\n").concat(),
            "./images/rust/1.jpg: rust.\\images\\scab\\2.jpg: scab"
        );
    }

    #[test]
    fn several_labels_stay_several() {
        assert_eq!(
            pairs("a.csv", "image,labels\n1,scab\n2,rust\n3,scab rust\n4,\n"),
            ["1: scab", "2: rust", "3: scab+rust", "4: "]
        );
        assert_eq!(pairs("a.csv", "image,a,b\n1,1,1\n2,0,0\n")[..], ["1: a+b", "2: "]);
        for (text, told) in [
            ("image,a,b\n1,1,1\n2,0,0\n3,,\n", [false, true, false]),
            ("image,labels\n1,['a']\n2,[]\n3,\n", [false, true, false]),
            ("image,labels\n1,a\n2,a|b\n3,\n", [false, false, false]),
        ] {
            let rows = of("a.csv", text).unwrap().rows;
            assert_eq!(rows.iter().map(|row| row.says_none).collect::<Vec<_>>(), told, "{text}");
        }
        assert_eq!(pairs("a.csv", "image,label\n1,3.0\n2,\n3,1.0\n"), ["1: 3", "2: ", "3: 1"]);
    }

    #[test]
    fn groups_are_columns_that_cut_through_classes() {
        let labels = of("a.csv", "image,label,leaf\n1,a,x\n2,a,x\n3,a,y\n4,b,z\n").unwrap();
        assert_eq!(labels.group_column.as_deref(), Some("leaf"));
        assert_eq!(labels.rows[1].group.as_deref(), Some("x"));
        let labels = of("a.csv", "image,label,plant\n1,a,tomato\n2,a,tomato\n3,b,potato\n").unwrap();
        assert_eq!((labels.group_column, labels.unused_columns.len()), (None, 1));
        let rows = |values: &[&str], photos: usize| {
            let row =
                |place: usize| format!("{place},{},{}\n", place % 3, values[place * values.len() / photos]);
            format!("image,label,plant\n{}", (0..photos).map(row).collect::<String>())
        };
        for (values, photos, group) in [
            (&["tomato", "potato"][..], 40, None),
            (&["tomato", "potato"], 12, None),
            (&["1", "2"], 40, None),
            (&["P1", "P2", "P3", "P4"], 40, Some("plant")),
            (&["A", "B"], 12, Some("plant")),
        ] {
            let labels = of("a.csv", &rows(values, photos)).unwrap();
            assert_eq!(labels.group_column.as_deref(), group, "{values:?}");
            assert_eq!(labels.unused_columns.len(), usize::from(group.is_none()), "{values:?}");
        }
    }

    #[test]
    fn several_columns_mark_the_parts_together() {
        let parts = |text: &str| {
            let labels = of("a.csv", text).map_err(|error| error.to_string())?;
            let rows = labels.rows.iter().map(|row| row.split.clone().unwrap_or_default());
            Ok::<_, String>((labels.split_column.unwrap(), rows.collect::<Vec<_>>().join(" ")))
        };
        for (text, column, rows) in [
            (
                "image,label,is_train,is_val,is_test\n1,a,1,0,0\n2,a,0,1,0\n3,b,0,0,1\n4,b,0,0,0\n",
                "is_train, is_val, is_test",
                "train val test ",
            ),
            (
                "image,label,is_valid,is_test\n1,a,True,False\n2,a,False,True\n3,b,False,False\n4,b,,\n",
                "is_valid, is_test",
                "valid test train train",
            ),
            (
                "image,is_test,rust,is_train,scab\n1,no,1,yes,0\n2,yes,0,no,1\n",
                "is_test, is_train",
                "train test",
            ),
            ("image,label,split,is_test\n1,a,train,0\n2,b,val,0\n", "split", "train val"),
            ("image,label,is_train\n1,a,1\n2,b,0\n", "is_train", "1 0"),
        ] {
            assert_eq!(parts(text), Ok((column.to_owned(), rows.to_owned())), "{text}");
        }
        let error = parts("image,label,is_train,is_test\n1,a,1,0\n2,b,1,1\n").unwrap_err();
        assert!(error.contains("line 3 marks both `is_train` and `is_test`"), "{error}");
    }

    #[test]
    fn a_table_without_labels_is_refused() {
        for (name, text) in [
            ("a.csv", "image,label\n"),
            ("a.csv", "image,label\n1,\n"),
            ("a.json", "{}"),
            ("a.csv", ""),
            ("a.xlsx", "PK\u{3}\u{4}"),
            ("a.csv", "a\0\0b"),
        ] {
            assert!(of(name, text).unwrap_err().contains(name));
        }
    }
}
