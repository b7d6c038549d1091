//! What is asked: the photos that an audit doubts, each once, in the order in which they are worth a look.

use std::collections::{BTreeMap, BTreeSet};

use foliar_results::audit::{Audit, CopyPair, Doubt, LabelIssue, Photograph};
use foliar_vision::Digest;
use serde::Serialize;

/// Most photos beside one.
const BESIDE: usize = 10;
/// Codes of problems that concern the file of a photo.
const BROKEN: [&str; 13] = [
    "empty",
    "truncated",
    "not-a-picture",
    "unsupported",
    "damaged",
    "too-large",
    "too-many-pixels",
    "too-much-memory",
    "unreadable",
    "no-end-marker",
    "scans-missing",
    "unused-range",
    "beyond-white",
];

/// A photo that is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Shown {
    pub(crate) path: String,
    pub(crate) class: String,
    pub(crate) split: Option<String>,
    #[serde(skip)]
    pub(crate) digest: Option<Digest>,
}

/// A photo that is asked about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Question {
    /// Index of the photo.
    pub(crate) photo: usize,
    pub(crate) doubts: Vec<Doubt>,
    /// What is doubted, a sentence each.
    pub(crate) reasons: Vec<String>,
    /// Classes that it may be of, the most likely first; never its own.
    pub(crate) suggested: Vec<String>,
    /// Its copies.
    pub(crate) copies: Vec<Copy>,
    /// The most similar photos, by their indices.
    pub(crate) nearest: Vec<usize>,
}

/// A copy of a photo.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Copy {
    pub(crate) photo: usize,
    /// In what way they are alike.
    pub(crate) words: String,
}

/// All questions, and the photos in them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Case {
    pub(crate) classes: Vec<String>,
    pub(crate) photos: Vec<Shown>,
    pub(crate) questions: Vec<Question>,
}

/// What is doubted of one photo.
#[derive(Default)]
struct About<'a> {
    label: Option<&'a LabelIssue>,
    /// The pairs in which it is the second.
    copies: Vec<&'a CopyPair>,
    broken: Option<String>,
    strange: Vec<String>,
}

impl Case {
    /// The questions of an audit; with those about labels that are doubted on weak evidence if `weak_labels`.
    pub(crate) fn of(audit: &Audit, weak_labels: bool) -> Self {
        let mut about: BTreeMap<&str, About<'_>> = BTreeMap::new();
        for issue in audit.label_issues.iter().filter(|issue| weak_labels || issue.strong) {
            about.entry(&issue.path).or_default().label = Some(issue);
        }
        for pair in audit.copies.iter().filter(|pair| !audit.is_settled_pair(pair)) {
            about.entry(&pair.b).or_default().copies.push(pair);
        }
        for photo in &audit.photographs {
            let words = photo.issues.iter().map(|found| {
                let (value, limit) = (figure(found.value), figure(found.threshold));
                format!("It is {} (measured {value}, the limit is {limit}).", found.issue.words())
            });
            let words: Vec<String> = words.collect();
            if !words.is_empty() {
                about.entry(&photo.path).or_default().strange = words;
            }
        }
        let of_file = |code: &str| BROKEN.contains(&code);
        for problem in audit.problems.iter().filter(|problem| of_file(&problem.code)) {
            let used = if problem.excluded { "; it is left out in any case" } else { "" };
            let words = format!("Its file is doubtful: {}{used}.", problem.message);
            if !audit.is_settled(&problem.path, Doubt::Broken) {
                about.entry(&problem.path).or_default().broken = Some(words);
            }
        }
        let mut order: Vec<(&str, About<'_>)> = about.into_iter().collect();
        order.sort_by(|(path_a, a), (path_b, b)| {
            a.rank().cmp(&b.rank()).then(b.evidence().total_cmp(&a.evidence())).then(path_a.cmp(path_b))
        });
        let mut album = Album::of(audit);
        let questions = order.iter().map(|(path, about)| album.question(path, about)).collect();
        let classes = audit.classes.iter().map(|class| class.class.clone()).collect();
        Self { classes, photos: album.photos, questions }
    }
}

impl About<'_> {
    /// What comes first: wrong labels and copies that contradict each other, then files, then what is strange.
    fn rank(&self) -> u8 {
        let worse = |pair: &&CopyPair| pair.across_classes || pair.across_splits;
        match self.label {
            Some(issue) if issue.strong => 0,
            _ if self.copies.iter().any(worse) => 1,
            _ if self.broken.is_some() => 2,
            _ if !self.strange.is_empty() => 3,
            Some(_) => 4,
            None => 5,
        }
    }

    fn evidence(&self) -> f64 {
        self.label.map_or(0.0, |issue| issue.evidence)
    }
}

/// A figure with about three digits.
fn figure(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

/// The photos that are shown, by their first use.
struct Album<'a> {
    known: BTreeMap<&'a str, &'a Photograph>,
    index: BTreeMap<String, usize>,
    photos: Vec<Shown>,
}

impl<'a> Album<'a> {
    fn of(audit: &'a Audit) -> Self {
        let known = audit.photographs.iter().map(|photo| (photo.path.as_str(), photo)).collect();
        Self { known, index: BTreeMap::new(), photos: Vec::new() }
    }

    fn photo(&mut self, path: &str) -> usize {
        if let Some(&place) = self.index.get(path) {
            return place;
        }
        let known = self.known.get(path);
        self.photos.push(Shown {
            path: path.to_owned(),
            class: known.map(|photo| photo.class.clone()).unwrap_or_default(),
            split: known.and_then(|photo| photo.split.clone()),
            digest: known.and_then(|photo| photo.digest.parse().ok()),
        });
        self.index.insert(path.to_owned(), self.photos.len() - 1);
        self.photos.len() - 1
    }

    fn question(&mut self, path: &str, about: &About<'_>) -> Question {
        let photo = self.photo(path);
        let own = self.photos[photo].class.clone();
        let mut doubts = BTreeSet::new();
        let mut reasons = Vec::new();
        let mut suggested: Vec<String> = Vec::new();
        if let Some(issue) = about.label {
            doubts.insert(Doubt::Label);
            reasons.push(format!("It may be {}, not {}: {}.", issue.suggested, issue.class, issue.reason));
            suggested.push(issue.suggested.clone());
        }
        let copies: Vec<Copy> = about
            .copies
            .iter()
            .take(BESIDE)
            .map(|pair| Copy { photo: self.photo(&pair.a), words: pair.words() })
            .collect();
        for (pair, copy) in about.copies.iter().zip(&copies) {
            doubts.insert(Doubt::Copy);
            let class = &self.photos[copy.photo].class;
            let labels = if pair.across_classes { format!(", which is in {class}") } else { String::new() };
            let splits = if pair.across_splits { ", on the other side of the split" } else { "" };
            let words = pair.words();
            let comma = if words.contains(',') { "," } else { "" };
            reasons.push(format!("It is {words}{comma} as {}{labels}{splits}.", pair.a));
            suggested.push(class.clone());
        }
        if let Some(broken) = &about.broken {
            doubts.insert(Doubt::Broken);
            reasons.push(broken.clone());
        }
        if !about.strange.is_empty() {
            doubts.insert(Doubt::Strange);
            reasons.extend(about.strange.iter().cloned());
        }
        let near: Vec<String> = self.known.get(path).map(|photo| photo.nearest.clone()).unwrap_or_default();
        let nearest: Vec<usize> = near.iter().take(BESIDE).map(|path| self.photo(path)).collect();
        suggested.extend(nearest.iter().map(|&other| self.photos[other].class.clone()));
        let mut seen = BTreeSet::from([own, String::new()]);
        suggested.retain(|class| seen.insert(class.clone()));
        Question { photo, doubts: doubts.into_iter().collect(), reasons, suggested, copies, nearest }
    }
}
