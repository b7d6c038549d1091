//! Runs of foliar's own: what the doctor says of them is so, and its advice can be followed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use foliar_doctor::{Diagnosis, Id, LiveDoctor, LiveEpoch, Practice, RunSetup, Severity, diagnose};
use foliar_logread::read_log;

type Epochs = [(f64, f64, f64, f64)];

/// Training loss, validation loss, validation accuracy and learning rate of each epoch.
const HOT: [(f64, f64, f64, f64); 30] = [
    (10.67, 7.426, 0.65, 0.2993),
    (5.664, 2.95, 0.775, 0.2969),
    (2.12, 2.244, 0.75, 0.293),
    (1.761, 1.461, 0.817, 0.2875),
    (4.21, 6.564, 0.692, 0.2804),
    (2.616, 2.393, 0.817, 0.272),
    (1.474, 1.89, 0.817, 0.2622),
    (1.033, 2.008, 0.825, 0.2511),
    (1.076, 4.312, 0.725, 0.239),
    (0.978, 2.586, 0.767, 0.2259),
    (0.845, 2.118, 0.8, 0.212),
    (0.523, 1.67, 0.817, 0.1973),
    (0.383, 1.183, 0.833, 0.1822),
    (0.262, 1.789, 0.817, 0.1667),
    (0.59, 1.602, 0.817, 0.151),
    (0.336, 1.448, 0.833, 0.1354),
    (0.132, 1.028, 0.858, 0.1198),
    (0.158, 1.184, 0.8, 0.1046),
    (0.309, 1.76, 0.825, 0.0899),
    (0.162, 1.499, 0.825, 0.0759),
    (0.109, 1.481, 0.808, 0.0627),
    (0.066, 1.057, 0.833, 0.0504),
    (0.05, 1.112, 0.858, 0.0392),
    (0.035, 1.096, 0.833, 0.0293),
    (0.03, 1.107, 0.842, 0.0206),
    (0.028, 1.057, 0.833, 0.0134),
    (0.025, 1.073, 0.833, 0.0077),
    (0.022, 1.078, 0.833, 0.0035),
    (0.022, 1.076, 0.833, 0.00093),
    (0.022, 1.078, 0.833, 3.7e-06),
];
/// Training loss, validation loss, validation accuracy and learning rate of each epoch.
const COLD: [(f64, f64, f64, f64); 30] = [
    (1.06, 1.066, 0.383, 1e-05),
    (1.059, 1.064, 0.375, 9.9e-06),
    (1.057, 1.062, 0.383, 9.8e-06),
    (1.055, 1.06, 0.392, 9.6e-06),
    (1.053, 1.058, 0.408, 9.3e-06),
    (1.051, 1.056, 0.408, 9.1e-06),
    (1.049, 1.054, 0.408, 8.7e-06),
    (1.047, 1.052, 0.425, 8.4e-06),
    (1.045, 1.051, 0.425, 8e-06),
    (1.044, 1.049, 0.433, 7.5e-06),
    (1.043, 1.048, 0.433, 7.1e-06),
    (1.041, 1.046, 0.433, 6.6e-06),
    (1.04, 1.045, 0.433, 6.1e-06),
    (1.039, 1.044, 0.442, 5.6e-06),
    (1.038, 1.043, 0.458, 5e-06),
    (1.037, 1.042, 0.467, 4.5e-06),
    (1.036, 1.041, 0.467, 4e-06),
    (1.035, 1.041, 0.467, 3.5e-06),
    (1.035, 1.04, 0.467, 3e-06),
    (1.034, 1.04, 0.467, 2.5e-06),
    (1.034, 1.039, 0.467, 2.1e-06),
    (1.033, 1.039, 0.467, 1.7e-06),
    (1.033, 1.039, 0.467, 1.3e-06),
    (1.033, 1.038, 0.467, 9.8e-07),
    (1.033, 1.038, 0.467, 6.9e-07),
    (1.033, 1.038, 0.467, 4.5e-07),
    (1.033, 1.038, 0.467, 2.6e-07),
    (1.033, 1.038, 0.467, 1.2e-07),
    (1.033, 1.038, 0.467, 3.1e-08),
    (1.032, 1.038, 0.467, 1.2e-10),
];
/// Training loss, validation loss, validation accuracy and learning rate of each epoch.
const GOOD: [(f64, f64, f64, f64); 30] = [
    (0.931, 0.656, 0.742, 0.01),
    (0.616, 0.547, 0.758, 0.0099),
    (0.524, 0.495, 0.817, 0.0098),
    (0.477, 0.464, 0.808, 0.0096),
    (0.444, 0.456, 0.825, 0.0093),
    (0.419, 0.451, 0.825, 0.0091),
    (0.374, 0.432, 0.817, 0.0087),
    (0.373, 0.427, 0.825, 0.0084),
    (0.363, 0.439, 0.808, 0.008),
    (0.345, 0.408, 0.8, 0.0075),
    (0.35, 0.415, 0.8, 0.0071),
    (0.325, 0.509, 0.767, 0.0066),
    (0.352, 0.44, 0.792, 0.0061),
    (0.319, 0.433, 0.825, 0.0056),
    (0.312, 0.414, 0.808, 0.005),
    (0.307, 0.4, 0.833, 0.0045),
    (0.295, 0.393, 0.833, 0.004),
    (0.293, 0.396, 0.833, 0.0035),
    (0.288, 0.397, 0.825, 0.003),
    (0.287, 0.395, 0.833, 0.0025),
    (0.289, 0.386, 0.833, 0.0021),
    (0.278, 0.391, 0.833, 0.0017),
    (0.277, 0.387, 0.833, 0.0013),
    (0.276, 0.387, 0.833, 0.00098),
    (0.275, 0.387, 0.833, 0.00069),
    (0.275, 0.388, 0.833, 0.00045),
    (0.275, 0.386, 0.833, 0.00026),
    (0.274, 0.386, 0.833, 0.00012),
    (0.273, 0.386, 0.833, 3.1e-05),
    (0.273, 0.386, 0.833, 1.2e-07),
];

/// What foliar shows of a run of three classes.
fn screen(epochs: &Epochs) -> String {
    let head = "600 photos of 3 classes: 480 for training, 120 for validation\n\
                guessing among 3 classes: loss 1.099, accuracy 0.333\n";
    let line = |(place, &(train, val, accuracy, rate)): (usize, &(f64, f64, f64, f64))| {
        format!(
            "epoch {:>2}/30   0.0 s  train loss {train:.3}  val loss {val:.3} ({val:.3})  val acc {accuracy:.3}  lr {rate}\n",
            place + 1
        )
    };
    epochs.iter().enumerate().fold(head.to_owned(), |text, epoch| text + &line(epoch))
}

/// A classifier on kept features, as `foliar train --weights` makes it.
fn quick() -> Practice {
    Practice {
        pretrained: true,
        frozen: true,
        weight_decay: true,
        falling_rate: true,
        running_statistics: true,
        grouped: true,
        cross_validated: true,
        ..Practice::default()
    }
}

fn of_screen(epochs: &Epochs) -> Diagnosis {
    diagnose(&read_log(screen(epochs).as_bytes()).unwrap(), &RunSetup::default())
}

fn live(epochs: &Epochs) -> (LiveDoctor, Vec<(u32, Id, String)>) {
    let setup = RunSetup {
        classes: Some(3),
        train_size: Some(480),
        validation_size: Some(120),
        practice: Some(quick()),
        ..RunSetup::default()
    };
    let mut doctor = LiveDoctor::new(setup);
    let mut told = Vec::new();
    for (&(train_loss, validation_loss, accuracy, learning_rate), epoch) in epochs.iter().zip(1..) {
        let found = doctor.epoch(&LiveEpoch {
            epoch,
            train_loss,
            train_accuracy: None,
            validation_loss: Some(validation_loss),
            validation_accuracy: Some(accuracy),
            learning_rate,
        });
        told.extend(
            found.into_iter().map(|found| (epoch, found.id, format!("{} {}", found.claim, found.advice))),
        );
    }
    (doctor, told)
}

#[test]
fn a_loss_of_foliar_is_a_mean_however_high_it_is() {
    for (scale, rate) in [(1.0, "--lr 0.03"), (4.0, "--lr 0.008"), (12.0, "--lr 0.003")] {
        let scaled: Vec<_> =
            HOT.iter().map(|&(train, val, acc, lr)| (scale * train, scale * val, acc, lr)).collect();
        let diagnosis = of_screen(&scaled);
        let first = &diagnosis.findings[0];
        assert_eq!((first.id, first.severity), (Id::LrTooHigh, Severity::Warning), "{diagnosis:#?}");
        assert!(first.claim.contains("overconfident") && first.advice.contains(rate), "{first:#?}");
        let ids: Vec<Id> = diagnosis.findings.iter().map(|finding| finding.id).collect();
        for false_word in [Id::LossScaled, Id::HotStart, Id::PenaltyInLoss, Id::Overfit] {
            assert!(!ids.contains(&false_word), "{ids:?}");
        }
        assert!(diagnosis.findings.iter().all(|finding| finding.code.is_none()));
        assert!(diagnosis.explanations.iter().all(|explanation| explanation.alternatives.is_empty()));
    }
}

#[test]
fn a_rate_that_is_too_high_is_told_in_the_second_epoch_and_nothing_else() {
    let (mut doctor, told) = live(&HOT);
    assert_eq!(
        told.iter().map(|(epoch, id, _)| (*epoch, *id)).collect::<Vec<_>>(),
        [(2, Id::LrTooHigh)],
        "{told:#?}"
    );
    assert!(told[0].2.contains("too high") && told[0].2.contains("--lr 0.03"), "{told:#?}");
    assert_eq!((doctor.withdrawn(), doctor.conclude()), (vec![], vec![]));
}

#[test]
fn a_rate_that_is_too_low_is_no_network_that_learns_nothing() {
    let (mut doctor, told) = live(&COLD);
    assert!(told.is_empty(), "{told:#?}");
    let stands = doctor.conclude();
    assert_eq!(stands.iter().map(|found| found.id).collect::<Vec<_>>(), [Id::Underfit], "{stands:#?}");
    assert!(stands[0].claim.contains("too low") && stands[0].advice.contains("--lr 0.0001"), "{stands:#?}");
    assert_eq!(of_screen(&COLD).findings[0].id, Id::Underfit);
}

/// A run that mixes its photos with each other: their loss stays high, and far above that of validation.
#[test]
fn the_loss_of_mixed_photos_is_no_lack_of_learning() {
    let slow = |(place, &(_, val, accuracy, rate)): (usize, &(f64, f64, f64, f64))| {
        (1.05 - 0.004 * place as f64, val, accuracy, rate)
    };
    let mixed: Vec<_> = GOOD.iter().enumerate().map(slow).collect();
    let found = |text: &str, practice| -> Vec<Id> {
        let setup = RunSetup { practice, ..RunSetup::default() };
        diagnose(&read_log(text.as_bytes()).unwrap(), &setup).findings.iter().map(|found| found.id).collect()
    };
    let text = screen(&mixed);
    let unmixed = found(&text, None);
    assert!(unmixed.contains(&Id::Underfit), "{unmixed:?}");
    // The log says so, or the recipe.
    let by_log = found(&text.replace("train loss", "mixed loss"), None);
    let by_recipe = found(&text, Some(Practice { mixed: true, ..quick() }));
    for ids in [by_log, by_recipe] {
        assert_eq!(ids[0], Id::Healthy, "{ids:?}");
        assert!(!ids.contains(&Id::Underfit) && !ids.contains(&Id::ValBetterThanTrain), "{ids:?}");
    }
}

#[test]
fn a_healthy_run_is_told_nothing_and_called_healthy() {
    let (mut doctor, told) = live(&GOOD);
    assert_eq!((told, doctor.withdrawn(), doctor.conclude()), (vec![], vec![], vec![]));
    let diagnosis = of_screen(&GOOD);
    assert_eq!(diagnosis.findings[0].id, Id::Healthy, "{diagnosis:#?}");
    assert_eq!(diagnosis.setup.classes, Some(3));
}

#[test]
fn a_gap_is_told_only_where_the_validation_loss_rises() {
    let told = |rise: f64| {
        let setup = RunSetup {
            classes: Some(15),
            train_size: Some(1_812),
            validation_size: Some(453),
            practice: Some(quick()),
            ..RunSetup::default()
        };
        let mut doctor = LiveDoctor::new(setup);
        let mut told = Vec::new();
        for place in 0..30 {
            let train_loss = 0.035 + 1.5 * 0.75_f64.powi(place);
            let found = doctor.epoch(&LiveEpoch {
                epoch: place as u32 + 1,
                train_loss,
                train_accuracy: Some(1.0 - 0.01 * train_loss),
                validation_loss: Some(0.32 + 0.9 * 0.7_f64.powi(place) + rise * f64::from(place)),
                validation_accuracy: Some(0.894 - 0.5 * 0.5_f64.powi(place)),
                learning_rate: 0.01,
            });
            told.extend(found.into_iter().map(|found| found.id));
        }
        told.extend(doctor.conclude().into_iter().map(|found| found.id));
        told
    };
    assert_eq!(told(0.0), []);
    assert_eq!(told(0.02), [Id::Overfit]);
}

/// A run that overfits: training goes on, validation gets worse from epoch 8 on; until `until`, then it recovers.
fn overfitting(until: usize) -> Vec<(f64, f64, f64, f64)> {
    (0..40)
        .map(|epoch| {
            let train = 1.0 * 0.88_f64.powi(epoch);
            let risen = (epoch - 8).max(0).min(until as i32 - 8);
            let back = (epoch - until as i32).max(0);
            let val = f64::max(
                0.5 + 0.05 * f64::from((8 - epoch).max(0)) + 0.06 * f64::from(risen) - 0.3 * f64::from(back),
                0.45,
            );
            (train, val, 0.8, 0.01)
        })
        .collect()
}

#[test]
fn advice_names_nothing_that_the_run_does_already() {
    let (_, told) = live(&overfitting(40));
    let (_, _, words) = told.iter().find(|(_, id, _)| *id == Id::Overfit).unwrap();
    for done in ["pretrained", "--weights", "weight decay", "--weight-decay", "Keep the weights"] {
        assert!(!words.contains(done), "{words}");
    }
    assert!(words.contains("--augmented-views"), "{words}");
}

#[test]
fn what_is_no_longer_so_is_taken_back_once() {
    let run = overfitting(24);
    let (mut doctor, told) = live(&run[..24]);
    assert!(told.iter().any(|(_, id, _)| *id == Id::Overfit), "{told:?}");
    assert_eq!(doctor.withdrawn(), []);
    let (mut doctor, _) = live(&run);
    assert_eq!(doctor.withdrawn(), [Id::Overfit]);
    assert_eq!(doctor.withdrawn(), []);
}

#[test]
fn runs_are_compared_on_the_photos_that_they_have() {
    let (good, hot) = (of_screen(&GOOD), of_screen(&HOT));
    let comparison = foliar_doctor::compare(&[("good", &good), ("hot", &hot)], &RunSetup::default());
    assert!(comparison.answer.contains("within chance on 120 photos"), "{}", comparison.answer);
    let other = screen(&GOOD).replace("120 for validation", "90 for validation");
    let other = diagnose(&read_log(other.as_bytes()).unwrap(), &RunSetup::default());
    let comparison = foliar_doctor::compare(&[("good", &hot), ("other", &other)], &RunSetup::default());
    assert!(
        comparison.better.is_none() && comparison.answer.contains("cannot be compared"),
        "{}",
        comparison.answer
    );
}
