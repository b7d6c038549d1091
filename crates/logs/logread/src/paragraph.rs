//! A text that was broken between words as one paragraph, without regard to its records.

use std::collections::HashMap;

/// Fewer lines show no width, and fewer beginnings no variety.
const FEWEST: usize = 4;
/// A line of wrapped text has several words.
const FEWEST_SPACES: usize = 3;
/// Wider text was not wrapped.
const WIDEST: usize = 200;

/// Whether the lines of `text` end where the next word would not have fitted, and begin in no common way.
pub(crate) fn is_paragraph(text: &[u8]) -> bool {
    let lines: Vec<&[u8]> = text.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii_end).collect();
    let lines = lines.strip_suffix(&[&b""[..]]).unwrap_or(&lines);
    let width = lines.iter().map(|line| line.len()).max().unwrap_or(0);
    let spaces = text.iter().filter(|&&byte| byte == b' ').count();
    if lines.len() < FEWEST || width > WIDEST || spaces < FEWEST_SPACES * lines.len() {
        return false;
    }
    let first_word = |line: &[u8]| line.iter().take_while(|byte| !byte.is_ascii_whitespace()).count();
    let full = lines.windows(2).filter(|pair| pair[0].len() + 1 + first_word(pair[1]) > width).count();
    let mut beginnings: HashMap<Vec<u8>, usize> = HashMap::new();
    for line in lines {
        let word = &line[..first_word(line)];
        *beginnings
            .entry(word.iter().copied().filter(|byte| !byte.is_ascii_digit()).collect())
            .or_default() += 1;
    }
    let various = beginnings.len() >= FEWEST;
    let commonest = beginnings.into_values().max().unwrap_or(0);
    full * 20 >= (lines.len() - 1) * 19 && various && commonest * 2 < lines.len()
}

#[cfg(test)]
mod tests {
    use super::is_paragraph;

    #[test]
    fn broken_lines_are_told_from_records() {
        let wrapped = b"EPOCH: 1 loss: 118.5250 Validation loss: 87.5\nValidation accuracy: 0.753 EPOCH: 2 loss:\n68.8141 \
            Validation loss: 50.3 Validation\naccuracy: 0.858 EPOCH: 3 loss: 41.5181\n";
        assert!(is_paragraph(wrapped));
        let records: [&[u8]; 4] = [
            b"Epoch 1 loss 0.5\nEpoch 2 loss 0.4\nEpoch 3 loss 0.3\nEpoch 4 loss 0.2\n",
            b"0,1.5,1.4\n1,1.2,1.1\n2,1.0,1.0\n3,0.9,0.9\n",
            b"Epoch 1\ntrain loss 0.5 acc 0.8\nval loss 0.6 acc 0.7\nEpoch 2\ntrain loss 0.4 acc 0.9\n",
            b"",
        ];
        for text in records {
            assert!(!is_paragraph(text));
        }
    }
}
