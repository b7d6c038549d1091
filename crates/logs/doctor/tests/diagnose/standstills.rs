//! Runs that hardly move, overlaps, and runs whose lines take turns: made-up logs, each with what must be found and what must not.

use foliar_doctor::{Diagnosis, Id, RunSetup, diagnose};
use foliar_logread::read_log;

fn diagnosis(text: &str) -> Diagnosis {
    let Ok(log) = read_log(text.as_bytes()) else { panic!("not read: {text}") };
    diagnose(&log, &RunSetup::default())
}

fn said(text: &str) -> Vec<Id> {
    diagnosis(text).findings.iter().map(|found| found.id).collect()
}

/// Lines from a function of the row.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(|row| line(row) + "\n").collect()
}

/// A value that comes to rest.
fn course(row: usize, begin: f64, end: f64, count: usize) -> f64 {
    end + (begin - end) * (-3.5 * row as f64 / count as f64).exp()
}

#[test]
fn evaluations_a_fraction_of_an_epoch_apart_keep_their_training_losses() {
    let text = "| Training Loss | Epoch | Step | Validation Loss | Accuracy |\n|:---:|:---:|:---:|:---:|:---:|\n\
        | 0.2712 | 0.4 | 800 | 0.1983 | 0.925 |\n| 0.2101 | 0.8 | 1600 | 0.1702 | 0.943 |\n| 0.1688 | 1.2 | 2400 | 0.1991 | 0.942 |\n\
        | 0.1243 | 1.6 | 3200 | 0.2113 | 0.944 |\n| 0.1087 | 2.0 | 4000 | 0.2381 | 0.939 |\n| 0.0739 | 2.4 | 4800 | 0.2604 | 0.943 |\n\
        | 0.0571 | 2.8 | 5600 | 0.2588 | 0.945 |\n| 0.0502 | 3.2 | 6400 | 0.2511 | 0.944 |\n";
    let found = diagnosis(text);
    assert_eq!(found.series.epochs.len(), 8);
    assert!(found.series.epochs.iter().all(|epoch| epoch.train_loss.is_some() && epoch.val_loss.is_some()));
    assert!(!said(text).contains(&Id::Healthy), "{:?}", said(text));
}

const JUMPS: [f64; 16] =
    [0.61, 0.52, 0.44, 0.63, 0.71, 0.68, 0.75, 0.47, 0.64, 0.72, 0.41, 0.53, 0.62, 0.69, 0.71, 0.66];

#[test]
fn an_overlap_that_jumps_is_unstable_whatever_the_share_of_pixels_says() {
    let of = |dice: &dyn Fn(usize) -> f64| {
        lines(16, |row| {
            format!(
                "Epoch {}/16 - loss: {:.4} - accuracy: {:.4} - dice_coef: {:.4} - val_loss: {:.4} - val_accuracy: {:.4} - \
                    val_dice_coef: {:.4}",
                row + 1,
                course(row, 0.31, 0.03, 16),
                course(row, 0.97, 0.997, 16),
                course(row, 0.66, 0.96, 16),
                1.0 - dice(row),
                0.955 + 0.03 * dice(row),
                dice(row)
            )
        })
    };
    let jumps = said(&of(&|row| JUMPS[row]));
    assert!(jumps.contains(&Id::UnstableValidation) && !jumps.contains(&Id::Healthy), "{jumps:?}");
    let rises = said(&of(&|row| course(row, 0.61, 0.93, 16)));
    assert!(rises.contains(&Id::Healthy), "{rises:?}");
}

#[test]
fn an_overlap_that_is_high_from_the_start_and_rises_with_that_of_training_is_a_proof() {
    let of = |val: (f64, f64)| {
        lines(14, |row| {
            let (train, val) = (course(row, 0.512, 0.943, 14), course(row, val.0, val.1, 14));
            format!(
                "Epoch {}/14 - loss: -{train:.4} - dice: {train:.4} - val_loss: -{val:.4} - val_dice: {val:.4}",
                row + 1
            )
        })
    };
    assert!(said(&of((0.861, 0.932))).contains(&Id::Healthy), "{:?}", said(&of((0.861, 0.932))));
    // An overlap that never rose may be that of one answer; one that stays far behind training may be memory.
    for flat in [(0.861, 0.861), (0.701, 0.752)] {
        assert!(!said(&of(flat)).contains(&Id::Healthy), "{:?}", said(&of(flat)));
    }
    // Losses that are overlaps below 0 say the same where no overlap is printed.
    let losses = lines(14, |row| {
        format!(
            "{row}: train_loss {:.4} val_loss {:.4}",
            -course(row, 0.42, 0.87, 14),
            -course(row, 0.51, 0.85, 14)
        )
    });
    assert!(said(&losses).contains(&Id::Healthy), "{:?}", said(&losses));
}

#[test]
fn a_tenth_right_on_both_sides_is_guessing() {
    let (train, val) =
        ([0.121, 0.111, 0.109, 0.112, 0.107, 0.110], [0.1025, 0.103, 0.113, 0.1025, 0.1025, 0.112]);
    let of = |train: &[f64; 6], val: &[f64; 6]| {
        lines(6, |row| {
            format!(
                "[Epoch {row}] Training: accuracy={:.4}\n[Epoch {row}] Validation: accuracy={:.4}",
                train[row], val[row]
            )
        })
    };
    assert!(said(&of(&train, &val)).contains(&Id::AtChance), "{:?}", said(&of(&train, &val)));
    let learns = [0.104, 0.131, 0.152, 0.183, 0.211, 0.236];
    assert!(!said(&of(&learns, &val)).contains(&Id::AtChance), "{:?}", said(&of(&learns, &val)));
}

#[test]
fn accuracies_that_stay_low_while_no_loss_falls_are_a_plateau() {
    let of = |gain: f64| {
        lines(10, |row| {
            let noise = [0.0, -0.011, 0.006, 0.009, -0.004, 0.012, 0.001, -0.006, 0.008, 0.003][row];
            let gained = gain * row as f64 / 9.0;
            format!(
                "Epoch {}/10, Train Loss: {:.4}, Train Acc: {:.2}%, Val Loss: {:.4}, Val Acc: {:.2}%",
                row + 1,
                2.31 - 0.015 * row as f64 - 2.0 * gained,
                100.0 * (0.271 + 0.002 * row as f64 + gained),
                2.29 - 0.012 * row as f64 + 4.0 * noise - 2.0 * gained,
                100.0 * (0.283 + noise + gained)
            )
        })
    };
    let still = said(&of(0.0));
    assert!(still.contains(&Id::Plateau) && !still.contains(&Id::Healthy), "{still:?}");
    assert!(!said(&of(0.4)).contains(&Id::Plateau), "{:?}", said(&of(0.4)));
}

#[test]
fn losses_that_stay_where_a_cut_log_begins_are_a_plateau() {
    let of = |first: usize, fall: f64| {
        lines(10, |row| {
            let noise = [0.0, -0.05, 0.04, 0.02, -0.03, 0.05, -0.02, 0.01, 0.03, 0.0][row];
            format!(
                "Epoch {}/100 - loss: {:.4} - mae: 0.0712 - val_loss: {:.4} - val_mae: 0.1021",
                first + row,
                0.0121 * (1.0 - fall * row as f64 / 10.0) + 0.0001 * (row % 3) as f64,
                0.0252 * (1.0 + noise - fall * row as f64 / 10.0)
            )
        })
    };
    assert!(said(&of(64, 0.0)).contains(&Id::Plateau), "{:?}", said(&of(64, 0.0)));
    assert!(!said(&of(64, 0.6)).contains(&Id::Plateau), "{:?}", said(&of(64, 0.6)));
    let deviation = diagnosis(&of(64, 0.0));
    assert!(deviation.series.scores.iter().any(|score| score.name == "val_mae" && score.values.len() == 10));
}

#[test]
fn a_share_of_next_to_nothing_that_never_moves_is_no_wrong_metric() {
    let text = lines(14, |row| {
        format!("Epoch 3 train Loc Loss: 0.0061 Cls Loss: 0.006{} Tot Loss: 0.0061 Accu :0.0011", row % 2)
    });
    let found = said(&text);
    assert!(found.contains(&Id::Plateau) && !found.contains(&Id::DegenerateMetric), "{found:?}");
}

#[test]
fn training_without_an_error_beside_a_validation_that_fell_is_memory() {
    let of = |val: f64, loss: f64| {
        format!(
            "Epoch 9/80\n5s - loss: 0.1312 - acc: 0.9581 - val_loss: 0.1402 - val_acc: 0.9711\n{}",
            lines(5, |row| {
                format!(
                    "Epoch {}/80\n5s - loss: {:.4e} - acc: 1.0000 - val_loss: {:.4} - val_acc: {val:.4}",
                    76 + row,
                    loss * (1.0 + 0.1 * (row % 3) as f64),
                    0.1382 - 0.001 * row as f64
                )
            })
        )
    };
    let found = said(&of(0.9533, 5.1e-4));
    assert!(found.contains(&Id::Overfit) && !found.contains(&Id::Healthy), "{found:?}");
    assert!(!said(&of(0.9701, 5.1e-4)).contains(&Id::Overfit), "{:?}", said(&of(0.9701, 5.1e-4)));
}

#[test]
fn two_runs_whose_lines_take_turns_are_told_apart() {
    let text = lines(12, |row| {
        let epoch = row / 2;
        if row % 2 == 0 {
            let loss = if epoch == 0 { 4.1e22 } else { 2.2 - 0.25 * epoch as f64 };
            format!(
                "validate at epoch {epoch}, top1={:.2}, top5=81.0, loss={loss:.4}",
                10.0 + 9.0 * epoch as f64
            )
        } else {
            format!(
                "validate at epoch {}, top1={:.2}, top5=99.1, loss=0.28{epoch}4",
                150 + epoch,
                93.1 + 0.02 * epoch as f64
            )
        }
    });
    let found = said(&text);
    assert!(found.contains(&Id::SeveralRuns), "{found:?}");
    assert!(!found.contains(&Id::Diverged) && !found.contains(&Id::UnstableValidation), "{found:?}");
    // One that ends so has diverged.
    let ends = lines(6, |row| {
        let loss = if row < 3 { 2.0 - 0.2 * row as f64 } else { 4.1e22 };
        format!("validate at epoch {row}, top1=20.1{row}, loss={loss:.4}")
    });
    assert!(said(&ends).contains(&Id::Diverged), "{:?}", said(&ends));
}

#[test]
fn masks_that_are_right_to_the_last_point_are_empty() {
    let of = |name: &str| {
        lines(6, |row| {
            let right = if row == 0 { 0.9012 } else { 1.0 };
            format!(
                "Epoch {}/6 - loss: {:.4} - {name}: {right:.4} - val_loss: {:.4} - val_{name}: {:.4}",
                row + 1,
                course(row, 0.39, 0.006, 6),
                course(row, 0.06, 0.009, 6),
                if row == 0 { 0.9991 } else { 1.0 }
            )
        })
    };
    let points = said(&of("binary_accuracy"));
    assert!(points.contains(&Id::DegenerateMetric) && !points.contains(&Id::Healthy), "{points:?}");
    assert!(!said(&of("accuracy")).contains(&Id::DegenerateMetric));
}

#[test]
fn an_unnamed_loss_of_any_size_proves_nothing_by_a_fall_to_a_fifth() {
    let of = |end: f64| {
        lines(12, |row| {
            format!(
                "Epoch: {row} loss: {:.4} val_loss: {:.4}",
                course(row, 31.0, 31.0 * end, 12),
                course(row, 30.0, 33.0 * end, 12)
            )
        })
    };
    assert!(said(&of(0.12)).contains(&Id::TooLittleToTell), "{:?}", said(&of(0.12)));
    assert!(said(&of(0.005)).contains(&Id::Healthy), "{:?}", said(&of(0.005)));
}

#[test]
fn a_training_loss_that_rests_at_the_loss_of_two_classes_is_guessing() {
    let of = |fall: f64| {
        lines(16, |row| {
            let noise = [0.0041, 0.0021, 0.0052, 0.0012][row % 4];
            format!("{{\"loss\": {:.5}, \"step\": {}}}", 0.6921 + noise - fall * row as f64, 500 * (row + 1))
        })
    };
    assert!(said(&of(0.0)).contains(&Id::AtChance), "{:?}", said(&of(0.0)));
    assert!(!said(&of(0.004)).contains(&Id::AtChance), "{:?}", said(&of(0.004)));
}

#[test]
fn an_area_above_one_half_is_a_proof_where_losses_hardly_fall() {
    let of = |train: (f64, f64), val: (f64, f64)| {
        lines(6, |row| {
            format!(
                "Epoch {row}, train_loss: {:.4}, val_loss: {:.4}, train_auc: {:.4}, val_auc: {:.4}",
                course(row, 0.512, 0.452, 6),
                course(row, 0.489, 0.471, 6),
                course(row, train.0, train.1, 6),
                course(row, val.0, val.1, 6)
            )
        })
    };
    let learned = said(&of((0.721, 0.812), (0.743, 0.771)));
    assert!(learned.contains(&Id::Healthy), "{learned:?}");
    for (train, val) in [((0.721, 0.951), (0.743, 0.771)), ((0.511, 0.532), (0.503, 0.521))] {
        assert!(!said(&of(train, val)).contains(&Id::Healthy), "{:?}", said(&of(train, val)));
    }
}

#[test]
fn boosting_whose_losses_fall_in_each_round_learns() {
    let of = |val: &dyn Fn(usize) -> f64| {
        lines(9, |row| {
            let train = 0.5221 - 0.0021 * row as f64;
            format!(
                "[{}]\ttraining's binary_logloss: {train:.6}\tvalid_1's binary_logloss: {:.6}",
                100 * (row + 1),
                val(row)
            )
        })
    };
    let falls = said(&of(&|row| 0.5361 - 0.0008 * row as f64));
    assert!(falls.contains(&Id::Healthy), "{falls:?}");
    let turns = said(&of(&|row| 0.5361 - 0.0008 * row.min(4) as f64 + 0.0006 * row.max(4) as f64));
    assert!(!turns.contains(&Id::Healthy), "{turns:?}");
}

#[test]
fn a_told_best_that_is_no_number_is_passed_over() {
    let text =
        lines(12, |row| format!("{}:\tlearn: 0.4{row:02}\ttest: 0.5{row:02}\tbest: nan ({row})", 10 * row));
    assert!(!said(&text).is_empty());
}
