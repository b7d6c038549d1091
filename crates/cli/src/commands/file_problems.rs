//! Files that were left out, and files that are used with a remark, in a few lines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use foliar_results::words::count;
use foliar_vision::Problem;

/// Files left out that are spelled out; the others are counted.
const TOLD: usize = 5;

/// What to say of the problems of a data set: the files that are left out, then how many have which remark, with an example each.
pub(crate) fn lines(problems: &[Problem]) -> Vec<String> {
    let excluded: Vec<&Problem> = problems.iter().filter(|problem| problem.reason.excludes()).collect();
    let mut lines = Vec::new();
    if !excluded.is_empty() {
        lines.push(format!("{} left out:", files_and_classes(&excluded)));
        lines.extend(excluded.iter().take(TOLD).map(|problem| format!("  {problem}")));
        if excluded.len() > TOLD {
            lines.push(format!("  ... and {} more, listed in problems.jsonl", excluded.len() - TOLD));
        }
    }
    lines.extend(remark_lines(problems));
    lines
}

/// How many of the files that are used have which remark, with an example each.
pub(crate) fn remark_lines(problems: &[Problem]) -> Vec<String> {
    let mut kinds: BTreeMap<&str, Vec<&Problem>> = BTreeMap::new();
    let remarks: Vec<&Problem> = problems.iter().filter(|problem| !problem.reason.excludes()).collect();
    if remarks.is_empty() {
        return Vec::new();
    }
    for problem in &remarks {
        kinds.entry(problem.reason.code()).or_default().push(problem);
    }
    let example = |(code, problems): (&str, Vec<&Problem>)| match problems[..] {
        [only] => format!("  {only}"),
        _ => format!("  {} x {code}, such as {}", problems.len(), problems[0]),
    };
    std::iter::once(format!("{}:", remarked(&remarks))).chain(kinds.into_iter().map(example)).collect()
}

/// The same without an example, in one line; `None` if there are no problems.
pub(crate) fn summary(problems: &[Problem]) -> Option<String> {
    let (excluded, remarks): (Vec<&Problem>, Vec<&Problem>) =
        problems.iter().partition(|problem| problem.reason.excludes());
    let out = (!excluded.is_empty()).then(|| format!("{} left out", files_and_classes(&excluded)));
    let said: Vec<String> =
        out.into_iter().chain((!remarks.is_empty()).then(|| remarked(&remarks))).collect();
    (!said.is_empty()).then(|| said.join(", "))
}

fn remarked(remarks: &[&Problem]) -> String {
    format!(
        "{} used with {}",
        files_and_classes(remarks),
        if remarks.len() == 1 { "a remark" } else { "remarks" }
    )
}

/// `6 files`, `1 class`, `6 files and 1 class`: those that the problems are about.
fn files_and_classes(problems: &[&Problem]) -> String {
    let (of_classes, of_files): (Vec<&Problem>, Vec<&Problem>) =
        problems.iter().partition(|problem| problem.reason.is_of_class());
    let classes: BTreeSet<&Path> = of_classes.iter().map(|problem| problem.path.as_path()).collect();
    let files = of_files.iter().map(|problem| problem.reason.files()).sum();
    let files = (files > 0).then(|| count(files, "file", "files"));
    let classes = (!classes.is_empty()).then(|| count(classes.len(), "class", "classes"));
    files.into_iter().chain(classes).collect::<Vec<_>>().join(" and ")
}

#[cfg(test)]
mod tests {
    use foliar_vision::Reason;

    use super::*;

    #[test]
    fn what_is_left_out_comes_first_and_remarks_are_counted() {
        let mut problems: Vec<Problem> =
            (0..3).map(|number| Problem::new(format!("a/{number}.jpg"), Reason::NoEndMarker)).collect();
        problems.push(Problem::new("b/1.jpg", Reason::UnusedRange));
        problems.extend((0..7).map(|number| Problem::new(format!("z/{number}.jpg"), Reason::Empty)));
        let lines = lines(&problems);
        assert_eq!(lines.len(), 1 + 5 + 1 + 1 + 2, "{lines:#?}");
        assert_eq!(lines[0], "7 files left out:");
        assert_eq!(lines[6], "  ... and 2 more, listed in problems.jsonl");
        assert_eq!(lines[7], "4 files used with remarks:");
        assert!(lines[8].starts_with("  3 x no-end-marker, such as a/0.jpg: "));
        assert!(lines[9].starts_with("  b/1.jpg: "));
        let summary = summary(&problems);
        assert_eq!(summary.as_deref(), Some("7 files left out, 4 files used with remarks"));
    }

    #[test]
    fn classes_are_no_files_and_their_photos_are() {
        let validation = foliar_vision::Split::Validation;
        let of = |class: &str, reason| Problem::new(class, reason);
        for (problems, expected) in [
            (vec![of("a", Reason::ClassNotInTraining { photographs: 6 })], "6 files left out"),
            (vec![of("a", Reason::ClassNotInTraining { photographs: 1 })], "1 file left out"),
            (vec![of("a", Reason::ClassWithoutPhotographs)], "1 class left out"),
            (
                vec![of("a", Reason::ClassWithoutPhotographs), of("b/1.jpg", Reason::Empty)],
                "1 file and 1 class left out",
            ),
            (vec![of("a", Reason::ClassNotMeasured { split: validation })], "1 class used with a remark"),
            (
                vec![
                    of("a", Reason::ClassWithOnePhotograph),
                    of("a", Reason::ClassNotMeasured { split: validation }),
                    of("b", Reason::ClassWithOnePhotograph),
                ],
                "2 classes used with remarks",
            ),
        ] {
            assert_eq!(summary(&problems).as_deref(), Some(expected));
        }
        assert_eq!(summary(&[]), None);
    }
}
