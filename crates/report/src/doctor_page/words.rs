//! Names and numbers as people read them.

use foliar_doctor::{Finding, Id, Reduction};
use foliar_logread::{Metric, Split};

use crate::layout::number::{Number, fixed};
use crate::page::parts::severity;

/// How much a finding matters: the word on its card and the class of its colour.
pub(crate) fn weight(finding: &Finding) -> (&'static str, &'static str) {
    if finding.id == Id::Healthy { ("Healthy", "healthy") } else { severity(finding.severity) }
}

/// How the printed number was added up.
pub(crate) fn reduction(reduction: Reduction) -> &'static str {
    match reduction {
        Reduction::Mean => "a mean per photo",
        Reduction::BatchSum => "summed over each batch",
        Reduction::SumOfBatchMeans => "batch means added, not divided",
        Reduction::TotalSum => "summed over all photos",
        Reduction::BatchMeansOverSamples => "batch means divided by photos",
    }
}

pub(crate) fn split(split: Option<Split>) -> &'static str {
    match split {
        Some(Split::Train) => "training",
        Some(Split::Validation) => "validation",
        Some(Split::Test) => "test",
        None => "–",
    }
}

pub(crate) fn metric(metric: Metric) -> &'static str {
    match metric {
        Metric::Loss => "loss",
        Metric::LossPart => "part of the loss",
        Metric::Accuracy => "accuracy",
        Metric::TopFive => "top-5 accuracy",
        Metric::F1 => "F1",
        Metric::OtherScore => "score",
        Metric::LearningRate => "learning rate",
        Metric::Seconds => "seconds",
        Metric::Unknown => "not known",
    }
}

/// A number with three significant digits.
pub(crate) fn number(value: f64) -> String {
    Number::Plain.shown(value)
}

/// A number as the log has it, to six significant digits.
pub(crate) fn printed(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    let size = value.abs();
    if size != 0.0 && !(1e-4..1e9).contains(&size) {
        return number(value);
    }
    let exact = value.to_string();
    let digits = exact.bytes().filter(u8::is_ascii_digit).skip_while(|&digit| digit == b'0').count();
    if digits <= 6 && size < 1e4 {
        return exact.replace('-', "−");
    }
    let whole = size.log10().floor() as i32;
    fixed(value, usize::try_from(5 - whole).unwrap_or(0))
}

/// A share as per cent; two decimals, and never 100 where it is less.
pub(crate) fn percent(share: f64) -> String {
    if (0.999_95..1.0).contains(&share) {
        return "> 99.99\u{a0}%".to_owned();
    }
    if share.is_finite() { format!("{}\u{a0}%", fixed(share * 100.0, 2)) } else { printed(share) }
}

/// A factor as `× 64`, or `÷ 64` below one.
pub(crate) fn times(factor: f64) -> String {
    if factor >= 0.995 {
        format!("×\u{a0}{}", brief(factor))
    } else {
        format!("÷\u{a0}{}", brief(1.0 / factor))
    }
}

/// Two or three significant digits.
pub(crate) fn brief(value: f64) -> String {
    if value >= 10.0 { fixed(value, 0) } else { fixed(value, 1).trim_end_matches(".0").to_owned() }
}

/// `1 epoch`, `2,000 epochs`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", fixed(number as f64, 0), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_numbers_keep_what_the_log_has() {
        for (value, text) in [
            (118.525, "118.525"),
            (2.2, "2.2"),
            (-0.5, "−0.5"),
            (0.031_926_550_394_855_44, "0.0319266"),
            (1_234.567_890_1, "1,234.57"),
            (0.0, "0"),
            (f64::NAN, "nan"),
            (f64::INFINITY, "∞"),
            (1e21, "10²¹"),
        ] {
            assert_eq!(printed(value), text);
        }
    }

    #[test]
    fn shares_are_never_rounded_up_to_all() {
        assert_eq!(percent(0.9953), "99.53\u{a0}%");
        assert_eq!(percent(1.0), "100.00\u{a0}%");
        assert_eq!(percent(0.999_96), "> 99.99\u{a0}%");
    }

    #[test]
    fn factors_have_a_direction() {
        assert_eq!(times(64.2), "×\u{a0}64");
        assert_eq!(times(1.0 / 32.0), "÷\u{a0}32");
        assert_eq!(times(1.0), "×\u{a0}1");
        assert_eq!(times(1437.4), "×\u{a0}1,437");
    }
}
