//! What is wrong with the files of a data set. A problem is not an error: work continues without the file.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::dataset::Split;
use crate::format::Format;
use crate::name::portable_name;
use crate::words::counted;

/// A file or folder of the data set and what is wrong with it.
///
/// Serialised as `{"path", "code", "excluded", "message"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Relative to the data set's root; empty for the data set as a whole.
    pub path: PathBuf,
    /// What is wrong.
    pub reason: Reason,
}

impl Problem {
    /// A problem with the file or folder at `path`.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, reason: Reason) -> Self {
        Self { path: path.into(), reason }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.as_os_str().is_empty() {
            write!(f, "{}", self.reason)
        } else {
            write!(f, "{}: {}", portable_name(&self.path), self.reason)
        }
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Problem", 4)?;
        fields.serialize_field("path", &portable_name(&self.path))?;
        fields.serialize_field("code", self.reason.code())?;
        fields.serialize_field("excluded", &self.reason.excludes())?;
        fields.serialize_field("message", &self.reason.to_string())?;
        fields.end()
    }
}

/// Why a file or folder is a [`Problem`]. [`Reason::code`] is stable; the displayed sentence is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The file is empty.
    Empty,
    /// The file ends before the picture is complete.
    Truncated,
    /// The name is that of a picture, but the content is not a picture.
    NotAPicture {
        /// What the content is, such as `an HTML page`, if it is recognised.
        found: Option<&'static str>,
    },
    /// The content is a picture in another format than the name says; it is read by its content.
    WrongExtension {
        /// The format of the content.
        found: Format,
    },
    /// The name does not end as that of a picture, but the content is one; it is read.
    OddName {
        /// The format of the content.
        found: Format,
    },
    /// A JPEG that has all its pixels and no end marker.
    NoEndMarker,
    /// A progressive JPEG without its last scans: its pixels are coarse.
    ScansMissing,
    /// No value reaches a sixteenth of the range, in 16 bits or in grey: fewer bits are in use, and the picture is nearly black.
    UnusedRange,
    /// Floating-point values beyond 1, which is white.
    BeyondWhite {
        /// The largest of them.
        largest: String,
    },
    /// A colour profile that cannot be used.
    ColourProfile,
    /// A picture with a brighter range of values than a screen has; it is shown as if it had none.
    HighDynamicRange,
    /// A picture in an unsupported format or variant.
    Unsupported {
        /// The format or variant.
        what: String,
    },
    /// The content violates its format.
    Damaged {
        /// What the decoder says.
        detail: String,
    },
    /// More bytes than [`Limits::bytes`](crate::Limits::bytes).
    TooLarge {
        /// Size of the file.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// More pixels than [`Limits::pixels`](crate::Limits::pixels).
    TooManyPixels {
        /// Width that the header declares.
        width: u32,
        /// Height that the header declares.
        height: u32,
        /// The limit on their product.
        limit: u64,
    },
    /// More memory than [`Limits::memory`](crate::Limits::memory).
    TooMuchMemory {
        /// What decoding needs, in bytes.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// Memory that the system does not give at the moment.
    NoMemory {
        /// What reading or decoding needs, in bytes.
        bytes: u64,
    },
    /// The system cannot read it.
    Unreadable {
        /// What the system says.
        detail: String,
    },
    /// A file of an archive, or an archive, of which something is lost or should be known.
    Archive {
        /// What is wrong, in a sentence.
        what: String,
        /// Whether something is lost.
        left_out: bool,
    },
    /// A pipe, socket or device with the name of a picture.
    NotAFile,
    /// A symbolic link to nothing.
    BrokenLink,
    /// A symbolic link to a folder that contains it.
    SymlinkLoop,
    /// A picture outside the class folders.
    OutsideClass,
    /// A mask of the photo beside it.
    Mask,
    /// A class folder without a usable photo.
    ClassWithoutPhotographs,
    /// A class with a single photo: it is used for training, so the class cannot be validated.
    ClassWithOnePhotograph,
    /// A class folder under `val/` or `test/` that `train/` does not have.
    ClassNotInTraining {
        /// Its photos.
        photographs: usize,
    },
    /// The names of two classes differ in case, blanks, underscores, hyphens or accents only.
    ClassesAlike {
        /// The other class.
        other: String,
        /// Photos of this one.
        photographs: usize,
    },
    /// A class with training photos that has none in this split, although other classes have some.
    ClassNotMeasured {
        /// Validation or test.
        split: Split,
    },
    /// Nearly all photos of a class folder are also in that of another class.
    SecondCopy {
        /// The other class.
        other: String,
        /// Photos that are in both.
        copies: usize,
        /// Photos of the class.
        photographs: usize,
    },
    /// An identical file is in another class too; at least one of the two labels is wrong. Both are kept, in one split.
    TwoClasses {
        /// The photo in the other class.
        other: PathBuf,
    },
    /// The folders put this photo, or one of its group, into several splits; it is kept in the last of them.
    Leak {
        /// The equal or grouped photo that is kept.
        other: PathBuf,
        /// Its split.
        split: Split,
    },
    /// A photo that is set apart for measuring, and that the weights which training begins with have learned from already, or
    /// from one of its group.
    LearnedBefore {
        /// What it was set apart for.
        split: Split,
    },
    /// A photo that is listed in the quarantine.
    Quarantined {
        /// The reason in the list, if there is one.
        why: Option<String>,
    },
    /// A photo that a review leaves out.
    LeftOutByReview,
    /// A photo that a review says to be of another class.
    Relabelled {
        /// The class that folders or tables say.
        from: String,
        /// The class that it is used as.
        to: String,
    },
    /// A photo whose file has changed since it was reviewed; what was decided is not done.
    ChangedSinceReview,
    /// A list names a photo that is not in the folder.
    ListedAndAbsent,
    /// Rows of a table that say different things of the photo.
    ContradictingRows {
        /// The lines, such as `line 3 of train.csv and line 8 of train.csv`.
        rows: String,
        /// What they say.
        what: String,
    },
    /// A row of a table whose photo is not in the folder.
    RowWithoutPhotograph {
        /// The table and its line.
        row: String,
    },
    /// A row of a table whose photo may be one of several files.
    SeveralFiles {
        /// The table and its line.
        row: String,
        /// The files, the first of them.
        files: String,
    },
    /// A photo beside others of a table that no row of it lists.
    Unlisted,
    /// A photo to which the table gives no class.
    WithoutLabel,
    /// A photo that is not in the given split.
    NotInSplit,
    /// Fewer than two classes are left.
    TooFewClasses {
        /// Their number.
        count: usize,
    },
}

/// [Codes](Reason::code) of remarks on single files, which are used all the same.
pub const FILE_REMARKS: [&str; 8] = [
    "wrong-extension",
    "odd-name",
    "no-end-marker",
    "scans-missing",
    "unused-range",
    "beyond-white",
    "colour-profile",
    "high-dynamic-range",
];

impl Reason {
    /// A decoder's message as one short line.
    pub(crate) fn damaged(detail: &str) -> Self {
        const LONGEST: usize = 160;
        let line = detail.lines().next().unwrap_or_default().trim();
        Self::Damaged { detail: line.chars().take(LONGEST).collect() }
    }

    /// A stable name in kebab case, for logs and scripts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::NotAPicture { .. } => "not-a-picture",
            Self::WrongExtension { .. } => "wrong-extension",
            Self::OddName { .. } => "odd-name",
            Self::NoEndMarker => "no-end-marker",
            Self::ScansMissing => "scans-missing",
            Self::UnusedRange => "unused-range",
            Self::BeyondWhite { .. } => "beyond-white",
            Self::ColourProfile => "colour-profile",
            Self::HighDynamicRange => "high-dynamic-range",
            Self::Unsupported { .. } => "unsupported",
            Self::Damaged { .. } => "damaged",
            Self::TooLarge { .. } => "too-large",
            Self::TooManyPixels { .. } => "too-many-pixels",
            Self::TooMuchMemory { .. } => "too-much-memory",
            Self::NoMemory { .. } => "no-memory",
            Self::Unreadable { .. } => "unreadable",
            Self::Archive { left_out: true, .. } => "archive-file",
            Self::Archive { left_out: false, .. } => "archive",
            Self::NotAFile => "not-a-file",
            Self::BrokenLink => "broken-link",
            Self::SymlinkLoop => "symlink-loop",
            Self::OutsideClass => "outside-class",
            Self::Mask => "mask",
            Self::ClassWithoutPhotographs => "class-without-photographs",
            Self::ClassWithOnePhotograph => "class-with-one-photograph",
            Self::ClassNotInTraining { .. } => "class-not-in-training",
            Self::ClassesAlike { .. } => "classes-alike",
            Self::ClassNotMeasured { .. } => "class-not-measured",
            Self::SecondCopy { .. } => "second-copy",
            Self::TwoClasses { .. } => "two-classes",
            Self::Leak { .. } => "leak",
            Self::LearnedBefore { .. } => "learned-before",
            Self::Quarantined { .. } => "quarantined",
            Self::LeftOutByReview => "left-out-by-review",
            Self::Relabelled { .. } => "relabelled",
            Self::ChangedSinceReview => "changed-since-review",
            Self::ListedAndAbsent => "listed-and-absent",
            Self::ContradictingRows { .. } => "contradicting-rows",
            Self::RowWithoutPhotograph { .. } => "row-without-photograph",
            Self::SeveralFiles { .. } => "several-files",
            Self::Unlisted => "unlisted",
            Self::WithoutLabel => "without-label",
            Self::NotInSplit => "not-in-split",
            Self::TooFewClasses { .. } => "too-few-classes",
        }
    }

    /// Number of files that it concerns: those of a folder, else 1.
    #[must_use]
    pub fn files(&self) -> usize {
        match self {
            Self::ClassNotInTraining { photographs } => *photographs,
            _ => 1,
        }
    }

    /// Whether it is about a class as a whole, whose photographs are used or not there.
    #[must_use]
    pub fn is_of_class(&self) -> bool {
        matches!(
            self,
            Self::ClassWithoutPhotographs
                | Self::ClassWithOnePhotograph
                | Self::ClassesAlike { .. }
                | Self::ClassNotMeasured { .. }
                | Self::SecondCopy { .. }
        )
    }

    /// Whether the file or folder is left out because of this; otherwise it is only reported.
    #[must_use]
    pub fn excludes(&self) -> bool {
        !matches!(
            self,
            Self::ClassWithOnePhotograph
                | Self::ClassesAlike { .. }
                | Self::ClassNotMeasured { .. }
                | Self::SecondCopy { .. }
                | Self::TwoClasses { .. }
                | Self::Relabelled { .. }
                | Self::ChangedSinceReview
                | Self::ListedAndAbsent
                | Self::Archive { left_out: false, .. }
                | Self::TooFewClasses { .. }
        ) && !FILE_REMARKS.contains(&self.code())
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty"),
            Self::Truncated => f.write_str("the file ends in the middle of the image; copy it again"),
            Self::NotAPicture { found: Some(found) } => write!(f, "not an image but {found}"),
            Self::NotAPicture { found: None } => f.write_str("not an image, despite its name"),
            Self::WrongExtension { found } => {
                write!(f, "the content is {found}, and is read as that; .{} would say so", found.extension())
            }
            Self::OddName { found } => {
                write!(f, "read as {found}, though its name does not end in .{}", found.extension())
            }
            Self::NoEndMarker => f.write_str("read; the end marker is missing, and all pixels are there"),
            Self::ScansMissing => {
                f.write_str("read, but the file ends before its finest details; copy it again")
            }
            Self::UnusedRange => f.write_str(
                "read, but nearly black: no value reaches 1/16 of the range (12-bit data in 16 bits, or a mask?); scale the values up",
            ),
            Self::BeyondWhite { largest } => write!(
                f,
                "read, but values beyond 1, which is white, are cut off (the largest is {largest}); scale them to 0 to 1"
            ),
            Self::ColourProfile => {
                f.write_str("read, but its colour profile cannot be used; colours are taken for sRGB")
            }
            Self::HighDynamicRange => {
                f.write_str("read, but its high dynamic range is shown as an ordinary one; colours are dull")
            }
            Self::Unsupported { what } => {
                write!(f, "{what} is not supported; {}", conversion(what))
            }
            Self::Damaged { detail } => write!(f, "the image is damaged: {detail}"),
            Self::TooLarge { bytes, limit } => {
                write!(f, "the file has {bytes} bytes; the limit is {limit}")
            }
            Self::TooManyPixels { width, height, limit } => {
                write!(f, "{width} x {height} pixels; the limit is {limit} in total; {SMALLER}")
            }
            Self::TooMuchMemory { bytes, limit } => write!(
                f,
                "decoding it needs {} MB of memory; the limit is {} MB; {SMALLER}",
                bytes.div_ceil(1_000_000),
                limit / 1_000_000
            ),
            Self::NoMemory { bytes } => write!(
                f,
                "decoding it needs {} MB of memory, which the system does not give; close other programs, or use one thread \
                 (--threads 1)",
                bytes.div_ceil(1_000_000)
            ),
            Self::Unreadable { detail } => write!(f, "cannot be read: {detail}"),
            Self::Archive { what, .. } => f.write_str(what),
            Self::NotAFile => f.write_str("a pipe, socket or device, not a file"),
            Self::BrokenLink => f.write_str("a symbolic link to a file that does not exist"),
            Self::SymlinkLoop => f.write_str("a symbolic link to a folder that contains it"),
            Self::OutsideClass => f.write_str("the image is outside the class folders; move it into one"),
            Self::Mask => f.write_str("a mask of the photo beside it, and no photo"),
            Self::ClassWithoutPhotographs => f.write_str("the class has no usable photo and is left out"),
            Self::ClassWithOnePhotograph => f.write_str(
                "the class has a single photo, which is used for training; the class cannot be validated",
            ),
            Self::ClassNotInTraining { photographs } => {
                let photos = counted(*photographs, "photo is", "photos are");
                write!(f, "the class has no training photo; its {photos} left out")
            }
            Self::ClassesAlike { other, photographs } => write!(
                f,
                "this class ({}) looks like {other}: the names differ in case, blanks, underscores, \
                 hyphens or accents only; --match-names takes both for one class",
                counted(*photographs, "photo", "photos")
            ),
            Self::ClassNotMeasured { split } => write!(
                f,
                "the class has no {split} photo: nothing is measured of it, and averages over classes leave it out"
            ),
            Self::SecondCopy { other, copies, photographs } => write!(
                f,
                "a second copy of {other}: {copies} of its {photographs} photos are also there; one of the two labels is wrong"
            ),
            Self::TwoClasses { other } => {
                write!(f, "the same image is also in another class: {}", portable_name(other))
            }
            Self::Leak { other, split } => {
                write!(
                    f,
                    "left out: the same image, or one of its group, is in {split}: {}",
                    portable_name(other)
                )
            }
            Self::LearnedBefore { split } => write!(
                f,
                "left out of {split}: the weights that training begins with, or a teacher, have learned from it, or from one of its group"
            ),
            Self::Quarantined { why: Some(why) } => write!(f, "left out: in quarantine ({why})"),
            Self::Quarantined { why: None } => f.write_str("left out: in quarantine"),
            Self::LeftOutByReview => f.write_str("left out: the review says so"),
            Self::Relabelled { from, to } => write!(f, "{to} by the review, not {from}"),
            Self::ChangedSinceReview => {
                f.write_str("changed since it was reviewed: it is used as it is; review it again")
            }
            Self::ListedAndAbsent => f.write_str("listed, but not found in the folder"),
            Self::ContradictingRows { rows, what } => {
                write!(f, "left out: {rows} contradict each other: {what}")
            }
            Self::RowWithoutPhotograph { row } => {
                write!(f, "{row} lists this photo, but it is not in the folder")
            }
            Self::SeveralFiles { row, files } => {
                let folders: BTreeSet<&str> =
                    files.split(", ").map(|file| file.rsplit_once('/').map_or("", |(folder, _)| folder)).collect();
                let more = if folders.len() > 1 { "folder" } else { "end of the name" };
                write!(f, "left out: {row} may mean any of {files}; write the {more} in the table too")
            }
            Self::Unlisted => f.write_str("left out: no row of the table lists it"),
            Self::WithoutLabel => f.write_str("left out: the table gives it no class"),
            Self::NotInSplit => f.write_str("left out: it is not in the given split"),
            Self::TooFewClasses { count } => {
                write!(f, "{count} class(es) with usable photos; two are needed")
            }
        }
    }
}

/// What to do with a picture of too many pixels: a network sees a few hundred in a row.
const SMALLER: &str = "save it with fewer pixels: `magick PHOTO -resize 4000x4000 PHOTO.jpg`";

/// What to do with a picture in an unsupported format or variant.
fn conversion(what: &str) -> &'static str {
    match what {
        "AVIF" => "convert it: `magick PHOTO.avif PHOTO.jpg`",
        "JPEG XL" => "convert it: `djxl PHOTO.jxl PHOTO.jpg`",
        "JPEG 2000" => "convert it: `magick PHOTO.jp2 PHOTO.jpg`",
        "PNM" => "convert it: `magick PHOTO.ppm PHOTO.png`",
        "TGA" => "convert it: `magick PHOTO.tga PHOTO.png`",
        "a camera's raw file" => "develop it: `darktable-cli PHOTO.dng PHOTO.jpg`",
        what if what.starts_with("TIFF") => {
            "save it as 8-bit RGB TIFF or PNG: `magick PHOTO.tif -depth 8 PHOTO.png`"
        }
        what if what.contains("HEIC") => "convert it: `heif-convert PHOTO.heic PHOTO.jpg`",
        _ => "save it as JPEG or PNG",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serialises_with_a_code_and_a_sentence() {
        let problem = Problem::new("rust/7.jpg", Reason::WrongExtension { found: Format::Png });
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["path"], "rust/7.jpg");
        assert_eq!(json["code"], "wrong-extension");
        assert_eq!(json["excluded"], false);
        assert_eq!(json["message"], "the content is PNG, and is read as that; .png would say so");
    }
}
