//! Files that turn out not to be usable when they are decoded.

use std::collections::BTreeSet;
use std::path::PathBuf;

use foliar_vision::problem::{FILE_REMARKS, Problem};

/// Adds the problems of files that could not be decoded. What was remarked of such a file before, from its header, is removed: the
/// file is not used.
pub fn leave_out(problems: &mut Vec<Problem>, broken: Vec<Problem>) {
    let paths: BTreeSet<&PathBuf> =
        broken.iter().filter(|problem| problem.reason.excludes()).map(|problem| &problem.path).collect();
    problems
        .retain(|problem| !(FILE_REMARKS.contains(&problem.reason.code()) && paths.contains(&problem.path)));
    problems.extend(broken);
}

#[cfg(test)]
mod tests {
    use foliar_vision::problem::Reason;

    use super::*;

    #[test]
    fn a_file_that_is_left_out_is_not_used_with_a_remark() {
        let mut problems = vec![
            Problem::new("a/1.jpg", Reason::ScansMissing),
            Problem::new("a/2.jpg", Reason::ScansMissing),
            Problem::new("b/1.jpg", Reason::Empty),
        ];
        leave_out(&mut problems, vec![Problem::new("a/1.jpg", Reason::Truncated)]);
        let left: Vec<(&str, &str)> =
            problems.iter().map(|problem| (problem.path.to_str().unwrap(), problem.reason.code())).collect();
        assert_eq!(left, [("a/2.jpg", "scans-missing"), ("b/1.jpg", "empty"), ("a/1.jpg", "truncated")]);
    }
}
