//! Shares, differences, counts and lists as they stand in sentences, on a terminal and in a page alike.

use foliar_metrics::Estimate;

/// Fixed decimals with a comma between thousands and a true minus sign.
#[must_use]
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "–".to_owned() } else { signed(value, "∞") };
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let zero = !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    signed(if zero { 0.0 } else { value }, &format!("{grouped}{rest}"))
}

fn signed(value: f64, text: &str) -> String {
    if value < 0.0 { format!("−{text}") } else { text.to_owned() }
}

/// A share as whole per cent: `90 %`; 0 and 100 only where it is exactly that.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{} %", hundredths(share))
}

/// `87 to 93 of 100`; empty without an interval, and the reason where there are too few groups for one.
#[must_use]
pub fn of_a_hundred(estimate: Estimate) -> String {
    if estimate.is_anything() {
        "too few groups for a range".to_owned()
    } else if estimate.has_interval() {
        format!("{} to {} of 100", hundredths(estimate.low), hundredths(estimate.high))
    } else {
        String::new()
    }
}

fn hundredths(share: f64) -> String {
    let whole = (share * 100.0).round();
    if whole >= 100.0 && share < 1.0 {
        "over 99".to_owned()
    } else if whole <= 0.0 && share > 0.0 {
        "under 1".to_owned()
    } else {
        fixed(share * 100.0, 0)
    }
}

/// A difference of shares: `12 points`, with a decimal below ten.
#[must_use]
pub fn points(difference: f64) -> String {
    let decimals = usize::from(difference.abs() < 0.0995);
    let told = fixed(difference * 100.0, decimals);
    format!("{told} {}", if told == "1.0" { "point" } else { "points" })
}

/// `1 photo`, `2,191 photos`.
#[must_use]
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", fixed(number as f64, 0), if number == 1 { one } else { many })
}

/// `rust`, `rust and blight`, `rust, blight and mould`; after four, how many more.
#[must_use]
pub fn list(names: &[impl AsRef<str>]) -> String {
    const MOST: usize = 4;
    let more = names.len().saturating_sub(MOST);
    let mut told: Vec<String> = names.iter().take(MOST).map(|name| name.as_ref().to_owned()).collect();
    if more > 0 {
        told.push(format!("{more} more"));
    }
    match told.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A title within a sentence: `Photos leak` becomes `photos leak`. An abbreviation keeps its capitals.
pub(crate) fn within(title: &str) -> String {
    let mut letters = title.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => title.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_never_rounded_to_all_or_nothing() {
        for (share, told) in [(0.9, "90"), (1.0, "100"), (0.998, "over 99"), (0.0, "0"), (0.001, "under 1")] {
            assert_eq!(percent(share), format!("{told} %"));
        }
        assert_eq!(of_a_hundred(Estimate::new(0.9, [0.87, 0.999])), "87 to over 99 of 100");
        assert_eq!(of_a_hundred(Estimate::point(0.9)), "");
        assert_eq!(of_a_hundred(Estimate::new(0.9, [0.0, 1.0])), "too few groups for a range");
    }

    #[test]
    fn differences_are_points() {
        assert_eq!(
            [0.123, 0.0123, -0.01, 0.01].map(points).join(", "),
            "12 points, 1.2 points, −1.0 points, 1.0 point"
        );
        assert_eq!(fixed(1_234_567.25, 1), "1,234,567.2");
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b"]), "a and b");
        assert_eq!(list(&["a", "b", "c", "d", "e", "f"]), "a, b, c, d and 2 more");
        assert_eq!(within("OOD photos"), "OOD photos");
    }
}
