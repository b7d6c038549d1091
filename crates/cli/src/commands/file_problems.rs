//! Files that were left out, and files that are used with a remark, in a few lines.

use std::collections::BTreeMap;

use foliar_vision::Problem;

/// Files left out that are spelled out; the others are counted.
const TOLD: usize = 5;

/// What to say of the problems of a data set: the files that are left out, then how many have which remark, with an example each.
pub(crate) fn lines(problems: &[Problem]) -> Vec<String> {
    let excluded: Vec<&Problem> = problems.iter().filter(|problem| problem.reason.excludes()).collect();
    let mut lines = Vec::new();
    if !excluded.is_empty() {
        lines.push(format!("{} left out:", files(excluded.len())));
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
    let mut count = 0;
    for problem in problems.iter().filter(|problem| !problem.reason.excludes()) {
        kinds.entry(problem.reason.code()).or_default().push(problem);
        count += 1;
    }
    if count == 0 {
        return Vec::new();
    }
    let example = |(code, problems): (&str, Vec<&Problem>)| match problems[..] {
        [only] => format!("  {only}"),
        _ => format!("  {} x {code}, such as {}", problems.len(), problems[0]),
    };
    let heading = format!("{} used with {}:", files(count), if count == 1 { "a remark" } else { "remarks" });
    std::iter::once(heading).chain(kinds.into_iter().map(example)).collect()
}

fn files(count: usize) -> String {
    format!("{count} {}", if count == 1 { "file" } else { "files" })
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
    }
}
