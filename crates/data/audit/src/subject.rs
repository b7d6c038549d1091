//! From what was measured on a data set to its audit.

use foliar_vision::{Dataset, Problem, folds, portable_name};

use crate::audit::{
    Audit, Background, ClassCount, CopyPair, FileProblem, GroupSummary, MeasuredFlaw, Photograph,
};
use crate::findings;
use crate::groups::Groups;
use crate::marks::marks;
use crate::near_duplicates::Copy;
use crate::probe::probes;
use crate::quality::{Measures, flaws};
use crate::split_check::{FOLDS, Features, Predictions, split_check};
use crate::survey::Sight;
use crate::suspects::suspects;
use crate::texture;

/// Key of the folds that probes are measured on.
const SEED: u64 = 1;

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
            let splits = folds(dataset, &all, Some(&numbers), FOLDS, SEED);
            background.probes = probes(dataset, sights, &groups.of, &splits);
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
        across_splits: a.split != b.split,
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
            split: photo.split,
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
