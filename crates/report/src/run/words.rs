//! Shares and lists as people say them.

use crate::estimate::Estimate;
use crate::layout::number::fixed;

/// A share as whole per cent: `90 %`; 0 and 100 only where it is exactly that.
pub(crate) fn percent(share: f64) -> String {
    format!("{}\u{a0}%", hundredths(share))
}

/// `87 to 93 of 100`; empty without an interval.
pub(crate) fn of_a_hundred(estimate: Estimate) -> String {
    if estimate.has_interval() {
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
pub(crate) fn points(difference: f64) -> String {
    let decimals = usize::from(difference.abs() < 0.0995);
    let told = fixed(difference * 100.0, decimals);
    format!("{told}\u{a0}{}", if told == "1.0" { "point" } else { "points" })
}

/// `1 photograph`, `2,191 photographs`.
pub(crate) fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", fixed(number as f64, 0), if number == 1 { one } else { many })
}

/// `rust`, `rust and blight`, `rust, blight and mould`; after four, how many more.
pub(crate) fn list(names: &[&str]) -> String {
    const MOST: usize = 4;
    let more = names.len().saturating_sub(MOST);
    let mut told: Vec<String> = names.iter().take(MOST).map(|&name| name.to_owned()).collect();
    if more > 0 {
        told.push(format!("{more} more"));
    }
    match told.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_never_rounded_to_all_or_nothing() {
        for (share, told) in [(0.9, "90"), (1.0, "100"), (0.998, "over 99"), (0.0, "0"), (0.001, "under 1")] {
            assert_eq!(percent(share), format!("{told}\u{a0}%"));
        }
        assert_eq!(of_a_hundred(Estimate { value: 0.9, low: 0.87, high: 0.999 }), "87 to over 99 of 100");
        assert_eq!(of_a_hundred(Estimate::point(0.9)), "");
    }

    #[test]
    fn differences_are_points() {
        assert_eq!(
            [0.123, 0.0123, -0.01, 0.01].map(points).join(", ").replace('\u{a0}', " "),
            "12 points, 1.2 points, −1.0 points, 1.0 point"
        );
    }

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b"]), "a and b");
        assert_eq!(list(&["a", "b", "c", "d", "e", "f"]), "a, b, c, d and 2 more");
    }
}
