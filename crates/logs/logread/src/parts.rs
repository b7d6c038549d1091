//! The files of a folder that are parts of one run: a file a curve, a split or an epoch.
//!
//! | files                                    | each holds        | written by           |
//! | ---------------------------------------- | ----------------- | -------------------- |
//! | `run-train-tag-epoch_loss.csv`, ...       | a curve           | TensorBoard          |
//! | `metrics/val_loss`, ...                  | a curve           | MLflow               |
//! | `plots/metrics/val/loss.tsv`, ...        | a curve           | DVCLive              |
//! | `learn_error.tsv`, `test_error.tsv`      | a split           | CatBoost and others  |
//! | `metrics_epoch_0.json`, ...              | an epoch          | AllenNLP             |

use std::cmp::Ordering;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::title::Title;

/// Where trackers keep the metrics of a run.
const METRICS: &str = "metrics";
/// How tables and objects end.
const ENDINGS: [&str; 4] = ["csv", "tsv", "json", "jsonl"];
/// How texts end that are read only where there is one.
const TEXTS: [&str; 3] = ["log", "txt", "out"];
/// More files are no parts of one run.
const MOST: usize = 4096;
/// How deep the keys of metrics may be, as in `metrics/train/loss`.
const DEEPEST: usize = 4;

/// A file, and what its name says.
pub(crate) struct Part {
    pub(crate) path: PathBuf,
    pub(crate) title: Title,
}

/// The parts in a folder, in the order of their names and numbers: files whose names tell a curve, photos or an epoch.
pub(crate) fn parts(folder: &Path) -> io::Result<Vec<Part>> {
    if let Some(metrics) = metrics_in(folder) {
        let mut files = Vec::new();
        find(&metrics, 0, &mut files)?;
        let key = |path: &Path| {
            let key = path.strip_prefix(&metrics).unwrap_or(path).to_string_lossy().replace('\\', "/");
            key.strip_suffix(".tsv").map(str::to_owned).unwrap_or(key)
        };
        return Ok(files.into_iter().map(|path| Part { title: Title::of_key(&key(&path)), path }).collect());
    }
    let files =
        ending_in(folder, &ENDINGS)?.into_iter().map(|path| Part { title: Title::of_file(&path), path });
    let tells =
        |part: &Part| part.title.name.is_some() || part.title.split.is_some() || is_of_epoch(&part.path);
    Ok(files.filter(tells).collect())
}

/// Whether a folder is a run in parts, as far as names tell: each says something else, and no other file may be a log.
pub(crate) fn is_parted(folder: &Path) -> bool {
    let Ok(parts) = parts(folder) else { return false };
    if metrics_in(folder).is_some() {
        return !parts.is_empty();
    }
    if parts.len() < 2 {
        return false;
    }
    let differ = |a: &Part, b: &Part| a.title != b.title || is_of_epoch(&a.path) && is_of_epoch(&b.path);
    let apart = parts.iter().enumerate().all(|(place, a)| parts[..place].iter().all(|b| differ(a, b)));
    let files = |endings| ending_in(folder, endings).map_or(0, |files| files.len());
    apart && files(&ENDINGS) == parts.len() && files(&TEXTS) == 0
}

/// The folder in which each file is a metric.
fn metrics_in(folder: &Path) -> Option<PathBuf> {
    let inner = [folder.join(METRICS), folder.join("plots").join(METRICS)];
    inner
        .into_iter()
        .find(|inner| inner.is_dir())
        .or_else(|| folder.ends_with(METRICS).then(|| folder.to_owned()))
}

/// Whether a file is named after an epoch: `metrics_epoch_3.json`.
fn is_of_epoch(path: &Path) -> bool {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
    let name = stem.trim_end_matches(|letter: char| letter.is_ascii_digit());
    name.len() < stem.len() && name.trim_end_matches(['_', '-', ' ']).to_ascii_lowercase().ends_with("epoch")
}

/// The only file in a folder that may be a log; `None` where metrics have a folder of their own.
pub(crate) fn only(folder: &Path) -> io::Result<Option<PathBuf>> {
    if metrics_in(folder).is_some() {
        return Ok(None);
    }
    let mut files = ending_in(folder, &ENDINGS)?;
    files.extend(ending_in(folder, &TEXTS)?);
    Ok(files.pop().filter(|_| files.is_empty()))
}

fn ending_in(folder: &Path, endings: &[&str]) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let fits = path
            .extension()
            .is_some_and(|ending| endings.iter().any(|known| ending.eq_ignore_ascii_case(known)));
        if fits && path.is_file() && files.len() < MOST {
            files.push(path);
        }
    }
    files.sort_by(|a, b| by_number(&a.to_string_lossy(), &b.to_string_lossy()));
    Ok(files)
}

fn find(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if depth < DEEPEST {
                find(&path, depth + 1, files)?;
            }
        } else if files.len() < MOST {
            files.push(path);
        }
    }
    files.sort();
    Ok(())
}

/// `epoch_2` before `epoch_10`.
fn by_number(a: &str, b: &str) -> Ordering {
    let number = |text: &str| {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        (digits, text[..digits].trim_start_matches('0').len())
    };
    let same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b && !a.is_ascii_digit()).count();
    let (a, b) = (&a.as_bytes()[same..], &b.as_bytes()[same..]);
    let (a, b) = (String::from_utf8_lossy(a), String::from_utf8_lossy(b));
    let ((a_digits, a_long), (b_digits, b_long)) = (number(&a), number(&b));
    if a_digits == 0 || b_digits == 0 {
        return a.cmp(&b);
    }
    let numbers =
        a_long.cmp(&b_long).then_with(|| a[a_digits - a_long..a_digits].cmp(&b[b_digits - b_long..b_digits]));
    numbers.then_with(|| by_number(&a[a_digits..], &b[b_digits..]))
}

#[cfg(test)]
mod tests {
    use super::by_number;

    #[test]
    fn numbers_in_names_count() {
        let mut names = ["e_10.json", "e_2.json", "e_1.json", "e_02b", "d_99", "e_.json", "e"];
        names.sort_by(|a, b| by_number(a, b));
        assert_eq!(names, ["d_99", "e", "e_.json", "e_1.json", "e_2.json", "e_02b", "e_10.json"]);
    }
}
