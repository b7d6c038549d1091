//! The whole answer as one value: what was found, and the tables behind it.

use foliar_vision::{Dataset, Part, Problem, folds, portable_name};
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::findings;
use crate::groups::{Basis, Groups};
use crate::marks::{Mark, marks};
use crate::near_duplicates::Copy;
use crate::probe::{Probe, probes};
use crate::quality::{Flaw, Measures, flaws};
use crate::quarantine::Proposal;
use crate::split_check::{FOLDS, Features, Predictions, SplitCheck, split_check};
use crate::survey::Sight;
use crate::suspects::{Suspect, suspects};
use crate::symmetry::Symmetry;
use crate::texture;

/// Key of the folds that probes are measured on.
const SEED: u64 = 1;

/// Everything that was found in a data set. Photographs are named by their path relative to the folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// The folder.
    pub root: String,
    /// Digest of all photographs that could be read.
    pub data_fingerprint: String,
    /// What there is to say, by importance; never empty.
    pub findings: Vec<Finding>,
    /// Classes in the order of their names.
    pub classes: Vec<ClassCount>,
    /// Largest class over smallest, in photographs; 1 if they are equal.
    pub imbalance: f64,
    /// Files that can not be used, and what else is odd, sorted by path.
    pub problems: Vec<FileProblem>,
    /// Photographs that are copies of one another, sorted by path.
    pub copies: Vec<CopyPair>,
    /// What belongs together.
    pub groups: GroupSummary,
    /// What the background gives away.
    pub background: Background,
    /// How much a random split flatters; absent where nothing is grouped.
    pub split_check: Option<SplitCheck>,
    /// Classes that are probably wrong, likeliest first.
    pub suspects: Vec<Suspect>,
    /// What is proposed to be left out.
    pub quarantine: Vec<Proposal>,
    /// Every photograph that could be read, sorted by path.
    pub photographs: Vec<Photograph>,
}

/// How many photographs a class has.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassCount {
    /// Its name.
    pub class: String,
    /// Photographs that can be read.
    pub photographs: usize,
    /// Groups among them.
    pub groups: usize,
}

/// A file that can not be used, or is odd.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileProblem {
    /// Path.
    pub path: String,
    /// Stable name of the kind.
    pub code: String,
    /// Whether the file is left out because of it.
    pub excluded: bool,
    /// The sentence.
    pub message: String,
}

/// Two photographs that show the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CopyPair {
    /// Path of the first.
    pub a: String,
    /// Path of the second.
    pub b: String,
    /// Whether the files are equal byte for byte.
    pub exact: bool,
    /// What `b` has to go through to look like `a`.
    pub symmetry: Symmetry,
    /// Correlation of the small pictures laid over one another.
    pub similarity: f64,
    /// Correlation of their fine detail.
    pub detail: f64,
    /// Share of the one that the other shows too.
    pub overlap: f64,
    /// Whether they are of different classes.
    pub across_classes: bool,
    /// Whether they stand in different parts (train, validation, test).
    pub across_parts: bool,
}

/// What belongs together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupSummary {
    /// What it rests on, besides copies.
    pub basis: Basis,
    /// Groups, those of one photograph among them.
    pub count: usize,
    /// Photographs in the largest.
    pub largest: usize,
    /// Photographs that stand alone.
    pub alone: usize,
    /// Photographs that the pattern or table gave no group.
    pub unnamed: usize,
    /// Rows of the table whose photograph is not there.
    pub absent: usize,
}

/// What the background gives away.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Background {
    /// How well the class is told from each clue.
    pub probes: Vec<Probe>,
    /// Marks that one class carries at the border.
    pub marks: Vec<Mark>,
}

/// One photograph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Photograph {
    /// Path.
    pub path: String,
    /// Class.
    pub class: String,
    /// The part that its folder assigns.
    pub part: Option<Part>,
    /// Path of the first photograph of its group.
    pub group: String,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Size of the file.
    pub bytes: u64,
    /// Its quality.
    pub measures: Measures,
    /// What is wrong with it, with what was measured and the threshold.
    pub flaws: Vec<MeasuredFlaw>,
}

/// What is wrong with a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredFlaw {
    /// What.
    pub flaw: Flaw,
    /// What was measured.
    pub value: f64,
    /// What it was compared with.
    pub threshold: f64,
}

/// What an audit is made of.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The photographs that can be read.
    pub dataset: &'a Dataset,
    /// What was measured on each.
    pub sights: &'a [Sight],
    /// What can not be read, and what else is odd.
    pub problems: &'a [Problem],
    /// Copies among them.
    pub copies: &'a [Copy],
    /// Which belong together.
    pub groups: &'a Groups,
    /// Features of a network; without, colours and textures take their place.
    pub features: Option<&'a Features>,
}

impl Audit {
    /// Judges a data set.
    ///
    /// # Panics
    /// If sights, groups or features are not of the photographs of the data set.
    #[must_use]
    pub fn of(subject: Subject<'_>) -> Self {
        let Subject { dataset, sights, problems, copies, groups, features } = subject;
        let photos = &dataset.photos;
        assert!(photos.len() == sights.len() && photos.len() == groups.of.len(), "one row a photograph");
        let names: Vec<String> = photos.iter().map(|photo| portable_name(&photo.path)).collect();
        let textures = features.is_none().then(|| Features {
            name: "colours and textures".to_owned(),
            of_a_network: false,
            width: texture::WIDTH,
            values: sights.iter().flat_map(|sight| sight.texture.iter().copied()).collect(),
        });
        let mut background = Background { probes: Vec::new(), marks: marks(dataset, sights) };
        let (mut check, mut wrong) = (None, Vec::new());
        if let Some(features) = features.or(textures.as_ref()).filter(|_| dataset.classes.len() > 1) {
            assert_eq!(
                features.values.len(),
                photos.len() * features.width,
                "one row of features a photograph"
            );
            let numbers = groups.numbers();
            let all: Vec<usize> = (0..photos.len()).collect();
            let parts = folds(dataset, &all, Some(&numbers), FOLDS, SEED);
            background.probes = probes(dataset, sights, &groups.of, &parts);
            let grouped = Predictions::of(dataset, features, Some(&numbers));
            check = split_check(dataset, features, groups, &grouped);
            wrong = suspects(dataset, features, groups, &grouped);
        }
        let mut audit = Self {
            root: dataset.root.display().to_string(),
            data_fingerprint: dataset.fingerprint(),
            findings: Vec::new(),
            classes: class_counts(dataset, groups),
            imbalance: imbalance(dataset),
            problems: problems.iter().map(FileProblem::of).collect(),
            copies: copies.iter().map(|copy| pair(dataset, &names, copy)).collect(),
            groups: GroupSummary::of(groups),
            background,
            split_check: check,
            suspects: wrong,
            quarantine: Vec::new(),
            photographs: photographs(dataset, sights, &names, groups),
        };
        audit.quarantine = findings::quarantine(&audit);
        audit.findings = findings::findings(&audit);
        audit
    }
}

impl FileProblem {
    fn of(problem: &Problem) -> Self {
        Self {
            path: portable_name(&problem.path),
            code: problem.reason.code().to_owned(),
            excluded: problem.reason.excludes(),
            message: problem.reason.to_string(),
        }
    }
}

impl GroupSummary {
    fn of(groups: &Groups) -> Self {
        let mut sizes = vec![0; groups.of.len()];
        groups.of.iter().for_each(|&first| sizes[first] += 1);
        Self {
            basis: groups.basis,
            count: groups.count(),
            largest: sizes.iter().copied().max().unwrap_or(0),
            alone: sizes.iter().filter(|&&size| size == 1).count(),
            unnamed: groups.unnamed,
            absent: groups.absent.len(),
        }
    }
}

fn class_counts(dataset: &Dataset, groups: &Groups) -> Vec<ClassCount> {
    let count = |(class, name): (usize, &String)| {
        let members = dataset.photos.iter().zip(&groups.of).filter(|(photo, _)| photo.class == class);
        let mut firsts: Vec<usize> = members.map(|(_, &first)| first).collect();
        let photographs = firsts.len();
        firsts.sort_unstable();
        firsts.dedup();
        ClassCount { class: name.clone(), photographs, groups: firsts.len() }
    };
    dataset.classes.iter().enumerate().map(count).collect()
}

fn imbalance(dataset: &Dataset) -> f64 {
    let counts = dataset.class_counts();
    let (most, least) = (counts.iter().max(), counts.iter().min());
    most.zip(least).map_or(1.0, |(&most, &least)| most as f64 / least.max(1) as f64)
}

fn pair(dataset: &Dataset, names: &[String], copy: &Copy) -> CopyPair {
    let (a, b) = (&dataset.photos[copy.a], &dataset.photos[copy.b]);
    CopyPair {
        a: names[copy.a].clone(),
        b: names[copy.b].clone(),
        exact: copy.exact,
        symmetry: copy.symmetry,
        similarity: copy.similarity,
        detail: copy.detail,
        overlap: copy.overlap,
        across_classes: a.class != b.class,
        across_parts: a.part != b.part,
    }
}

fn photographs(dataset: &Dataset, sights: &[Sight], names: &[String], groups: &Groups) -> Vec<Photograph> {
    let measures: Vec<Measures> = sights.iter().map(|sight| sight.measures).collect();
    let mut rows: Vec<Photograph> = dataset
        .photos
        .iter()
        .enumerate()
        .map(|(place, photo)| Photograph {
            path: names[place].clone(),
            class: dataset.classes[photo.class].clone(),
            part: photo.part,
            group: names[groups.of[place]].clone(),
            width: photo.width,
            height: photo.height,
            bytes: photo.bytes,
            measures: measures[place],
            flaws: Vec::new(),
        })
        .collect();
    for found in flaws(&measures) {
        let flaw = MeasuredFlaw { flaw: found.flaw, value: found.value, threshold: found.threshold };
        rows[found.photograph].flaws.push(flaw);
    }
    rows
}
