//! Numbers within sentences.

use crate::rows::{Reading, Row};

/// A number to three significant digits, without an exponent between 0.001 and a million.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "nan".to_owned() } else { "inf".to_owned() };
    }
    let size = value.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        return format!("{value:.1e}");
    }
    let digits = if size == 0.0 { 0 } else { (2 - size.log10().floor() as i32).clamp(0, 5) };
    let text = format!("{value:.*}", digits as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A number as a log prints it, to four significant digits.
pub(crate) fn printed(value: f64) -> String {
    let size = value.abs();
    if (1.0..1e4).contains(&size) {
        let digits = 3 - size.log10().floor() as usize;
        let text = format!("{value:.digits$}");
        if digits > 0 { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    } else {
        number(value)
    }
}

/// A number for estimates: to one significant digit, to two if the first is a 1 or 2.
pub(crate) fn roughly(value: f64) -> String {
    if !value.is_finite() || value <= 0.0 {
        return number(value);
    }
    let unit = 10f64.powf(value.log10().floor());
    let unit = if value / unit < 2.95 { 0.1 * unit } else { unit };
    number((value / unit).round() * unit)
}

/// An accuracy as a percentage, with so many digits that 99.994 % does not read as all.
pub(crate) fn percent(share: f64) -> String {
    let value = 100.0 * share;
    let rest = value.abs().min((100.0 - value).abs());
    let digits = if rest > 0.0 { (1.0 - rest.log10().floor()).clamp(1.0, 4.0) as usize } else { 1 };
    let text = format!("{value:.digits$}");
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

/// `epoch 3`, or `line 7` where no epoch is printed, or the place in the log.
pub(crate) fn epoch_name(row: &Row, index: usize) -> String {
    match row.epoch {
        Some(epoch) => format!("epoch {}", number(epoch)),
        None if row.line > 0 => format!("line {}", row.line),
        None => format!("record {}", index + 1),
    }
}

/// `epoch 3: validation loss 0.41`.
pub(crate) fn quoted(row: &Row, index: usize, what: &str, reading: Reading) -> String {
    format!("{}: {what} {}", epoch_name(row, index), printed(reading.value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        for (value, text) in [
            (118.525, "119"),
            (0.03412, "0.0341"),
            (2.0, "2"),
            (1e21, "1.0e21"),
            (0.0, "0"),
            (64.0, "64"),
            (1600.0, "1600"),
        ] {
            assert_eq!(number(value), text);
        }
        assert_eq!(printed(118.525), "118.5");
        assert_eq!(
            (roughly(64.0), roughly(16.0), roughly(1437.0)),
            ("60".into(), "16".into(), "1400".into())
        );
        assert_eq!(
            (percent(0.995), percent(0.99994), percent(1.0)),
            ("99.5 %".into(), "99.994 %".into(), "100 %".into())
        );
    }
}
