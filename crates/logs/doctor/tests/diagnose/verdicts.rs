//! Small logs, each with one thing that must be found, and never "healthy" for want of a rule.

use foliar_doctor::{Diagnosis, Id, RunSetup, Severity, diagnose};
use foliar_logread::{RunLog, read_log};

use crate::small_logs::CASES;

#[test]
fn each_small_log_gets_its_verdict() {
    let mut wrong = Vec::new();
    for &(name, classes, text, wanted, unwanted) in CASES {
        let found: Vec<Id> = match read_log(text.as_bytes()) {
            Ok(log) => {
                let setup = RunSetup { classes, ..RunSetup::default() };
                diagnose(&log, &setup).findings.iter().map(|finding| finding.id).collect()
            }
            Err(_) => vec![Id::NotALog],
        };
        if !found.contains(&wanted) || found.iter().any(|id| unwanted.contains(id)) {
            wrong.push(format!("{name}: {found:?}, not {wanted:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn told(log: &RunLog, classes: Option<usize>) -> Diagnosis {
    diagnose(log, &RunSetup { classes, ..RunSetup::default() })
}

#[test]
fn the_verdict_quotes_the_best_run_and_not_the_last_fragment() {
    let text = "epoch 1 train loss 118.5 val loss 87.5 val acc: 0.753\nepoch 2 train loss 68.8 val loss 50.3 val acc: 0.858\n\
        epoch 3 train loss 41.5 val loss 31.2 val acc: 0.928\nepoch 4 train loss 26.9 val loss 21.1 val acc: 0.948\n\
        epoch 5 train loss 19.4 val loss 15.5 val acc: 0.955\nepoch 1 train loss 119.5 val loss 88.5 val acc: 0.743\n\
        epoch 2 train loss 69.8 val loss 51.3 val acc: 0.848\n";
    let verdict = told(&read_log(text.as_bytes()).unwrap(), None).verdict;
    assert!(verdict.contains("95.5 %") && !verdict.contains("84.8 %"), "{verdict}");
}

fn warnings(text: &str, classes: usize) -> Vec<Id> {
    let Ok(log) = read_log(text.as_bytes()) else { panic!("not read: {text}") };
    told(&log, Some(classes))
        .findings
        .into_iter()
        .filter(|finding| finding.severity != Severity::Note)
        .map(|finding| finding.id)
        .collect()
}

#[test]
fn one_class_for_all_photos_is_told_by_an_accuracy_that_never_moves() {
    // 1,500 of 2,084 photos are of one class.
    let row = |epoch: u32| {
        let fall = 0.95_f64.powi(epoch as i32);
        format!(
            "Epoch {epoch} loss: {:.4} - acc: {:.4} - val_loss: {:.4} - val_acc: {}\n",
            1.0 * fall,
            0.7198 - 0.14 * 0.8_f64.powi(epoch as i32),
            0.97 * fall,
            match epoch {
                1 => "0.7212",
                2 => "0.7226",
                3 => "0.7193",
                _ => "0.7198",
            }
        )
    };
    let text: String = (1..=12).map(row).collect();
    let diagnosis = told(&read_log(text.as_bytes()).unwrap(), None);
    let sized = {
        let setup = RunSetup { validation_size: Some(2084), ..RunSetup::default() };
        diagnose(&read_log(text.as_bytes()).unwrap(), &setup)
    };
    assert!(sized.findings.iter().any(|finding| finding.id == Id::DegenerateMetric), "{sized:?}");
    assert!(diagnosis.findings.iter().all(|finding| finding.id != Id::Healthy), "{diagnosis:?}");
}

#[test]
fn a_sum_over_tasks_starts_above_the_loss_of_guessing() {
    let row = |(epoch, class, next): (u32, f64, f64)| {
        format!(
            "Epoch {epoch} | Train Loss: {:.4} (cls:{class:.4} pred:{next:.4}) | Val Loss: {:.4} | Val Acc: {:.4}\n",
            class + next,
            0.95 * (class + next),
            1.0 - 0.3 * class
        )
    };
    let text: String =
        [(1, 0.82, 1.01), (5, 0.27, 0.30), (10, 0.11, 0.05), (15, 0.08, 0.04), (20, 0.07, 0.03)]
            .map(row)
            .concat();
    assert!(!warnings(&text, 3).contains(&Id::HotStart));
}

#[test]
fn a_loss_that_may_be_below_zero_is_no_fault_where_nothing_is_classified() {
    let row = |epoch: u32| format!("{epoch}\t{:.4}\n", -0.2 + 0.18 / f64::from(epoch));
    let text = format!("epoch\ttrain_loss\n{}", (1..=12).map(row).collect::<String>());
    let diagnosis = told(&read_log(text.as_bytes()).unwrap(), None);
    let impossible = diagnosis.findings.iter().find(|finding| finding.id == Id::ImpossibleValue).unwrap();
    assert_eq!(impossible.severity, Severity::Note);
    assert!(warnings(&text, 4).contains(&Id::ImpossibleValue));
}

#[test]
fn swings_of_loss_and_accuracy_in_step_are_unstable() {
    let rows = [
        (0.98, 0.49, 1.21, 0.36),
        (0.93, 0.53, 1.01, 0.47),
        (0.90, 0.55, 2.51, 0.34),
        (0.87, 0.57, 1.06, 0.46),
        (0.80, 0.62, 3.83, 0.33),
        (0.73, 0.66, 1.15, 0.53),
        (0.68, 0.69, 5.10, 0.34),
        (0.59, 0.74, 1.30, 0.56),
        (0.54, 0.77, 0.80, 0.66),
    ];
    let text: String = rows
        .iter()
        .enumerate()
        .map(|(epoch, (a, b, c, d))| {
            format!("Epoch {epoch} train loss {a} train acc {b} val loss {c} val acc {d}\n")
        })
        .collect();
    assert!(warnings(&text, 3).contains(&Id::UnstableValidation), "{:?}", warnings(&text, 3));
}

#[test]
fn the_second_line_of_a_log_of_every_twentieth_epoch_is_no_second_epoch() {
    let text = "Epoch 0 train loss 1.954 train acc 0.143 val loss 1.93 val acc 0.308\n\
        Epoch 20 train loss 0.120 train acc 1.0 val loss 1.42 val acc 0.494\nEpoch 40 train loss 0.015 train acc 1.0 val loss 1.46 val acc 0.504\n\
        Epoch 60 train loss 0.008 train acc 1.0 val loss 1.44 val acc 0.534\nEpoch 80 train loss 0.008 train acc 1.0 val loss 1.40 val acc 0.546\n";
    assert_eq!(warnings(text, 7), [Id::Overfit]);
}

#[test]
fn what_rises_is_not_said_to_fall() {
    let text = "epoch 1 train loss 118.5 val loss 29.5 val acc: 0.753\nepoch 2 train loss 68.8 val loss 30.2 val acc: 0.858\n\
        epoch 3 train loss 41.5 val loss 34.1 val acc: 0.928\nepoch 4 train loss 26.9 val loss 45.2 val acc: 0.948\n";
    let diagnosis = told(&read_log(text.as_bytes()).unwrap(), None);
    let evidence = diagnosis.findings.iter().flat_map(|finding| &finding.evidence);
    for piece in evidence.filter(|piece| piece.text.contains("the mean per photo")) {
        let numbers: Vec<f64> = piece.text.split([' ', ';']).filter_map(|word| word.parse().ok()).collect();
        let [.., from, to, _, _] = numbers[..] else { continue };
        let word = if to < from { "falls" } else { "rises" };
        assert!(piece.text.contains(word), "{}", piece.text);
    }
}

#[test]
fn no_band_lies_below_chance() {
    let text = "epoch 1 train loss 2.31 val loss 2.32 val acc 0.06\nepoch 2 train loss 2.30 val loss 2.31 val acc 0.07\n";
    for epoch in told(&read_log(text.as_bytes()).unwrap(), Some(10)).series.epochs {
        let band = epoch.band.unwrap();
        assert!((band.low - 10f64.ln()).abs() < 1e-6 && band.low <= band.high.unwrap() + 1e-9, "{band:?}");
    }
}

#[test]
fn a_healthy_run_that_has_begun_to_overfit_is_told_to_stop() {
    let text = "epoch,loss,val_loss,val_acc\n1,1.10,0.80,0.71\n2,0.70,0.60,0.79\n3,0.50,0.45,0.84\n4,0.40,0.38,0.87\n5,0.33,0.35,0.885\n\
        6,0.28,0.36,0.885\n7,0.24,0.35,0.89\n8,0.21,0.37,0.885\n9,0.19,0.36,0.89\n10,0.17,0.37,0.89\n11,0.15,0.38,0.885\n12,0.14,0.38,0.89\n";
    let diagnosis = told(&read_log(text.as_bytes()).unwrap(), None);
    assert_eq!(diagnosis.findings[0].id, Id::Healthy);
    assert!(diagnosis.verdict.contains("best validation epoch"), "{}", diagnosis.verdict);
}

#[test]
fn an_epoch_that_is_validated_twice_is_one_run_and_two_readings() {
    let text = "|  Epoch  |  Iteration  |  Mini-batch  |  Validation  |  Mini-batch  |  Validation  |\n\
        |         |             |     Loss     |     Loss     |   Accuracy   |   Accuracy   |\n\
        |       1 |           1 |       1.6120 |       1.7012 |       40.00% |       21.00% |\n\
        |       1 |          40 |       1.3011 |              |       55.00% |              |\n\
        |       1 |          60 |       0.9020 |       1.0110 |       70.00% |       61.00% |\n\
        |       2 |         120 |       0.5110 |       0.8230 |       80.00% |       70.00% |\n\
        |       3 |         180 |       0.4020 |       0.7120 |       85.00% |       74.00% |\n\
        |       4 |         240 |       0.3130 |       0.6710 |       90.00% |       77.00% |\n";
    let diagnosis = told(&read_log(text.as_bytes()).unwrap(), None);
    assert!(
        diagnosis.findings.iter().all(|finding| finding.id != Id::SeveralRuns),
        "{:?}",
        diagnosis.findings
    );
    let pairs: Vec<(Option<f64>, Option<f64>)> = diagnosis
        .series
        .epochs
        .iter()
        .map(|epoch| (epoch.train_loss.map(|loss| loss.printed), epoch.val_loss.map(|loss| loss.printed)))
        .collect();
    assert!(pairs.contains(&(Some(0.902), Some(1.011))), "{pairs:?}");
    assert!(!pairs.contains(&(Some(0.902), Some(1.7012))), "{pairs:?}");
}
