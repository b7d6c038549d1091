//! What is wrong with a data set, file by file. A problem is a finding, not an error: work goes on without the file.

use std::fmt;
use std::path::PathBuf;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::dataset::Split;
use crate::format::Format;
use crate::name::portable_name;

/// A file or folder of the data set and what is the matter with it.
///
/// Serialised as `{"path", "code", "excluded", "message"}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Relative to the data set's root; empty for the data set as a whole.
    pub path: PathBuf,
    /// What is the matter.
    pub reason: Reason,
}

impl Problem {
    /// A problem of the file or folder at `path`.
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
    /// The file holds no bytes.
    Empty,
    /// The file ends before its picture does.
    Truncated,
    /// The name says picture and the content does not.
    NotAPicture {
        /// What the content looks like, such as `an HTML page`, where that is recognised.
        found: Option<&'static str>,
    },
    /// The content is a picture of another format than the name says.
    WrongExtension {
        /// The format of the content.
        found: Format,
    },
    /// A picture in a format, or a variant of one, that is not read.
    Unsupported {
        /// The format or variant.
        what: String,
    },
    /// The content breaks the rules of its format.
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
    /// The system refuses to read it.
    Unreadable {
        /// What the system says.
        detail: String,
    },
    /// A pipe, socket or device under the name of a picture.
    NotAFile,
    /// A symbolic link to nothing.
    BrokenLink,
    /// A symbolic link to a folder that contains it.
    SymlinkLoop,
    /// A picture beside the class folders and not inside one.
    OutsideClass,
    /// A class folder that holds no usable photograph.
    ClassWithoutPhotographs,
    /// A class with a single photograph to learn from; it is used for training and can not be validated.
    ClassWithOnePhotograph,
    /// A class folder under `val/` or `test/` that `train/` does not have.
    ClassNotInTraining,
    /// The same bytes lie in another class too; at least one of the two is wrong. Both are kept, on one side of the split.
    TwoClasses {
        /// The photograph of the other class.
        other: PathBuf,
    },
    /// A photograph that the folders put on both sides of the split; it is kept on the side that measures.
    Leak {
        /// The equal (or grouped) photograph that stays.
        other: PathBuf,
        /// The split in which that one is.
        split: Split,
    },
    /// A photograph that is listed in the quarantine.
    Quarantined {
        /// The reason that the list gives, if it does.
        why: Option<String>,
    },
    /// A list names a photograph that is not in the folder.
    ListedAndAbsent,
    /// A photograph that the given split does not know.
    NotInSplit,
    /// Fewer than two classes are left to tell apart.
    TooFewClasses {
        /// How many there are.
        count: usize,
    },
}

impl Reason {
    /// A stable name in kebab case, for logs and scripts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::NotAPicture { .. } => "not-a-picture",
            Self::WrongExtension { .. } => "wrong-extension",
            Self::Unsupported { .. } => "unsupported",
            Self::Damaged { .. } => "damaged",
            Self::TooLarge { .. } => "too-large",
            Self::TooManyPixels { .. } => "too-many-pixels",
            Self::Unreadable { .. } => "unreadable",
            Self::NotAFile => "not-a-file",
            Self::BrokenLink => "broken-link",
            Self::SymlinkLoop => "symlink-loop",
            Self::OutsideClass => "outside-class",
            Self::ClassWithoutPhotographs => "class-without-photographs",
            Self::ClassWithOnePhotograph => "class-with-one-photograph",
            Self::ClassNotInTraining => "class-not-in-training",
            Self::TwoClasses { .. } => "two-classes",
            Self::Leak { .. } => "leak",
            Self::Quarantined { .. } => "quarantined",
            Self::ListedAndAbsent => "listed-and-absent",
            Self::NotInSplit => "not-in-split",
            Self::TooFewClasses { .. } => "too-few-classes",
        }
    }

    /// Whether the file or folder is left out because of this, or only remarked on.
    #[must_use]
    pub fn excludes(&self) -> bool {
        !matches!(
            self,
            Self::ClassWithOnePhotograph
                | Self::TwoClasses { .. }
                | Self::ListedAndAbsent
                | Self::TooFewClasses { .. }
        )
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the file is empty"),
            Self::Truncated => f.write_str("the file ends in the middle of the picture; copy it again"),
            Self::NotAPicture { found: Some(found) } => write!(f, "not a picture but {found}"),
            Self::NotAPicture { found: None } => f.write_str("not a picture, whatever its name says"),
            Self::WrongExtension { found } => {
                write!(f, "the content is {found}; rename it to .{}", found.extension())
            }
            Self::Unsupported { what } => write!(f, "{what} is not supported; save it as JPEG or PNG"),
            Self::Damaged { detail } => write!(f, "the picture is damaged: {detail}"),
            Self::TooLarge { bytes, limit } => {
                write!(f, "the file has {bytes} bytes; the limit is {limit}")
            }
            Self::TooManyPixels { width, height, limit } => {
                write!(f, "{width} x {height} pixels; the limit is {limit} in all")
            }
            Self::Unreadable { detail } => write!(f, "can not be read: {detail}"),
            Self::NotAFile => f.write_str("a pipe, socket or device, not a file"),
            Self::BrokenLink => f.write_str("a symbolic link to nothing"),
            Self::SymlinkLoop => f.write_str("a symbolic link back to a folder around it"),
            Self::OutsideClass => f.write_str("the picture lies beside the class folders; move it into one"),
            Self::ClassWithoutPhotographs => {
                f.write_str("the class has no usable photograph and is left out")
            }
            Self::ClassWithOnePhotograph => {
                f.write_str("the class has a single photograph: it is trained on and can not be validated")
            }
            Self::ClassNotInTraining => f.write_str("the class has no training photograph and is left out"),
            Self::TwoClasses { other } => {
                write!(f, "the same picture is also {}, of another class", portable_name(other))
            }
            Self::Leak { other, split } => {
                write!(f, "left out: the same or a grouped picture is in {split} as {}", portable_name(other))
            }
            Self::Quarantined { why: Some(why) } => write!(f, "left out: in quarantine ({why})"),
            Self::Quarantined { why: None } => f.write_str("left out: in quarantine"),
            Self::ListedAndAbsent => f.write_str("listed, and not in the folder"),
            Self::NotInSplit => f.write_str("left out: the given split does not know it"),
            Self::TooFewClasses { count } => {
                write!(f, "{count} class(es) with usable photographs; two are needed")
            }
        }
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
        assert_eq!(json["excluded"], true);
        assert_eq!(json["message"], "the content is PNG; rename it to .png");
    }
}
