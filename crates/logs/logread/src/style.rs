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

/// Numbers such as `1,512` that show a decimal comma where no other mark is found.
const FEWEST: u64 = 2;

/// How the log writes numbers, told from what its lines say behind their prefixes.
pub(crate) fn style_of(sample: &[u8], common: &CommonPrefix) -> Style {
    let (mut points, mut commas) = (0_u64, 0_u64);
    // Numbers such as `1,512`, and those that end with `,000`.
    let (mut doubtful, mut thousands) = (0_u64, 0_u64);
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
            let goes_on =
                mark(line.get(at + 1 + after)) && (digit(at + 2 + after) || line[at + 1 + after] == b',');
            let alone = !goes_on && !mark(at.checked_sub(before + 1).and_then(|at| line.get(at)));
            let grouped = after == 3 && line[at - before] != b'0' && before <= 3;
            commas += u64::from(alone && !grouped);
            let round = line[at + 1..].starts_with(b"000");
            thousands += u64::from(round || !alone || before > 2);
            doubtful += u64::from(alone && grouped && !round);
        }
    }
    // A log without any other decimal mark.
    let only = points + commas + thousands == 0 && doubtful >= FEWEST;
    Style { decimal_comma: commas > points || only }
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
        assert!(comma(b"Verlust 1,512 und 1,612"));
        assert!(!comma(b"step 1,512 of 10,000, loss 3"));
        assert!(!comma(b"step 1,512, loss 3.5, step 1,712, loss 3.1"));
        assert!(comma(b"2024-03-01 10:00:01.412 Verlust 2,31\n2024-03-01 10:00:02.412 Verlust 2,11"));
    }
}
