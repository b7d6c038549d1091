//! Which photographs belong together.

use std::path::Path;

use foliar_audit::GroupRule;
use foliar_train::{DataSpec, Group};

use super::folder_name;
use crate::exit::UsageError;

/// What keeps photographs in one split.
pub(crate) fn grouping(data: &DataSpec) -> String {
    let rule = match (&data.split, &data.groups, &data.group_by, data.group) {
        (Some(split), ..) => return format!("the split in {}", folder_name(&split.file)),
        (_, Some(groups), ..) => format!("the groups in {}", folder_name(&groups.file)),
        (_, _, Some(pattern), _) => format!("photos with the same match of {pattern} in their path"),
        (.., Group::Sequence) if data.labels.is_some() => {
            "the groups of the table of labels, or else consecutive file names".to_owned()
        }
        (.., Group::Sequence) => "consecutive file names".to_owned(),
        (.., Group::None) => String::new(),
    };
    let copies = if data.near_duplicates { "copies" } else { "identical photos" };
    if rule.is_empty() { copies.to_owned() } else { format!("{copies}, and {rule}") }
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
