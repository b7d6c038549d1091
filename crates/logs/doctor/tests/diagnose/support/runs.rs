//! Runs whose truth is known: drawn, learned, and printed as a log would be.

use foliar_doctor::{Id, Reduction, RunSetup};
use foliar_logread::{Metric, Point, RunLog, Series, Split};

use super::dice::Dice;
use super::learner::{EpochSums, Fault, Plan, Sums, Task, learn};

/// What was done to a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Healthy,
    Scaled(Reduction),
    Overfit,
    AtChance,
    Diverged,
    Nan,
    DoubleSoftmax,
    WrongLabels,
    Mismatch,
    Penalty,
    Spikes,
    /// Smoothed labels.
    Smoothing,
    /// Validation with statistics of other photos.
    Statistics,
    /// A network that cannot fit its training set.
    Underfit,
    /// Labels of which a quarter and more are wrong, in both sets.
    LabelNoise,
    /// A few dozen validation samples.
    FewPhotos,
    /// Copies of training samples in the validation set, which no log shows.
    Copies,
    /// A network that always gives the same answer.
    OneClass,
    /// A learning rate of 0.
    Still,
    /// A validation that is bad in some epochs.
    Unstable,
    /// Steps that are too long.
    Restless,
    /// First weights that are too large.
    HotStart,
}

impl Kind {
    /// All kinds but sums.
    pub(crate) const FAULTS: [Self; 20] = [
        Self::Overfit,
        Self::AtChance,
        Self::Diverged,
        Self::Nan,
        Self::DoubleSoftmax,
        Self::WrongLabels,
        Self::Mismatch,
        Self::Penalty,
        Self::Spikes,
        Self::Smoothing,
        Self::Statistics,
        Self::Underfit,
        Self::LabelNoise,
        Self::FewPhotos,
        Self::Copies,
        Self::OneClass,
        Self::Still,
        Self::Unstable,
        Self::Restless,
        Self::HotStart,
    ];
}

/// A log and its truth.
pub(crate) struct Run {
    pub(crate) log: RunLog,
    /// All of it; tests give a part.
    pub(crate) setup: RunSetup,
    pub(crate) kind: Kind,
    /// Printed number over mean per sample, for training and validation.
    pub(crate) divisor: (f64, f64),
    pub(crate) sums: Vec<EpochSums>,
}

impl Run {
    /// Any of these is right.
    pub(crate) fn expected(&self) -> &'static [Id] {
        match self.kind {
            Kind::Healthy => &[Id::Healthy],
            Kind::Scaled(_) => &[Id::LossScaled],
            Kind::Overfit => &[Id::Overfit],
            Kind::AtChance => &[Id::AtChance],
            Kind::Diverged | Kind::Nan => &[Id::Diverged, Id::Nan],
            Kind::DoubleSoftmax => &[Id::DoubleSoftmax],
            Kind::WrongLabels | Kind::Mismatch | Kind::Statistics => {
                &[Id::WorseThanChance, Id::TrainEvalMismatch]
            }
            Kind::Penalty => &[Id::PenaltyInLoss],
            Kind::Spikes => &[Id::ValSpikes],
            Kind::Smoothing => &[Id::LabelSmoothing, Id::Healthy],
            Kind::Underfit | Kind::LabelNoise => &[Id::Underfit],
            Kind::FewPhotos => &[Id::ValidationTooSmall, Id::Healthy],
            Kind::Copies => &[Id::Healthy],
            Kind::OneClass => &[Id::DegenerateMetric, Id::AtChance],
            Kind::Still => &[Id::Frozen, Id::AtChance],
            Kind::Unstable => &[Id::UnstableValidation],
            Kind::Restless => &[Id::LrTooHigh, Id::Diverged],
            Kind::HotStart => &[Id::HotStart],
        }
    }

    /// Whether chance made of the run what it was meant to be.
    fn is_of_its_kind(&self) -> bool {
        let mean = |sums: &Sums| sums.loss / sums.samples as f64;
        let share = |sums: &Sums| sums.correct as f64 / sums.samples as f64;
        let Some(last) = self.sums.last() else { return false };
        let least = self.sums.iter().map(|epoch| mean(&epoch.validation)).fold(f64::INFINITY, f64::min);
        let guess = 1.0 / self.setup.classes.unwrap_or(2) as f64;
        let learned = share(&last.validation) > guess + 0.3 * (1.0 - guess);
        match self.kind {
            Kind::Healthy | Kind::Scaled(_) => {
                let by_heart = share(&last.train) - share(&last.validation) > 0.15;
                // Without an error, nothing tells a factor.
                let limit = if self.kind == Kind::Healthy { 0.9999 } else { 0.98 };
                let errs = share(&self.sums[0].validation) < limit;
                // What rests below half of what there is to learn, or rises by an eighth, is a fault.
                let good = share(&last.validation) > guess + 0.45 * (1.0 - guess);
                good && errs && mean(&last.validation) < 1.12 * least + 0.03 && !by_heart
            }
            Kind::Penalty => learned && last.penalty > 1.0,
            Kind::DoubleSoftmax => learned,
            Kind::WrongLabels | Kind::Mismatch | Kind::Statistics => {
                let lost = share(&last.train) - share(&last.validation);
                share(&last.train) > guess + 0.5 * (1.0 - guess) && lost > 0.3
            }
            Kind::Smoothing | Kind::FewPhotos | Kind::Copies => {
                learned && mean(&last.validation) < 1.25 * least + 0.05
            }
            Kind::Underfit | Kind::LabelNoise => {
                let before = &self.sums[self.sums.len() * 2 / 3];
                let level = mean(&last.train) > 0.97 * mean(&before.train);
                let equal = (share(&last.train) - share(&last.validation)).abs() < 0.07;
                level
                    && equal
                    && share(&last.train).max(share(&last.validation)) < guess + 0.42 * (1.0 - guess)
                    && share(&last.train) > guess + 0.15 * (1.0 - guess)
            }
            Kind::Spikes => self.sums.windows(3).any(|three| {
                let [before, here, after] = [0, 1, 2].map(|place| mean(&three[place].validation));
                here > 4.0 * before.max(after) && here > before + 0.3
            }),
            Kind::Overfit => share(&last.train) > share(&last.validation) + 0.2,
            Kind::Diverged => {
                let end = mean(&last.validation);
                end.is_nan() || end > 2.0 * least + 0.5
            }
            Kind::HotStart => {
                learned
                    && mean(&self.sums[0].train) > 1.6 * (1.0 / guess).ln()
                    && mean(&last.train) < 0.8 * (1.0 / guess).ln()
            }
            Kind::Restless => {
                let jumps = self
                    .sums
                    .windows(2)
                    .filter(|pair| mean(&pair[1].train) > 1.3 * mean(&pair[0].train) + 0.15);
                5 * jumps.count() >= self.sums.len()
            }
            Kind::Unstable => {
                let accuracies: Vec<f64> = self.sums.iter().map(|epoch| share(&epoch.validation)).collect();
                let drops = accuracies.windows(3).filter(|three| three[1] < three[0].min(three[2]) - 0.2);
                learned && drops.count() >= 2
            }
            Kind::AtChance | Kind::Nan | Kind::OneClass | Kind::Still => true,
        }
    }

    /// The first `epochs` epochs, as a reader would see them while the run goes on.
    pub(crate) fn prefix(&self, epochs: usize) -> RunLog {
        let mut log = self.log.clone();
        for series in &mut log.series {
            series.points.retain(|point| point.row < epochs);
        }
        log
    }
}

/// Draws a run of `kind`.
pub(crate) fn run(kind: Kind, seed: u64) -> Run {
    let mut attempt = attempt_at(kind, seed);
    let mut retries = 0;
    while !attempt.is_of_its_kind() {
        retries += 1;
        attempt = attempt_at(kind, seed + 1_000_000 * retries);
    }
    attempt
}

fn attempt_at(kind: Kind, seed: u64) -> Run {
    let mut dice = Dice::new(seed);
    let dice = &mut dice;
    let classes = dice.pick(&[2, 3, 4, 5, 7, 10, 15, 20, 38, 100]);
    let mut task = Task {
        classes,
        dims: dice.pick(&[8, 16, 24]),
        separation: dice.between(0.6, 2.5),
        train_size: dice.pick(&[400, 600, 1000, 1437, 1600]),
        validation_size: dice.pick(&[150, 200, 360, 400, 800]),
        label_noise: if dice.chance(0.3) { dice.between(0.0, 0.1) } else { 0.0 },
    };
    let mut plan = Plan {
        epochs: dice.pick(&[8, 10, 15, 20, 30]),
        hidden: dice.pick(&[12, 24, 40]),
        rate: dice.magnitude(0.002, 0.05),
        batch_size: dice.pick(&[16, 32, 64, 128]),
        initial: dice.pick(&[0.01, 0.3, 1.0]),
        fault: if dice.chance(0.3) { Fault::Augmented(dice.between(0.1, 0.8)) } else { Fault::None },
    };
    let middle = 2 + dice.below(plan.epochs - 4);
    match kind {
        Kind::Healthy | Kind::Scaled(_) => {}
        Kind::Overfit => {
            plan.fault = Fault::None;
            plan.epochs = 40;
            plan.rate = dice.magnitude(0.01, 0.05);
            plan.batch_size = 16;
            plan.hidden = 40;
            task.classes = dice.pick(&[2, 3, 5, 10, 20]);
            task.train_size = dice.pick(&[60, 100, 150]);
            task.separation = dice.between(0.3, 0.7);
            task.label_noise = dice.between(0.1, 0.3);
        }
        Kind::AtChance => {
            plan.fault = Fault::NothingToLearn;
            plan.rate = dice.magnitude(1e-5, 1e-3);
            plan.initial = 0.1;
        }
        Kind::Diverged => plan.fault = Fault::RateJump(middle),
        Kind::Nan => plan.fault = Fault::Nan(middle),
        Kind::DoubleSoftmax => {
            plan.fault = Fault::DoubleSoftmax;
            plan.rate = dice.magnitude(0.02, 0.2);
        }
        Kind::WrongLabels => plan.fault = Fault::WrongLabels,
        Kind::Mismatch => plan.fault = Fault::Preprocessing,
        Kind::Penalty => {
            plan.fault =
                Fault::Penalty(dice.magnitude(0.003, 0.3) * if dice.chance(0.5) { -1.0 } else { 0.0 });
            if let Fault::Penalty(weight) = plan.fault
                && weight == 0.0
            {
                plan.fault = Fault::Penalty(dice.magnitude(0.001, 0.003));
            }
        }
        Kind::Spikes => plan.fault = Fault::Extremes(0.004),
        Kind::Smoothing => {
            let share = dice.pick(&[0.05, 0.1, 0.1, 0.1, 0.2]);
            plan.fault = Fault::Smoothing { share, in_validation: dice.chance(0.5) };
            plan.rate = dice.magnitude(0.01, 0.05);
        }
        Kind::Statistics => {
            plan.fault = Fault::Statistics(dice.magnitude(0.2, 5.0), dice.between(-3.0, 3.0));
        }
        Kind::Underfit => {
            plan.fault = if dice.chance(0.5) { Fault::FrozenFront } else { Fault::None };
            plan.hidden = 1 + dice.below(4);
            plan.epochs = dice.pick(&[15, 20, 30]);
            plan.rate = dice.magnitude(0.01, 0.05);
            task.classes = dice.pick(&[4, 5, 7, 10, 15, 20]);
            task.separation = dice.between(1.0, 2.5);
        }
        Kind::LabelNoise => {
            task.label_noise = dice.between(0.58, 0.7);
            task.train_size = 1600;
            plan.hidden = 12;
            plan.epochs = dice.pick(&[10, 15, 20]);
            plan.rate = dice.magnitude(0.005, 0.02);
            task.separation = dice.between(1.5, 2.5);
        }
        Kind::FewPhotos => {
            task.validation_size = dice.pick(&[20, 24, 30, 40, 48, 50, 60, 80]);
        }
        Kind::OneClass => {
            plan.fault = Fault::DeadFront;
            task.classes = dice.pick(&[2, 3, 4, 5, 7, 10]);
        }
        Kind::Still => plan.rate = 0.0,
        Kind::Unstable => plan.fault = Fault::Lag(dice.between(0.2, 0.5)),
        Kind::Restless => {
            plan.rate = dice.magnitude(0.1, 3.0);
            plan.batch_size = 16;
            task.separation = dice.between(0.6, 1.5);
        }
        Kind::HotStart => plan.initial = dice.magnitude(4.0, 40.0),
        Kind::Copies => plan.fault = Fault::Copies(dice.between(0.2, 1.0)),
    }
    let sums = learn(&task, &plan, dice);
    let reduction = match kind {
        Kind::Scaled(reduction) => reduction,
        _ => Reduction::Mean,
    };
    let by_batches = dice.chance(0.5);
    let with_train_accuracy = dice.chance(0.5);
    let digits = dice.pick(&[3, 4, 6, 15]);
    let log = print(&sums, reduction, by_batches, with_train_accuracy, digits);
    let divisor = (factor(&sums[0].train, reduction), factor(&sums[0].validation, reduction));
    let setup = RunSetup {
        classes: Some(task.classes),
        batch_size: Some(plan.batch_size),
        train_size: Some(task.train_size),
        validation_size: Some(task.validation_size),
        ..RunSetup::default()
    };
    Run { log, setup, kind, divisor, sums }
}

/// What `reduction` makes of the mean.
pub(crate) fn factor(sums: &Sums, reduction: Reduction) -> f64 {
    let (n, m) = (sums.samples as f64, sums.batches as f64);
    match reduction {
        Reduction::Mean => 1.0,
        Reduction::BatchSum => n / m,
        Reduction::SumOfBatchMeans => m,
        Reduction::TotalSum => n,
        Reduction::BatchMeansOverSamples => m / n,
    }
}

fn printed(sums: &Sums, penalty: f64, reduction: Reduction, by_batches: bool) -> f64 {
    let (n, m) = (sums.samples as f64, sums.batches as f64);
    match reduction {
        Reduction::Mean if by_batches => sums.batch_means / m + penalty,
        Reduction::Mean => sums.loss / n + penalty,
        Reduction::BatchSum => sums.loss / m,
        Reduction::SumOfBatchMeans => sums.batch_means,
        Reduction::TotalSum => sums.loss,
        Reduction::BatchMeansOverSamples => sums.batch_means / n,
    }
}

fn print(
    sums: &[EpochSums],
    reduction: Reduction,
    by_batches: bool,
    with_train_accuracy: bool,
    digits: i32,
) -> RunLog {
    let accuracy = |sums: &Sums| sums.correct as f64 / sums.samples as f64;
    let mut series = vec![
        column("train_loss", Split::Train, Metric::Loss, sums, digits.max(4), |e| {
            printed(&e.train, e.penalty, reduction, by_batches)
        }),
        column("val_loss", Split::Validation, Metric::Loss, sums, digits.max(4), |e| {
            printed(&e.validation, e.penalty, reduction, by_batches)
        }),
        column("val_acc", Split::Validation, Metric::Accuracy, sums, digits, |e| accuracy(&e.validation)),
    ];
    if with_train_accuracy {
        series
            .push(column("train_acc", Split::Train, Metric::Accuracy, sums, digits, |e| accuracy(&e.train)));
    }
    RunLog { series, ..RunLog::default() }
}

fn column(
    name: &str,
    split: Split,
    metric: Metric,
    sums: &[EpochSums],
    digits: i32,
    value: impl Fn(&EpochSums) -> f64,
) -> Series {
    let unit = 10f64.powi(-digits);
    let points = sums.iter().enumerate().map(|(row, epoch)| Point {
        row,
        epoch: Some(row as f64 + 1.0),
        step: None,
        value: (value(epoch) / unit).round() * unit,
        resolution: unit,
        line: row + 1,
    });
    Series {
        name: name.to_owned(),
        split: Some(split),
        metric,
        within_epoch: false,
        points: points.collect(),
    }
}
