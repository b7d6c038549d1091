//! Times of day, durations and dates.

use crate::number::{Form, Number};

/// `1:34:45`, `00:07`, `17:36:18.471521` or a calendar date at `at`, with whatever offset or fraction belongs
/// to it.
pub(crate) fn scan(text: &[u8], at: usize) -> Option<(Number, usize)> {
    clock(text, at).or_else(|| date(text, at))
}

fn clock(text: &[u8], at: usize) -> Option<(Number, usize)> {
    let (first, mut end) = digits(text, at, 1, 3)?;
    let mut seconds = first as f64;
    let mut parts = 1;
    while parts < 3 && text.get(end) == Some(&b':') {
        let Some((part, next)) = digits(text, end + 1, 2, 2) else { break };
        seconds = seconds * 60.0 + part as f64;
        end = next;
        parts += 1;
    }
    if parts < 2 || text.get(end) == Some(&b':') && text.get(end + 1).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    if matches!(text.get(end), Some(b'.' | b',')) && text.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end += 1;
        while text.get(end).is_some_and(u8::is_ascii_digit) {
            end += 1;
        }
    }
    let offset = || digits(text, end + 1, 4, 4).or_else(|| digits(text, end + 1, 2, 2));
    if let (3, Some(b'+' | b'-'), Some((_, next))) = (parts, text.get(end), offset()) {
        end = next;
    }
    if text.get(end) == Some(&b'Z') {
        end += 1;
    }
    Some((Number { value: seconds, resolution: 1.0, form: Form::Clock, percent: false }, end))
}

/// `2021-03-04`, `2021/03/04`, `2021.03.04` and `04/03/2021`, with a `T` and a time of day after it.
fn date(text: &[u8], at: usize) -> Option<(Number, usize)> {
    let ordered = |first: usize, last: usize| {
        let (_, end) = digits(text, at, first, first)?;
        let separator = *text.get(end).filter(|byte| matches!(byte, b'-' | b'/' | b'.'))?;
        let (_, end) = digits(text, end + 1, 2, 2)?;
        (text.get(end) == Some(&separator)).then_some(())?;
        digits(text, end + 1, last, last).map(|(_, end)| end)
    };
    let mut end = ordered(4, 2).or_else(|| ordered(2, 4))?;
    if matches!(text.get(end), Some(b'T' | b'_' | b'-')) {
        if let Some((_, next)) = clock(text, end + 1) {
            end = next;
        } else {
            while text
                .get(end)
                .is_some_and(|byte| byte.is_ascii_digit() || matches!(byte, b'T' | b'_' | b'-'))
            {
                end += 1;
            }
        }
    }
    Some((Number { value: 0.0, resolution: 0.0, form: Form::Date, percent: false }, end))
}

/// Between `least` and `most` digits at `at`, not followed by another.
fn digits(text: &[u8], at: usize, least: usize, most: usize) -> Option<(u64, usize)> {
    let mut end = at;
    let mut value = 0;
    while let Some(digit) = text.get(end).filter(|byte| byte.is_ascii_digit()) {
        if end - at == most {
            return None;
        }
        value = value * 10 + u64::from(digit - b'0');
        end += 1;
    }
    (end - at >= least).then_some((value, end))
}

#[cfg(test)]
mod tests {
    use super::{Form, scan};

    #[test]
    fn clocks_and_dates() {
        let cases: [(&str, Option<(f64, usize)>); 12] = [
            ("00:07 ", Some((7.0, 5))),
            ("1:34:45", Some((5685.0, 7))),
            ("17:36:18.471521 ", Some((63378.0, 15))),
            ("12:00:00,123", Some((43200.0, 12))),
            ("19:36:02.287+0100", Some((70562.0, 17))),
            ("2017-02-17 19", Some((0.0, 10))),
            ("2021-03-04T12:00:00.123Z", Some((0.0, 24))),
            ("04/03/2021", Some((0.0, 10))),
            ("10/5005", None),
            ("1:5", None),
            ("0:0.25", None),
            ("12", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(scan(text.as_bytes(), 0).map(|(number, end)| (number.value, end)), wanted, "{text}");
        }
        assert_eq!(scan(b"2017-02-17", 0).unwrap().0.form, Form::Date);
    }
}
