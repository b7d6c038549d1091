//! Each value has its words: a table of cases, each a classifier of which one thing is changed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod case;

use case::*;
use foliar_metrics::{ClassCoverage, Estimate};
use foliar_results::audit::{ShortcutCue, Watermark};
use foliar_results::*;

#[test]
fn each_value_has_its_words() {
    use Rating::{Limited, Sound, Unknown, Unsound};
    let poor = Estimate::point(0.7);
    let cases: Vec<(Case, Rating, &str)> = vec![
        (
            plain(),
            Sound,
            "Good on leaves that it has not seen: 90 % correct (87 to 93 of 100). No problem was found.",
        ),
        (accuracy(0.97, 0.96, 0.98), Sound, "Very good on leaves"),
        (accuracy(0.8, 0.76, 0.84), Sound, "Fair on leaves"),
        (
            accuracy(0.62, 0.58, 0.66),
            Limited,
            "Weak on leaves that it has not seen: 62 % correct (58 to 66 of 100). Its limits: it is often wrong.",
        ),
        // High values with few groups are no fault, and no praise.
        (
            accuracy(1.0, 0.61, 1.0),
            Limited,
            "Too few groups to tell (weak to very good) on leaves that it has not seen: 100 % correct (61 to 100 of 100). \
             Its limits: too few groups to tell whether it is often wrong.",
        ),
        (accuracy(0.86, 0.66, 0.94), Limited, "Too few groups to tell (weak to good) on leaves"),
        (accuracy(0.72, 0.69, 0.75), Limited, "Too few groups to tell (weak to fair) on leaves"),
        (accuracy(0.65, 0.6, 0.6999), Limited, "It is often wrong. 35 % of its predictions are wrong."),
        (accuracy(0.45, 0.4, 0.5), Unsound, "No better than always predicting the most frequent class on"),
        (
            accuracy(0.95, 0.49, 0.99),
            Unsound,
            "it is not shown to be better than always predicting the most frequent class",
        ),
        (
            accuracy(0.55, 0.49, 0.6),
            Unsound,
            "Not shown to be better than always predicting the most frequent class on",
        ),
        (
            accuracy(0.55, 0.49, 0.6),
            Unsound,
            "Always predicting the most frequent class would be correct on 50 %; the interval of the accuracy begins at 49 %",
        ),
        (accuracy(0.8, 0.7, 0.9), Limited, "known only to about ± 10 points"),
        (data(|data| data.groups = 30), Sound, "400 photos in 30 groups: with so few groups"),
        (data(|data| data.origin = Origin::Validation), Sound, "leaves that it was not trained on"),
        (data(|data| data.origin = Origin::Validation), Sound, "so these results are optimistic"),
        (data(|data| data.split_by_group = Some(false)), Sound, "photos that it has not seen: 90 %"),
        (data(|data| data.split_by_group = Some(false)), Sound, "Photos of one leaf may be in two splits"),
        (data(|data| data.origin = Origin::Folder), Sound, "photos of another folder"),
        (
            data(|data| data.training_included = 12),
            Unsound,
            "12 photos of 400 photos: results on them measure memorisation, not generalisation",
        ),
        (
            data(|data| data.training_left_out = vec!["rust/1.jpg".into(), "rust/2.jpg".into()]),
            Sound,
            "trained, tuned or calibrated on 2 photos of this folder: rust/1.jpg and rust/2.jpg",
        ),
        (Case { evaluation: None, ..plain() }, Unknown, "It was not measured how good"),
        (
            copies(14, |pair| pair.across_splits = true),
            Unsound,
            "Do not rely on it yet: photos leak across the split.",
        ),
        (copies(1, |pair| pair.across_splits = true), Limited, "Its limits: photos leak across the split."),
        (optimistic(false, 0.08), Unsound, "which adds 13 points of accuracy: 92 % instead of 79 %"),
        (optimistic(false, -0.01), Sound, "Photos of one leaf may be in two splits"),
        (optimistic(true, 0.08), Sound, NOTHING),
        (
            probed(ShortcutCue::Border),
            Sound,
            "From the outer border alone a simple classifier is correct on 49 % of these photos",
        ),
        (probed(ShortcutCue::Border), Sound, "That is a hint, no proof"),
        (
            Case { evidence: explained(0.4, 0.5, false).evidence, ..probed(ShortcutCue::Border) },
            Sound,
            "its heat maps do not show that it looks there",
        ),
        (
            before_other_backgrounds(ShortcutCue::Border),
            Sound,
            "On views such as training makes, 320 of 400 of them with another background, it is correct on 9 % from the outer border.",
        ),
        (
            Case { evidence: explained(0.6, 0.5, true).evidence, ..probed(ShortcutCue::Border) },
            Limited,
            "Its heat maps agree",
        ),
        (
            evaluated(|evaluation| {
                evaluation.scores.accuracy = estimate(0.83, 0.0, 1.0);
                evaluation.data.groups = 3;
            }),
            Limited,
            "Not known how good on leaves that it has not seen: 83 % correct (3 groups are too few for a range).",
        ),
        (
            evaluated(|evaluation| evaluation.classes[0].scores.recall = estimate(0.5, 0.0, 1.0)),
            Sound,
            NOTHING,
        ),
        (probed(ShortcutCue::MeanColour), Sound, NOTHING),
        (
            audited(|audit| {
                let (class, region) = ("rust".to_owned(), "upper left corner".to_owned());
                audit.background.watermarks =
                    vec![Watermark { class, region, colour: [255, 0, 0], share: 0.9, others: 0.01 }];
            }),
            Limited,
            "rust (upper left corner)",
        ),
        (
            explained(0.6, 0.5, true),
            Limited,
            "60 % of the evidence is on the background, which is 50 % of the image (Grad-CAM, 80 photos)",
        ),
        (explained(0.6, 0.9, false), Sound, NOTHING),
        (explained_class(0.7), Sound, "than chance explains for rust (70 %)"),
        (
            foreign(Estimate::point(0.9), 0.3),
            Limited,
            "Of shoes, which show none of its classes, 60 % are flagged as out-of-distribution and 30 % are answered",
        ),
        (foreign(poor, 0.3), Unsound, "it does not recognise photos of other things"),
        (foreign(estimate(0.9, 0.84, 0.96), 0.05), Sound, NOTHING),
        (foreign(Estimate::point(0.98), 0.3), Limited, "30 % are answered with a class"),
        (foreign(Estimate::point(0.98), 0.05), Sound, NOTHING),
        (
            evaluated(|evaluation| {
                let flagged_inside = Some(estimate(0.2, 0.15, 0.25));
                evaluation.ood = Some(OodResult { flagged_inside, sets: Vec::new() });
            }),
            Limited,
            "20 % of these photos are flagged as out-of-distribution (15 to 25 of 100)",
        ),
        (
            evaluated(|evaluation| evaluation.classes[0].scores.recall = estimate(0.4, 0.3, 0.5)),
            Limited,
            "It fails on rust. Recall, the share of photos of the class that it recognises: rust (40 %, 30 to 50 of 100).",
        ),
        (
            evaluated(|evaluation| evaluation.classes[0].scores.recall = estimate(0.6, 0.4, 0.8)),
            Sound,
            NOTHING,
        ),
        (evaluated(|evaluation| evaluation.classes[1].photographs = 4), Limited, "Too few photos of healthy"),
        (
            calibrated(|calibration| {
                (calibration.error, calibration.excess) = (0.08, estimate(0.06, 0.04, 0.08));
            }),
            Limited,
            "differ by 8.0 points on average, 6.0 points more than by chance (4.0 to 8.0)",
        ),
        (calibrated(|calibration| calibration.excess = estimate(0.06, -0.01, 0.13)), Sound, NOTHING),
        (
            calibrated(|calibration| calibration.overconfidence = estimate(0.05, 0.02, 0.08)),
            Limited,
            "It is overconfident",
        ),
        (
            calibrated(|calibration| calibration.overconfidence = estimate(-0.05, -0.08, -0.02)),
            Limited,
            "Its mean confidence is 5.0 points below its accuracy (−8.0 to −2.0).",
        ),
        (
            sets(|sets| sets.coverage = estimate(0.8, 0.76, 0.84)),
            Limited,
            "hold the true class of 90 % of the photos, and they hold that of 80 % (76 to 84 of 100)",
        ),
        (sets(|sets| sets.coverage = estimate(0.88, 0.84, 0.92)), Sound, NOTHING),
        (sets(|sets| sets.sizes = vec![40, 340, 20]), Sound, "10 % of the sets hold no class."),
        (
            sets(|sets| {
                let rust = ClassCoverage {
                    photographs: 200,
                    groups: 80,
                    coverage: estimate(0.7, 0.63, 0.76),
                    mean_size: estimate(1.0, 0.9, 1.1),
                };
                sets.classes = vec![Some(rust), None];
            }),
            Sound,
            "Below the target of 90 %: rust (70 %).",
        ),
        (
            selective(|selective| selective.error = Some(estimate(0.2, 0.15, 0.25))),
            Limited,
            "20 % of the answers are wrong (15 to 25 of 100); the target is 10 %.",
        ),
        (
            selective(|selective| selective.answered = Some(estimate(0.1, 0.05, 0.15))),
            Limited,
            "It answers 10 % of the photos",
        ),
        (
            selective(|selective| (selective.proven, selective.guaranteed) = (false, false)),
            Sound,
            "Even its most confident predictions are wrong more often than the target",
        ),
        (
            selective(|selective| {
                (selective.proven, selective.guaranteed) = (false, false);
                (selective.calibrated, selective.more_groups) = (Some(Calibrated::Refitted), Some(40));
            }),
            Sound,
            "About 40 more groups in training would be enough to prove one for the models of cross-validation; this one was \
             trained again on all photos, and nothing is proven of it. Test on photos that were used for nothing before",
        ),
        (
            selective(|selective| {
                (selective.guaranteed, selective.calibrated) = (false, Some(Calibrated::Refitted));
            }),
            Sound,
            "The confidence threshold is not guaranteed. An error rate is proven for the models of cross-validation only",
        ),
        (
            selective(|selective| {
                (selective.guaranteed, selective.calibrated) = (false, Some(Calibrated::Reused));
            }),
            Sound,
            "they also chose the epoch or the temperature, so that it would be no guarantee",
        ),
        (
            sets(|sets| (sets.calibrated, sets.guaranteed_coverage) = (Calibrated::Refitted, None)),
            Sound,
            "The target coverage is 90 %; the measured one is 91 %",
        ),
        (
            evaluated(|evaluation| {
                evaluation.classes[1..].iter_mut().for_each(|class| class.photographs = 0);
                evaluation.classes[0].photographs = evaluation.photographs;
            }),
            Limited,
            "Good on leaves that it has not seen",
        ),
        (
            blurred(&[0.85, 0.6, 0.3]),
            Limited,
            "It is sensitive to corruptions: blur. Of its accuracy of 90 %, a corruption of medium severity costs: blur (30 points)",
        ),
        (blurred(&[0.6]), Limited, "It is sensitive to corruptions: blur"),
        (blurred(&[0.88, 0.8, 0.3]), Sound, NOTHING),
        (copies(2, |pair| pair.across_classes = true), Limited, "2 pairs of equal photos are in two classes"),
        (suspected(100), Limited, "100 photos (5 %) look like another class"),
        (suspected(10), Sound, NOTHING),
    ];
    for (case, rating, words) in cases {
        let verdict = verdict(&case);
        let told = told(&verdict);
        assert!(told.contains(words), "{words:?} is not in {told}");
        assert_eq!(verdict.rating, rating, "{told}");
    }
}

/// What the doctor says of a log of foliar's of two classes with these losses and accuracies of validation.
fn diagnosed(epochs: &[(f64, f64)]) -> foliar_doctor::Diagnosis {
    let text: String = epochs
        .iter()
        .enumerate()
        .map(|(place, (loss, accuracy))| {
            format!(
                "epoch {}/9  1.0 s  train loss 0.500  val loss {loss} (0.500)  val acc {accuracy}  (chance: loss 0.693, acc 0.500)\n",
                place + 1
            )
        })
        .collect();
    let log = foliar_logread::read_log(text.as_bytes()).unwrap();
    foliar_doctor::diagnose(&log, &foliar_doctor::RunSetup::default())
}

#[test]
fn the_epoch_that_was_kept_is_judged_and_not_the_last_one() {
    let late = [
        (0.4, 0.9),
        (0.5, 0.8),
        (2.9, 0.45),
        (2.9, 0.45),
        (2.9, 0.45),
        (3.0, 0.44),
        (3.1, 0.43),
        (3.1, 0.43),
    ];
    let diagnosis = diagnosed(&late);
    let serious = |diagnosis: &foliar_doctor::Diagnosis| {
        diagnosis.findings.iter().any(|finding| finding.severity > Severity::Note)
    };
    assert!(serious(&diagnosis), "{diagnosis:#?}");
    let evaluation = sound();
    let besides = Circumstances { diagnosis: Some(&diagnosis), ..Circumstances::default() };
    let verdict = Verdict::of(Some(&evaluation), &besides);
    assert_eq!(verdict.rating, Rating::Sound, "{}", told(&verdict));
    assert!(told(&verdict).contains("In training: "), "{}", told(&verdict));
    // Where nothing was measured the log is all that is known.
    assert!(Verdict::of(None, &besides).rating > Rating::Unknown);
}

/// No finding blames what the interval leaves open: where the upper end is above a limit, nothing is said to be below it.
#[test]
fn a_wide_interval_is_never_a_fault() {
    for groups in [4, 6, 24] {
        for (value, low) in [(1.0, 0.61), (1.0, 0.55), (0.96, 0.6), (0.9, 0.51)] {
            let verdict = verdict(&evaluated(|evaluation| {
                evaluation.scores.accuracy = estimate(value, low, 1.0);
                evaluation.data.groups = groups;
            }));
            let told = told(&verdict);
            assert!(!told.contains("often wrong.") || told.contains("whether it is often wrong"), "{told}");
            assert!(
                !told.contains("0 % of its predictions are wrong") && !told.contains("Weak on"),
                "{told}"
            );
            let few = |finding: &&Finding<FindingId>| finding.id == FindingId::FewPhotographs;
            assert_eq!(verdict.findings.iter().filter(few).count(), 1, "{told}");
        }
    }
}

#[test]
fn the_words_of_a_verdict_are_explained() {
    let scale = scale();
    for (accuracy, expected) in [(0.96, "Very good"), (0.86, "Good"), (0.72, "Fair"), (0.3, "Weak")] {
        let told = word(estimate(accuracy + 0.01, accuracy, accuracy + 0.02)).unwrap();
        assert!(told == expected && scale.contains(told), "{scale}");
    }
    assert_eq!(word(estimate(0.5, 0.0, 1.0)), None);
}

#[test]
fn what_matters_most_is_said_first() {
    let case = Case {
        audit: copies(90, |pair| pair.across_splits = true).audit,
        ..foreign(Estimate::point(0.9), 0.3)
    };
    let severities: Vec<Severity> = verdict(&case).findings.iter().map(|finding| finding.severity).collect();
    assert_eq!(severities, [Severity::Error, Severity::Warning]);
}

/// `foliar evaluate` knows the evaluation alone, `foliar report` an audit and more besides: what it adds takes nothing of
/// the other's findings away.
#[test]
fn an_evaluation_is_judged_alike_whatever_is_known_besides() {
    let mut evaluation = foreign(Estimate::point(0.7), 0.3).evaluation.unwrap();
    evaluation.data.origin = Origin::Validation;
    evaluation.scores.accuracy = estimate(0.62, 0.55, 0.7);
    evaluation.classes[1].photographs = 4;
    (evaluation.selective.proven, evaluation.selective.guaranteed) = (false, false);
    let alone = Verdict::of(Some(&evaluation), &Circumstances::default());
    assert!(alone.findings.len() >= 5);
    let report = RunReport {
        evaluation: Some(evaluation),
        audit: Some(copies(3, |pair| pair.across_splits = true).audit),
        evidence: explained(0.9, 0.2, true).evidence,
        ..RunReport::default()
    };
    let together = report.verdict();
    assert!(alone.findings.iter().all(|finding| together.findings.contains(finding)));
    assert!(together.findings.len() > alone.findings.len() && together.rating >= alone.rating);
}

#[test]
fn findings_are_plain_json() {
    let verdict = verdict(&copies(14, |pair| pair.across_splits = true));
    let json: serde_json::Value = serde_json::to_value(&verdict).unwrap();
    assert_eq!((&json["rating"], &json["findings"][0]["id"]), (&"unsound".into(), &"split-leakage".into()));
    assert_eq!(json["findings"][0]["severity"], "error");
    assert!(json["findings"][0]["evidence"][0].as_str().unwrap().starts_with("14 pairs"));
}
