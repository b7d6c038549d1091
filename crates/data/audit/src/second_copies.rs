//! Folders that hold the photos of another folder again.

use std::collections::{BTreeMap, BTreeSet};

use foliar_results::audit::{CopyPair, SecondCopy};

/// Least proportion of a folder's photos that are copies.
const NEARLY_ALL: f64 = 0.9;
/// Least number of copies.
const LEAST: usize = 3;

/// The folders of `photographs` that are second copies by `pairs`, the uppermost ones; of two folders that hold the same the
/// later one.
pub(crate) fn second_copies(photographs: &[String], pairs: &[CopyPair]) -> Vec<SecondCopy> {
    let mut totals: BTreeMap<&str, usize> = BTreeMap::new();
    for path in photographs {
        ancestors(path).for_each(|folder| *totals.entry(folder).or_default() += 1);
    }
    // By the folder and the other one: its photos with a copy there.
    let mut copied: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for pair in pairs {
        for (own, other) in [(&pair.a, &pair.b), (&pair.b, &pair.a)] {
            for (folder, of) in ancestors(own).zip(ancestors(other)).filter(|(folder, of)| folder != of) {
                copied.entry((folder, of)).or_default().insert(own);
            }
        }
    }
    let mut found: Vec<SecondCopy> = Vec::new();
    let mut candidates: Vec<(&str, &str, usize, usize)> = copied
        .into_iter()
        .map(|((folder, of), copies)| (folder, of, copies.len(), totals.get(folder).copied().unwrap_or(0)))
        .filter(|&(_, _, copies, total)| copies >= LEAST && copies as f64 >= NEARLY_ALL * total as f64)
        .collect();
    // The uppermost folders first, and of two that hold the same the later one.
    candidates.sort_by_key(|&(folder, ..)| (folder.matches('/').count(), std::cmp::Reverse(folder)));
    for (folder, of, copies, total) in candidates {
        let inside = |path: &str, above: &str| {
            path == above || path.strip_prefix(above).is_some_and(|rest| rest.starts_with('/'))
        };
        let is_said = found.iter().any(|said| {
            (inside(folder, &said.folder) && inside(of, &said.of))
                || (inside(folder, &said.of) && inside(of, &said.folder))
        });
        let has_another = found.iter().any(|said| said.folder == folder);
        if !is_said && !has_another {
            found.push(SecondCopy {
                folder: folder.to_owned(),
                of: of.to_owned(),
                copies,
                photographs: total,
            });
        }
    }
    found.sort_by(|a, b| a.folder.cmp(&b.folder));
    found
}

/// Whether a second copy explains a pair.
pub(crate) fn explains(copies: &[SecondCopy], pair: &CopyPair) -> bool {
    let inside =
        |path: &str, folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    copies.iter().any(|copy| {
        (inside(&pair.a, &copy.folder) && inside(&pair.b, &copy.of))
            || (inside(&pair.b, &copy.folder) && inside(&pair.a, &copy.of))
    })
}

/// The folders above a file, the uppermost first.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(end, _)| &path[..end])
}

#[cfg(test)]
mod tests {
    use foliar_results::audit::Symmetry;

    use super::*;

    fn found(photographs: &[&str], pairs: &[(&str, &str)]) -> Vec<(String, String, usize)> {
        let pair = |&(a, b): &(&str, &str)| CopyPair {
            a: a.into(),
            b: b.into(),
            exact: true,
            symmetry: Symmetry::Same,
            similarity: 1.0,
            detail: 1.0,
            overlap: 1.0,
            angle: 0.0,
            scale: 1.0,
            across_classes: false,
            across_splits: false,
        };
        let photographs: Vec<String> = photographs.iter().map(ToString::to_string).collect();
        let pairs: Vec<CopyPair> = pairs.iter().map(pair).collect();
        let found = second_copies(&photographs, &pairs);
        assert!(pairs.iter().all(|pair| explains(&found, pair)) || found.is_empty());
        found.into_iter().map(|copy| (copy.folder, copy.of, copy.copies)).collect()
    }

    #[test]
    fn a_folder_of_copies_is_said_once() {
        let photographs = ["a/x/1", "a/x/2", "a/y/3", "b/x/1", "b/x/2", "b/y/3", "c/x/9"];
        let pairs = [("a/x/1", "b/x/1"), ("a/x/2", "b/x/2"), ("a/y/3", "b/y/3")];
        assert_eq!(found(&photographs, &pairs), [("b".to_owned(), "a".to_owned(), 3)]);
    }

    #[test]
    fn a_folder_inside_a_larger_one_is_the_copy() {
        let photographs = ["b/1", "b/2", "b/3", "z/1", "z/2", "z/3", "z/4", "z/5"];
        let pairs = [("b/1", "z/1"), ("b/2", "z/2"), ("b/3", "z/3")];
        assert_eq!(found(&photographs, &pairs), [("b".to_owned(), "z".to_owned(), 3)]);
    }

    #[test]
    fn single_copies_make_no_second_copy() {
        let photographs = ["a/1", "a/2", "a/3", "a/4", "b/1", "b/2", "b/3", "b/4"];
        assert_eq!(found(&photographs, &[("a/1", "b/1"), ("a/2", "b/2")]), []);
    }
}
