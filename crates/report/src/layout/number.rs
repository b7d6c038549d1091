//! Numbers as people write them: `0.025`, `88.4 %`, `12,000`, `3×10⁻⁵`.

use foliar_results::Estimate;
pub(crate) use foliar_results::words::fixed;

/// How the values of an axis are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Number {
    /// As they are; a power of ten where they are very small or very large.
    #[default]
    Plain,
    /// Shares of one, written as per cent.
    Percent,
    /// Whole numbers.
    Count,
}

impl Number {
    /// Tick labels, all with the same number of decimals.
    pub(crate) fn labels(self, values: &[f64]) -> Vec<String> {
        let factor = if self == Self::Percent { 100.0 } else { 1.0 };
        let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
        let largest = scaled.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        if largest >= 1e6 || (largest > 0.0 && largest < 1e-3) {
            return scaled.iter().map(|&value| self.with_unit(power(value))).collect();
        }
        let decimals = scaled.iter().map(|&value| decimals(value, largest)).max().unwrap_or(0);
        scaled.iter().map(|&value| self.with_unit(fixed(value, decimals))).collect()
    }

    /// Tick labels on a logarithmic axis, each with the decimals that it needs.
    pub(crate) fn log_labels(self, values: &[f64]) -> Vec<String> {
        let factor = if self == Self::Percent { 100.0 } else { 1.0 };
        let wide = values.iter().any(|value| !(1e-3..1e5).contains(&(value * factor)));
        let label = |value: f64| {
            if wide { power(value) } else { fixed(value, decimals(value, value)) }
        };
        values.iter().map(|value| self.with_unit(label(value * factor))).collect()
    }

    /// Tick labels on a scale of momentum, each with the decimals that it needs: `0`, `0.9`, `0.95`.
    pub(crate) fn momentum_labels(self, values: &[f64]) -> Vec<String> {
        let factor = if self == Self::Percent { 100.0 } else { 1.0 };
        let label =
            |value: f64| fixed(value * factor, decimals(value * factor, (1.0 - value).abs() * factor));
        values.iter().map(|&value| self.with_unit(label(value))).collect()
    }

    /// A single value with three significant digits (per cent: one decimal).
    pub(crate) fn shown(self, value: f64) -> String {
        if !value.is_finite() {
            return if value.is_nan() { "–".to_owned() } else { signed(value, "∞".to_owned()) };
        }
        let text = match self {
            Self::Percent => fixed(value * 100.0, 1),
            Self::Count => fixed(value, 0),
            Self::Plain => match value.abs() {
                0.0 => "0".to_owned(),
                size if !(1e-3..1e6).contains(&size) => power(value),
                size if size >= 100.0 => fixed(value, 0),
                size if size >= 10.0 => fixed(value, 1),
                size if size >= 1.0 => fixed(value, 2),
                size if size >= 0.1 => fixed(value, 3),
                _ => fixed(value, 4),
            },
        };
        self.with_unit(text)
    }

    /// An interval: `88.5 to 91.9 %`; empty where its ends are equal.
    pub(crate) fn span(self, low: f64, high: f64) -> String {
        if self == Self::Percent && (Estimate { value: low, low, high }).is_anything() {
            "too few groups for a range".to_owned()
        } else if low < high {
            format!("{} to {}", self.shown(low).trim_end_matches("\u{a0}%"), self.shown(high))
        } else {
            String::new()
        }
    }

    /// A value with two significant digits, as learning rates are given: `0.012`.
    pub(crate) fn rough(value: f64) -> String {
        let rounded = format!("{value:.1e}").parse().unwrap_or(value);
        if (1e-3..1e5).contains(&value) { fixed(rounded, decimals(rounded, rounded)) } else { power(rounded) }
    }

    fn with_unit(self, text: String) -> String {
        if self == Self::Percent { format!("{text}\u{a0}%") } else { text }
    }
}

/// The least decimals that tell `value` to within a millionth of `largest`, at most 9.
fn decimals(value: f64, largest: f64) -> usize {
    (0..9)
        .find(|&places| {
            let shift = 10f64.powi(places);
            ((value * shift).round() / shift - value).abs() <= largest.abs() * 1e-6
        })
        .unwrap_or(9) as usize
}

fn signed(value: f64, text: String) -> String {
    if value < 0.0 { format!("−{text}") } else { text }
}

/// Mantissa and power of ten: `1.5×10⁶`, `10⁻⁴`; plain from 0.1 to 10.
fn power(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return fixed(value, 0);
    }
    let text = format!("{:.2e}", value.abs());
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    let raised: String = exponent.chars().map(superscript).collect();
    let text = match (mantissa, exponent) {
        (mantissa, "0") => mantissa.to_owned(),
        ("1", "1") => "10".to_owned(),
        ("1", "-1") => "0.1".to_owned(),
        ("1", _) => format!("10{raised}"),
        (mantissa, _) => format!("{mantissa}×10{raised}"),
    };
    signed(value, text)
}

fn superscript(digit: char) -> char {
    match digit {
        '-' => '⁻',
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        '4' => '⁴',
        '5' => '⁵',
        '6' => '⁶',
        '7' => '⁷',
        '8' => '⁸',
        _ => '⁹',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_share_their_decimals() {
        assert_eq!(Number::Plain.labels(&[0.0, 0.5, 1.0]), ["0.0", "0.5", "1.0"]);
        assert_eq!(Number::Plain.labels(&[0.1 + 0.2, 0.6]), ["0.3", "0.6"]);
        assert_eq!(Number::Percent.labels(&[0.8, 0.9, 1.0]), ["80\u{a0}%", "90\u{a0}%", "100\u{a0}%"]);
        assert_eq!(Number::Count.labels(&[0.0, 10_000.0]), ["0", "10,000"]);
        assert_eq!(Number::Plain.labels(&[0.0, 5e29, 1e30]), ["0", "5×10²⁹", "10³⁰"]);
    }

    #[test]
    fn logarithmic_labels_are_powers_where_the_axis_is_wide() {
        assert_eq!(Number::Plain.log_labels(&[1e-5, 1e-4, 0.1, 1.0]), ["10⁻⁵", "10⁻⁴", "0.1", "1"]);
        assert_eq!(Number::Plain.log_labels(&[0.01, 0.1, 1.0, 100.0]), ["0.01", "0.1", "1", "100"]);
    }

    #[test]
    fn values_are_shown_with_three_digits() {
        for (value, text) in [
            (0.0, "0"),
            (2.708, "2.71"),
            (118.4, "118"),
            (0.012, "0.0120"),
            (-0.5, "−0.500"),
            (3e-5, "3×10⁻⁵"),
            (f64::NAN, "–"),
            (f64::NEG_INFINITY, "−∞"),
        ] {
            assert_eq!(Number::Plain.shown(value), text);
        }
        assert_eq!(Number::rough(0.01203), "0.012");
        assert_eq!(Number::rough(3.02e-5), "3×10⁻⁵");
        assert_eq!(Number::Percent.shown(0.8837), "88.4\u{a0}%");
        assert_eq!(Number::Percent.shown(-0.0001), "0.0\u{a0}%");
    }
}
