//! The last words of a training: how good the classifier is, how long it took, and what to do next.

use std::path::Path;
use std::time::Duration;

use foliar_eval::{OutOfFoldAccuracy, OutOfFoldLabels, out_of_fold_accuracy, out_of_fold_labels};
use foliar_model::Bundle;
use foliar_results::words::{count, fixed, of_a_hundred};
use foliar_results::{Estimate, beside_majority, word};
use foliar_train::Run;
use foliar_vision::{Split, Task};

use crate::commands::grouping::Undivided;
use crate::commands::shell::{quoted, short};

/// `Fair: about 82 of 100 photos right (79 to 85), judged by 5-fold cross-validation on ...`.
pub(super) fn verdict(run: &Run, was_refitted: bool, undivided: Option<&Undivided>) -> String {
    if run.task() == Task::MultiLabel {
        return of_labels(run, was_refitted.then_some(run.recipe.refit), undivided);
    }
    let found = || -> anyhow::Result<Option<OutOfFoldAccuracy>> {
        Ok(out_of_fold_accuracy(run, &Bundle::read(&run.dir.bundle())?.classes)?)
    };
    match found() {
        Ok(Some(found)) => in_words(&found, was_refitted.then_some(run.recipe.refit)),
        Ok(None) => match undivided.filter(|undivided| undivided.is_of_validation) {
            Some(undivided) => undivided.at_the_end(),
            None => "not known how good: no photos were held back (--validation 0.2 does)".to_owned(),
        },
        // The classifier is there all the same.
        Err(error) => format!("not known how good: {error}"),
    }
}

/// `Mean F1 0.71 (0.68 to 0.74), all labels right on 52 of 100 photos, judged by ...`.
fn of_labels(run: &Run, folds: Option<u32>, undivided: Option<&Undivided>) -> String {
    let found = || -> anyhow::Result<Option<OutOfFoldLabels>> {
        Ok(out_of_fold_labels(run, &Bundle::read_any(&run.dir.bundle())?)?)
    };
    match found() {
        Ok(Some(found)) => labels_in_words(&found, folds),
        Ok(None) => match undivided.filter(|undivided| undivided.is_of_validation) {
            Some(undivided) => undivided.at_the_end(),
            None => "not known how good: no photos were held back (--validation 0.2 does)".to_owned(),
        },
        // The classifier is there all the same.
        Err(error) => format!("not known how good: {error}"),
    }
}

fn labels_in_words(found: &OutOfFoldLabels, folds: Option<u32>) -> String {
    let OutOfFoldLabels { scores, photographs, groups } = found;
    let Estimate { value, low, high } = scores.mean_f1;
    let photos = count(*photographs, "photo", "photos");
    let on = match groups < photographs {
        true => format!("{photos} in {}", count(*groups, "group", "groups")),
        false => photos,
    };
    let by = match folds {
        Some(folds) => {
            format!("{folds}-fold cross-validation on {on}; it also chose the threshold of each label")
        }
        None => format!(
            "{on} held back for validation; they also chose the epoch and the threshold of each label"
        ),
    };
    format!(
        "Mean F1 {value:.3} ({low:.3} to {high:.3}), all labels right on {} of 100 photos, judged by {by}, so expect a little less",
        fixed(100.0 * scores.exact_match.value, 0)
    )
}

fn in_words(found: &OutOfFoldAccuracy, folds: Option<u32>) -> String {
    let OutOfFoldAccuracy { accuracy, majority, photographs, groups } = *found;
    let photos = count(photographs, "photo", "photos");
    let on = if groups < photographs {
        format!("{photos} in {}", count(groups, "group", "groups"))
    } else {
        photos
    };
    let by = match folds {
        Some(folds) => format!("{folds}-fold cross-validation on {on}"),
        None => format!("{on} held back for validation; they also chose the epoch, so expect a little less"),
    };
    let right = format!("about {} of 100 photos right", fixed(100.0 * accuracy.value, 0));
    match word(accuracy) {
        None => format!(
            "{right}, judged by {by}; {} too few for a range",
            count(groups, "group is", "groups are")
        ),
        Some(word) => {
            let range = of_a_hundred(accuracy).replace(" of 100", "");
            let range = if range.is_empty() { range } else { format!(" ({range})") };
            let word = beside_majority(accuracy, majority).unwrap_or(word);
            format!("{word}: {right}{range}, judged by {by}")
        }
    }
}

/// `took 12 s`.
pub(super) fn took(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let whole = seconds.round() as u64;
    if seconds < 9.95 {
        format!("took {seconds:.1} s")
    } else if whole < 60 {
        format!("took {whole} s")
    } else if whole < 3600 {
        format!("took {} min {} s", whole / 60, whole % 60)
    } else {
        format!("took {} h {} min", whole / 3600, whole % 3600 / 60)
    }
}

/// The two commands that come next, a line each.
pub(super) fn next(run: &Run) -> Vec<String> {
    let folder = quoted(&short(run.dir.root()));
    let mut lines = vec![format!("foliar report {folder}")];
    let photo = [Split::Test, Split::Validation, Split::Train].into_iter().find_map(|split| {
        // The shortest name, for a line that fits.
        let photos = run.photographs_of(split).ok()?.into_iter().map(|(path, _)| path);
        photos.min_by_key(|path| quoted(path).len()).map(|path| run.data_root.join(path))
    });
    lines.extend(photo.map(|photo| predict(&folder, &photo)));
    lines
}

fn predict(folder: &str, photo: &Path) -> String {
    format!("foliar predict {folder} {}", quoted(&short(photo)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use foliar_metrics::LabelScores;

    fn told(value: f64, interval: [f64; 2], groups: usize, folds: Option<u32>) -> String {
        let accuracy = Estimate::new(value, interval);
        in_words(&OutOfFoldAccuracy { accuracy, majority: 0.5, photographs: 600, groups }, folds)
    }

    #[test]
    fn a_verdict_says_how_many_of_a_hundred_and_who_judged() {
        assert_eq!(
            told(0.823, [0.792, 0.854], 60, Some(5)),
            "Fair: about 82 of 100 photos right (79 to 85), judged by 5-fold cross-validation on 600 photos in 60 groups"
        );
        let few = told(0.9, [0.0, 1.0], 3, None);
        assert!(few.contains("3 groups are too few") && !few.contains("0 to 100"), "{few}");
        let chance = told(0.6, [0.49, 0.7], 60, Some(5));
        assert!(
            chance.starts_with(
                "Not shown to be better than always predicting the most frequent class: about 60"
            ),
            "{chance}"
        );
        let worse = told(0.4, [0.31, 0.49], 60, Some(5));
        assert!(worse.starts_with("No better than always predicting"), "{worse}");
        let wide = told(1.0, [0.61, 1.0], 6, None);
        assert!(
            wide.starts_with(
                "Too few groups to tell (weak to very good): about 100 of 100 photos right (61 to 100)"
            ),
            "{wide}"
        );
        assert!(told(0.9, [0.87, 0.92], 600, None).contains("(87 to 92), judged by 600 photos held back"));
    }

    #[test]
    fn of_labels_the_mean_f1_is_told() {
        let estimate = Estimate::new(0.7, [0.65, 0.75]);
        let scores = LabelScores {
            mean_f1: estimate,
            macro_f1: estimate,
            micro_f1: estimate,
            mean_average_precision: estimate,
            exact_match: Estimate::new(0.52, [0.4, 0.6]),
            hamming_loss: estimate,
            loss: estimate,
            labels: Vec::new(),
        };
        let found = OutOfFoldLabels { scores, photographs: 40, groups: 40 };
        assert_eq!(
            labels_in_words(&found, Some(5)),
            "Mean F1 0.700 (0.650 to 0.750), all labels right on 52 of 100 photos, judged by 5-fold cross-validation on 40 photos; \
             it also chose the threshold of each label, so expect a little less"
        );
        assert!(labels_in_words(&found, None).contains("held back for validation"));
    }

    #[test]
    fn times_read_as_times() {
        for (seconds, expected) in
            [(0.42, "took 0.4 s"), (12.3, "took 12 s"), (59.6, "took 1 min 0 s"), (7500.0, "took 2 h 5 min")]
        {
            assert_eq!(took(Duration::from_secs_f64(seconds)), expected);
        }
    }
}
