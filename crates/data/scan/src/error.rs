//! Why a folder is not a usable data set.

use std::io;
use std::path::{Path, PathBuf};

use foliar_archive::ArchiveError;
use foliar_files::{Printable as _, quoted};
use foliar_labels::LabelError;
use foliar_vision::dataset::{Dataset, Split};
use foliar_vision::problem::Problem;
use foliar_vision::{counted, portable_component};
use unicode_normalization::UnicodeNormalization as _;

use crate::review::ReviewError;
use crate::siblings::is_no_class;

const EXPECTED: &str = "expected one folder per class with photos in it (PHOTOS/rust/1.jpg, PHOTOS/healthy/2.jpg), \
                        or train/, val/ and test/ folders above the class folders";

/// A class whose name differs from that of another in case, blanks, underscores, hyphens or accents only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlikeClasses {
    /// Its folder.
    pub folder: String,
    /// Its photos.
    pub photographs: usize,
    /// The other class.
    pub like: String,
}

/// `val/Rust (3 photos) looks like rust`.
pub(crate) fn shown_alike(pairs: &[AlikeClasses]) -> String {
    const NAMED: usize = 4;
    let mut shown: Vec<String> = pairs
        .iter()
        .take(NAMED)
        .map(|pair| {
            format!(
                "{} ({}) looks like {}{}",
                pair.folder,
                counted(pair.photographs, "photo", "photos"),
                pair.like,
                unseen(&pair.folder, &pair.like)
            )
        })
        .collect();
    if pairs.len() > NAMED {
        shown.push(format!("and {} more", pairs.len() - NAMED));
    }
    shown.join(", ")
}

/// What the names of a folder and a class differ in, where it cannot be seen.
fn unseen(folder: &str, like: &str) -> &'static str {
    let composed = |text: &str| text.nfc().collect::<String>();
    if folder.trim_end() != folder || like.trim_end() != like {
        ", and one of them has a blank at its end"
    } else if !folder.ends_with(like) && composed(folder).ends_with(&composed(like)) {
        ", though written with other bytes"
    } else {
        ""
    }
}

/// Why a folder is not a usable data set.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The path does not exist.
    #[error("{} does not exist", root.shown())]
    NotFound {
        /// The path.
        root: PathBuf,
    },
    /// The path is a file.
    #[error("{} is a file; {EXPECTED}", root.shown())]
    NotAFolder {
        /// The path.
        root: PathBuf,
    },
    /// An archive that cannot be read in place.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The folder cannot be read.
    #[error("{} cannot be read", root.shown())]
    Unreadable {
        /// The folder.
        root: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no picture.
    #[error("no photos in {} ({}, {}); {EXPECTED}", root.shown(),
        counted(*folders, "folder", "folders"), counted(*files, "other file", "other files"))]
    NoPhotographs {
        /// The folder.
        root: PathBuf,
        /// Folders in it, at any depth.
        folders: usize,
        /// Files in it, at any depth.
        files: usize,
        /// What could not be read.
        problems: Vec<Problem>,
    },
    /// All pictures are in the folder itself and not in class folders.
    #[error("{} in {} itself, such as {example}, and none in a class folder; {EXPECTED}",
        counted(*count, "image is", "images are"), root.shown())]
    Loose {
        /// The folder.
        root: PathBuf,
        /// Their number.
        count: usize,
        /// The first picture.
        example: String,
    },
    /// There are pictures in class folders, but none of them can be used.
    #[error(
        "none of the {} in {} can be used{}", counted(problems.len(), "image", "images"), root.shown(),
        problems.first().map(|first| format!("; the first is {first}")).unwrap_or_default()
    )]
    AllBroken {
        /// The folder.
        root: PathBuf,
        /// What is wrong with each.
        problems: Vec<Problem>,
    },
    /// Only one class has photos.
    #[error(
        "only one class in {}: {class} ({}); two are needed{}; {}", root.shown(),
        counted(*photographs, "usable photo", "usable photos"),
        problems.first().map(|first| format!(", and {} left out, the first: {first}", problems.len())).unwrap_or_default(),
        if folders.is_empty() { EXPECTED.to_owned() }
        else { format!("it has subfolders ({}); use {} if those are the classes",
            folders.join(", "), root.join(folder).shown()) }
    )]
    OneClass {
        /// The folder.
        root: PathBuf,
        /// The class.
        class: Box<str>,
        /// Its folder, below `root`, if it has one.
        folder: Box<Path>,
        /// Number of its usable photos.
        photographs: usize,
        /// The first subfolders, if its photos are in subfolders.
        folders: Vec<String>,
        /// What is wrong with files that cannot be used.
        problems: Vec<Problem>,
    },
    /// There is a `train/` folder of classes, but also folders that are neither validation nor test.
    #[error(
        "{} has a {train}/ folder of classes but also {}; move those out of the folder{}",
        root.shown(), others.join(", "),
        match others.len() {
            _ if others.iter().any(|name| is_no_class(name)) => String::new(),
            1 if *hold_folders => ", or rename it to val or test if it is such a part".to_owned(),
            _ if *hold_folders => ", or rename those that are such parts to val and test".to_owned(),
            _ => format!(", or into {train}/"),
        }
    )]
    Mixed {
        /// The folder.
        root: PathBuf,
        /// Name of the training folder.
        train: String,
        /// The others.
        others: Vec<String>,
        /// Whether one of the others holds folders of photos in turn, and so is no class beside those in `train`.
        hold_folders: bool,
    },
    /// The folders may be meant in several ways.
    #[error("{}: {what}; choose: {}", root.shown(), ways.join(", or "))]
    Undecided {
        /// The folder.
        root: PathBuf,
        /// What was found.
        what: String,
        /// What to give instead, in words and arguments.
        ways: Vec<String>,
    },
    /// The folders do not say what the photos show.
    #[error(
        "{}: {folders} {what}{}; {EXPECTED}", root.shown(),
        if tables.is_empty() { String::new() }
        else { format!("; the labels may be in {}{}", tables.join(", "), way_to_table(root, tables)) }
    )]
    LabelsElsewhere {
        /// The folder.
        root: PathBuf,
        /// Names of the folders.
        folders: String,
        /// What is wrong with them, and with a table that cannot be used.
        what: String,
        /// Files that may hold the labels.
        tables: Vec<String>,
    },
    /// A table of labels cannot be used.
    #[error(transparent)]
    Labels(#[from] LabelError),
    /// No row of a table names a photo of the folder.
    #[error(
        "{}: none of its {rows} rows names a photo in {}: it lists {row}, the folder holds {}; give the folder of its photos \
         with --images", table.shown(), root.shown(), file.as_deref().unwrap_or("no photo")
    )]
    NothingListed {
        /// The table.
        table: PathBuf,
        /// The folder.
        root: PathBuf,
        /// Number of rows.
        rows: usize,
        /// The photo in the first row.
        row: String,
        /// A photo of the folder.
        file: Option<String>,
    },
    /// A table gives photos several labels.
    #[error(
        "{}: {several} of {photographs} photos have several labels, such as {example} ({labels}), and a photo must have one \
         class. With --multi-label the classifier says of each label whether a photo shows it. Or give `--classes FILE`, a table with a line `from,to` for each combination: `{labels},NAME` gives such photos \
         one class, `{labels},` leaves them out, and `*,` leaves out all that is not named", table.shown()
    )]
    SeveralLabels {
        /// The table.
        table: PathBuf,
        /// Photos with several labels.
        several: usize,
        /// Photos with labels.
        photographs: usize,
        /// The first such photo.
        example: String,
        /// Its labels.
        labels: String,
    },
    /// Folders give each photo one class, and several labels were asked for.
    #[error(
        "{}: --multi-label takes the labels of photos from a table, and there is none; give it with `--labels FILE`, with the \
         labels of a photo in one cell or a column of 0 and 1 for each label", root.shown()
    )]
    LabelsWithoutTable {
        /// The folder.
        root: PathBuf,
    },
    /// Labels that no training photo has, or that every one has, so that nothing is left to learn.
    #[error(
        "{}: no label is on some photos and not on others ({}); at least one is needed", root.shown(), labels.join(", ")
    )]
    NothingToTellApart {
        /// The folder.
        root: PathBuf,
        /// The labels.
        labels: Vec<String>,
    },
    /// Labels whose names differ in spelling only.
    #[error(
        "{}: the labels {} differ in spelling only; `--classes FILE`, a table with a line `from,to`, takes them for one",
        root.shown(), labels.join(" and ")
    )]
    LabelsAlike {
        /// The folder.
        root: PathBuf,
        /// The first such pair.
        labels: [String; 2],
    },
    /// A name of a label with the sign that stands between names.
    #[error("{}: a label is called `{label}`, and `|` stands between labels; rename it with --classes FILE", root.shown())]
    BarInLabel {
        /// The folder.
        root: PathBuf,
        /// The label.
        label: String,
    },
    /// What is said of classes, where photos have labels.
    #[error("{}: {what} is of no use with --multi-label: it is about photos of one class; leave it out", root.shown())]
    OfOneClass {
        /// The folder.
        root: PathBuf,
        /// The option.
        what: &'static str,
    },
    /// `--classes` names no class of the data set.
    #[error(
        "{}: it names none of the classes of {}, which are {}", file.shown(), root.shown(), classes.join(", ")
    )]
    NoSuchClass {
        /// The file.
        file: PathBuf,
        /// The folder.
        root: PathBuf,
        /// The first classes.
        classes: Vec<String>,
    },
    /// Classes of one part of the data set differ from those of the training part, or of a classifier, in spelling only.
    #[error("{}: {}; add --match-names to take them for one class, or rename the folders", root.shown(), shown_alike(pairs))]
    ClassesAlike {
        /// The folder.
        root: PathBuf,
        /// The classes.
        pairs: Vec<AlikeClasses>,
    },
    /// All photos of a class are those of another, byte for byte: a copy or a link.
    #[error(
        "{}: all {photographs} photos of {class} are also in {like}, byte for byte, so that nothing tells the two apart; choose: \
         {}`--classes FILE`, a table with a header `from,to` and the line `{class},` to leave {class} out, or `{class},{like}` to \
         take both for one class", root.shown(),
        if *is_folder { format!("move {class} out of the folder, or ") } else { String::new() }
    )]
    SameClass {
        /// The folder.
        root: PathBuf,
        /// The class: of two with the same photos the one whose folder is a link, or else the later one.
        class: String,
        /// The number of its photos.
        photographs: usize,
        /// The other class.
        like: String,
        /// Whether folders name the classes.
        is_folder: bool,
    },
    /// No class of a part of the data set is one of those to train on.
    #[error(
        "{}: none of the classes for {split} ({}) is among those to train on ({}); give the same class the same name, by \
         its folder or with --classes FILE", root.shown(), few(classes), few(trained)
    )]
    OtherClasses {
        /// The folder.
        root: PathBuf,
        /// Validation or test.
        split: Split,
        /// Its classes.
        classes: Vec<String>,
        /// Those that have training photos.
        trained: Vec<String>,
    },
    /// A review that cannot be used.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// There are validation or test folders, but no training folder.
    #[error("{} has photos for validation or test only; a train/ folder of classes is needed", root.shown())]
    NothingToTrainOn {
        /// The folder.
        root: PathBuf,
    },
}

/// `a, b, c and 3 more`.
fn few(names: &[String]) -> String {
    const NAMED: usize = 4;
    let more = match names.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}{more}", names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", "))
}

/// The option that reads the first table that can be read.
fn way_to_table(root: &Path, tables: &[String]) -> String {
    const OTHER: [&str; 3] = [".xml", ".parquet", ".xlsx"];
    let single = |table: &&String| !table.ends_with(')');
    let readable = |table: &&String| !OTHER.iter().any(|other| table.to_lowercase().ends_with(other));
    let way = |table| format!(": try `--labels {}`", quoted(&root.join(table).shown().to_string()));
    let readable = |table: &&String| single(table) && readable(table);
    tables.iter().find(readable).map(way).unwrap_or_default()
}

impl ScanError {
    /// Whether the folder holds photos that are not arranged as a data set: another folder or an option mends it.
    #[must_use]
    pub fn is_of_the_layout(&self) -> bool {
        matches!(
            self,
            Self::Undecided { .. }
                | Self::LabelsElsewhere { .. }
                | Self::Mixed { .. }
                | Self::Loose { .. }
                | Self::OneClass { .. }
                | Self::Labels(LabelError::Table { .. } | LabelError::Undecided { .. })
                | Self::NothingListed { .. }
                | Self::SeveralLabels { .. }
                | Self::LabelsWithoutTable { .. }
                | Self::NothingToTellApart { .. }
                | Self::BarInLabel { .. }
                | Self::LabelsAlike { .. }
                | Self::OfOneClass { .. }
                | Self::NoSuchClass { .. }
                | Self::NothingToTrainOn { .. }
                | Self::OtherClasses { .. }
                | Self::ClassesAlike { .. }
                | Self::SameClass { .. }
        )
    }

    /// The error of a data set with a single class.
    pub(crate) fn one_class(dataset: &Dataset, problems: Vec<Problem>) -> Self {
        const NAMED: usize = 5;
        let class = dataset.classes.first().cloned().unwrap_or_default();
        // Folders around the data set lie above that of the class.
        let folder_of = |photo: &Path| -> PathBuf {
            let at = photo.iter().position(|name| portable_component(name) == class);
            photo.iter().take(at.unwrap_or(0) + 1).collect()
        };
        let folder = dataset.photos.first().map(|photo| folder_of(&photo.path)).unwrap_or_default();
        let below = |path: &Path| path.strip_prefix(&folder).ok().map(Path::to_owned);
        let mut folders: Vec<String> = dataset
            .photos
            .iter()
            .filter(|photo| photo.split.is_none())
            .filter_map(|photo| below(&photo.path).filter(|path| path.components().count() > 1))
            .filter_map(|path| path.iter().next().map(portable_component))
            .collect();
        folders.dedup();
        folders.truncate(NAMED);
        Self::OneClass {
            root: dataset.root.clone(),
            class: class.into(),
            folder: folder.into_boxed_path(),
            photographs: dataset.photos.len(),
            folders,
            problems,
        }
    }
}
