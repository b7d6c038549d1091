//! What a person has decided about single photos: `review.csv`.
//!
//! The table is only appended to, a line a decision, and of one photo the last line counts. A line is whole or absent: the last column
//! has one shape and length, so that a line that was cut anywhere is known, and then left out.
//!
//! | column | is |
//! | --- | --- |
//! | `path` | the photo, relative to the folder of photos, as [`foliar_vision::portable_name`] writes it |
//! | `digest` | BLAKE3 of its file when it was judged; may be empty in lines that are written by hand |
//! | `decision` | `keep`, `relabel`, `leave-out`, `skip` (later) or `undo` (as if it had never been judged) |
//! | `class` | its new class if it is relabelled, else the class that it had |
//! | `doubts` | what was doubted, in words with blanks between them; a photo is kept in spite of these alone |
//! | `when` | the time, such as `2026-11-29T17:36:42Z` |

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::{Path, PathBuf};

use foliar_files::cell;
use foliar_labels::plain_path;
use foliar_vision::dataset::Dataset;
use foliar_vision::digest::Digest;
use foliar_vision::portable_name;
use foliar_vision::problem::{Problem, Reason};

/// The first line of the table.
pub const HEADER: &str = "path,digest,decision,class,doubts,when";

/// What is done with a photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is right as it is.
    Keep,
    /// It is of another class.
    Relabel,
    /// It is not used.
    LeaveOut,
    /// It is judged later.
    Skip,
    /// The decision before is taken back.
    Undo,
}

impl Decision {
    const ALL: [Self; 5] = [Self::Keep, Self::Relabel, Self::LeaveOut, Self::Skip, Self::Undo];

    /// The word in the table.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Relabel => "relabel",
            Self::LeaveOut => "leave-out",
            Self::Skip => "skip",
            Self::Undo => "undo",
        }
    }

    /// The decision of a word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|decision| decision.word() == word)
    }
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The photo.
    pub path: String,
    /// Its file when it was judged, where that is known.
    pub digest: Option<Digest>,
    /// What is done with it.
    pub decision: Decision,
    /// Its new class, or the one that it had.
    pub class: String,
    /// What was doubted.
    pub doubts: String,
    /// The time, in the one shape.
    pub when: String,
}

impl Entry {
    /// The line, with its end. No cell is a formula to a spreadsheet, and none breaks a line: line breaks become blanks.
    #[must_use]
    pub fn line(&self) -> String {
        let digest = self.digest.map(|digest| digest.to_string()).unwrap_or_default();
        let Self { path, class, doubts, when, .. } = self;
        let cells: [&str; 6] = [path, &digest, self.decision.word(), class, doubts, when];
        let cells: Vec<String> = cells.iter().map(|text| quoted(text)).collect();
        cells.join(",") + "\n"
    }

    /// Reads a line without its end.
    fn parse(line: &str) -> Result<Self, String> {
        let cells = cells(line).ok_or_else(|| "a quotation mark is missing".to_owned())?;
        let count = cells.len();
        let [path, digest, decision, class, doubts, when]: [String; 6] =
            cells.try_into().map_err(|_| format!("it has {count} columns, not 6"))?;
        let original = |text: String| cell::original(&text).to_owned();
        let (path, class) = (original(path), original(class));
        let decision = Decision::of_word(&decision).ok_or_else(|| {
            format!("`{decision}` is no decision; it must be keep, relabel, leave-out, skip or undo")
        })?;
        if path.is_empty() {
            return Err("it names no photo".to_owned());
        }
        if decision == Decision::Relabel && class.is_empty() {
            return Err(format!("it names no class for {path}"));
        }
        let digest = match digest.as_str() {
            "" => None,
            digits => Some(digits.parse().map_err(|_| format!("`{digits}` is no digest of a file"))?),
        };
        if !(when.is_empty() || is_time(&when)) {
            return Err(format!("`{when}` is no time such as 2026-11-29T17:36:42Z"));
        }
        Ok(Self { path, digest, decision, class, doubts, when })
    }
}

/// What a `review.csv` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    path: PathBuf,
    entries: Vec<Entry>,
    whole: u64,
    torn: bool,
}

/// Why a `review.csv` cannot be used.
#[derive(Debug, thiserror::Error)]
pub struct ReviewError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong, and what to do.
    pub what: String,
}

impl fmt::Display for ReviewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use foliar_files::Printable as _;
        write!(f, "{}: {}", self.path.shown(), self.what)
    }
}

/// What a path of a review means in a data set.
enum Place {
    Photo(usize),
    /// This photo, whose file is another now.
    Changed(usize),
    Absent,
}

/// What stands of the photos of a data set.
#[derive(Default)]
struct Standing<'a> {
    /// By the index of the photo: the last line, and whether the file has changed since.
    photos: BTreeMap<usize, (&'a Entry, bool)>,
    /// By path, of photos that are not there.
    absent: BTreeMap<&'a str, &'a Entry>,
}

impl Review {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, is no such table, or has a whole line that says nothing.
    pub fn read(path: &Path) -> Result<Self, ReviewError> {
        Self::of_bytes(path, &bytes_of(path)?)
    }

    /// Reads the first `length` bytes of the file at `path`, if they have this digest: what it was before lines were added.
    ///
    /// # Errors
    /// As [`Review::read`], and a file that does not begin like this any more.
    pub fn read_earlier(path: &Path, length: u64, digest: &Digest) -> Result<Self, ReviewError> {
        let bytes = bytes_of(path)?;
        let earlier = usize::try_from(length).ok().and_then(|length| bytes.split_at_checked(length));
        match earlier {
            Some((earlier, _)) if Digest::of(earlier) == *digest => Self::of_bytes(path, earlier),
            _ => {
                let what = "this is not the review that the run began with: lines were changed or removed; put the old file back";
                Err(ReviewError { path: path.to_owned(), what: what.to_owned() })
            }
        }
    }

    /// Reads what a file at `path` holds.
    ///
    /// # Errors
    /// As [`Review::read`].
    pub fn of_bytes(path: &Path, bytes: &[u8]) -> Result<Self, ReviewError> {
        let wrong = |what: String| ReviewError { path: path.to_owned(), what };
        let mut review = Self { path: path.to_owned(), entries: Vec::new(), whole: 0, torn: false };
        let mut begun = false;
        for (number, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
            let is_last = !line.ends_with(b"\n");
            let text = line.strip_suffix(b"\n").unwrap_or(line);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            let text = if begun { text } else { text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text) };
            if !begun {
                if text == HEADER.as_bytes() {
                    begun = true;
                } else if is_last && HEADER.as_bytes().starts_with(text) {
                    review.torn = true;
                    break;
                } else {
                    return Err(wrong(format!("this is no review: its first line must be `{HEADER}`")));
                }
            } else if !text.is_empty() {
                let entry = match std::str::from_utf8(text) {
                    Ok(text) => Entry::parse(text),
                    Err(_) => Err("it is not text in UTF-8".to_owned()),
                };
                match entry {
                    Ok(entry) if !is_last || is_time(&entry.when) => review.entries.push(entry),
                    _ if is_last => {
                        review.torn = true;
                        break;
                    }
                    Ok(_) => {}
                    Err(what) => {
                        return Err(wrong(format!("line {}: {what}; mend or remove the line", number + 1)));
                    }
                }
            }
            review.whole += line.len() as u64;
        }
        Ok(review)
    }

    /// All lines, in their order.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Bytes of the whole lines.
    #[must_use]
    pub fn whole(&self) -> u64 {
        self.whole
    }

    /// Whether the last line was cut, as by a killed process, and is left out.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.torn
    }

    /// What stands of each photo, by its path: the last line.
    #[must_use]
    pub fn standing(&self) -> BTreeMap<&str, &Entry> {
        let mut standing: BTreeMap<&str, &Entry> =
            self.entries.iter().map(|entry| (entry.path.as_str(), entry)).collect();
        standing.retain(|_, entry| entry.decision != Decision::Undo);
        standing
    }

    /// The photos of `dataset` that are used as a person decided, by their index: kept or of another class. Not those whose file has
    /// changed since.
    #[must_use]
    pub fn used(&self, dataset: &Dataset) -> Vec<(usize, &Entry)> {
        let is_used = |entry: &Entry| matches!(entry.decision, Decision::Keep | Decision::Relabel);
        let photos = self.standing_in(dataset).photos.into_iter();
        photos
            .filter(|(_, (entry, changed))| is_used(entry) && !changed)
            .map(|(photo, (entry, _))| (photo, entry))
            .collect()
    }

    /// What stands of the photos of `dataset`: of one photo the last line, however its path is written.
    fn standing_in(&self, dataset: &Dataset) -> Standing<'_> {
        let index = Index::of(dataset);
        let mut standing = Standing::default();
        for entry in &self.entries {
            let stands = entry.decision != Decision::Undo;
            let (photo, changed) = match index.find(entry) {
                Place::Photo(photo) => (photo, false),
                Place::Changed(photo) => (photo, true),
                Place::Absent => {
                    standing.absent.remove(entry.path.as_str());
                    if stands {
                        standing.absent.insert(&entry.path, entry);
                    }
                    continue;
                }
            };
            standing.photos.remove(&photo);
            if stands {
                standing.photos.insert(photo, (entry, changed));
            }
        }
        standing
    }

    /// The data set with the classes that the review gives, and without what it leaves out.
    ///
    /// A photo is the one at the path with the digest of the line; where the whole folder has another place in the tree, the one photo
    /// with this digest whose path ends like it. A photo whose file has changed since it was judged is used as it is, and is a problem.
    pub(crate) fn apply(
        &self,
        dataset: Dataset,
        problems: &mut Vec<Problem>,
    ) -> Result<Dataset, ReviewError> {
        let mut classes: Vec<usize> = dataset.photos.iter().map(|photo| photo.class).collect();
        let mut left_out = vec![false; classes.len()];
        let mut more = Vec::new();
        let changes = |entry: &Entry| matches!(entry.decision, Decision::Relabel | Decision::LeaveOut);
        let standing = self.standing_in(&dataset);
        for (photo, (entry, changed)) in standing.photos {
            let place = &dataset.photos[photo].path;
            if changed && entry.decision != Decision::Skip {
                more.push(Problem::new(place, Reason::ChangedSinceReview));
            }
            if changed || !changes(entry) {
                continue;
            }
            if entry.decision == Decision::LeaveOut {
                left_out[photo] = true;
                more.push(Problem::new(place, Reason::LeftOutByReview));
                continue;
            }
            let Some(class) = dataset.classes.iter().position(|class| *class == entry.class) else {
                let what = format!(
                    "{} is to be {}, and no photo is of such a class; the classes are {}",
                    entry.path,
                    entry.class,
                    dataset.classes.join(", ")
                );
                return Err(ReviewError { path: self.path.clone(), what });
            };
            if class != classes[photo] {
                let from = dataset.classes[classes[photo]].clone();
                more.push(Problem::new(place, Reason::Relabelled { from, to: entry.class.clone() }));
                classes[photo] = class;
            }
        }
        for path in standing.absent.into_iter().filter(|(_, entry)| changes(entry)).map(|(path, _)| path) {
            let is_known = problems.iter().any(|problem| portable_name(&problem.path) == path);
            more.extend((!is_known).then(|| Problem::new(path, Reason::ListedAndAbsent)));
        }
        let mut dataset = dataset;
        dataset.photos.iter_mut().zip(classes).for_each(|(photo, class)| photo.class = class);
        let (dataset, lost) = dataset.retain(|photo| !left_out[photo]);
        problems.extend(more);
        problems.extend(lost.iter().map(|class| Problem::new(class, Reason::ClassWithoutPhotographs)));
        Ok(dataset)
    }
}

/// The photos of a data set by path and by digest.
struct Index {
    digests: Vec<Digest>,
    names: Vec<String>,
    by_path: HashMap<String, usize>,
    by_digest: HashMap<Digest, Vec<usize>>,
}

impl Index {
    fn of(dataset: &Dataset) -> Self {
        let digests: Vec<Digest> = dataset.photos.iter().map(|photo| photo.digest).collect();
        let names: Vec<String> = dataset.photos.iter().map(|photo| portable_name(&photo.path)).collect();
        let by_path = names.iter().enumerate().map(|(photo, name)| (name.clone(), photo)).collect();
        let mut by_digest: HashMap<Digest, Vec<usize>> = HashMap::new();
        for (photo, digest) in digests.iter().enumerate() {
            by_digest.entry(*digest).or_default().push(photo);
        }
        Self { digests, names, by_path, by_digest }
    }

    fn find(&self, entry: &Entry) -> Place {
        let at_path = || self.by_path.get(&entry.path).or_else(|| self.by_path.get(&plain_path(&entry.path)));
        match (at_path(), entry.digest) {
            (Some(&photo), None) => Place::Photo(photo),
            (Some(&photo), Some(digest)) if self.digests[photo] == digest => Place::Photo(photo),
            (Some(&photo), Some(_)) => Place::Changed(photo),
            (None, None) => Place::Absent,
            (None, Some(digest)) => {
                let alike = |photo: &&usize| ends_like(&self.names[**photo], &entry.path);
                let mut found = self.by_digest.get(&digest).into_iter().flatten().filter(alike);
                match (found.next(), found.next()) {
                    (Some(&photo), None) => Place::Photo(photo),
                    _ => Place::Absent,
                }
            }
        }
    }
}

/// Whether one path is the end of the other.
fn ends_like(a: &str, b: &str) -> bool {
    let ends = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.ends_with('/'));
    ends(a, b) || ends(b, a)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, ReviewError> {
    foliar_files::read(path)
        .map_err(|error| ReviewError { path: path.to_owned(), what: format!("cannot be read: {error}") })
}

/// Whether `text` is a time such as `2026-11-29T17:36:42Z`, in this shape.
fn is_time(text: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00T00:00:00Z";
    let fits = |(&byte, &shape): (&u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        sign => byte == sign,
    };
    text.len() == SHAPE.len() && text.as_bytes().iter().zip(SHAPE).all(fits)
}

/// A cell as it is written.
fn quoted(text: &str) -> String {
    let text = cell::defused(text).replace(['\n', '\r'], " ");
    if text.contains([',', '"']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// The cells of a line; `None` if a quotation mark is missing.
fn cells(line: &str) -> Option<Vec<String>> {
    let mut cells = Vec::new();
    let mut rest = line;
    loop {
        let (cell, after) = match rest.strip_prefix('"') {
            None => rest.find(',').map_or((rest, ""), |comma| rest.split_at(comma)),
            Some(quoted) => {
                let mut end = 0;
                loop {
                    end += quoted[end..].find('"')?;
                    if !quoted[end + 1..].starts_with('"') {
                        break;
                    }
                    end += 2;
                }
                (&quoted[..end], &quoted[end + 1..])
            }
        };
        let is_quoted = rest.starts_with('"');
        cells.push(if is_quoted { cell.replace("\"\"", "\"") } else { cell.to_owned() });
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None if after.is_empty() => return Some(cells),
            None => return None,
        }
    }
}

#[cfg(test)]
mod tests;
