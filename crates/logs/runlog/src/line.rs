//! The line a person reads after each epoch.

use crate::event::Epoch;

/// One epoch as one line, without a line break:
///
/// ```text
/// epoch  3/30  28.4 s  train loss 0.482  val loss 0.391 (0.380)  val acc 0.884
/// ```
///
/// In parentheses stands the validation loss after calibration: the epoch with the lowest is kept. Where training photos were mixed,
/// their loss is called `mixed loss`. Lines of one run stay aligned
/// while losses lie below 100,000 and an epoch takes less than 10,000 s, and fit 80 columns up to 999 epochs. Without
/// validation the line shows the training accuracy instead. What guessing reaches is said once ([`chance_line`]).
pub fn epoch_line(epoch: &Epoch) -> String {
    let what = if epoch.mixed { "mixed" } else { "train" };
    let mut parts = vec![
        format!("epoch {:>width$}/{}", epoch.epoch, epoch.epochs, width = epoch.epochs.to_string().len()),
        format!("{:>4} s", seconds(epoch.seconds)),
        format!("{what} loss {:>5}", loss(epoch.train_loss)),
    ];
    if epoch.validation_loss.is_none() && epoch.validation_accuracy.is_none() {
        parts.push(format!("{what} acc {:.3}", epoch.train_accuracy));
    }
    if let Some(value) = epoch.validation_loss {
        let calibrated = epoch.calibrated_loss.map_or(String::new(), |value| format!(" ({})", loss(value)));
        parts.push(format!("val loss {:>5}{calibrated}", loss(value)));
    }
    match (epoch.validation_mean_f1, epoch.validation_accuracy) {
        (Some(value), _) => parts.push(format!("val mean F1 {value:.3}")),
        (None, Some(value)) => parts.push(format!("val acc {value:.3}")),
        (None, None) => {}
    }
    parts.join("  ")
}

/// What a classifier reaches that knows nothing and answers with equal probabilities: a loss of ln(classes) and an accuracy of
/// 1 / classes. Without a line break.
pub fn chance_line(classes: usize) -> String {
    let classes = classes.max(1);
    let (loss, accuracy) = ((classes as f64).ln(), 1.0 / classes as f64);
    format!("guessing among {classes} classes: loss {loss:.3}, accuracy {accuracy:.3}")
}

/// The same of a classifier of labels, each of which is there or not. A loss is the mean over labels.
pub fn labels_chance_line() -> String {
    let loss = 2f64.ln();
    format!("guessing among 2 classes a label (there, not there): loss {loss:.3}, accuracy 0.500")
}

/// At most four characters below 10,000 s.
fn seconds(value: f64) -> String {
    if value < 99.95 { format!("{value:.1}") } else { format!("{value:.0}") }
}

/// At most five characters below 100,000. The bounds lie where rounding would add a digit.
fn loss(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude < 9.9995 {
        format!("{value:.3}")
    } else if magnitude < 99.995 {
        format!("{value:.2}")
    } else if magnitude < 999.95 {
        format!("{value:.1}")
    } else if magnitude < 99_999.5 {
        format!("{value:.0}")
    } else if value.is_finite() {
        format!("{value:.0e}")
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::{chance_line, epoch_line, labels_chance_line};
    use crate::event::{Epoch, samples};

    #[test]
    fn the_line_of_the_design() {
        assert_eq!(
            epoch_line(&samples::epoch(3)),
            "epoch  3/30  28.4 s  train loss 0.482  val loss 0.391 (0.380)  val acc 0.884"
        );
        assert_eq!(chance_line(15), "guessing among 15 classes: loss 2.708, accuracy 0.067");
    }

    #[test]
    fn the_loss_of_mixed_photos_is_called_so() {
        let line = epoch_line(&Epoch { mixed: true, ..samples::epoch(3) });
        assert_eq!(line, "epoch  3/30  28.4 s  mixed loss 0.482  val loss 0.391 (0.380)  val acc 0.884");
    }

    #[test]
    fn of_labels_the_mean_f1_is_shown() {
        let line = epoch_line(&Epoch { validation_mean_f1: Some(0.75), ..samples::epoch(3) });
        assert!(line.ends_with("val loss 0.391 (0.380)  val mean F1 0.750"), "{line}");
        assert!(labels_chance_line().ends_with("loss 0.693, accuracy 0.500"));
    }

    #[test]
    fn columns_stay_aligned_and_fit_eighty_columns() {
        let columns = |line: &str| ["train loss", "val loss"].map(|name| line.find(name));
        let expected = columns(&epoch_line(&samples::epoch(3)));
        for loss in [0.0, 9.99949, 9.9996, 99.994, 99.996, 118.2, 999.96, 54_321.0, f64::NAN] {
            for seconds in [0.04, 9.96, 99.94, 99.96, 1284.0] {
                let losses = Epoch { train_loss: loss, validation_loss: Some(loss), ..samples::epoch(12) };
                let line = epoch_line(&Epoch { seconds, calibrated_loss: Some(loss), ..losses.clone() });
                assert_eq!(columns(&line), expected, "{line}");
                let long = epoch_line(&Epoch { seconds, epochs: 999, ..losses });
                assert!(line.chars().count() <= 80 && long.chars().count() <= 80, "{long}");
            }
        }
    }

    #[test]
    fn unusual_values_stay_readable() {
        let line =
            epoch_line(&Epoch { train_loss: f64::NAN, validation_loss: Some(118.2), ..samples::epoch(12) });
        assert!(line.contains("train loss   NaN  val loss 118.2 (0.380)  val acc 0.884"), "{line}");

        let line = epoch_line(&Epoch {
            train_loss: f64::INFINITY,
            validation_loss: Some(2.5e7),
            ..samples::epoch(1)
        });
        assert!(line.contains("train loss   inf  val loss   2e7"), "{line}");
    }

    #[test]
    fn without_validation_the_training_accuracy_stands_in() {
        let line = epoch_line(&Epoch {
            epochs: 5,
            validation_loss: None,
            validation_accuracy: None,
            validation_macro_f1: None,
            calibrated_loss: None,
            ..samples::epoch(3)
        });
        assert_eq!(line, "epoch 3/5  28.4 s  train loss 0.482  train acc 0.812");
    }
}
