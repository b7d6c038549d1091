//! One finding, its severity and its evidence.

use serde::{Deserialize, Serialize};

/// All kinds of findings, from broken numbers to remarks. Printed in kebab-case, such as
/// `loss-scaled`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Id {
    /// A loss or another metric is not a number or infinite.
    Nan,
    /// A number that the quantity cannot have.
    ImpossibleValue,
    /// The loss exploded and did not recover.
    Diverged,
    /// The loss equals the logarithm of a clipped probability.
    SaturatedLoss,
    /// The network behaves differently in evaluation mode.
    TrainEvalMismatch,
    /// The loss is far above that of guessing while accuracy is at or below chance.
    WorseThanChance,
    /// Nothing is learned: loss and accuracy are those of guessing.
    AtChance,
    /// The same value to the last digit in every epoch.
    Frozen,
    /// No error at all, from the first epoch on.
    TooGood,
    /// Cross-entropy was taken of probabilities instead of logits.
    DoubleSoftmax,
    /// The printed loss includes a weight penalty.
    PenaltyInLoss,
    /// The accuracy says nothing about this task.
    DegenerateMetric,
    /// Training goes on improving, validation does not.
    Overfit,
    /// Training itself stops far from good, and validation is equal to it.
    Underfit,
    /// Loss and accuracy of validation jump together, while training is smooth.
    UnstableValidation,
    /// The training loss rises or jumps.
    LrTooHigh,
    /// The printed loss is the mean per sample times a factor.
    LossScaled,
    /// The first losses are far above those of guessing, then recover.
    HotStart,
    /// The validation loss jumps while accuracy holds.
    ValSpikes,
    /// The loss is far above what the accuracy explains.
    Overconfident,
    /// So few validation photos that the metric moves in steps.
    ValidationTooSmall,
    /// The best epoch was long ago.
    Plateau,
    /// Epochs repeat or restart.
    SeveralRuns,
    /// The loss rests on the floor of smoothed labels.
    LabelSmoothing,
    /// Validation looks better than training, for a harmless reason.
    ValBetterThanTrain,
    /// The last epoch is the best.
    StillImproving,
    /// Lines are cut off, and with them perhaps digits.
    CutValues,
    /// The text holds no course of a training.
    NotALog,
    /// What was read neither shows a fault nor proves that the network learned.
    TooLittleToTell,
    /// The network has learned, and nothing above a note was found.
    Healthy,
}

impl Id {
    /// The name in reports, such as `loss-scaled`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nan => "nan",
            Self::ImpossibleValue => "impossible-value",
            Self::Diverged => "diverged",
            Self::SaturatedLoss => "saturated-loss",
            Self::TrainEvalMismatch => "train-eval-mismatch",
            Self::WorseThanChance => "worse-than-chance",
            Self::AtChance => "at-chance",
            Self::Frozen => "frozen",
            Self::TooGood => "too-good",
            Self::DoubleSoftmax => "double-softmax",
            Self::LossScaled => "loss-scaled",
            Self::PenaltyInLoss => "penalty-in-loss",
            Self::DegenerateMetric => "degenerate-metric",
            Self::Overfit => "overfit",
            Self::Underfit => "underfit",
            Self::LrTooHigh => "lr-too-high",
            Self::UnstableValidation => "unstable-validation",
            Self::HotStart => "hot-start",
            Self::ValSpikes => "val-spikes",
            Self::Overconfident => "overconfident",
            Self::ValidationTooSmall => "validation-too-small",
            Self::Plateau => "plateau",
            Self::SeveralRuns => "several-runs",
            Self::LabelSmoothing => "label-smoothing",
            Self::ValBetterThanTrain => "val-better-than-train",
            Self::StillImproving => "still-improving",
            Self::CutValues => "cut-values",
            Self::NotALog => "not-a-log",
            Self::TooLittleToTell => "too-little-to-tell",
            Self::Healthy => "healthy",
        }
    }

    /// Whether it names a fault of the run even as a note, beside which the run is not called healthy.
    pub(crate) fn is_fault(self) -> bool {
        matches!(
            self,
            Self::Nan | Self::Overfit | Self::Underfit | Self::UnstableValidation | Self::LrTooHigh
        )
    }

    /// Whether it says, even as a note, what is wrong with a run of which nothing proves that it learned.
    pub(crate) fn commits(self) -> bool {
        matches!(
            self,
            Self::ImpossibleValue
                | Self::DegenerateMetric
                | Self::LossScaled
                | Self::Overconfident
                | Self::Plateau
        )
    }

    /// The finding in a few words.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Nan => "A value is not a number",
            Self::ImpossibleValue => "An impossible value",
            Self::Diverged => "The run diverged",
            Self::SaturatedLoss => "The loss is stuck at its ceiling",
            Self::TrainEvalMismatch => "Evaluation differs from training",
            Self::WorseThanChance => "Worse than guessing",
            Self::AtChance => "Nothing was learned",
            Self::Frozen => "Values that never change",
            Self::TooGood => "Too good to be true",
            Self::DoubleSoftmax => "Softmax applied twice",
            Self::LossScaled => "The printed loss is not the mean",
            Self::PenaltyInLoss => "The loss includes a weight penalty",
            Self::DegenerateMetric => "The accuracy is meaningless",
            Self::Overfit => "Overfitting",
            Self::Underfit => "Underfitting",
            Self::LrTooHigh => "The learning rate is too high",
            Self::UnstableValidation => "Validation is unstable",
            Self::HotStart => "A start far worse than guessing",
            Self::ValSpikes => "Jumps in the validation loss",
            Self::Overconfident => "Overconfident",
            Self::ValidationTooSmall => "Too few validation photos",
            Self::Plateau => "The best epoch was long ago",
            Self::SeveralRuns => "More than one run in this log",
            Self::LabelSmoothing => "Smoothed labels",
            Self::ValBetterThanTrain => "Validation looks better than training",
            Self::StillImproving => "Still improving",
            Self::CutValues => "Lines that are cut off",
            Self::NotALog => "Not a training log",
            Self::TooLittleToTell => "Too little to tell",
            Self::Healthy => "Healthy",
        }
    }
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know; nothing is wrong.
    Note,
    /// The numbers or the model cannot be trusted as they are.
    Warning,
    /// The run is useless as it is.
    Error,
}

/// One number of the log that supports a finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// Line of the log, from 1; absent where the whole log or the set-up is the evidence.
    pub line: Option<usize>,
    /// What the log says there, or what follows from it.
    pub text: String,
}

impl Evidence {
    /// Something that is printed in `line` (from 1; 0 for a log without lines). Where `text` begins with the name of a line, as
    /// epochs without a number are called, that is left out: it would be said twice.
    #[must_use]
    pub fn at(line: usize, text: impl Into<String>) -> Self {
        let mut text = text.into();
        let named = text.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
        if let Some((_, rest)) = named.filter(|(number, _)| line > 0 && number.parse::<usize>().is_ok()) {
            text = rest.to_owned();
        }
        Self { line: (line > 0).then_some(line), text }
    }

    /// Something that follows from the log as a whole.
    #[must_use]
    pub fn whole(text: impl Into<String>) -> Self {
        Self { line: None, text: text.into() }
    }
}

/// One thing found in a log.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// What kind of thing.
    pub id: Id,
    /// How much it matters.
    pub severity: Severity,
    /// One or two sentences: what was found.
    pub claim: String,
    /// The numbers that support it.
    pub evidence: Vec<Evidence>,
    /// Confidence, in 0..=1.
    pub confidence: f64,
    /// What to do.
    pub advice: String,
    /// The lines of PyTorch or Keras that fix it, where code is the cause.
    pub code: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_named_once() {
        for (line, text, shown) in [
            (56, "line 56: validation loss 0.4", "validation loss 0.4"),
            (57, "line 56: validation loss 0.4", "validation loss 0.4"),
            (56, "epoch 3: validation loss 0.4", "epoch 3: validation loss 0.4"),
            (56, "line up: 3", "line up: 3"),
            (0, "line 56: validation loss 0.4", "line 56: validation loss 0.4"),
        ] {
            assert_eq!(Evidence::at(line, text).text, shown);
        }
    }
}
