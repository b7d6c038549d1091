//! Drawn curves of runs with a one-cycle learning rate, healthy or overfitting.
//!
//! | symbol | range     | is |
//! | ------ | --------- | ----------------------------------------------------------------------------------------- |
//! | `T`    | 5..=60    | epochs |
//! | `r`    | 0..=1     | learning rate over its peak: up by half a cosine over the first 30 %, then down to 0 |
//! | `u`    | 0..=1     | share of all learning done, the sum of `0.15 + r` over the epochs |
//! | `s`    | 0..=1     | share of its knowledge that the network lacks in one validation, while `r` is high |
//! | `e`    | 0..=1     | error rate |
//!
//! While steps are long, the running statistics of batch norm lag behind the weights: for an epoch or two the
//! validation is far worse than training, up to the accuracy of guessing and several times its loss. Such
//! dips become rarer and smaller in proportion to `r`. Accuracies are drawn from the binomial distribution,
//! losses around what the error rate costs.

use foliar_doctor::{LiveEpoch, RunSetup};
use foliar_logread::{Metric, RunLog, Split};

use super::dice::Dice;
use super::table::with;

/// One drawn run.
pub(crate) struct OneCycle {
    pub(crate) setup: RunSetup,
    pub(crate) epochs: Vec<LiveEpoch>,
}

impl OneCycle {
    /// The log of all epochs.
    pub(crate) fn log(&self) -> RunLog {
        self.start(self.epochs.len())
    }

    /// The log of the first `epochs` epochs.
    pub(crate) fn start(&self, epochs: usize) -> RunLog {
        let column = |read: fn(&LiveEpoch) -> f64| self.epochs[..epochs].iter().map(read).collect::<Vec<_>>();
        let [train, validation] = [Some(Split::Train), Some(Split::Validation)];
        let log = with(RunLog::default(), "loss", train, Metric::Loss, &column(|e| e.train_loss));
        let log =
            with(log, "acc", train, Metric::Accuracy, &column(|e| e.train_accuracy.unwrap_or(f64::NAN)));
        let losses = column(|e| e.validation_loss.unwrap_or(f64::NAN));
        let log = with(log, "val_loss", validation, Metric::Loss, &losses);
        let accuracies = column(|e| e.validation_accuracy.unwrap_or(f64::NAN));
        let log = with(log, "val_acc", validation, Metric::Accuracy, &accuracies);
        with(log, "lr", None, Metric::LearningRate, &column(|e| e.learning_rate))
    }
}

/// Final accuracies and what happens on the way to them.
#[derive(Clone, Copy)]
struct Course {
    train: f64,
    validation: f64,
    /// Share of all learning after which the validation accuracy no longer rises.
    turn: f64,
    /// By what the validation loss has multiplied at the end since then.
    drift: f64,
}

/// A run that learns, with dips, and ends with training and validation close to one another.
pub(crate) fn healthy(seed: u64) -> OneCycle {
    let dice = &mut Dice::new(seed);
    let classes = dice.pick(&[2, 3, 4, 5, 7, 10, 15, 20, 38]);
    let guess = 1.0 / classes as f64;
    let validation = guess + (1.0 - guess) * dice.between(0.45, 0.995);
    let train = (validation + dice.between(-0.1, 0.12)).clamp(guess + 0.2 * (1.0 - guess), 0.998);
    let course = Course { train, validation, turn: 1.0, drift: dice.between(1.0, 1.1) };
    draw(classes, course, dice)
}

/// A run that memorises its training photos: their accuracy nears 1, that of validation stops early and stays
/// 25 points or more behind, and its loss rises by half or more.
pub(crate) fn overfit(seed: u64) -> OneCycle {
    let dice = &mut Dice::new(seed);
    let classes = dice.pick(&[3, 4, 5, 7, 10, 15, 20, 38]);
    let guess = 1.0 / classes as f64;
    let validation = guess + (0.72 - guess) * dice.between(0.35, 1.0);
    let course = Course {
        train: dice.between(0.97, 1.0),
        validation,
        turn: dice.between(0.2, 0.6),
        drift: dice.between(1.5, 3.0),
    };
    draw(classes, course, dice)
}

/// A run that memorises a little: validation stops early, ends 10 to 30 points behind training, and its loss rises by 15 to 80 %.
pub(crate) fn mildly_overfit(seed: u64) -> OneCycle {
    let dice = &mut Dice::new(seed);
    let classes = dice.pick(&[3, 4, 5, 7, 10, 15, 20, 38]);
    let train = dice.between(0.85, 1.0);
    let validation = train - dice.between(0.1, 0.3);
    let course = Course { train, validation, turn: dice.between(0.3, 0.7), drift: dice.between(1.15, 1.8) };
    draw(classes, course, dice)
}

fn draw(classes: usize, course: Course, dice: &mut Dice) -> OneCycle {
    let epochs = 5 + dice.below(56);
    let validation_size = dice.pick(&[60, 90, 150, 200, 360, 600, 1500]);
    let train_size = 4 * validation_size;
    let guess = 1.0 / classes as f64;
    let rates: Vec<f64> = (0..epochs).map(|epoch| rate((epoch + 1) as f64 / epochs as f64)).collect();
    let total: f64 = rates.iter().map(|rate| 0.15 + rate).sum();
    let sharpness = dice.magnitude(2.0, 12.0);
    let skill = |u: f64| (1.0 - (-sharpness * u).exp()) / (1.0 - (-sharpness).exp());
    // What high rates take from both accuracies, how often validations dip and how far.
    let (held_back, often, far, confident) =
        (dice.between(0.0, 0.25), dice.between(0.0, 0.6), dice.between(0.1, 1.0), dice.between(0.0, 2.0));
    // A dip may outlast its epoch.
    let lasting = dice.between(0.0, 0.7);
    let mut dip = 0.0_f64;
    let (train_costs, validation_costs) = (dice.magnitude(0.8, 1.25), dice.magnitude(0.8, 1.25));
    let mut u = 0.0;
    let drawn = rates.iter().enumerate().map(|(epoch, &rate)| {
        let before = u;
        u += (0.15 + rate) / total;
        let hold = 1.0 - held_back * rate;
        let train = guess + (course.train - guess) * skill(0.5 * (before + u)) * hold;
        dip = (lasting * rate.sqrt() * dip).max(if dice.chance(often * rate) {
            far * dice.share()
        } else {
            0.0
        });
        let learned = skill(u.min(course.turn)) / skill(course.turn);
        let validation = guess + (course.validation - guess) * learned * hold * (1.0 - dip);
        let past = ((u - course.turn) / (1.0 - course.turn).max(1e-9)).max(0.0);
        let drift = if course.turn < 1.0 { course.drift.powf(past) } else { course.drift.powf(u) };
        let noise = (0.5 / (1.0 + validation_size as f64 * (1.0 - validation)).sqrt() * dice.normal()).exp();
        LiveEpoch {
            epoch: epoch as u32 + 1,
            train_loss: cost(1.0 - train, classes, train_size) * train_costs * (0.02 * dice.normal()).exp(),
            train_accuracy: Some(share_of(train, train_size, dice)),
            validation_loss: Some(
                cost(1.0 - validation, classes, validation_size)
                    * validation_costs
                    * (confident * dip).exp()
                    * drift
                    * noise,
            ),
            validation_accuracy: Some(share_of(validation, validation_size, dice)),
            learning_rate: 0.05 * rate,
        }
    });
    let epochs = drawn.collect();
    let setup = RunSetup {
        classes: Some(classes),
        train_size: Some(train_size),
        validation_size: Some(validation_size),
        ..RunSetup::default()
    };
    OneCycle { setup, epochs }
}

/// The learning rate over its peak after `share` of the run.
fn rate(share: f64) -> f64 {
    const RISE: f64 = 0.3;
    let half_cosine = |from: f64, to: f64, share: f64| {
        to + (from - to) * 0.5 * (1.0 + (std::f64::consts::PI * share).cos())
    };
    if share < RISE {
        half_cosine(0.04, 1.0, share / RISE)
    } else {
        half_cosine(1.0, 4e-6, (share - RISE) / (1.0 - RISE))
    }
}

/// What a usual network with error rate `e` pays in nats: between the entropy of its errors and that of
/// guessing.
fn cost(e: f64, classes: usize, samples: usize) -> f64 {
    let guessing = 1.0 - 1.0 / classes as f64;
    let e = e.clamp(0.3 / samples as f64, guessing);
    let entropy = -e * e.ln() - (1.0 - e) * (1.0 - e).ln();
    entropy + (0.3 + 0.7 * e / guessing) * e * (classes as f64 - 1.0).ln()
}

/// The share of `samples` that come out right, each with probability `share`.
fn share_of(share: f64, samples: usize, dice: &mut Dice) -> f64 {
    (0..samples).filter(|_| dice.chance(share)).count() as f64 / samples as f64
}
