//! One small log for each rule that simulated runs do not reach.

use foliar_doctor::{Id, Reduction, RunSetup, Severity, diagnose};
use foliar_logread::{Metric, RunLog, Split, read_log};

use crate::support::table::{finds, three, warnings, with};

const TRAIN: Option<Split> = Some(Split::Train);
const VALIDATION: Option<Split> = Some(Split::Validation);

fn classes(classes: usize) -> RunSetup {
    RunSetup { classes: Some(classes), ..RunSetup::default() }
}

#[test]
fn one_infinite_column_does_not_condemn_the_run() {
    let log = with(RunLog::default(), "train/cls_loss", TRAIN, Metric::LossPart, &[5.2, 4.9, 4.6, 4.1]);
    let log = with(log, "val/box_loss", VALIDATION, Metric::LossPart, &[0.78, 0.57, 0.44, 0.39]);
    let log = with(log, "val/cls_loss", VALIDATION, Metric::LossPart, &[f64::INFINITY; 4]);
    let diagnosis = diagnose(&log, &RunSetup::default());
    assert_eq!(warnings(&diagnosis), ["nan"]);
    assert_eq!(diagnosis.findings[0].severity, Severity::Warning);
    assert!(diagnosis.findings[0].claim.contains("val/cls_loss"));
}

#[test]
fn an_explosion_that_stays_is_a_divergence() {
    let losses = [1.18, 1.04, 0.99, 0.94, 0.85, 0.76, 0.74, 13.4, 26.6, 26.6, 26.6];
    let log = with(RunLog::default(), "loss", None, Metric::Loss, &losses);
    assert_eq!(warnings(&diagnose(&log, &RunSetup::default())), ["diverged"]);
}

#[test]
fn a_loss_that_swings_beside_the_accuracy_of_guessing_is_no_sum() {
    let train = [248.7, 262.6, 1123.1, 464.4, 11.6, 133.3, 366.8, 63.9, 3.9, 2.1, 1.8, 1.7];
    let val = [174.2, 1_784_182.0, 12_599.1, 13.9, 4013.1, 13_190.2, 56_548.5, 4.9, 2.8, 2.1, 1.8, 1.6];
    let accuracy = [0.225, 0.2, 0.1917, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2];
    for epochs in 2..=train.len() {
        let log = three(&train[..epochs], &val[..epochs], &accuracy[..epochs]);
        assert_eq!(warnings(&diagnose(&log, &classes(5))), ["diverged"], "after {epochs} epochs");
    }
}

#[test]
fn one_bad_epoch_is_not_worse_than_chance() {
    let log = three(&[1.61, 1.78, 1.86], &[1.62, 4.71, 2.50], &[0.2, 0.24, 0.28]);
    for epochs in 1..=3 {
        let mut log = log.clone();
        log.series.iter_mut().for_each(|series| series.points.truncate(epochs));
        assert!(!finds(&diagnose(&log, &classes(5)), Id::WorseThanChance), "after {epochs} epochs");
    }
}

#[test]
fn validation_at_chance_beside_a_trained_network_is_another_condition() {
    let log = three(
        &[0.770, 0.759, 0.772, 0.720, 0.647, 0.655, 0.495],
        &[1.782, 1.698, 1.805, 1.655, 1.673, 2.344, 2.578],
        &[0.208, 0.275, 0.233, 0.342, 0.292, 0.2, 0.2],
    );
    let log = with(log, "acc", TRAIN, Metric::Accuracy, &[0.711, 0.732, 0.682, 0.739, 0.768, 0.750, 0.825]);
    let diagnosis = diagnose(&log, &classes(5));
    assert_eq!(diagnosis.findings[0].id, Id::TrainEvalMismatch, "{diagnosis:?}");
}

#[test]
fn a_clipped_probability_is_recognised() {
    let log = with(RunLog::default(), "loss", TRAIN, Metric::Loss, &[87.3366, 8.26, 8.25, 8.24]);
    assert!(finds(&diagnose(&log, &RunSetup::default()), Id::SaturatedLoss));
    let log = with(RunLog::default(), "loss", TRAIN, Metric::Loss, &[2.0, 16.118, 16.118, 16.118]);
    assert!(finds(&diagnose(&log, &RunSetup::default()), Id::SaturatedLoss));
}

#[test]
fn errors_that_each_cost_a_clipped_logarithm_are_a_saturated_loss() {
    let log = |clip: f64| {
        let line = |epoch: usize| {
            let wrong = [0.3552, 0.3514, 0.3552, 0.3498][epoch];
            // In the first epoch some were still unsure.
            let loss = clip * wrong - if epoch == 0 { 0.01 } else { 0.0 };
            format!("Epoch {}/4 - loss: {loss:.4} - acc: {:.4}\n", epoch + 1, 1.0 - wrong)
        };
        read_log((0..4).map(line).collect::<String>().as_bytes()).unwrap()
    };
    let setup = RunSetup { classes: Some(2), train_size: Some(90_000), ..RunSetup::default() };
    let saturated = diagnose(&log(16.1181), &setup);
    assert!(finds(&saturated, Id::SaturatedLoss) && !finds(&saturated, Id::LossScaled), "{saturated:#?}");
    assert!(!finds(&diagnose(&log(16.6), &setup), Id::SaturatedLoss));
}

#[test]
fn what_is_hardly_better_than_guessing_is_too_little_to_tell() {
    let log = |train: [f64; 6]| {
        let line = |(epoch, loss): (usize, &f64)| {
            format!("epoch {} train loss {loss:.3} val acc {:.3}\n", epoch + 24, 0.11 + 0.004 * epoch as f64)
        };
        read_log(train.iter().enumerate().map(line).collect::<String>().as_bytes()).unwrap()
    };
    let setup = RunSetup { classes: Some(101), ..RunSetup::default() };
    let slow = diagnose(&log([4.04, 4.02, 3.99, 3.93, 3.92, 3.87]), &setup);
    assert!(finds(&slow, Id::TooLittleToTell) && !finds(&slow, Id::Healthy), "{slow:#?}");
    let learns = diagnose(&log([4.04, 3.9, 3.7, 3.5, 3.3, 3.1]), &setup);
    assert!(finds(&learns, Id::Healthy), "{learns:#?}");
}

#[test]
fn a_network_that_its_fine_tuning_ruins_is_not_healthy() {
    let before = "Before fine-tuning: train loss 0.31 train acc 0.92 val loss 0.35 val acc 0.90\n";
    let line = |epoch: i32| {
        let (loss, accuracy) = (0.6 + 1.2 * 0.7_f64.powi(epoch), 0.8 - 0.4 * 0.7_f64.powi(epoch));
        format!(
            "epoch {epoch} train loss {loss:.3} train acc {accuracy:.3} val loss {:.3} val acc {:.3}\n",
            loss + 0.05,
            accuracy - 0.01
        )
    };
    let text = (1..9).map(line).fold(before.to_owned(), |text, line| text + &line);
    let diagnosis = diagnose(&read_log(text.as_bytes()).unwrap(), &RunSetup::default());
    assert!(!finds(&diagnosis, Id::Healthy), "{diagnosis:#?}");
}

#[test]
fn one_row_shows_a_double_softmax_where_the_classes_are_known() {
    let mut log = three(&[0.09865], &[2.4259], &[0.99994]);
    log.series.iter_mut().for_each(|series| series.points[0].epoch = Some(29.0));
    let diagnosis = diagnose(&log, &classes(29));
    assert_eq!(warnings(&diagnosis), ["double-softmax"]);
    assert!(diagnosis.scale.val.unwrap().high < 1.1);
}

#[test]
fn frozen_batch_norm_shows_in_the_first_epoch() {
    let log = three(
        &[0.116, 0.036, 0.028, 0.018, 0.015],
        &[2.49, 1.15, 5.46, 5.23, 4.26],
        &[0.568, 0.768, 0.451, 0.512, 0.559],
    );
    let log = with(log, "acc", TRAIN, Metric::Accuracy, &[0.949, 0.986, 0.990, 0.993, 0.995]);
    assert_eq!(warnings(&diagnose(&log, &RunSetup::default())), ["train-eval-mismatch"]);
}

#[test]
fn a_printed_penalty_is_named() {
    let log = with(RunLog::default(), "Loss", TRAIN, Metric::Loss, &[3.418, 3.269, 3.221, 3.422]);
    let log = with(log, "RegLoss", TRAIN, Metric::LossPart, &[2.291; 4]);
    assert_eq!(warnings(&diagnose(&log, &RunSetup::default())), ["penalty-in-loss"]);
}

#[test]
fn scores_that_mean_nothing_are_told() {
    let regression = three(&[0.158, 0.064, 0.061], &[0.0187, 0.0673, 0.0161], &[0.0; 3]);
    assert_eq!(warnings(&diagnose(&regression, &RunSetup::default())), ["degenerate-metric"]);

    let log = with(RunLog::default(), "eval_accuracy", VALIDATION, Metric::Accuracy, &[0.9985]);
    let log = with(log, "eval_precision", VALIDATION, Metric::OtherScore, &[0.9992]);
    let all_positive = with(log, "eval_recall", VALIDATION, Metric::OtherScore, &[1.0]);
    assert_eq!(warnings(&diagnose(&all_positive, &RunSetup::default())), ["degenerate-metric"]);

    let log = with(RunLog::default(), "accuracy", VALIDATION, Metric::Accuracy, &[0.997, 0.998]);
    let nothing_found = with(log, "f1", VALIDATION, Metric::F1, &[0.0, 0.0]);
    assert_eq!(warnings(&diagnose(&nothing_found, &RunSetup::default())), ["degenerate-metric"]);
}

#[test]
fn an_accuracy_that_stands_still_is_one_class_unless_training_tells_classes_apart() {
    let mut accuracies = vec![0.7, 0.82];
    accuracies.extend([0.85; 12]);
    let train: Vec<f64> = (0..14).map(|epoch| 0.6 - 0.01 * f64::from(epoch)).collect();
    let mut losses = vec![0.7, 0.5];
    losses.extend([0.46; 12]);
    let log = three(&train, &losses, &accuracies);
    let told = |training: f64| {
        let log = with(log.clone(), "train acc", TRAIN, Metric::Accuracy, &[training; 14]);
        warnings(&diagnose(&log, &classes(3))).contains(&"degenerate-metric")
    };
    assert!(told(0.84) && !told(0.93));
}

#[test]
fn an_explosion_in_the_first_epoch_is_told_by_the_validation_loss() {
    let train = [377.0, 177.0, 270.0, 323.0, 10.9, 8.0, 5.2, 3.1, 2.0, 1.7];
    let fell = [1107.0, 500.0, 90.0, 12.8, 6.4, 5.7, 3.2, 2.6, 1.7, 1.6];
    let rose = [1107.0, 2599.0, 1_293_099.0, 12.8, 6.4, 5.7, 3.2, 2.6, 1.7, 1.6];
    let told = |val: &[f64]| {
        let log = three(&train, val, &[0.2; 10]);
        warnings(&diagnose(&log, &classes(5))).contains(&"diverged")
    };
    assert!(told(&rose) && !told(&fell));
}

#[test]
fn a_gap_at_the_end_is_overfitting() {
    let log = with(RunLog::default(), "train_acc", TRAIN, Metric::Accuracy, &[0.605]);
    let log = with(log, "test_acc", Some(Split::Test), Metric::Accuracy, &[0.371]);
    assert_eq!(warnings(&diagnose(&log, &classes(100))), ["overfit"]);
}

#[test]
fn a_loss_that_keeps_jumping_wants_a_smaller_rate() {
    let train = [2.0, 1.2, 1.9, 0.9, 1.6, 0.8, 1.5, 0.9, 1.4];
    let log = with(RunLog::default(), "train_loss", TRAIN, Metric::Loss, &train);
    assert_eq!(warnings(&diagnose(&log, &classes(10))), ["lr-too-high"]);
}

#[test]
fn a_first_loss_above_guessing_is_a_hot_start() {
    let train = [11.68, 6.86, 4.95, 4.52, 4.40, 4.32, 4.27, 4.2];
    let log = with(RunLog::default(), "Loss", TRAIN, Metric::Loss, &train);
    assert_eq!(warnings(&diagnose(&log, &classes(100))), ["hot-start"]);
}

#[test]
fn a_best_epoch_long_ago_is_a_plateau() {
    let accuracy = [
        0.767, 0.896, 0.875, 0.901, 0.865, 0.828, 0.829, 0.807, 0.824, 0.846, 0.840, 0.830, 0.816, 0.805,
        0.833,
    ];
    let log = with(RunLog::default(), "acc", VALIDATION, Metric::Accuracy, &accuracy);
    let setup = RunSetup { validation_size: Some(2342), ..RunSetup::default() };
    assert_eq!(warnings(&diagnose(&log, &setup)), ["plateau"]);
}

#[test]
fn few_photos_are_told_by_the_steps_of_the_accuracy() {
    let log = three(&[0.92, 0.34, 0.26], &[0.086, 0.205, 0.118], &[0.958333, 0.916667, 0.979167]);
    let diagnosis = diagnose(&log, &RunSetup::default());
    let few = diagnosis.findings.iter().find(|finding| finding.id == Id::ValidationTooSmall).unwrap();
    assert!(few.claim.contains("48 photos"), "{}", few.claim);
}

#[test]
fn a_restart_is_two_runs_and_a_gap_is_not() {
    let mut log = three(&[1.0, 0.8, 0.7, 1.0, 0.8], &[0.9, 0.8, 0.75, 0.9, 0.8], &[0.6, 0.7, 0.72, 0.6, 0.7]);
    let mut number = |epochs: [f64; 5]| {
        for series in &mut log.series {
            series.points.iter_mut().zip(epochs).for_each(|(point, epoch)| point.epoch = Some(epoch));
        }
        diagnose(&log, &RunSetup::default())
    };
    assert!(finds(&number([50.0, 51.0, 52.0, 50.0, 51.0]), Id::SeveralRuns));
    assert!(!finds(&number([1.0, 2.0, 3.0, 26.0, 27.0]), Id::SeveralRuns));
}

#[test]
fn mixed_photos_make_training_look_worse() {
    let log = with(
        RunLog::default(),
        "test/accuracy",
        Some(Split::Test),
        Metric::Accuracy,
        &[0.09, 0.22, 0.33, 0.43],
    );
    let log = with(log, "train/accuracy", TRAIN, Metric::Accuracy, &[0.04, 0.13, 0.20, 0.27]);
    let diagnosis = diagnose(&log, &RunSetup::default());
    assert!(finds(&diagnosis, Id::ValBetterThanTrain) && finds(&diagnosis, Id::Healthy));
    assert!(finds(&diagnosis, Id::StillImproving));
}

#[test]
fn batches_of_one_epoch_are_no_reason_to_despair() {
    let mut log =
        with(RunLog::default(), "Loss", TRAIN, Metric::Loss, &[6.9078, 6.905, 6.9, 6.89, 6.88, 6.87, 6.85]);
    log = with(log, "Acc", TRAIN, Metric::Accuracy, &[0.0, 0.001, 0.0017, 0.0017, 0.0016, 0.0017, 0.0018]);
    for series in &mut log.series {
        series.within_epoch = true;
        series.points.iter_mut().for_each(|point| point.epoch = Some(0.0));
    }
    assert!(warnings(&diagnose(&log, &classes(1000))).is_empty());
}

/// The loss of a calibrated network with these accuracies, against labels that are smoothed by `share`.
fn smoothed(accuracies: &[f64], classes: f64, share: f64) -> Vec<f64> {
    let loss = |accuracy: &f64| {
        let each = share / classes;
        let spread = ((1.0 - share) * (1.0 - accuracy) / (classes - 1.0)) + each;
        let right = (1.0 - share) * accuracy + each;
        -right * right.ln() - (classes - 1.0) * spread * spread.ln()
    };
    accuracies.iter().map(loss).collect()
}

#[test]
fn smoothed_labels_are_a_note_with_their_share() {
    let accuracies = [0.41, 0.68, 0.81, 0.88, 0.92, 0.95, 0.965, 0.975, 0.98, 0.983, 0.985, 0.986];
    for (classes, share) in [(10, 0.1), (100, 0.1), (5, 0.2)] {
        let losses = smoothed(&accuracies, classes as f64, share);
        // The same to the last digit would be one set given twice.
        let held_out: Vec<f64> = losses.iter().map(|loss| loss + 1e-4).collect();
        let log = three(&losses, &held_out, &accuracies);
        let log = with(log, "acc", TRAIN, Metric::Accuracy, &accuracies);
        let diagnosis = diagnose(&log, &self::classes(classes));
        assert!(
            finds(&diagnosis, Id::LabelSmoothing) && finds(&diagnosis, Id::Healthy),
            "{:?}",
            warnings(&diagnosis)
        );
        let claim = &diagnosis.findings.iter().find(|found| found.id == Id::LabelSmoothing).unwrap().claim;
        // "smoothed by about 0.1 (0.09 to 0.12)": the interval holds the share.
        let inside = claim.split_once('(').and_then(|(_, rest)| rest.split_once(')')).unwrap().0;
        let (low, high) = inside.split_once(" to ").unwrap();
        let (low, high): (f64, f64) = (low.parse().unwrap(), high.parse().unwrap());
        assert!((0.95 * low..=1.05 * high).contains(&share) && high < 2.0 * low, "{claim}");
        // Without the classes, the interval is wide and says so.
        let unknown = diagnose(&log, &RunSetup::default());
        let found = unknown.findings.iter().find(|found| found.id == Id::LabelSmoothing);
        assert!(found.is_none_or(|found| found.claim.contains("depends on the number of classes")));
    }
    // What the accuracies explain is no smoothing.
    let losses = smoothed(&accuracies, 10.0, 0.0);
    let log = with(three(&losses, &losses, &accuracies), "acc", TRAIN, Metric::Accuracy, &accuracies);
    assert!(!finds(&diagnose(&log, &classes(10)), Id::LabelSmoothing));
}

#[test]
fn training_that_stops_far_from_good_is_underfitting() {
    let curve = |end: f64| -> Vec<f64> {
        (0..16).map(|epoch| end - 0.25 * (-0.6 * f64::from(epoch)).exp()).collect()
    };
    let told = |train: f64, val: f64| {
        let (train, val) = (curve(train), curve(val));
        let cost = |accuracies: &[f64]| {
            accuracies.iter().map(|accuracy| 2.6 * (1.0 - accuracy)).collect::<Vec<f64>>()
        };
        let log = with(three(&cost(&train), &cost(&val), &val), "acc", TRAIN, Metric::Accuracy, &train);
        warnings(&diagnose(&log, &classes(10)))
    };
    assert_eq!(told(0.42, 0.41), ["underfit"]);
    // A good network, one that knows its training photos better, and one that still learns do not underfit.
    assert!(!told(0.9, 0.89).contains(&"underfit") && !told(0.7, 0.4).contains(&"underfit"));
    let rising: Vec<f64> = (0..16).map(|epoch| 0.12 + 0.02 * f64::from(epoch)).collect();
    let losses: Vec<f64> = rising.iter().map(|accuracy| 2.6 * (1.0 - accuracy)).collect();
    let log = with(three(&losses, &losses, &rising), "acc", TRAIN, Metric::Accuracy, &rising);
    assert!(!finds(&diagnose(&log, &classes(10)), Id::Underfit));
}

#[test]
fn the_sizes_decide_between_the_ways_of_adding_up() {
    let accuracy = [0.61, 0.78, 0.85, 0.89, 0.915, 0.93, 0.94];
    let (train, val) =
        ([1.61, 0.92, 0.63, 0.48, 0.39, 0.33, 0.28], [1.18, 0.71, 0.50, 0.38, 0.31, 0.265, 0.235]);
    let setup = RunSetup {
        classes: Some(10),
        batch_size: Some(32),
        train_size: Some(1600),
        validation_size: Some(400),
        ..RunSetup::default()
    };
    for (reduction, by_train, by_val) in [
        (Reduction::BatchSum, 32.0, 400.0 / 13.0),
        (Reduction::SumOfBatchMeans, 50.0, 13.0),
        (Reduction::TotalSum, 1600.0, 400.0),
    ] {
        let log = three(&train.map(|loss| by_train * loss), &val.map(|loss| by_val * loss), &accuracy);
        let diagnosis = diagnose(&log, &setup);
        assert!(finds(&diagnosis, Id::LossScaled), "{reduction:?}: {:?}", warnings(&diagnosis));
        for (estimate, factor) in [(diagnosis.scale.train, by_train), (diagnosis.scale.val, by_val)] {
            let estimate = estimate.unwrap();
            assert_eq!(estimate.reduction, Some(reduction));
            assert!((estimate.best / factor - 1.0).abs() < 0.02, "{reduction:?}: {estimate:?}, not {factor}");
        }
    }
}

#[test]
fn a_level_loss_far_above_guessing_beside_the_accuracy_of_guessing_is_no_learning() {
    let losses = [7.35, 7.41, 7.25, 7.46, 7.21, 7.24, 7.35, 7.30];
    let accuracies = [0.036, 0.031, 0.030, 0.039, 0.045, 0.044, 0.046, 0.042];
    let log = |losses: &[f64], accuracies: &[f64]| {
        let log = with(RunLog::default(), "loss", TRAIN, Metric::Loss, losses);
        with(log, "accuracy", TRAIN, Metric::Accuracy, accuracies)
    };
    for setup in [classes(40), RunSetup::default()] {
        assert_eq!(warnings(&diagnose(&log(&losses, &accuracies), &setup)), ["at-chance"]);
        // Fewer epochs, a loss that falls, a loss of guessing among more classes: nothing is proved.
        for (losses, accuracies) in [
            (&losses[..5], &accuracies[..5]),
            (&[7.3, 6.6, 6.0, 5.5, 5.1, 4.8, 4.5, 4.3][..], &accuracies[..]),
            (&[7.3, 6.6, 6.0, 5.5, 5.1, 4.8, 4.5, 4.3], &[0.03, 0.06, 0.1, 0.15, 0.2, 0.24, 0.28, 0.31]),
        ] {
            assert!(!finds(&diagnose(&log(losses, accuracies), &setup), Id::AtChance), "{losses:?}");
        }
    }
    let slow = log(&[6.9, 6.89, 6.86, 6.83, 6.8, 6.76], &[0.001, 0.002, 0.003, 0.004, 0.006, 0.008]);
    assert!(!finds(&diagnose(&slow, &RunSetup::default()), Id::AtChance));
}

#[test]
fn an_accuracy_that_is_lost_at_once_and_stays_so_is_a_divergence() {
    let log = |values: &[f64]| with(RunLog::default(), "val_acc", VALIDATION, Metric::Accuracy, values);
    let lost = diagnose(&log(&[0.71, 0.88, 0.93, 0.91, 0.06, 0.04]), &RunSetup::default());
    assert_eq!(warnings(&lost), ["diverged"]);
    for sound in [
        &[0.71, 0.88, 0.93, 0.91, 0.06, 0.92][..],
        &[0.71, 0.88, 0.93, 0.91, 0.06],
        &[0.93, 0.71, 0.52, 0.41, 0.33, 0.3],
    ] {
        assert!(!finds(&diagnose(&log(sound), &RunSetup::default()), Id::Diverged), "{sound:?}");
    }
    // Training goes on as before: that is for other rules.
    let log = with(
        log(&[0.71, 0.88, 0.93, 0.91, 0.06, 0.04]),
        "loss",
        TRAIN,
        Metric::Loss,
        &[1.1, 0.7, 0.5, 0.4, 0.35, 0.3],
    );
    assert!(!finds(&diagnose(&log, &RunSetup::default()), Id::Diverged));
}

#[test]
fn an_f1_above_one_is_impossible() {
    let log = three(&[0.91, 0.71, 0.6, 0.51], &[0.99, 0.89, 0.8, 0.74], &[0.68, 0.72, 0.74, 0.76]);
    let sound = with(log.clone(), "val_f1", VALIDATION, Metric::F1, &[0.66, 0.71, 0.73, 0.75]);
    assert!(!finds(&diagnose(&sound, &RunSetup::default()), Id::ImpossibleValue));
    let log = with(log, "val_f1", VALIDATION, Metric::F1, &[1.02, 0.99, 0.98, 0.97]);
    assert_eq!(warnings(&diagnose(&log, &RunSetup::default())), ["impossible-value"]);
}

#[test]
fn a_deviation_from_numbers_has_no_chance() {
    let values = [0.6934, 0.6933, 0.6933, 0.6934, 0.6932, 0.6933, 0.6934, 0.6933];
    let log = |name| with(RunLog::default(), name, VALIDATION, Metric::Loss, &values);
    assert!(finds(&diagnose(&log("val_loss"), &RunSetup::default()), Id::AtChance));
    assert!(!finds(&diagnose(&log("val-rmse"), &RunSetup::default()), Id::AtChance));
}

#[test]
fn losses_beyond_guessing_at_no_training_error_hold_a_penalty_that_falls_slowly() {
    let train = [2.71, 2.44, 2.31, 2.20, 2.09, 1.99, 1.89, 1.80, 1.71, 1.62];
    let val = [2.83, 2.62, 2.47, 2.36, 2.31, 2.12, 2.10, 1.98, 1.95, 1.82];
    let learned = [0.880, 0.968, 0.982, 0.992, 0.995, 0.998, 0.998, 0.999, 0.999, 1.0];
    let log = three(&train, &val, &[0.9; 10]);
    let log = with(log, "acc", TRAIN, Metric::Accuracy, &learned);
    let found = diagnose(&log, &classes(2));
    assert!(finds(&found, Id::PenaltyInLoss) && !finds(&found, Id::LossScaled), "{:?}", found.findings);
    // A sum over a batch falls with the errors.
    let costs = [7.2, 2.4, 1.4, 0.72, 0.5, 0.21, 0.2, 0.12, 0.11, 0.05];
    let log = with(three(&costs, &[9.0; 10], &[0.9; 10]), "acc", TRAIN, Metric::Accuracy, &learned);
    assert!(!finds(&diagnose(&log, &classes(2)), Id::PenaltyInLoss));
}

#[test]
fn one_more_jump_of_a_validation_that_jumps_is_no_memory() {
    let log = three(
        &[0.95, 0.60, 0.48, 0.43, 0.41, 0.30, 0.28, 0.33, 0.28, 0.22, 0.20, 0.20, 0.19, 0.18, 0.14],
        &[2.2, 8.1, 0.9, 1.4, 2.5, 4.1, 0.7, 7.1, 0.9, 0.36, 0.62, 0.52, 0.24, 0.23, 0.42],
        &[0.33, 0.17, 0.66, 0.53, 0.36, 0.31, 0.75, 0.50, 0.71, 0.88, 0.75, 0.89, 0.92, 0.92, 0.80],
    );
    let setup = RunSetup { validation_size: Some(400), ..classes(6) };
    assert_eq!(warnings(&diagnose(&log, &setup)), ["unstable-validation"]);
}

#[test]
fn a_validation_loss_that_stays_an_eighth_above_its_least_is_not_healthy() {
    let log = three(
        &[1.95, 1.51, 1.22, 1.03, 0.88, 0.74, 0.66, 0.57, 0.50, 0.46, 0.41, 0.38, 0.35],
        &[1.80, 1.40, 1.10, 0.99, 0.97, 0.95, 0.93, 0.86, 0.98, 1.05, 1.01, 0.99, 1.00],
        &[0.42, 0.50, 0.63, 0.68, 0.68, 0.71, 0.72, 0.74, 0.735, 0.73, 0.74, 0.75, 0.752],
    );
    let found = diagnose(&log, &RunSetup::default());
    assert!(finds(&found, Id::Overfit) && !finds(&found, Id::Healthy), "{:?}", found.findings);
}

#[test]
fn a_validation_that_rises_at_chance_in_five_readings_is_another_condition() {
    let log = |accuracy: &[f64]| {
        let log = three(&[0.005, 0.060, 0.180, 0.020, 0.080], &[5.0, 5.3, 5.8, 6.1, 6.6], accuracy);
        with(log, "acc", TRAIN, Metric::Accuracy, &[0.0, 0.0, 0.03, 0.06, 0.03])
    };
    let guessed = log(&[0.0163, 0.0139, 0.0184, 0.0179, 0.0180]);
    assert!(finds(&diagnose(&guessed, &classes(60)), Id::TrainEvalMismatch));
    // Where the accuracy is above guessing, the network knows something.
    let known = log(&[0.11, 0.12, 0.12, 0.13, 0.13]);
    assert!(!finds(&diagnose(&known, &classes(60)), Id::TrainEvalMismatch));
}

#[test]
fn a_loss_of_sentences_beside_one_of_words_is_no_memory() {
    let train = with(RunLog::default(), "Cost", TRAIN, Metric::Loss, &[0.48, 0.45, 0.43, 0.42, 0.41]);
    let log = with(train, "cross-entropy", VALIDATION, Metric::Loss, &[27.1, 25.2, 24.4, 24.0, 23.9]);
    assert!(!finds(&diagnose(&log, &RunSetup::default()), Id::Overfit));
}

#[test]
fn what_an_optimiser_calls_its_value_may_be_a_sum() {
    let text = "initial  value 164.791843\niter  10 value 15.912345\niter  20 value 3.112345\niter  30 value 2.012345\n";
    let log = read_log(text.as_bytes()).expect("a log");
    assert_eq!(warnings(&diagnose(&log, &RunSetup::default())), [""; 0]);
}

#[test]
fn a_validation_before_the_first_step_does_not_hide_the_course_of_training() {
    let mut text = String::from("Iter 1: Val loss 2.48, Val took 0.7s\n");
    for (step, loss) in [2.36, 1.51, 1.25, 1.37, 1.10, 1.11, 1.21, 0.99].iter().enumerate() {
        text.push_str(&format!("Iter {}: Train loss {loss:.3}, It/sec 1.0\n", 10 * (step + 1)));
    }
    let log = read_log(text.as_bytes()).expect("a log");
    let rows = diagnose(&log, &RunSetup::default()).series.epochs;
    assert_eq!(rows.iter().filter(|row| row.train_loss.is_some()).count(), 8);
}

#[test]
fn an_accuracy_above_one_beside_a_fraction_is_named() {
    let text = "Epoch 3/3\n10/10 [====] - 3s 300ms/step - loss: 8.71 - accuracy: 4.9620 - val_loss: 1.0865 - val_accuracy: 0.6331\n";
    let log = read_log(text.as_bytes()).expect("a log");
    assert!(finds(&diagnose(&log, &RunSetup::default()), Id::ImpossibleValue));
}
