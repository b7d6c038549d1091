//! Calls in the text before a number, as programs that print expressions write them.
//!
//! | text                                | is read as       |
//! | ----------------------------------- | ---------------- |
//! | `loss: tensor(`                     | `loss: `         |
//! | `loss(x, y) = `                     | `loss = `        |
//! | `accuracy(test_x, test_y) = param(` | `test accuracy = ` |

use std::borrow::Cow;

use crate::concept::Concept;
use crate::fold;
use crate::lexicon::senses;
use crate::run_log::Split;

/// What encloses a number and says nothing of it.
const WRAPPERS: [&str; 19] = [
    "some",
    "optional",
    "just",
    "tensor",
    "eagertensor",
    "array",
    "ndarray",
    "devicearray",
    "arrayimpl",
    "param",
    "parameter",
    "variable",
    "float",
    "double",
    "float16",
    "bfloat16",
    "float32",
    "float64",
    "decimal",
];

/// `text` without the calls in it.
pub(crate) fn without_calls(text: &str) -> Cow<'_, str> {
    if !text.contains('(') {
        return Cow::Borrowed(text);
    }
    const MOST: usize = 8;
    let mut plain = Cow::Borrowed(without_wrapper(text));
    for _ in 0..MOST {
        match without_arguments(&plain) {
            Some(less) => plain = Cow::Owned(less),
            None => break,
        }
    }
    plain
}

/// `text` without `tensor(` or `<tf.Tensor: shape=(), dtype=float32, numpy=` at its end.
fn without_wrapper(text: &str) -> &str {
    let of_tensorflow = text.strip_suffix("numpy=").and_then(|text| text.rfind("<tf.Tensor"));
    if let Some(start) = of_tensorflow {
        return &text[..start];
    }
    let Some(open) = text.trim_end_matches('[').strip_suffix('(') else { return text };
    let name = open.trim_end_matches(|letter: char| letter.is_ascii_alphanumeric() || "_.".contains(letter));
    let last = open[name.len()..].rsplit('.').next().unwrap_or_default();
    let wraps = WRAPPERS.iter().any(|word| word.eq_ignore_ascii_case(last));
    let valued = name.trim_end().ends_with([':', '=', ',', '(', '[']) || name.ends_with(' ');
    if wraps && valued { name } else { text }
}

/// `text` without the arguments of measurements that are called, but for the photos that they name.
fn without_arguments(text: &str) -> Option<String> {
    let open = text
        .match_indices('(')
        .map(|(at, _)| at)
        .find(|&at| text[..at].ends_with(|letter: char| letter.is_ascii_alphanumeric() || letter == '_'))?;
    let name = text[..open]
        .trim_end_matches(|letter: char| letter.is_ascii_alphanumeric() || "_.!".contains(letter))
        .len();
    let mut depth = 0_usize;
    let close = open
        + text[open..].find(|letter| {
            depth = match letter {
                '(' => depth + 1,
                ')' => depth.saturating_sub(1),
                _ => depth,
            };
            depth == 0
        })?;
    let (arguments, after) = (&text[open + 1..close], &text[close + 1..]);
    let assigned = after.trim_start().starts_with('=');
    let measures = senses(&fold::words(&text[name..open], 8)).iter().any(|sense| sense.concept.is_quantity());
    if !measures || !(arguments.contains(',') || assigned) {
        return None;
    }
    let words = fold::words(arguments, usize::MAX);
    let mut split: Option<Split> = None;
    let mut strange = arguments.trim().is_empty();
    for sense in senses(&words) {
        match sense.concept {
            Concept::Split(named) => split = split.or(Some(named)),
            Concept::Unknown => strange = true,
            Concept::Filler | Concept::Images | Concept::Classes => {}
            // `accuracy(top 5)` is another measurement.
            _ => return None,
        }
    }
    if !strange && !assigned {
        return None;
    }
    let photos = match split {
        Some(Split::Train) => "train ",
        Some(Split::Validation) => "val ",
        Some(Split::Test) => "test ",
        None => "",
    };
    Some(format!("{}{photos}{}{after}", &text[..name], &text[name..open]))
}

#[cfg(test)]
mod tests {
    use super::without_calls;

    #[test]
    fn calls_go_and_names_stay() {
        for (text, wanted) in [
            (" loss: tensor(", " loss: "),
            ("acc=np.float32(", "acc="),
            ("loss: tf.Tensor(", "loss: "),
            ("loss tensor([", "loss "),
            ("loss: <tf.Tensor: shape=(), dtype=float32, numpy=", "loss: "),
            ("loss(x, y) = ", "loss = "),
            ("loss(x) = param(", "loss = "),
            ("accuracy(test_x, test_y) = ", "test accuracy = "),
            ("accuracy(model(x_val), y_val) = ", "val accuracy = "),
            ("(i, loss(x, y)) = (", "(i, loss) = ("),
            ("(loss(x, y), accuracy(val_x, y)) = (", "(loss, val accuracy) = ("),
            // These say something else.
            ("recall(rust): ", "recall(rust): "),
            ("loss (", "loss ("),
            ("acc(", "acc("),
            ("accuracy(top, 5) = ", "accuracy(top, 5) = "),
            ("loss(train, val): ", "loss(train, val): "),
            ("print(x, y) = ", "print(x, y) = "),
        ] {
            assert_eq!(without_calls(text), wanted, "{text}");
        }
    }
}
