//! Lines of a program's source, as people paste them beside its log.

/// Calls that print or collect; what a log holds of them is the text that they print.
const CALLS: [&str; 10] = [
    "print(",
    "printf(",
    "println!(",
    "println(",
    "sprintf(",
    ".format(",
    ".append(",
    "logger.info(",
    "logging.info(",
    "console.log(",
];

/// Whether `text` is source that mentions measurements and tells none.
pub(crate) fn is_source(text: &str) -> bool {
    CALLS.iter().any(|call| text.contains(call))
}

/// Whether the number after `label` is multiplied in source: `correct / total * 100`.
pub(crate) fn is_factor(label: &str) -> bool {
    let Some(before) = label.trim_end().strip_suffix('*') else { return false };
    // `*acc* 0.9` is emphasis.
    let emphasis = before.trim_start().strip_prefix('*').is_some_and(|rest| !rest.starts_with(' '));
    !emphasis
        && before.trim_end().ends_with(|letter: char| letter.is_alphanumeric() || matches!(letter, ')' | '_'))
}

/// Whether the number after `label` is a bound and no value: `val accuracy > 99 %`.
pub(crate) fn is_bound(label: &str) -> bool {
    let label = label.trim_end();
    let before = ["<=", ">=", "≤", "≥", "<", ">"].iter().find_map(|mark| label.strip_suffix(mark));
    before.is_some_and(|before| {
        before.ends_with(' ') && !before.trim_end().ends_with(['-', '=', '>', '<', ':', '|'])
    })
}

#[cfg(test)]
mod tests {
    use super::{is_bound, is_factor, is_source};

    #[test]
    fn what_prints_is_source_and_what_is_printed_is_none() {
        assert!(is_source("print(f'Accuracy: {100 * right / total:.2f}%')"));
        assert!(is_source("printf(\"epoch %d loss %f\\n\", 3, loss);"));
        for text in
            ["loss.item()=0.5312", "loss: tensor(0.5312)", "fingerprint 0.5 loss 0.4", "Epoch 1 loss 0.5"]
        {
            assert!(!is_source(text), "{text}");
        }
    }

    #[test]
    fn factors_and_bounds_are_told_from_values() {
        for label in ["correct/total*", " acc = 100. * correct / total * ", "acc *"] {
            assert!(is_factor(label), "{label}");
        }
        for label in [" loss: ", "train-error:*", "**Accuracy:** ", "*acc* ", " * ", "loss = 0.5 * x, acc: "]
        {
            assert!(!is_factor(label), "{label}");
        }
        for label in ["val accuracy > ", "train loss <= ", "accuracy ≥ "] {
            assert!(is_bound(label), "{label}");
        }
        for label in ["loss -> ", "loss => ", "loss >> ", "loss: > ", "loss>", "| > ", "loss "] {
            assert!(!is_bound(label), "{label}");
        }
    }
}
