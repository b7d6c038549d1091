//! The line a person reads after each epoch.

use crate::event::Epoch;

/// One epoch as one line, without a line break:
///
/// ```text
/// epoch  3/30  28.4 s  train loss 0.482  val loss 0.391  val acc 0.884  (chance: ...)  lr 0.0100
/// ```
///
/// Chance is what a network that always answers with equal probabilities reaches: ln(classes) and 1 /
/// classes. Lines of one run stay aligned while losses lie below 100,000 and an epoch takes less than 10,000
/// s. Without validation the line shows the training accuracy instead.
pub fn epoch_line(epoch: &Epoch) -> String {
    let mut parts = vec![
        format!("epoch {:>width$}/{}", epoch.epoch, epoch.epochs, width = epoch.epochs.to_string().len()),
        format!("{:>4} s", seconds(epoch.seconds)),
        format!("train loss {:>5}", loss(epoch.train_loss)),
    ];
    if epoch.validation_loss.is_none() && epoch.validation_accuracy.is_none() {
        parts.push(format!("train acc {:.3}", epoch.train_accuracy));
    }
    if let Some(value) = epoch.validation_loss {
        parts.push(format!("val loss {:>5}", loss(value)));
    }
    if let Some(value) = epoch.validation_accuracy {
        parts.push(format!("val acc {value:.3}"));
    }
    let classes = epoch.classes as f64;
    parts.push(format!("(chance: loss {:.3}, acc {:.3})", classes.ln(), 1.0 / classes));
    parts.push(format!("lr {}", learning_rate(epoch.learning_rate)));
    parts.join("  ")
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

/// Four decimals, or two digits and an exponent where those would hide the value.
fn learning_rate(value: f64) -> String {
    if value == 0.0 || value >= 0.001 || !value.is_finite() {
        format!("{value:.4}")
    } else {
        format!("{value:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::epoch_line;
    use crate::event::{Epoch, samples};

    #[test]
    fn the_line_of_the_design() {
        assert_eq!(
            epoch_line(&samples::epoch(3)),
            "epoch  3/30  28.4 s  train loss 0.482  val loss 0.391  val acc 0.884  \
             (chance: loss 2.708, acc 0.067)  lr 0.0100"
        );
    }

    #[test]
    fn columns_stay_aligned_over_a_run() {
        let columns = |line: String| {
            ["train loss", "val loss", "val acc", "(chance", "lr "].map(|name| line.find(name))
        };
        let expected = columns(epoch_line(&samples::epoch(3)));
        for train_loss in [0.0, 9.99949, 9.9996, 99.994, 99.996, 118.2, 999.96, 54_321.0, f64::NAN] {
            for seconds in [0.04, 9.96, 99.94, 99.96, 1284.0] {
                let line = epoch_line(&Epoch { train_loss, seconds, ..samples::epoch(12) });
                assert_eq!(columns(line.clone()), expected, "{line}");
            }
        }
    }

    #[test]
    fn unusual_values_stay_readable() {
        let line = epoch_line(&Epoch {
            train_loss: f64::NAN,
            validation_loss: Some(118.2),
            learning_rate: 3.2e-5,
            ..samples::epoch(12)
        });
        assert!(line.contains("train loss   NaN  val loss 118.2  val acc 0.884"), "{line}");
        assert!(line.ends_with("lr 3.2e-5"), "{line}");

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
            ..samples::epoch(3)
        });
        assert_eq!(
            line,
            "epoch 3/5  28.4 s  train loss 0.482  train acc 0.812  (chance: loss 2.708, acc 0.067)  lr 0.0100"
        );
    }
}
