//! Numbers as people and programs print them.
//!
//! | form                         | value      |
//! | ---------------------------- | ---------- |
//! | `0.9912`, `.5`, `5.`, `-3`   | as written |
//! | `1.23e-04`, `1E21`, `6.9D-01` | as written |
//! | `50,000`, `1,234.5`, `1_000` | thousands grouped |
//! | `0,753`                      | 0.753 where the log has decimal commas |
//! | `nan`, `-inf`, `1.#QNAN`     | not finite |
//! | `00:07`, `1:34:45`           | seconds    |

/// How a number was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Digits alone.
    Integer,
    /// With a decimal mark or an exponent.
    Decimal,
    /// Not a number, or infinite.
    NotFinite,
    /// Hours, minutes and seconds; the value is in seconds.
    Clock,
    /// A calendar date; the value means nothing.
    Date,
}

/// One number of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    /// What it says; not yet divided by 100 where a percentage is meant.
    pub(crate) value: f64,
    /// The last printed digit's worth; 0 if it is not finite.
    pub(crate) resolution: f64,
    /// How it was written.
    pub(crate) form: Form,
    /// Whether a percent sign follows.
    pub(crate) percent: bool,
}

impl Number {
    pub(crate) fn not_finite(value: f64) -> Self {
        Self { value, resolution: 0.0, form: Form::NotFinite, percent: false }
    }

    /// Whether it may number an epoch, a step or a batch.
    pub(crate) fn counts(&self) -> bool {
        self.form == Form::Integer && !self.percent && self.value >= 0.0
    }

    /// Whether it may be a measurement.
    pub(crate) fn measures(&self) -> bool {
        matches!(self.form, Form::Integer | Form::Decimal | Form::NotFinite)
    }
}

/// What the log as a whole says about its numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Style {
    /// Whether a comma is the decimal mark.
    pub(crate) decimal_comma: bool,
}

/// Powers of ten that are exact in binary64.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// The largest integer below which every integer is exact in binary64.
const EXACT: u64 = 1 << 53;

/// The number that starts at `at` with a digit, a sign or a decimal mark, and the index of the byte after it.
///
/// `None` if none starts there. Looks only at the number itself: whether what follows makes it part of a word
/// is for the caller to say.
pub(crate) fn scan(text: &[u8], at: usize, style: Style) -> Option<(Number, usize)> {
    let digit = |index: usize| text.get(index).is_some_and(u8::is_ascii_digit);
    let mut end = at;
    let negative = text.get(end) == Some(&b'-');
    if matches!(text.get(end), Some(b'-' | b'+')) {
        end += 1;
    }
    let start = end;
    if let Some((number, end)) = not_finite(text, start, negative) {
        return Some((number, end));
    }
    let mut mantissa = Mantissa::default();
    while digit(end) {
        mantissa.push(text[end], 0);
        end += 1;
        let separator = text.get(end).copied();
        if matches!(separator, Some(b',' | b'_')) && grouped(text, start, end, style) {
            end += 1;
        }
    }
    let whole = end > start;
    let mut form = Form::Integer;
    let mark = text.get(end).copied();
    let decimal = match mark {
        Some(b'.') => digit(end + 1) || (whole && !followed_by_word(text, end + 1)),
        Some(b',') => style.decimal_comma && whole && digit(end + 1),
        _ => false,
    };
    if decimal {
        if !digit(end + 1) && text.get(end + 1).is_some_and(|&byte| byte == b'.') {
            // An ellipsis after an integer.
        } else {
            form = Form::Decimal;
            end += 1;
            while digit(end) {
                mantissa.push(text[end], 1);
                end += 1;
            }
        }
    }
    if !whole && form == Form::Integer {
        return None;
    }
    if text.get(end) == Some(&b'.') && digit(end + 1) {
        return None;
    }
    let microsoft =
        text.get(end..end + 2) == Some(b".#") || text.get(end) == Some(&b'#') && text[end - 1] == b'.';
    if let Some(found) = microsoft.then(|| windows_not_finite(text, end, negative)).flatten() {
        return Some(found);
    }
    let (exponent, end) = match form {
        Form::Decimal => exponent_of_julia(text, end)
            .or_else(|| exponent_of_fortran(text, end))
            .unwrap_or_else(|| exponent(text, end)),
        _ => exponent(text, end),
    };
    if exponent.is_some() {
        form = Form::Decimal;
    }
    let scale = exponent.unwrap_or(0) - mantissa.decimals;
    let magnitude = mantissa.value(scale).unwrap_or_else(|| slow(text, start, end, style));
    let value = if negative { -magnitude } else { magnitude };
    let number = Number { value, resolution: power_of_ten(scale), form, percent: false };
    Some((number, end))
}

/// The digits of a number, without its decimal mark.
#[derive(Default)]
struct Mantissa {
    digits: u64,
    decimals: i32,
    overflow: bool,
}

impl Mantissa {
    fn push(&mut self, digit: u8, decimals: i32) {
        if self.digits > EXACT {
            self.overflow = true;
        } else {
            self.digits = self.digits * 10 + u64::from(digit - b'0');
        }
        self.decimals = self.decimals.saturating_add(decimals);
    }

    /// Correctly rounded, as both factors are exact; `None` where they are not.
    fn value(&self, scale: i32) -> Option<f64> {
        if self.overflow || self.digits > EXACT {
            return None;
        }
        let power = POWERS.get(usize::try_from(scale.unsigned_abs()).ok()?)?;
        Some(if scale < 0 { self.digits as f64 / power } else { self.digits as f64 * power })
    }
}

/// `digits` times ten to the power of `scale`, as [`scan`] reads it; `None` where a product of exact factors does not round correctly.
pub(crate) fn decimal(digits: u64, scale: i32, form: Form) -> Option<Number> {
    let value = Mantissa { digits, decimals: 0, overflow: false }.value(scale)?;
    Some(Number { value, resolution: power_of_ten(scale), form, percent: false })
}

fn power_of_ten(scale: i32) -> f64 {
    match POWERS.get(scale.unsigned_abs() as usize) {
        Some(power) if scale < 0 => 1.0 / power,
        Some(power) => *power,
        None => 10f64.powi(scale),
    }
}

/// The standard library's parser, for more digits than fit.
fn slow(text: &[u8], start: usize, end: usize, style: Style) -> f64 {
    /// More digits than this do not change a binary64.
    const LONGEST: usize = 1100;
    let comma = if style.decimal_comma { "." } else { "" };
    let slice = &text[start..end.min(start + LONGEST)];
    let plain: String = slice
        .iter()
        .filter(|&&byte| byte != b'_')
        .map(|&byte| if byte == b',' { comma.to_owned() } else { char::from(byte).to_string() })
        .collect();
    plain.parse().unwrap_or(f64::NAN)
}

/// Whether the comma or underscore at `at` separates thousands: one to three digits before it, exactly three
/// after it.
fn grouped(text: &[u8], start: usize, at: usize, style: Style) -> bool {
    let digit = |index: usize| text.get(index).is_some_and(u8::is_ascii_digit);
    let separator = text[at];
    if style.decimal_comma && separator == b',' {
        return false;
    }
    let leading = text[start..at].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let first_group = leading <= 3 && text[start] != b'0';
    let later_group = at >= start + 5 && text[at - 4] == separator;
    let three = digit(at + 1) && digit(at + 2) && digit(at + 3) && !digit(at + 4);
    three && (later_group || (first_group && leading == at - start))
}

fn followed_by_word(text: &[u8], at: usize) -> bool {
    text.get(at).is_some_and(|&byte| byte.is_ascii_alphabetic() && !matches!(byte, b'e' | b'E'))
        || exponent(text, at).0.is_none() && text.get(at).is_some_and(|&byte| matches!(byte, b'e' | b'E'))
}

/// `f0` in `1.5f0`: how Julia writes a number of 32 bits.
fn exponent_of_julia(text: &[u8], at: usize) -> Option<(Option<i32>, usize)> {
    let rest = text.get(at..)?.strip_prefix(b"f")?;
    let (negative, digits) = rest.strip_prefix(b"-").map_or((false, rest), |digits| (true, digits));
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let ends = !digits.get(count).is_some_and(|byte| byte.is_ascii_alphanumeric());
    let size: i32 =
        std::str::from_utf8(&digits[..count]).ok()?.parse().ok().filter(|size| *size < 100 && ends)?;
    Some((Some(if negative { -size } else { size }), at + 1 + usize::from(negative) + count))
}

/// `D-01` in `6.93147D-01`: how Fortran writes a number of 64 bits.
fn exponent_of_fortran(text: &[u8], at: usize) -> Option<(Option<i32>, usize)> {
    let rest = text.get(at..)?.strip_prefix(b"D")?;
    let (sign, digits) = rest.split_first().filter(|(sign, _)| matches!(sign, b'-' | b'+'))?;
    let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let ends = !digits.get(count).is_some_and(|byte| byte.is_ascii_alphanumeric());
    let size: i32 =
        std::str::from_utf8(&digits[..count]).ok()?.parse().ok().filter(|size| *size < 1000 && ends)?;
    Some((Some(if *sign == b'-' { -size } else { size }), at + 2 + count))
}

/// `e-04` and its like.
fn exponent(text: &[u8], at: usize) -> (Option<i32>, usize) {
    if !matches!(text.get(at), Some(b'e' | b'E')) {
        return (None, at);
    }
    let signed = matches!(text.get(at + 1), Some(b'-' | b'+'));
    let start = at + 1 + usize::from(signed);
    let mut end = start;
    let mut exponent = 0_i32;
    while let Some(digit) = text.get(end).filter(|byte| byte.is_ascii_digit()) {
        exponent = (exponent * 10 + i32::from(digit - b'0')).min(9_999);
        end += 1;
    }
    if end == start {
        return (None, at);
    }
    (Some(if text[at + 1] == b'-' { -exponent } else { exponent }), end)
}

/// `nan`, `inf` and `infinity` in any of their usual capitals, as words of their own.
fn not_finite(text: &[u8], at: usize, negative: bool) -> Option<(Number, usize)> {
    const WORDS: [(&[u8], f64); 3] =
        [(b"nan", f64::NAN), (b"infinity", f64::INFINITY), (b"inf", f64::INFINITY)];
    if !matches!(text.get(at)?, b'n' | b'N' | b'i' | b'I') {
        return None;
    }
    for (word, value) in WORDS {
        let end = at + word.len();
        let alone =
            !text.get(end).is_some_and(|&byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80);
        if alone && text.get(at..end).is_some_and(|slice| slice.eq_ignore_ascii_case(word)) {
            return Some((Number::not_finite(if negative { -value } else { value }), end));
        }
    }
    None
}

/// What Microsoft's C library printed: `1.#QNAN`, `1.#IND`, `1.#INF`.
fn windows_not_finite(text: &[u8], at: usize, negative: bool) -> Option<(Number, usize)> {
    let hash = at + usize::from(text.get(at) == Some(&b'.'));
    let rest = text.get(hash + 1..)?;
    let letters = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let value = match rest.get(..3)? {
        b"QNA" | b"IND" | b"SNA" => f64::NAN,
        b"INF" if negative => f64::NEG_INFINITY,
        b"INF" => f64::INFINITY,
        _ => return None,
    };
    Some((Number::not_finite(value), hash + 1 + letters))
}

#[cfg(test)]
#[path = "number_tests.rs"]
mod tests;
