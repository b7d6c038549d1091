//! How the photographs of a run are divided: what groups them, which split is given, and what a division leaves without measure.

use std::collections::BTreeSet;
use std::path::Path;

use foliar_audit::{GivenSplit, GroupRule, GroupSource, NearDuplicates, Quarantine, Thumbnail, group_photos};
use foliar_vision::{Dataset, Problem, Reason, Split, SplitSpec, Splits, portable_name, split};

use crate::error::TrainError;
use crate::indivisible::Indivisible;
use crate::recipe::{DataSpec, Group, Recipe};

/// Which photographs stay in one split, for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// Where the groups come from, besides copies.
    pub source: GroupSource,
    /// Whether the split was made before and is used again.
    pub given_split: bool,
    /// Groups, those of a single photograph among them.
    pub groups: usize,
    /// Photographs to which the rule gave no group.
    pub unnamed: usize,
    /// Pairs of photographs that are equal byte for byte.
    pub exact: usize,
    /// Pairs that are copies and not equal.
    pub near: usize,
    /// Pairs of copies that lie in different classes.
    pub across_classes: usize,
    /// Photographs of which others are copies by their file names, and all of those together.
    pub by_name: [usize; 2],
    /// Photographs whose names are those of copies and do not say of which photograph; they are not grouped.
    pub unsure_names: usize,
}

/// How `recipe` would split the photographs of `dataset`, without opening one of them: copies that are not equal are not
/// found, and photographs that its weights have learned from are not known.
///
/// # Errors
/// Tables or patterns that cannot be used.
pub fn planned_split(
    dataset: &Dataset,
    recipe: &Recipe,
) -> Result<(Splits, Option<Indivisible>), TrainError> {
    let data = &recipe.data;
    let (dataset, given) = listed(dataset.clone(), data, &mut Vec::new())?;
    let (groups, grouping) = groups(&dataset, data, given.as_ref(), None)?;
    let [validation, test] = if given.is_some() { [0.0; 2] } else { [data.validation, data.test] };
    let spec = SplitSpec { validation, test, groups: Some(groups.clone()), train_only: None };
    let splits = split(&dataset, &spec, recipe.seed);
    let indivisible = Indivisible::of(&dataset, data, &splits, &groups, grouping.source);
    Ok((splits, indivisible))
}

/// The data set without the photographs in quarantine and, if a split is given, with its splits.
pub(super) fn listed(
    mut dataset: Dataset,
    data: &DataSpec,
    problems: &mut Vec<Problem>,
) -> Result<(Dataset, Option<GivenSplit>), TrainError> {
    if let Some(list) = &data.quarantine {
        let (kept, more) = Quarantine::read(list.unchanged()?)?.apply(dataset);
        problems.extend(more);
        dataset = kept;
    }
    let Some(list) = &data.split else { return Ok((dataset, None)) };
    let given = GivenSplit::read(list.unchanged()?)?;
    let (dataset, more) = given.apply(dataset)?;
    problems.extend(more);
    Ok((dataset, Some(given)))
}

/// For each photograph the number of its group, and where the groups come from.
pub(super) fn groups(
    dataset: &Dataset,
    data: &DataSpec,
    given: Option<&GivenSplit>,
    thumbnails: Option<Vec<Thumbnail>>,
) -> Result<(Vec<u64>, Grouping), TrainError> {
    let thumbnails: Option<Vec<&Thumbnail>> = thumbnails.as_ref().map(|all| all.iter().collect());
    let near = thumbnails.as_deref().map_or(NearDuplicates::Off, NearDuplicates::Thumbnails);
    let groups = match (given, &data.groups, &data.group_by, data.group) {
        (Some(given), ..) => given.groups(dataset, near),
        (None, Some(list), ..) => group_photos(dataset, &GroupRule::table(list.unchanged()?)?, near)?,
        (None, None, Some(pattern), _) => group_photos(dataset, &GroupRule::pattern(pattern)?, near)?,
        (None, None, None, Group::Sequence) => group_photos(dataset, &GroupRule::Sequence, near)?,
        (None, None, None, Group::None) => group_photos(dataset, &GroupRule::None, near)?,
    };
    let (copies, named) = (&groups.copies, groups.by_name.sizes());
    let exact = copies.iter().filter(|copy| copy.exact).count();
    let apart = |copy: &&foliar_audit::Copy| dataset.photos[copy.a].class != dataset.photos[copy.b].class;
    let grouping = Grouping {
        source: groups.source,
        given_split: given.is_some(),
        groups: groups.count(),
        unnamed: groups.unnamed,
        exact,
        near: copies.len() - exact,
        across_classes: copies.iter().filter(apart).count(),
        by_name: [named.iter().filter(|&&size| size > 0).count(), named.iter().sum()],
        unsure_names: groups.by_name.unsure.iter().map(Vec::len).sum(),
    };
    Ok((groups.numbers(), grouping))
}

/// A problem for each class or label that has training photographs and is missing in a split that has photographs of others.
pub(super) fn unmeasured(dataset: &Dataset, splits: &Splits, known: &[Problem]) -> Vec<Problem> {
    let shows = |photo: usize, output: usize| {
        let class = dataset.photos[photo].class;
        dataset.label_sets.as_ref().map_or(class == output, |sets| sets.of(class).contains(&output))
    };
    let has = |photos: &[usize], output: usize| photos.iter().any(|&photo| shows(photo, output));
    let mut problems = Vec::new();
    for (split, photos) in [(Split::Validation, &splits.validation), (Split::Test, &splits.test)] {
        for (class, name) in dataset.outputs().iter().enumerate() {
            let is_known = || {
                let lonely = |problem: &&Problem| matches!(problem.reason, Reason::ClassWithOnePhotograph);
                known.iter().filter(lonely).any(|problem| problem.path == Path::new(name))
            };
            if !photos.is_empty() && has(&splits.train, class) && !has(photos, class) && !is_known() {
                problems.push(Problem::new(name, Reason::ClassNotMeasured { split }));
            }
        }
    }
    problems
}

/// What is wrong if nearly all photographs in the folder for training are copies of those for validation or test.
pub(super) fn leaked(dataset: &Dataset, splits: &Splits) -> Option<String> {
    const NEARLY_ALL: f64 = 0.9;
    let is_leak = |problem: &&Problem| matches!(problem.reason, Reason::Leak { .. });
    let in_train = |path: &Path| {
        dataset.photos.iter().any(|photo| photo.path == path && photo.split == Some(Split::Train))
    };
    let first = splits.problems.iter().filter(is_leak).find(|problem| in_train(&problem.path))?;
    let train: BTreeSet<&Path> = dataset
        .photos
        .iter()
        .filter(|photo| photo.split == Some(Split::Train))
        .map(|photo| photo.path.as_path())
        .collect();
    let lost = splits
        .problems
        .iter()
        .filter(is_leak)
        .filter(|problem| train.contains(problem.path.as_path()))
        .count();
    let Reason::Leak { other, split } = &first.reason else { return None };
    (lost as f64 >= NEARLY_ALL * train.len() as f64).then(|| {
        let all = if lost == train.len() { "all".to_owned() } else { format!("{lost} of") };
        format!(
            "{all} {} training photos are also in the {split} folder, themselves, as copies or with others of their group \
             ({} and {}), so {} are left to train on. Give the folder for training alone, from which validation photos are \
             then drawn, or put other photos into the {split} folder",
            train.len(),
            portable_name(&first.path),
            portable_name(other),
            splits.train.len()
        )
    })
}
