//! Courses of training runs that never were.

/// One run: what was measured in each epoch.
pub(crate) struct Course {
    pub(crate) train_loss: Vec<f64>,
    pub(crate) train_accuracy: Vec<f64>,
    pub(crate) val_loss: Vec<f64>,
    pub(crate) val_accuracy: Vec<f64>,
}

/// A curve from `start` towards `end`, with some unevenness that is the same each time.
fn curve(epochs: usize, start: f64, end: f64, pace: f64, phase: f64) -> Vec<f64> {
    (0..epochs)
        .map(|epoch| {
            let along = epoch as f64;
            let uneven = 1.0 + 0.013 * (2.3 * along + phase).sin() + 0.004 * (5.7 * along + phase).cos();
            (end + (start - end) * (-along / pace).exp()) * uneven
        })
        .collect()
}

/// Learns, and as well on photos that it has not seen.
pub(crate) fn healthy(epochs: usize) -> Course {
    Course {
        train_loss: curve(epochs, 1.62, 0.24, 3.4, 0.3),
        train_accuracy: curve(epochs, 0.41, 0.914, 3.0, 1.1),
        val_loss: curve(epochs, 1.41, 0.31, 3.1, 2.2),
        val_accuracy: curve(epochs, 0.48, 0.893, 2.8, 0.9),
    }
}

/// Learns its own photos by heart.
pub(crate) fn overfit(epochs: usize) -> Course {
    let falls = curve(epochs, 1.7, 0.8, 1.5, 0.4);
    let rises = |epoch: usize| 0.24 * (epoch as f64 - 3.0).max(0.0);
    Course {
        train_loss: curve(epochs, 1.5, 0.011, 2.0, 0.7),
        train_accuracy: curve(epochs, 0.47, 0.985, 2.0, 1.9),
        val_loss: falls.iter().enumerate().map(|(epoch, loss)| loss + rises(epoch)).collect(),
        val_accuracy: curve(epochs, 0.44, 0.724, 1.5, 2.9),
    }
}

/// Guesses among `classes` from the first to the last epoch.
pub(crate) fn guessing(epochs: usize, classes: f64) -> Course {
    let near = |value: f64, width: f64, phase: f64| {
        (0..epochs).map(|epoch| value + width * (1.7 * epoch as f64 + phase).sin()).collect()
    };
    Course {
        train_loss: near(classes.ln() + 0.0012, 0.0006, 0.2),
        train_accuracy: near(1.0 / classes, 0.002, 1.3),
        val_loss: near(classes.ln() + 0.0009, 0.0004, 2.1),
        val_accuracy: near(1.0 / classes, 0.001, 0.4),
    }
}

/// Learns until the loss is no number any more.
pub(crate) fn lost(epochs: usize, from: usize) -> Course {
    let mut course = healthy(epochs);
    for epoch in from..epochs {
        course.train_loss[epoch] = f64::NAN;
        course.val_loss[epoch] = f64::NAN;
        course.train_accuracy[epoch] = 0.1003;
        course.val_accuracy[epoch] = 0.0997;
    }
    course
}

/// Is evaluated under other conditions than those of its training.
pub(crate) fn mismatched(epochs: usize) -> Course {
    let good = healthy(epochs);
    Course {
        val_loss: curve(epochs, 2.9, 4.6, 4.0, 0.5),
        val_accuracy: curve(epochs, 0.11, 0.102, 4.0, 1.5),
        ..good
    }
}
