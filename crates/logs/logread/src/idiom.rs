//! What single programs call a number that no common word names.
//!
//! | program           | line                                                            |
//! | ----------------- | --------------------------------------------------------------- |
//! | R's nnet, optim   | `initial  value 201.234567`, `iter  10 value 61.512345`         |
//! | L-BFGS-B of SciPy | `At iterate    5    f=  4.01234D-01    \|proj g\|=  5.1D-02`    |
//! | LIBLINEAR         | `iter  1 act 2.1e+02 pre 1.9e+02 delta 1.5e+00 f 3.4e+02`       |
//! | FANN              | `Epochs         1000. Current error: 0.1200123978. Bit fail 2.` |
//! | CNTK              | `Finished Epoch[1 of 3]: [Training] loss = 2.3 * 500, metric = 89.50% * 500` |
//! | MATLAB's networks | `Epoch 25/1000, Time 16.3, Performance 0.0357/1e-12, Gradient 0.7/1e-06, Validation Checks 0/6` |
//! | kraken            | `Accuracy report (3) 0.7512 3214 842`                           |
//! | tutorials of PyTorch on recurrent networks | `5000 5% (0m 12s) 2.4177 Satoshi / Japanese`, `0m 23s (- 5m 39s) (5000 6%) 2.8466` |

use crate::fold::Word;

/// A label of this kind, by all of its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Idiom {
    /// `initial value`, in a line of its own: the loss before the first step.
    InitialValue,
    /// `value` or `f`, after the number of a step: its loss.
    ValueOfStep,
    /// `Epochs`, before the number of one.
    Epochs,
    /// `metric`, in CNTK's lines: the share of errors.
    Metric,
    /// `Performance`, in MATLAB's lines of networks: what training minimises, and its goal.
    Performance,
    /// `Accuracy report`, before the number of an epoch and its accuracy.
    AccuracyReport,
}

/// What `words`, all of a label, are.
pub(crate) fn idiom(words: &[Word]) -> Option<Idiom> {
    let text = |index: usize| words.get(index).map_or("", |word| word.text.as_str());
    match (words.len(), text(0), text(1)) {
        (1, "value" | "f", _) => Some(Idiom::ValueOfStep),
        (1, "epochs", _) => Some(Idiom::Epochs),
        (1, "metric", _) => Some(Idiom::Metric),
        (1, "performance", _) => Some(Idiom::Performance),
        (2, "initial", "value") => Some(Idiom::InitialValue),
        (2, "accuracy", "report") => Some(Idiom::AccuracyReport),
        _ => None,
    }
}
