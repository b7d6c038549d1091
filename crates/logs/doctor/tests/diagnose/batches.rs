//! Lines of single batches, and what tells them from epochs: made-up logs, each with what must be found and what must not.

use foliar_doctor::{Diagnosis, Id, RunSetup, Severity, diagnose};
use foliar_logread::read_log;

fn diagnosis(text: &str) -> Diagnosis {
    let Ok(log) = read_log(text.as_bytes()) else { panic!("not read: {text}") };
    diagnose(&log, &RunSetup::default())
}

fn first(text: &str) -> Id {
    diagnosis(text).findings.first().map_or(Id::NotALog, |found| found.id)
}

fn warns(text: &str, id: Id) -> bool {
    diagnosis(text).findings.iter().any(|found| found.id == id && found.severity > Severity::Note)
}

/// Losses of batches of one epoch, ten iterations apart.
fn iterations(losses: &[f64]) -> String {
    let line = |(row, loss): (usize, &f64)| {
        format!("[TRAIN] epoch: 7, iter: {}/90000, loss: {loss:.4}, lr: 0.0041\n", 5110 + 10 * row)
    };
    losses.iter().enumerate().map(line).collect()
}

#[test]
fn a_dear_batch_at_the_end_is_no_rate_that_is_too_high() {
    let noise = iterations(&[0.331, 0.297, 0.322, 0.244, 0.462, 0.215, 0.419, 0.377, 0.471]);
    assert_eq!(first(&noise), Id::TooLittleToTell);
    assert!(!warns(&noise, Id::LrTooHigh));
    let climbs = iterations(&[0.631, 0.497, 0.418, 0.384, 0.362, 0.415, 0.919, 1.277, 1.671]);
    assert!(warns(&climbs, Id::LrTooHigh), "{:?}", first(&climbs));
}

#[test]
fn a_squared_error_of_classes_is_not_divided_once_more() {
    let course = [
        (0.0988, 0.091),
        (0.0622, 0.442),
        (0.0371, 0.731),
        (0.0245, 0.842),
        (0.0187, 0.885),
        (0.0151, 0.907),
    ];
    let line = |(row, (loss, right)): (usize, &(f64, f64))| {
        format!("epoch {} loss {loss:.4} accuracy {right:.4}\n", row + 1)
    };
    // Guessing among eleven classes has a squared error of 10 / 121 = 0.0826.
    let far: String = course.iter().enumerate().map(line).collect();
    assert!(warns(&far, Id::LossScaled));
    let near: String =
        course.iter().enumerate().map(|(row, (loss, right))| line((row, &(loss * 0.84, *right)))).collect();
    assert!(!warns(&near, Id::LossScaled));
}

#[test]
fn half_of_the_answers_at_the_loss_of_two_classes_is_chance_within_epochs_too() {
    let line = |row: usize, right: f64, loss: f64| {
        let (epoch, batch) = (21 + row / 4, 1 + row % 4);
        let test = if row % 4 == 3 { "Test: loss 0.7113, accuracy 49.92%\n" } else { "" };
        format!("Train epoch: {epoch} [{}/400] Accuracy: {right:.2}% Loss: {loss:.5}\n{test}", batch * 100)
    };
    let rights = [49.7, 50.3, 50.9, 49.4, 50.1, 49.8, 50.6, 49.9];
    let level: String = rights
        .iter()
        .enumerate()
        .map(|(row, right)| line(row, *right, 0.7105 + 0.0002 * (row % 3) as f64))
        .collect();
    assert_eq!(first(&level), Id::AtChance);
    // Of more classes, the same share is learned, and costs more.
    let dear: String = rights
        .iter()
        .enumerate()
        .map(|(row, right)| line(row, *right, 1.4105 + 0.0002 * (row % 3) as f64))
        .collect();
    assert_ne!(first(&dear), Id::AtChance);
}

#[test]
fn three_lines_without_any_hit_are_a_fault_where_nothing_is_found_at_all() {
    let table = |hit: &str| {
        format!(
            "E    #       LOSS TOK2VEC  LOSS NER  ENTS_F  ENTS_P  ENTS_R  SCORE \n\
            ---  ------  ------------  --------  ------  ------  ------  ------\n\
            \x20 0       0          0.00     51.20    0.00    0.00    0.00    0.00\n\
            \x20 3     300       5121.33   4210.91    0.00    0.00    0.00    0.00\n\
            \x20 6     600       2130.18   3902.77    {hit}    {hit}    {hit}    0.00\n"
        )
    };
    assert_eq!(first(&table("0.00")), Id::DegenerateMetric);
    assert_ne!(first(&table("2.17")), Id::DegenerateMetric);
}

#[test]
fn batches_with_and_without_errors_that_cost_the_same_hold_a_penalty() {
    let record = |row: usize, loss: f64, wrong: f64| {
        format!(
            "step {} (epoch {:.2})\nbatch loss: {loss:.3}\nbatch error: {wrong:.1}%\nvalidation error: 1.{}%\n",
            1000 + 50 * row,
            2.11 + 0.07 * row as f64,
            [2, 4, 1, 3, 2, 1, 3, 2][row]
        )
    };
    let wrongs = [3.1, 0.0, 1.6, 0.0, 3.1, 1.6, 0.0, 0.0];
    let penalty: String = wrongs
        .iter()
        .enumerate()
        .map(|(row, wrong)| record(row, 1.92 - 0.012 * row as f64 + 0.01 * wrong, *wrong))
        .collect();
    assert!(
        !warns(&penalty, Id::LossScaled) && first(&penalty) == Id::PenaltyInLoss,
        "{:?}",
        first(&penalty)
    );
    // What is multiplied goes with the errors.
    let scaled: String =
        wrongs.iter().enumerate().map(|(row, wrong)| record(row, 0.4 + 0.9 * wrong, *wrong)).collect();
    assert!(!warns(&scaled, Id::PenaltyInLoss));
}

#[test]
fn losses_of_batches_beside_a_running_accuracy_say_nothing_of_the_rate() {
    let line = |row: usize, right: f64| {
        let loss = [0.91, 0.42, 1.13, 0.36, 0.77, 0.58, 1.02, 0.44, 0.83, 0.61][row];
        format!("loss: {loss:.4}, acc: {right:.2}, test_acc: {:.2}\n", 71.5 + 0.4 * row as f64)
    };
    let level: String = (0..10).map(|row| line(row, 76.4 + 0.1 * (row % 3) as f64)).collect();
    assert!(!warns(&level, Id::LrTooHigh));
    let jumps: String = (0..10).map(|row| line(row, 76.4 + 9.0 * (row % 2) as f64)).collect();
    assert!(warns(&jumps, Id::LrTooHigh));
}

#[test]
fn a_best_round_that_was_long_ago_is_old_in_a_short_part_of_the_log_too() {
    let table = |best: usize| -> String {
        (0..7)
            .map(|row| {
                format!(
                    "{}:\tlearn: 0.{}\ttest: 0.78{}12\tbest: 0.8123 ({best})\ttotal: {row}.5s\tremaining: 41s\n",
                    61 + row,
                    9411 + [0, 3, 1, 2, 4, 2, 1][row],
                    row + 1
                )
            })
            .collect()
    };
    assert_eq!(first(&table(9)), Id::Overfit);
    assert_ne!(first(&table(58)), Id::Overfit);
}
