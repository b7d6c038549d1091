//! Validation that drifts away, scores of boosting and losses at rest: made-up logs, each with what must be found and what must not.

use foliar_doctor::{Id, RunSetup, diagnose};
use foliar_logread::read_log;

fn said(text: &str) -> Vec<Id> {
    let Ok(log) = read_log(text.as_bytes()) else { panic!("not read: {text}") };
    diagnose(&log, &RunSetup::default()).findings.iter().map(|found| found.id).collect()
}

/// Lines from a function of the row.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(|row| line(row) + "\n").collect()
}

fn course(row: usize, begin: f64, end: f64, count: usize) -> f64 {
    end + (begin - end) * (-3.5 * row as f64 / count as f64).exp()
}

#[test]
fn a_mild_rise_beside_accuracies_that_come_apart_is_overfitting() {
    let table = "epoch,train_loss,train_acc,val_loss,val_acc\n1,1.581,0.423,1.402,0.497\n2,1.312,0.531,1.297,0.538\n3,1.194,0.577,1.223,0.566\n\
        4,1.101,0.612,1.181,0.583\n5,1.023,0.639,1.162,0.591\n6,0.951,0.666,1.179,0.589\n7,0.889,0.689,1.188,0.593\n\
        8,0.832,0.711,1.214,0.587\n9,0.778,0.731,1.231,0.592\n10,0.729,0.749,1.252,0.594\n";
    let found = said(table);
    assert!(found.contains(&Id::Overfit) && !found.contains(&Id::Healthy), "{found:?}");
    // The same with a validation that still gains is none.
    let gains = "epoch,train_loss,train_acc,val_loss,val_acc\n1,1.581,0.423,1.402,0.497\n2,1.312,0.531,1.197,0.578\n3,1.194,0.577,1.023,0.636\n\
        4,1.101,0.612,0.981,0.653\n5,1.023,0.639,0.932,0.671\n6,0.951,0.666,0.899,0.683\n7,0.889,0.689,0.871,0.693\n\
        8,0.832,0.711,0.844,0.703\n9,0.778,0.731,0.829,0.711\n10,0.729,0.749,0.812,0.717\n";
    let found = said(gains);
    assert!(found.contains(&Id::Healthy) && !found.contains(&Id::Overfit), "{found:?}");
}

#[test]
fn training_that_learns_while_validation_sinks_is_no_guessing() {
    let text = "epoch,loss,acc,val_loss,val_acc\n1,0.6842,0.561,0.6781,0.573\n2,0.6713,0.588,0.6772,0.575\n3,0.6571,0.607,0.6823,0.571\n\
        4,0.6342,0.634,0.6911,0.566\n5,0.6031,0.662,0.7042,0.559\n6,0.5722,0.691,0.7219,0.551\n7,0.5391,0.717,0.7483,0.548\n";
    let found = said(text);
    assert!(found.contains(&Id::Overfit) && !found.contains(&Id::AtChance), "{found:?}");
}

#[test]
fn a_slow_start_is_no_standstill() {
    let text = "epoch,loss,val_loss,val_acc\n1,0.6934,0.6929,0.503\n2,0.6921,0.6917,0.517\n3,0.6909,0.6903,0.523\n4,0.6893,0.6886,0.531\n\
        5,0.6874,0.6866,0.537\n6,0.6852,0.6843,0.543\n";
    let found = said(text);
    assert!(!found.contains(&Id::AtChance) && !found.contains(&Id::Healthy), "{found:?}");
    let still = "epoch,loss,val_loss,val_acc\n1,0.6934,0.6932,0.503\n2,0.6933,0.6931,0.497\n3,0.6932,0.6932,0.503\n4,0.6932,0.6931,0.497\n\
        5,0.6932,0.6931,0.503\n6,0.6931,0.6931,0.497\n";
    assert!(said(still).contains(&Id::AtChance), "{:?}", said(still));
}

#[test]
fn boosting_is_judged_by_its_scores() {
    let areas = |train: (f64, f64), held_out: (f64, f64)| {
        lines(12, |row| {
            let (train, held_out) =
                (course(row, train.0, train.1, 12), course(row, held_out.0, held_out.1, 12));
            format!("[{row}]\ttrain-auc:{train:.5}\teval-auc:{held_out:.5}")
        })
    };
    let good = said(&areas((0.771, 0.843), (0.762, 0.826)));
    assert!(good.contains(&Id::Healthy), "{good:?}");
    let apart = said(&areas((0.812, 0.991), (0.731, 0.762)));
    assert!(apart.contains(&Id::Overfit) && !apart.contains(&Id::Healthy), "{apart:?}");
    let learned = lines(12, |row| {
        format!(
            "[{}]\ttraining's auc: {:.6}\tvalid_1's auc: {:.6}",
            300 + 10 * row,
            0.871 + 0.0006 * row as f64,
            0.7021
        )
    });
    assert!(said(&learned).contains(&Id::Overfit), "{:?}", said(&learned));
    // Of a set that is not named as that of training, the gap tells.
    let unnamed = lines(12, |row| {
        let (zero, one) = (course(row, 0.741, 0.993, 12), course(row, 0.722, 0.774, 12));
        format!("[{row}]\tvalidation_0-auc:{zero:.5}\tvalidation_1-auc:{one:.5}")
    });
    assert!(!said(&unnamed).contains(&Id::Healthy), "{:?}", said(&unnamed));
    let above = lines(12, |row| {
        format!(
            "[{row}]\tvalidation_0-auc:{:.5}\tvalidation_1-auc:{:.5}",
            0.985 + 0.0015 * row as f64,
            0.951 + 0.0004 * row as f64
        )
    });
    assert!(said(&above).contains(&Id::ImpossibleValue), "{:?}", said(&above));
}

#[test]
fn a_score_that_was_best_long_ago_is_a_plateau() {
    let text = lines(24, |row| {
        let value = if row < 4 { 0.6612 + 0.0003 * row as f64 } else { 0.6621 - 0.0001 * (row - 3) as f64 };
        format!("[{}]\tvalid_0's auc: {value:.6}", 100 + 10 * row)
    });
    let found = said(&text);
    assert!(found.contains(&Id::Plateau) && !found.contains(&Id::Healthy), "{found:?}");
}

#[test]
fn a_held_out_error_alone_proves_that_boosting_learns() {
    let text =
        lines(20, |row| format!("[{}]\tvalid_0's rmse: {:.5}", 50 + 50 * row, course(row, 3.31, 2.44, 20)));
    assert!(said(&text).contains(&Id::Healthy), "{:?}", said(&text));
    // Of two classes guessing costs ln 2.
    let bad = lines(12, |row| {
        let (zero, one) = (course(row, 0.972, 0.688, 12), course(row, 1.013, 0.731, 12));
        format!("[{row}]\tvalidation_0-logloss:{zero:.5}\tvalidation_1-logloss:{one:.5}")
    });
    assert!(!said(&bad).contains(&Id::Healthy), "{:?}", said(&bad));
}

#[test]
fn an_error_many_times_that_of_training_is_learned_by_heart() {
    let text = lines(3, |row| {
        format!(
            "[{}] train's l1: {:.4}     valid's l1: {:.3}",
            10_000 + 5000 * row,
            41.3 - 6.2 * row as f64,
            488.1 - 0.4 * row as f64
        )
    });
    assert!(said(&text).contains(&Id::Overfit), "{:?}", said(&text));
}

#[test]
fn a_tuned_network_that_goes_on_is_not_evaluated_otherwise() {
    let text = "| Training Loss | Epoch | Step | Validation Loss | Accuracy |\n|:---:|:---:|:---:|:---:|:---:|\n\
        | 0.0872 | 1.0 | 60 | 0.9731 | 0.86 |\n| 0.0411 | 2.0 | 120 | 1.0342 | 0.85 |\n| 0.0162 | 3.0 | 180 | 1.0120 | 0.87 |\n";
    let found = said(text);
    assert!(found.contains(&Id::Overfit) && !found.contains(&Id::TrainEvalMismatch), "{found:?}");
}

#[test]
fn losses_below_zero_have_no_multiples() {
    let text = lines(9, |row| {
        let (train, val) = (course(row, 0.301, 0.306, 9), course(row, 0.311, 0.3155, 9));
        format!(
            "Epoch {}/9 - loss: -{train:.4} - dice_coef: {train:.4} - val_loss: -{val:.4} - val_dice_coef: {val:.4}",
            row + 1
        )
    });
    let found = said(&text);
    assert!(found.contains(&Id::Plateau) && !found.contains(&Id::LrTooHigh), "{found:?}");
}

#[test]
fn a_validation_loss_that_came_to_rest_is_a_plateau() {
    let text = "Epoch 1 train loss 0.5120 val loss 0.4113\nEpoch 2 train loss 0.4013 val loss 0.3902\nEpoch 3 train loss 0.3641 val loss 0.3921\n\
        Epoch 4 train loss 0.3382 val loss 0.3888\nEpoch 5 train loss 0.3210 val loss 0.3891\n";
    assert!(said(text).contains(&Id::Plateau), "{:?}", said(text));
}

#[test]
fn accuracies_of_a_few_hundredths_that_do_not_rise_are_guessing() {
    let values = [0.055, 0.045, 0.06, 0.03, 0.05, 0.065, 0.04, 0.05, 0.055, 0.035, 0.05, 0.045];
    let text =
        lines(values.len(), |row| format!("Step: {}; Accuracy: {}; Time: 37.1", 100 * row, values[row]));
    assert!(said(&text).contains(&Id::AtChance), "{:?}", said(&text));
    let table = "epoch\ttrain_loss\tvalid_loss\terror_rate\ttime\n0\t6.271\t5.104\t0.968\t00:31\n1\t6.193\t5.071\t0.971\t00:31\n\
        2\t6.207\t5.166\t0.969\t00:31\n3\t6.181\t5.092\t0.972\t00:31\n4\t6.199\t5.133\t0.970\t00:31\n";
    let found = said(table);
    assert!(found.contains(&Id::AtChance) && !found.contains(&Id::Overfit), "{found:?}");
}

#[test]
fn sums_between_two_lines_are_no_explosion() {
    let text = "E    #       LOSS TOK2VEC  LOSS NER  ENTS_F  ENTS_P  ENTS_R  SCORE\n---  ------  ------------  --------  ------  ------  ------  ------\n\
          0       0        161.22    251.40    0.00    0.00    0.00    0.00\n  1     200      98213.40  15210.11    0.00    0.00    0.00    0.00\n\
          3     400       31120.75  14110.08    0.00    0.00    0.00    0.00\n";
    assert!(!said(text).contains(&Id::Diverged), "{:?}", said(text));
}

#[test]
fn a_validation_loss_many_times_as_high_that_falls_with_training_is_counted_otherwise() {
    let text = lines(10, |row| {
        let (train, val) = (course(row, 0.331, 0.118, 10), course(row, 5.02, 2.1, 10));
        format!("Epoch {} - avg_train_loss: {train:.4}  avg_val_loss: {val:.4}", row + 1)
    });
    assert!(said(&text).contains(&Id::LossScaled), "{:?}", said(&text));
}
