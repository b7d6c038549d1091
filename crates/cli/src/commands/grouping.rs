//! Which photographs belong together.

use std::path::Path;

use foliar_audit::{GroupRule, GroupSource};
use foliar_train::{DataSpec, Group, Indivisible, IndivisibleCause};
use foliar_vision::{Dataset, Split};

use super::folder_name;
use crate::exit::UsageError;

/// What keeps photographs in one split; `tabled` says that a table of labels may have groups.
pub(crate) fn grouping(data: &DataSpec, tabled: bool) -> String {
    let rule = match (&data.split, &data.groups, &data.group_by, data.group) {
        (Some(split), ..) => return format!("the split in {}", folder_name(&split.file)),
        (_, Some(groups), ..) => format!("the groups in {}", folder_name(&groups.file)),
        (_, _, Some(pattern), _) => format!("photos with the same match of {pattern} in their path"),
        (.., Group::Sequence) if tabled => {
            "the groups of the table of labels, or else consecutive file names".to_owned()
        }
        (.., Group::Sequence) => "consecutive file names".to_owned(),
        (.., Group::None) => String::new(),
    };
    let copies = if data.near_duplicates { "copies" } else { "identical photos" };
    if rule.is_empty() { copies.to_owned() } else { format!("{copies}, and {rule}") }
}

/// That the groups of a table of labels are not used, where an option says otherwise.
pub(crate) fn unused_groups(dataset: &Dataset, data: &DataSpec) -> Option<String> {
    let option = match (&data.split, &data.groups, &data.group_by, data.group) {
        (Some(_), ..) => "--split",
        (_, Some(_), ..) => "--groups",
        (_, _, Some(_), _) => "--group-by",
        (.., Group::None) if data.near_duplicates => "--group copies",
        (.., Group::None) => "--group none",
        (.., Group::Sequence) => return None,
    };
    wins(dataset, option)
}

/// That `option` counts and the groups of a table of labels do not, if it has some.
pub(crate) fn wins(dataset: &Dataset, option: &str) -> Option<String> {
    let grouped = dataset.tables.as_ref().is_some_and(|tables| !tables.groups.is_empty());
    grouped.then(|| format!("the groups of the table of labels are not used: {option} is given, and counts"))
}

/// The rule that `--groups` or `--group-by` asks for: the file-name sequence without either.
pub(crate) fn group_rule(table: Option<&Path>, pattern: Option<&str>) -> anyhow::Result<GroupRule> {
    match (table, pattern) {
        (Some(file), _) => Ok(GroupRule::table(file)?),
        (None, Some(pattern)) => {
            GroupRule::pattern(pattern).map_err(|error| UsageError(format!("--group-by: {error}")).into())
        }
        (None, None) => Ok(GroupRule::Sequence),
    }
}

/// A split that was asked for and cannot be made, in words.
pub(crate) struct Undivided {
    /// Whether no photos could be held back for validation.
    pub(crate) is_of_validation: bool,
    splits: String,
    why: String,
    advice: &'static str,
}

impl Undivided {
    pub(crate) fn of(found: &Indivisible, data: &DataSpec) -> Self {
        let Indivisible { splits, cause, source, photographs, groups } = found;
        let by = match (&data.groups, &data.group_by) {
            (Some(groups), _) => format!("by the groups in {}", folder_name(&groups.file)),
            (None, Some(pattern)) => format!("by the pattern {pattern} of --group-by"),
            (None, None) => match source {
                GroupSource::Sequence => "by consecutive file names".to_owned(),
                GroupSource::Copies => "because copies stay together".to_owned(),
                GroupSource::Table | GroupSource::Pattern => {
                    "by the groups of the table of labels".to_owned()
                }
            },
        };
        let why = match cause {
            IndivisibleCause::GivenSplit => "the split given by --split has none".to_owned(),
            IndivisibleCause::PhotographPerClass => "each class has one photo".to_owned(),
            IndivisibleCause::OneGroup => {
                format!("{by} all {photographs} photos are in one group, and a group stays in one split")
            }
            IndivisibleCause::GroupPerClass => format!(
                "{by} each class is one group ({groups} groups of {photographs} photos), and a class with nothing left to train on is not \
                 divided"
            ),
            IndivisibleCause::GroupsHoldClasses => format!(
                "{by} there are {groups} groups of {photographs} photos, and whichever of those for training is held \
                 back, some class has no photo left to train on"
            ),
        };
        let advice = match (cause, source) {
            (IndivisibleCause::GivenSplit, _) => "Give a split that has them, or leave --split out.",
            (IndivisibleCause::PhotographPerClass, _) | (_, GroupSource::Copies) => {
                "Add photos of other leaves."
            }
            (_, GroupSource::Pattern) => {
                "Give another pattern or a table (--groups FILE), or use --group copies in the place of --group-by if each \
                 photo shows another leaf."
            }
            (_, GroupSource::Table) => {
                "Give another table (--groups FILE) or a pattern (--group-by REGEX), or use --group copies without a table of \
                 groups if each photo shows another leaf."
            }
            (_, GroupSource::Sequence) => {
                "Use --group copies if each photo shows another leaf, or say which belong together (--group-by REGEX, --groups \
                 FILE)."
            }
        };
        let names: Vec<String> = splits.iter().map(ToString::to_string).collect();
        Self {
            is_of_validation: splits.contains(&Split::Validation),
            splits: names.join(" and "),
            why,
            advice,
        }
    }

    /// What is said before training, which is possible all the same.
    pub(crate) fn before_training(&self) -> String {
        let Self { splits, why, advice, .. } = self;
        let then = if self.is_of_validation {
            "It will not be known how good the classifier is, and it gets no temperature and no thresholds"
        } else {
            "All photos are for training and validation"
        };
        format!("no {splits} split can be made: {why}. {then}. {advice}")
    }

    /// What is said at the end in the place of a verdict.
    pub(crate) fn at_the_end(&self) -> String {
        let Self { splits, why, advice, .. } = self;
        format!("not known how good: no {splits} split could be made: {why}. {advice}")
    }
}
