//! How a log as a whole writes its numbers.

use crate::clean::clean;
use crate::common_prefix::CommonPrefix;
use crate::number::Style;

impl Style {
    /// `text` with points for decimal commas, where the log has those.
    pub(crate) fn with_points(self, text: &str) -> String {
        let bytes = text.as_bytes();
        let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        let decimal = |at: usize| self.decimal_comma && at > 0 && digit(at - 1) && digit(at + 1);
        text.char_indices()
            .map(|(at, letter)| if letter == ',' && decimal(at) { '.' } else { letter })
            .collect()
    }
}

/// How the log writes numbers, told from what its lines say behind their prefixes.
pub(crate) fn style_of(sample: &[u8], common: &CommonPrefix) -> Style {
    let (mut points, mut commas) = (0_u64, 0_u64);
    let mut buffer = Vec::new();
    for line in sample.split(|&byte| byte == b'\n') {
        let line = common.strip(clean(line, &mut buffer)).as_bytes();
        let digit = |at: usize| line.get(at).is_some_and(u8::is_ascii_digit);
        for at in 1..line.len() {
            let mark = matches!(line[at], b'.' | b',');
            if !(mark && digit(at - 1) && digit(at + 1)) {
                continue;
            }
            let before = line[..at].iter().rev().take(24).take_while(|byte| byte.is_ascii_digit()).count();
            // The seconds of a time of day have their fraction from a program, whatever the language.
            if at > before && line[at - before - 1] == b':' {
                continue;
            }
            if line[at] == b'.' {
                points += 1;
                continue;
            }
            let after = line[at + 1..].iter().take(24).take_while(|byte| byte.is_ascii_digit()).count();
            let mark = |byte: Option<&u8>| byte.is_some_and(|&byte| matches!(byte, b',' | b'.'));
            let alone = !mark(line.get(at + 1 + after))
                && !mark(at.checked_sub(before + 1).and_then(|at| line.get(at)));
            let grouped = after == 3 && line[at - before] != b'0' && before <= 3;
            commas += u64::from(alone && !grouped);
        }
    }
    Style { decimal_comma: commas > points }
}

#[cfg(test)]
mod tests {
    use super::{CommonPrefix, style_of};

    #[test]
    fn decimal_commas_are_told_from_lists_and_thousands() {
        let comma = |text: &[u8]| style_of(text, &CommonPrefix::default()).decimal_comma;
        assert!(comma(b"Verlust: 2,3105 Genauigkeit: 0,125"));
        assert!(!comma(b"1,2,3,4 and 50,000 images, loss 0.5"));
        assert!(!comma(b"0,46,3152.489304,,"));
        assert!(comma(b"2024-03-01 10:00:01.412 Verlust 2,31\n2024-03-01 10:00:02.412 Verlust 2,11"));
    }
}
