//! Names cut into comparable words.
//!
//! `trainAcc`, `TRAIN_ACC` and `train/acc` all fold to `train acc`; `pérdida` folds to `perdida`, `top5` to
//! `top 5`.

/// One word of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    /// Lower case, without accents.
    pub(crate) text: String,
    /// Byte of the name it starts at.
    pub(crate) start: usize,
    /// Byte after its last.
    pub(crate) end: usize,
    /// Whether it belongs to one identifier with the word before it, as `acc` does in `val_acc` and
    /// `trainAcc`.
    pub(crate) glued: bool,
}

/// The class of a letter, at whose borders a name is cut.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Lower,
    Upper,
    Digit,
    Han,
    Other,
}

/// Cuts `name`; at most `limit` words are returned, the last ones.
pub(crate) fn words(name: &str, limit: usize) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut before = Class::Other;
    let mut letters = name.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let class = class(letter);
        let next = letters.peek().map_or(Class::Other, |&(_, letter)| self::class(letter));
        let end = at + letter.len_utf8();
        if class == Class::Other {
            before = class;
            continue;
        }
        let same = match (before, class) {
            (Class::Other, _) => false,
            // The last capital of `HTTPServer` begins the next word.
            (Class::Upper, Class::Upper) => next != Class::Lower,
            (Class::Upper, Class::Lower) => true,
            (left, right) => left == right,
        };
        match words.last_mut().filter(|_| same) {
            Some(word) => {
                word.end = end;
                fold(letter, &mut word.text);
            }
            None => {
                let glued = words.last().is_some_and(|word| joins(&name[word.end..at]));
                let mut text = String::new();
                fold(letter, &mut text);
                words.push(Word { text, start: at, end, glued });
            }
        }
        before = class;
    }
    let surplus = words.len().saturating_sub(limit);
    words.drain(..surplus);
    if let Some(first) = words.first_mut() {
        first.glued = false;
    }
    words
}

/// Whether `between` keeps two words in one identifier.
fn joins(between: &str) -> bool {
    between.bytes().all(|byte| matches!(byte, b'_' | b'/' | b'-' | b'.' | b'@' | b'\''))
}

fn class(letter: char) -> Class {
    match letter {
        '0'..='9' => Class::Digit,
        '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' => Class::Han,
        // Vowel signs and joiners of Indic scripts are no letters by themselves.
        '\u{900}'..='\u{e7f}' => Class::Lower,
        _ if letter.is_uppercase() => Class::Upper,
        _ if letter.is_alphabetic() || ('\u{300}'..='\u{36f}').contains(&letter) => Class::Lower,
        _ => Class::Other,
    }
}

fn fold(letter: char, out: &mut String) {
    if letter.is_ascii() {
        out.push(letter.to_ascii_lowercase());
        return;
    }
    for letter in letter.to_lowercase() {
        let plain = match letter {
            'à'..='å'
            | 'ā'
            | 'ă'
            | 'ą'
            | 'ạ'
            | 'ả'
            | 'ấ'
            | 'ầ'
            | 'ẩ'
            | 'ẫ'
            | 'ậ'
            | 'ắ'
            | 'ằ'
            | 'ẳ'
            | 'ẵ'
            | 'ặ' => "a",
            'æ' => "ae",
            'ç' | 'ć' | 'č' => "c",
            'đ' | 'ď' | 'ð' => "d",
            'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' | 'ẹ' | 'ẻ' | 'ẽ' | 'ế' | 'ề' | 'ể' | 'ễ' | 'ệ' => {
                "e"
            }
            'ğ' => "g",
            'ì'..='ï' | 'ī' | 'ı' | 'ị' | 'ỉ' | 'ĩ' => "i",
            'ł' => "l",
            'ñ' | 'ń' | 'ň' => "n",
            'ò'..='ö'
            | 'ø'
            | 'ō'
            | 'ő'
            | 'ơ'
            | 'ọ'
            | 'ỏ'
            | 'ố'
            | 'ồ'
            | 'ổ'
            | 'ỗ'
            | 'ộ'
            | 'ớ'
            | 'ờ'
            | 'ở'
            | 'ỡ'
            | 'ợ' => "o",
            'ř' => "r",
            'ś' | 'š' | 'ş' | 'ș' => "s",
            'ß' => "ss",
            'ť' | 'ţ' | 'ț' => "t",
            'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ư' | 'ụ' | 'ủ' | 'ũ' | 'ứ' | 'ừ' | 'ử' | 'ữ' | 'ự' => {
                "u"
            }
            'ý' | 'ÿ' | 'ỳ' | 'ỵ' | 'ỷ' | 'ỹ' => "y",
            'ź' | 'ż' | 'ž' => "z",
            'ё' => "е",
            '\u{300}'..='\u{36f}' => "",
            _ => {
                out.push(letter);
                continue;
            }
        };
        out.push_str(plain);
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn spellings_fold_to_one() {
        let cases = [
            ("trainAcc", "train+acc"),
            ("TRAIN_ACC", "train+acc"),
            ("train/acc", "train+acc"),
            ("Train Acc:", "train acc"),
            ("RegLoss", "reg+loss"),
            ("Acc@1", "acc+1"),
            ("top5", "top+5"),
            ("pérdida de validación", "perdida de validacion"),
            ("Độ chính xác", "do chinh xac"),
            ("验证准确率", "验证准确率"),
            ("val损失", "val+损失"),
            ("mAP50", "m+ap+50"),
            ("HTTPServer", "http+server"),
        ];
        for (name, wanted) in cases {
            let folded: String = words(name, 8)
                .iter()
                .enumerate()
                .map(|(at, word)| match (at, word.glued) {
                    (0, _) => word.text.clone(),
                    (_, true) => format!("+{}", word.text),
                    _ => format!(" {}", word.text),
                })
                .collect();
            assert_eq!(folded, wanted, "{name}");
        }
        assert_eq!(words("a b c d", 2).len(), 2);
    }
}
