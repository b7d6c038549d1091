//! What a word or phrase of a training log can mean.

use crate::run_log::Split;

/// The meaning of one word or phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Concept {
    /// Which photos.
    Split(Split),
    /// What training minimises.
    Loss,
    /// A kind of cross-entropy, which is a loss even where the word is missing.
    Entropy,
    /// The exponential of a cross-entropy.
    Perplexity,
    /// How far numbers lie from those that were wanted.
    Deviation,
    /// A part of a loss.
    Part,
    /// Share of right answers.
    Accuracy,
    /// Share of right answers among the five likeliest.
    TopFive,
    /// Share of wrong answers, or a loss.
    Error,
    /// Share of wrong answers, certainly.
    ErrorRate,
    /// Words or letters that must be changed, inserted or deleted, as a share of those that were wanted.
    EditErrors,
    /// F1.
    F1,
    /// Another share of which more is better.
    Score,
    /// Learning rate.
    Rate,
    /// Duration.
    Time,
    /// The word before an epoch's number.
    Epoch,
    /// Epochs as an amount.
    Epochs,
    /// A step, iteration or batch.
    Step,
    /// Photos a step.
    BatchSize,
    /// Classes as an amount.
    Classes,
    /// Photos as an amount.
    Images,
    /// A percentage.
    Percent,
    /// Makes the name beside it something else: `best`, `scale`.
    Spoiler,
    /// Says nothing about which quantity is meant.
    Filler,
    /// Not in the lexicon.
    Unknown,
}

impl Concept {
    /// The split that it names, if it names one.
    pub(crate) fn split(self) -> Option<Split> {
        match self {
            Self::Split(split) => Some(split),
            _ => None,
        }
    }

    /// Whether it names what a number measures, other than a duration.
    pub(crate) fn is_quantity(self) -> bool {
        use Concept::{
            Accuracy, Deviation, EditErrors, Entropy, Error, ErrorRate, F1, Loss, Perplexity, Rate, Score,
            TopFive,
        };
        matches!(
            self,
            Loss | Entropy
                | Perplexity
                | Deviation
                | Accuracy
                | TopFive
                | Error
                | ErrorRate
                | EditErrors
                | F1
                | Score
                | Rate
        )
    }

    /// Whether it names what a number measures, a duration included.
    pub(crate) fn is_quantity_or_time(self) -> bool {
        self.is_quantity() || self == Self::Time
    }
}
