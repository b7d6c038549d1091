//! What else explains the numbers of a finding, how likely each explanation is, and what tells them apart.
//!
//! | symbol | is |
//! | --- | --- |
//! | c | confidence of a rule: the probability of its finding where no other rule explains the same |
//! | w | its odds against none of them: c / (1 - c) |
//! | s | share of a finding among all that explain the same: w / (1 + sum of w) |
//!
//! Some findings exclude each other, for they explain one thing: a loss that its accuracy does not explain is a sum, or holds a
//! penalty, or comes from a network that is too sure. Each rule looks for its own sign. Where several find theirs, Bayes' rule for
//! exclusive hypotheses turns the odds of each into shares ([`QUESTIONS`]), which add up to less than one; where one does, its share is
//! its confidence. Findings that one cause makes together (a high rate and what it does) are one hypothesis.
//!
//! What a cause is expected to bring along, such as the gap of an evaluation under other conditions, tells nothing against it: a finding
//! that is a consequence of another one counts as if it were not found, but three times as likely ([`EXPECTED`]).
//!
//! What is left goes to the explanations that no rule found a sign of, in proportion to how often simulated runs and public logs
//! were mistaken for one another ([`causes`]), and to none of them ([`OTHER`]).

use serde::Serialize;

use crate::{Finding, Id};

/// A finding among everything that explains its numbers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Explanation {
    /// The finding.
    pub id: Id,
    /// Its share, the confidence of the finding, in 0..=1.
    pub share: f64,
    /// What else explains the numbers, the likeliest first. With `share` their shares add up to at most 1.
    pub alternatives: Vec<Alternative>,
}

/// Another explanation of the numbers of a finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Alternative {
    /// The finding that it would be, if it has a name.
    pub id: Option<Id>,
    /// The explanation in a few words.
    pub cause: &'static str,
    /// How likely it is, in 0..=1.
    pub share: f64,
    /// What tells it from the finding: an option to give, a line to print, or an experiment.
    pub test: &'static str,
}

/// Findings that explain one thing. Those of one hypothesis may hold together, those of two exclude each other.
const QUESTIONS: [&[&[Id]]; 4] = [
    // A loss that the accuracy does not explain.
    &[
        &[Id::LossScaled],
        &[Id::PenaltyInLoss],
        &[Id::DoubleSoftmax],
        &[Id::LabelSmoothing],
        &[Id::Overconfident],
        &[Id::WorseThanChance, Id::TrainEvalMismatch],
    ],
    // A validation that lies behind training.
    &[&[Id::Overfit], &[Id::TrainEvalMismatch, Id::WorseThanChance]],
    // Values that do not move.
    &[&[Id::AtChance], &[Id::Frozen], &[Id::DegenerateMetric], &[Id::Underfit], &[Id::SaturatedLoss]],
    // Values that jump.
    &[&[Id::LrTooHigh, Id::UnstableValidation, Id::Diverged], &[Id::ValSpikes]],
];

/// Weight of "none of these" beside the weights of [`causes`].
const OTHER: f64 = 1.0;
/// How much likelier an explanation is whose sign was found, although the finding explains that sign too.
const EXPECTED: f64 = 3.0;
/// Odds of a rule that is certain.
const MOST: f64 = 199.0;

/// Gives each finding its share as confidence, and says what else explains it. `consequences` were found too, and are explained by
/// `findings`.
pub(crate) fn weigh(findings: &mut [Finding], consequences: &[Id]) -> Vec<Explanation> {
    let found: Vec<(Id, f64)> = findings.iter().map(|finding| (finding.id, finding.confidence)).collect();
    findings.iter_mut().map(|finding| explanation(&found, consequences, finding)).collect()
}

fn explanation(found: &[(Id, f64)], consequences: &[Id], finding: &mut Finding) -> Explanation {
    let own = odds(finding.confidence);
    // Of the questions that it answers, the one with the strongest rivals counts.
    let strength = |rivals: &Vec<(Id, f64)>| rivals.iter().map(|(_, odds)| odds).sum::<f64>();
    let questions = QUESTIONS.iter().filter_map(|question| rivals(question, found, finding.id));
    let rivals = questions.max_by(|a, b| strength(a).total_cmp(&strength(b))).unwrap_or_default();
    let total = 1.0 + own + strength(&rivals);
    finding.confidence = own / total;
    let causes = causes(finding.id);
    let unseen: Vec<&Cause> =
        causes.iter().filter(|cause| rivals.iter().all(|(id, _)| Some(*id) != cause.id)).collect();
    let weight = |cause: &Cause| {
        let expected = cause.id.is_some_and(|id| consequences.contains(&id));
        if expected { EXPECTED * cause.weight } else { cause.weight }
    };
    let weights = OTHER + unseen.iter().map(|cause| weight(cause)).sum::<f64>();
    let left = 1.0 / total;
    let seen = rivals.iter().map(|(id, odds)| {
        let known = causes.iter().find(|cause| cause.id == Some(*id));
        Alternative {
            id: Some(*id),
            cause: known.map_or(id.title(), |cause| cause.name),
            share: odds / total,
            test: known.map_or("See what tells that finding from others.", |cause| cause.test),
        }
    });
    let unseen = unseen.iter().map(|cause| Alternative {
        id: cause.id,
        cause: cause.name,
        share: left * weight(cause) / weights,
        test: cause.test,
    });
    let mut alternatives: Vec<Alternative> = seen.chain(unseen).collect();
    alternatives.sort_by(|a, b| b.share.total_cmp(&a.share));
    Explanation { id: finding.id, share: finding.confidence, alternatives }
}

/// The strongest finding of each other hypothesis of `question`, with its odds; `None` if `id` does not answer it.
fn rivals(question: &[&[Id]], found: &[(Id, f64)], id: Id) -> Option<Vec<(Id, f64)>> {
    let others = question.iter().filter(|ids| !ids.contains(&id));
    let strongest = |ids: &&[Id]| {
        let found = found.iter().filter(|(id, _)| ids.contains(id)).map(|(id, c)| (*id, odds(*c)));
        found.max_by(|a, b| a.1.total_cmp(&b.1))
    };
    question.iter().any(|ids| ids.contains(&id)).then(|| others.filter_map(strongest).collect())
}

fn odds(confidence: f64) -> f64 {
    (confidence / (1.0 - confidence).max(f64::MIN_POSITIVE)).clamp(0.0, MOST)
}

/// What else may be behind a finding.
#[derive(Clone, Copy, Debug)]
struct Cause {
    id: Option<Id>,
    name: &'static str,
    /// How often, relative to the others and to [`OTHER`].
    weight: f64,
    test: &'static str,
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
fn causes(id: Id) -> &'static [Cause] {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Severity;

    fn finding(id: Id, confidence: f64) -> Finding {
        let (claim, advice) = (String::new(), String::new());
        Finding {
            id,
            severity: Severity::Warning,
            claim,
            evidence: Vec::new(),
            confidence,
            advice,
            code: None,
        }
    }

    #[test]
    fn alone_a_finding_keeps_its_confidence_and_the_rest_is_for_others() {
        let mut findings = [finding(Id::Overfit, 0.8)];
        let explained = weigh(&mut findings, &[]);
        assert!((findings[0].confidence - 0.8).abs() < 1e-9);
        let rest: f64 = explained[0].alternatives.iter().map(|other| other.share).sum();
        assert!(rest > 0.1 && rest < 0.2, "{explained:?}");
        assert_eq!(explained[0].alternatives[0].id, Some(Id::TrainEvalMismatch));
    }

    #[test]
    fn what_excludes_each_other_shares_one_whole() {
        let ids =
            [Id::LossScaled, Id::PenaltyInLoss, Id::DoubleSoftmax, Id::Overconfident, Id::WorseThanChance];
        let mut findings = ids.map(|id| finding(id, 0.9));
        let explained = weigh(&mut findings, &[]);
        let sum: f64 = findings.iter().map(|finding| finding.confidence).sum();
        assert!(sum <= 1.0 && sum > 0.95, "{sum}");
        for one in explained {
            let all = one.share + one.alternatives.iter().map(|other| other.share).sum::<f64>();
            assert!(all <= 1.0 && one.alternatives[0].share > 0.15, "{one:?}");
        }
    }

    #[test]
    fn an_expected_consequence_is_the_next_explanation_but_no_rival() {
        let mut findings = [finding(Id::LossScaled, 0.9)];
        let explained = weigh(&mut findings, &[Id::Overconfident]);
        assert!((findings[0].confidence - 0.9).abs() < 1e-9);
        assert_eq!(explained[0].alternatives[0].id, Some(Id::Overconfident));
    }

    #[test]
    fn effects_of_one_cause_are_no_rivals() {
        let mut findings = [Id::TrainEvalMismatch, Id::WorseThanChance].map(|id| finding(id, 0.9));
        weigh(&mut findings, &[]);
        assert!(findings.iter().all(|finding| finding.confidence > 0.89));
    }
}
