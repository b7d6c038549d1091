//! The table of explanations: what else may be behind each finding, and what tells it apart.
//!
//! Weights are rough: what was taken for what in simulated runs, and judgement where these are silent. The shares that follow from
//! them are shares of what the finding itself leaves.

use crate::Id;

/// What else may be behind a finding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cause {
    /// The finding that it would be, if it has a name.
    pub(super) id: Option<Id>,
    /// In a few words.
    pub(super) name: &'static str,
    /// How often, relative to the others and to [`super::OTHER`].
    pub(super) weight: f64,
    /// What tells it from the finding.
    pub(super) test: &'static str,
}

const fn named(id: Id, name: &'static str, weight: f64, test: &'static str) -> Cause {
    Cause { id: Some(id), name, weight, test }
}

const fn unnamed(name: &'static str, weight: f64, test: &'static str) -> Cause {
    Cause { id: None, name, weight, test }
}

const SCALED: &str = "a sum instead of a mean";
const PENALTY: &str = "a weight penalty in the printed loss";
const SOFTMAX: &str = "a softmax that is applied twice";
const SMOOTHED: &str = "smoothed labels";
const UNSURE: &str = "a network that is too sure of its errors";
const BY_HEART: &str = "overfitting";
const OTHER_MODE: &str = "an evaluation under other conditions than training";
const GUESSES: &str = "a network that only guesses";
const UNCHANGED: &str = "weights that never change";
const NO_MEASURE: &str = "an accuracy that does not measure the task";
const STEPS: &str = "a learning rate that is too high";
const EXTREMES: &str = "a few extreme photos";

/// The other explanations of a finding.
pub(super) fn causes(id: Id) -> &'static [Cause] {
    match id {
        Id::Nan => {
            const {
                &[
                    unnamed(
                        "inputs or labels that are not finite",
                        2.0,
                        "Check `torch.isfinite(images).all()` before each step.",
                    ),
                    named(
                        Id::LrTooHigh,
                        STEPS,
                        2.0,
                        "Repeat the epochs before it at a tenth of the rate: if the loss stays finite, it was the rate.",
                    ),
                ]
            }
        }
        Id::ImpossibleValue => {
            const {
                &[
                    unnamed(
                        "a loss of another kind, such as a log-likelihood",
                        3.0,
                        "Print the name of the loss beside it.",
                    ),
                    unnamed("columns with exchanged names", 1.0, "Print one line with every column's name."),
                ]
            }
        }
        Id::Diverged => {
            const {
                &[
                    unnamed(
                        "one broken batch",
                        2.0,
                        "Go on from the checkpoint before the jump with another order of photos: if it does not come again, it was a batch.",
                    ),
                    named(
                        Id::PenaltyInLoss,
                        PENALTY,
                        1.0,
                        "Print the cross-entropy beside the loss: a penalty leaves it as it was.",
                    ),
                ]
            }
        }
        Id::SaturatedLoss => {
            const {
                &[unnamed(
                    "a value that occurs by chance",
                    1.0,
                    "Print six digits: the limits are 87.3365, 16.1181, 15.9424 and 36.0437.",
                )]
            }
        }
        Id::TrainEvalMismatch => {
            const {
                &[
                    named(
                        Id::Overfit,
                        BY_HEART,
                        3.0,
                        "Run the validation code on training photos: good results mean overfitting, bad ones other conditions.",
                    ),
                    unnamed(
                        "validation photos of another kind",
                        1.0,
                        "Move a hundred validation photos to training: if others of their kind get better, the photos differ.",
                    ),
                ]
            }
        }
        Id::WorseThanChance => {
            const {
                &[
                    named(
                        Id::LossScaled,
                        SCALED,
                        1.0,
                        "Give `--batch-size` and `--classes`: a sum fits one of them.",
                    ),
                    named(
                        Id::Overfit,
                        BY_HEART,
                        1.0,
                        "Run the validation code on training photos: good results mean overfitting.",
                    ),
                ]
            }
        }
        Id::AtChance => {
            const {
                &[
                    named(Id::Frozen, UNCHANGED, 2.0, "Print one weight before and after an epoch."),
                    named(
                        Id::TrainEvalMismatch,
                        OTHER_MODE,
                        1.0,
                        "Print the accuracy on training photos: above guessing, the network learns, and validation is at fault.",
                    ),
                    named(
                        Id::DegenerateMetric,
                        NO_MEASURE,
                        1.0,
                        "Count how often each class is predicted, and how often it is right.",
                    ),
                    unnamed("a slow start", 1.0, "Train for as many epochs again at three times the rate."),
                ]
            }
        }
        Id::Frozen => {
            const {
                &[
                    named(
                        Id::AtChance,
                        GUESSES,
                        1.0,
                        "Print one weight before and after an epoch: if it changes, the network learns nothing.",
                    ),
                    unnamed(
                        "a value that is printed again and not computed",
                        1.0,
                        "Print the value with its time and number of photos.",
                    ),
                ]
            }
        }
        Id::TooGood => {
            const {
                &[
                    unnamed(
                        "an easy task",
                        2.0,
                        "Test on photos from another place: an easy task stays easy.",
                    ),
                    unnamed(
                        "a run that went on from a finished one",
                        1.0,
                        "Look where the first weights come from.",
                    ),
                ]
            }
        }
        Id::DoubleSoftmax => {
            const {
                &[
                    named(
                        Id::LabelSmoothing,
                        SMOOTHED,
                        2.0,
                        "Print `logits.sum(dim=1)`: probabilities add up to 1, logits do not.",
                    ),
                    named(
                        Id::PenaltyInLoss,
                        PENALTY,
                        1.0,
                        "Print the cross-entropy beside the loss, and give `--classes`.",
                    ),
                ]
            }
        }
        Id::LossScaled => {
            const {
                &[
                    named(
                        Id::PenaltyInLoss,
                        PENALTY,
                        1.0,
                        "Give `--batch-size` and `--train-size`: a sum is exactly one of them times the mean.",
                    ),
                    named(
                        Id::Overconfident,
                        UNSURE,
                        1.0,
                        "Print the mean loss of one batch: a mean below 1 with a sum above 10 settles it.",
                    ),
                    named(
                        Id::LabelSmoothing,
                        SMOOTHED,
                        1.0,
                        "Look at the first loss: smoothed labels begin near ln(classes), a sum far above it.",
                    ),
                ]
            }
        }
        Id::PenaltyInLoss => {
            const {
                &[
                    named(
                        Id::DoubleSoftmax,
                        SOFTMAX,
                        2.0,
                        "Give `--classes`: the floor of a double softmax follows from it.",
                    ),
                    named(
                        Id::LabelSmoothing,
                        SMOOTHED,
                        1.0,
                        "Look for `label_smoothing` in the code, and print the loss of the first batch: smoothing leaves it at ln(classes).",
                    ),
                    named(Id::LossScaled, SCALED, 1.0, "Give `--batch-size` and `--train-size`."),
                ]
            }
        }
        Id::DegenerateMetric => {
            const {
                &[
                    named(
                        Id::AtChance,
                        GUESSES,
                        1.0,
                        "Give `--classes`, and count how often each class is predicted.",
                    ),
                    named(
                        Id::Underfit,
                        "a network that has stopped learning",
                        2.0,
                        "Print the accuracy of each class: one that always predicts the same class has 0 for all others.",
                    ),
                ]
            }
        }
        Id::Overfit => {
            const {
                &[
                    named(
                        Id::TrainEvalMismatch,
                        OTHER_MODE,
                        3.0,
                        "Run the validation code on training photos: good results mean overfitting, bad ones other conditions.",
                    ),
                    unnamed(
                        "validation photos that are harder",
                        1.0,
                        "Split anew: a gap that stays is overfitting.",
                    ),
                ]
            }
        }
        Id::Underfit => {
            const {
                &[
                    unnamed(
                        "labels that contradict each other",
                        3.0,
                        "Let two people label fifty photos again: what they disagree on nobody learns.",
                    ),
                    unnamed(
                        "a learning rate that is too low",
                        2.0,
                        "Train for ten epochs more at three times the rate.",
                    ),
                    named(
                        Id::TrainEvalMismatch,
                        "inputs that lost what tells classes apart",
                        1.0,
                        "Look at ten photos as the network receives them.",
                    ),
                ]
            }
        }
        Id::LrTooHigh => {
            const {
                &[
                    unnamed(
                        "small or uneven batches",
                        2.0,
                        "Double the batch size at the same rate: jumps that shrink by a third are noise.",
                    ),
                    unnamed("a schedule with restarts", 1.0, "Print the learning rate of each epoch."),
                ]
            }
        }
        Id::UnstableValidation => {
            const {
                &[
                    named(
                        Id::ValidationTooSmall,
                        "too few validation photos",
                        2.0,
                        "Give `--val-size`: it says what chance explains.",
                    ),
                    named(
                        Id::ValSpikes,
                        EXTREMES,
                        1.0,
                        "Print the median loss beside the mean: photos move the mean alone.",
                    ),
                ]
            }
        }
        Id::HotStart => {
            const {
                &[
                    named(
                        Id::LossScaled,
                        SCALED,
                        2.0,
                        "Give `--batch-size`: a sum stays too high, a hot start does not.",
                    ),
                    unnamed(
                        "first weights of another task",
                        1.0,
                        "Print the loss of the first batch before any step.",
                    ),
                ]
            }
        }
        Id::ValSpikes => {
            const {
                &[
                    named(
                        Id::UnstableValidation,
                        "running statistics that lag behind",
                        2.0,
                        "Print the ten highest losses of that epoch: few photos hold most of it, or many a little.",
                    ),
                    named(Id::Overfit, BY_HEART, 1.0, "Train three epochs more: a spike goes away."),
                ]
            }
        }
        Id::Overconfident => {
            const {
                &[
                    named(
                        Id::PenaltyInLoss,
                        PENALTY,
                        2.0,
                        "Print the cross-entropy of one training batch: without a penalty it follows from the accuracy.",
                    ),
                    named(
                        Id::Overfit,
                        BY_HEART,
                        2.0,
                        "Print the training loss: far below validation, it is overfitting.",
                    ),
                    named(
                        Id::DoubleSoftmax,
                        SOFTMAX,
                        1.0,
                        "Give `--classes`: the floor of a double softmax follows from it.",
                    ),
                ]
            }
        }
        Id::ValidationTooSmall => {
            const { &[unnamed("accuracies that are rounded", 1.0, "Give `--val-size`.")] }
        }
        Id::Plateau => {
            const {
                &[
                    named(
                        Id::Overfit,
                        BY_HEART,
                        2.0,
                        "Print the training loss: if it goes on falling, it is overfitting.",
                    ),
                    unnamed(
                        "a learning rate that does not fall",
                        1.0,
                        "Divide it by ten from the best epoch on.",
                    ),
                ]
            }
        }
        Id::SeveralRuns => {
            const {
                &[unnamed(
                    "a counter that starts anew in each phase",
                    1.0,
                    "Look whether the loss goes on where it was.",
                )]
            }
        }
        Id::LabelSmoothing => {
            const {
                &[
                    named(
                        Id::DoubleSoftmax,
                        SOFTMAX,
                        2.0,
                        "Print `logits.sum(dim=1)`: probabilities add up to 1. Give `--classes`.",
                    ),
                    named(
                        Id::PenaltyInLoss,
                        PENALTY,
                        2.0,
                        "Print the cross-entropy without smoothing: a penalty stays in it.",
                    ),
                ]
            }
        }
        Id::ValBetterThanTrain => {
            const {
                &[
                    unnamed("the same photos in both parts", 2.0, "Run `foliar audit` on the data set."),
                    unnamed("easier validation photos", 1.0, "Split anew."),
                ]
            }
        }
        Id::StillImproving => const { &[unnamed("a lucky last epoch", 1.0, "Train three epochs more.")] },
        Id::CutValues => const { &[] },
        Id::NotALog => {
            const {
                &[unnamed(
                    "a log whose columns are not recognised",
                    3.0,
                    "Name its columns like `epoch, train_loss, val_loss, val_acc`.",
                )]
            }
        }
        Id::TooLittleToTell => {
            const {
                &[
                    named(
                        Id::Healthy,
                        "a run that learns",
                        1.0,
                        "Give the whole log, and what is known of the run: `--classes`, `--val-size`, `--batch-size`.",
                    ),
                    named(
                        Id::AtChance,
                        GUESSES,
                        1.0,
                        "Give `--classes`: guessing then has a known loss and accuracy.",
                    ),
                ]
            }
        }
        Id::Healthy => {
            const {
                &[
                    unnamed(
                        "the same plants in training and validation",
                        2.0,
                        "Run `foliar audit` on the data set: a log does not show leaks.",
                    ),
                    named(
                        Id::Overfit,
                        BY_HEART,
                        1.0,
                        "Train three epochs more: a validation loss that rises while that of training falls is overfitting.",
                    ),
                    named(
                        Id::DoubleSoftmax,
                        SOFTMAX,
                        1.0,
                        "Give `--classes`: the floor of a double softmax follows from it.",
                    ),
                ]
            }
        }
    }
}
