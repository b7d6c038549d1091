//! The epochs of a diagnosis as points to be drawn.

use foliar_doctor::{CorrectedLoss, EpochCurve};

/// More points than this are thinned: a line of the page has no more pixels.
const MOST_POINTS: usize = 600;

/// One quantity of an epoch, on one of the two splits.
#[derive(Clone, Copy)]
pub(crate) struct Column<T> {
    /// Measured on which photographs.
    pub(crate) split: &'static str,
    /// Its value, where the log has one.
    pub(crate) of: fn(&EpochCurve) -> Option<T>,
}

/// Losses, of training and of validation.
pub(crate) const LOSSES: [Column<CorrectedLoss>; 2] = [
    Column { split: "training", of: |epoch| epoch.train_loss },
    Column { split: "validation", of: |epoch| epoch.val_loss },
];

/// Accuracies, of training and of validation.
pub(crate) const ACCURACIES: [Column<f64>; 2] = [
    Column { split: "training", of: |epoch| epoch.train_accuracy },
    Column { split: "validation", of: |epoch| epoch.val_accuracy },
];

impl<T: Copy> Column<T> {
    /// First and last value, if there is any.
    pub(crate) fn ends(self, epochs: &[EpochCurve]) -> Option<(T, T)> {
        let mut values = epochs.iter().filter_map(self.of);
        let first = values.next()?;
        Some((first, values.next_back().unwrap_or(first)))
    }
}

/// Epochs with their places along the axis.
pub(crate) struct Along<'a> {
    /// What is counted.
    pub(crate) title: &'static str,
    /// (place, epoch), places ascending.
    pub(crate) epochs: Vec<(f64, &'a EpochCurve)>,
}

impl<'a> Along<'a> {
    /// Places are epochs as printed where those ascend, and else the order of the log.
    pub(crate) fn of(epochs: &'a [EpochCurve]) -> Self {
        let printed: Option<Vec<f64>> =
            epochs.iter().map(|epoch| epoch.epoch.filter(|at| at.is_finite())).collect();
        let ascending = printed.filter(|places| places.windows(2).all(|pair| pair[0] < pair[1]));
        let title = if ascending.is_some() { "epoch" } else { "entry of the log" };
        let places = ascending.unwrap_or_else(|| (1..=epochs.len()).map(|place| place as f64).collect());
        let stride = epochs.len().div_ceil(MOST_POINTS).max(1);
        let last = epochs.len().saturating_sub(1);
        let kept = |&(index, _): &(usize, _)| index % stride == 0 || index == last;
        let epochs =
            places.into_iter().zip(epochs).enumerate().filter(kept).map(|(_, epoch)| epoch).collect();
        Self { title, epochs }
    }

    /// The points of one quantity.
    pub(crate) fn points(&self, of: impl Fn(&EpochCurve) -> Option<f64>) -> Vec<(f64, f64)> {
        self.epochs.iter().filter_map(|&(place, epoch)| Some((place, of(epoch)?))).collect()
    }
}

/// Whether a printed loss is something else than the mean.
pub(crate) fn is_corrected(epochs: &[EpochCurve]) -> bool {
    let differs = |loss: CorrectedLoss| (loss.mean - loss.printed).abs() > 1e-9 * loss.printed.abs();
    epochs.iter().flat_map(|epoch| [epoch.train_loss, epoch.val_loss]).flatten().any(differs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(printed: &[Option<f64>]) -> Vec<EpochCurve> {
        printed
            .iter()
            .map(|&epoch| EpochCurve { epoch, val_accuracy: Some(0.5), ..EpochCurve::default() })
            .collect()
    }

    #[test]
    fn epochs_that_restart_are_numbered_through() {
        let rising = epochs(&[Some(0.0), Some(1.0), Some(2.5)]);
        assert_eq!(
            Along::of(&rising).points(|epoch| epoch.val_accuracy),
            [(0.0, 0.5), (1.0, 0.5), (2.5, 0.5)]
        );
        for broken in [[Some(1.0), Some(2.0), Some(1.0)], [Some(1.0), None, Some(3.0)]] {
            let broken = epochs(&broken);
            let along = Along::of(&broken);
            assert_eq!((along.title, along.epochs[2].0), ("entry of the log", 3.0));
        }
    }

    #[test]
    fn long_runs_are_thinned_and_keep_their_ends() {
        let long: Vec<_> = (0..10_001).map(|epoch| Some(f64::from(epoch))).collect();
        let long = epochs(&long);
        let along = Along::of(&long);
        assert!((300..=MOST_POINTS + 1).contains(&along.epochs.len()));
        assert_eq!((along.epochs[0].0, along.epochs[along.epochs.len() - 1].0), (0.0, 10_000.0));
    }
}
