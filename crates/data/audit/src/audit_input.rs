//! From the measurements of a data set to its audit.

use foliar_files::Printable as _;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use foliar_results::FileProblem;
use foliar_results::audit::{
    Audit, Background, ClassCount, CopyPair, Doubt, GroupSummary, MeasuredIssue, Measures, NameCopies,
    NameFamily, Photograph,
};
use foliar_scan::Review;
use foliar_scan::review::{Decision, Entry};
use foliar_vision::{Dataset, Photo, Problem, folds, portable_name};

use crate::findings;
use crate::groups::PhotoGroups;
use crate::image_stats::ImageStats;
use crate::label_issues::{Nearest, label_issues, nearest};
use crate::near_duplicates::Copy;
use crate::probe::probes;
use crate::quality::quality_issues;
use crate::second_copies::second_copies;
use crate::split_check::{FOLDS, Features, OutOfFold, split_check};
use crate::texture;
use crate::watermarks::watermarks;

/// Seed of the folds of the probes.
pub(crate) const SEED: u64 = 1;

/// What an audit needs.
#[derive(Clone, Copy, Debug)]
pub struct AuditInput<'a> {
    /// The readable photos.
    pub dataset: &'a Dataset,
    /// The measurements of each.
    pub stats: &'a [ImageStats],
    /// Files that cannot be read, and other oddities.
    pub problems: &'a [Problem],
    /// Groups and copies, of [`group_photos`](crate::group_photos).
    pub groups: &'a PhotoGroups,
    /// Features of a network; without them colours and textures are used.
    pub features: Option<&'a Features>,
}

/// Audits a data set.
///
/// # Panics
/// If stats, groups or features are not those of the photos of the data set.
#[must_use]
pub fn audit(input: AuditInput<'_>) -> Audit {
    let AuditInput { dataset, stats, problems, groups, features } = input;
    let photos = &dataset.photos;
    assert!(photos.len() == stats.len() && photos.len() == groups.of.len(), "one row a photo");
    let names: Vec<String> = photos.iter().map(|photo| portable_name(&photo.path)).collect();
    let textures = features.is_none().then(|| Features {
        name: "colours and textures".to_owned(),
        of_a_network: false,
        width: texture::WIDTH,
        values: stats.iter().flat_map(|stats| stats.texture.iter().copied()).collect(),
    });
    let mut background = Background { probes: Vec::new(), watermarks: watermarks(dataset, stats) };
    let measures: Vec<Measures> = stats.iter().map(|stats| stats.measures).collect();
    let quality = quality_issues(&measures);
    let (mut check, mut issues, mut near) = (None, Vec::new(), Nearest::new());
    let divisible = groups.have_others_of_their_class(dataset).contains(&true);
    if let Some(features) = features.or(textures.as_ref()).filter(|_| dataset.classes.len() > 1 && divisible)
    {
        assert_eq!(features.values.len(), photos.len() * features.width, "one row of features a photo");
        let numbers = groups.numbers();
        let all: Vec<usize> = (0..photos.len()).collect();
        let folds = folds(dataset, &all, Some(&numbers), FOLDS, SEED);
        background.probes = probes(dataset, stats, &groups.of, &folds);
        let grouped = OutOfFold::of(dataset, features, &numbers);
        check = split_check(dataset, features, groups, &grouped);
        (issues, near) = label_issues(dataset, features, groups, &grouped);
        let poor = |photo: &usize| !quality[*photo].is_empty() && !near.contains_key(photo);
        let poor: Vec<usize> = (0..photos.len()).filter(poor).collect();
        near.extend(nearest(features, groups, &poor));
    }
    let copies: Vec<CopyPair> = groups.copies.iter().map(|copy| pair(dataset, &names, copy)).collect();
    let mut audit = Audit {
        root: dataset.root.shown().to_string(),
        place: PathBuf::new(),
        layout: dataset.layout.clone(),
        data_fingerprint: dataset.fingerprint(),
        findings: Vec::new(),
        classes: class_counts(dataset, groups),
        imbalance: imbalance(dataset),
        problems: problems.iter().map(file_problem).collect(),
        second_copies: second_copies(&names, &copies),
        copies,
        name_copies: name_copies(dataset, &names, groups),
        groups: group_summary(groups),
        background,
        split_check: check,
        label_issues: issues,
        quarantine: Vec::new(),
        settled: BTreeMap::new(),
        photographs: photographs(dataset, quality.into_iter().zip(measures), &names, groups, &near),
    };
    conclude(&mut audit);
    audit
}

/// Takes out of the audit of `dataset` what a person has decided: of a photo that is kept the doubts that were seen, and of one that was
/// given another class also its label. What concerns other photos too stays: copies on both sides of a split leak, whoever keeps them.
pub fn settle(audit: &mut Audit, review: &Review, dataset: &Dataset) {
    let doubts = |entry: &Entry| {
        let class = (entry.decision == Decision::Relabel).then_some(Doubt::Label);
        let doubts: BTreeSet<Doubt> = Doubt::named(&entry.doubts).chain(class).collect();
        doubts.into_iter().collect::<Vec<_>>()
    };
    let name = |photo: usize| portable_name(&dataset.photos[photo].path);
    let used = review.used(dataset).into_iter();
    audit.settled = used.map(|(photo, entry)| (name(photo), doubts(entry))).collect();
    let open = |path: &str, doubt| !audit.settled.get(path).is_some_and(|settled| settled.contains(&doubt));
    audit.label_issues.retain(|issue| open(&issue.path, Doubt::Label));
    for photo in &mut audit.photographs {
        if !open(&photo.path, Doubt::Strange) {
            photo.issues.clear();
        }
    }
    conclude(audit);
}

/// What follows from the tables.
fn conclude(audit: &mut Audit) {
    audit.quarantine = findings::quarantine(audit);
    audit.findings = findings::findings(audit);
}

/// A problem of a scan as a plain value.
#[must_use]
pub fn file_problem(problem: &Problem) -> FileProblem {
    FileProblem {
        path: portable_name(&problem.path),
        code: problem.reason.code().to_owned(),
        excluded: problem.reason.excludes(),
        message: problem.reason.to_string(),
    }
}

fn group_summary(groups: &PhotoGroups) -> GroupSummary {
    let sizes = groups.sizes();
    GroupSummary {
        source: groups.source,
        count: groups.count(),
        largest: sizes.iter().copied().max().unwrap_or(0),
        alone: sizes.iter().filter(|&&size| size == 1).count(),
        unnamed: groups.unnamed,
        absent: groups.absent.len(),
        by_name: groups.by_name.sizes().iter().filter(|&&size| size > 0).count(),
    }
}

fn name_copies(dataset: &Dataset, names: &[String], groups: &PhotoGroups) -> NameCopies {
    let family = |members: &[usize]| NameFamily {
        first: names[members[0]].clone(),
        photographs: members.iter().map(|&member| names[member].clone()).collect(),
        across_splits: are_split(members.iter().map(|&member| &dataset.photos[member])),
    };
    let mut families: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (member, &first) in groups.by_name.of.iter().enumerate() {
        families.entry(first).or_default().push(member);
    }
    families.retain(|_, members| members.len() > 1);
    NameCopies {
        families: families.values().map(|members| family(members)).collect(),
        unsure: groups.by_name.unsure.iter().map(|members| family(members)).collect(),
    }
}

fn class_counts(dataset: &Dataset, groups: &PhotoGroups) -> Vec<ClassCount> {
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
        angle: copy.angle,
        scale: copy.scale,
        across_classes: a.class != b.class,
        across_splits: are_split([a, b]),
    }
}

/// Whether some of the photos are in different splits. A photo in none is used for nothing, and leaks nowhere.
fn are_split<'a>(photos: impl IntoIterator<Item = &'a Photo>) -> bool {
    let mut splits = photos.into_iter().filter_map(|photo| photo.split);
    let first = splits.next();
    splits.any(|split| Some(split) != first)
}

fn photographs(
    dataset: &Dataset,
    quality: impl Iterator<Item = (Vec<MeasuredIssue>, Measures)>,
    names: &[String],
    groups: &PhotoGroups,
    near: &Nearest,
) -> Vec<Photograph> {
    let row = |(place, (issues, measures)): (usize, (Vec<MeasuredIssue>, Measures))| {
        let photo: &Photo = &dataset.photos[place];
        Photograph {
            path: names[place].clone(),
            class: dataset.classes[photo.class].clone(),
            split: photo.split.map(|split| split.to_string()),
            digest: photo.digest.to_string(),
            group: names[groups.of[place]].clone(),
            width: photo.width,
            height: photo.height,
            bytes: photo.bytes,
            measures,
            issues,
            nearest: near.get(&place).into_iter().flatten().map(|&other| names[other].clone()).collect(),
        }
    };
    quality.enumerate().map(row).collect()
}
