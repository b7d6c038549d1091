//! What stands at the place where two lines may have been one.

use std::collections::HashMap;

use crate::concept::Concept;
use crate::fold;
use crate::lexicon::senses;
use crate::number::{self, Style};

/// Whether two lines look as if they had been one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Fits,
    Silent,
    Contradicts,
}

/// What is usual in a text: how many decimals its numbers have, and which words it holds.
#[derive(Debug)]
pub(crate) struct Usual {
    decimals: Vec<usize>,
    commonest: Option<usize>,
    most_decimals: usize,
    words: HashMap<String, usize>,
}

impl Usual {
    pub(crate) fn of(lines: &[String]) -> Self {
        let mut counts: HashMap<usize, usize> = HashMap::new();
        let mut words: HashMap<String, usize> = HashMap::new();
        for line in lines {
            for word in line.split(|letter: char| !(letter.is_alphanumeric() || matches!(letter, '.' | '_')))
            {
                // What touches the border of a line may be half a word.
                let inner = !line.ends_with(word) && !line.starts_with(word);
                match word.split_once('.').filter(|_| inner && is_number(word)) {
                    Some((_, decimals)) => *counts.entry(decimals.len()).or_default() += 1,
                    None if inner && !word.is_empty() => *words.entry(word.to_owned()).or_default() += 1,
                    None => {}
                }
            }
        }
        let all: usize = counts.values().sum();
        let commonest = counts.iter().max_by_key(|(decimals, count)| (**count, **decimals));
        let commonest = commonest.map(|(decimals, _)| *decimals);
        let most_decimals = counts.keys().copied().max().unwrap_or(0);
        let decimals =
            counts.into_iter().filter(|(_, count)| count * 20 >= all).map(|(decimals, _)| decimals).collect();
        Self { decimals, commonest, most_decimals, words }
    }

    /// How many decimals most numbers have; `None` if no number has any.
    pub(crate) fn decimals(&self) -> Option<usize> {
        self.commonest
    }

    /// Whether numbers have so many decimals. All digits of a number in binary are some more or fewer.
    fn has(&self, decimals: usize) -> bool {
        const ALL_DIGITS: usize = 8;
        self.decimals.contains(&decimals)
            || decimals >= ALL_DIGITS && (ALL_DIGITS..=decimals + 8).contains(&self.most_decimals)
    }
}

/// Lines that may have been broken anywhere.
pub(crate) fn within_words(before: &str, after: &str, usual: &Usual) -> Verdict {
    if begins_anew(before, after) {
        return Verdict::Contradicts;
    }
    let (Some(last), Some(first)) = (before.chars().next_back(), after.chars().next()) else {
        return Verdict::Contradicts;
    };
    if last == ' ' || first == ' ' {
        let fits = between_words(before, after) == Verdict::Fits;
        return of_row(before, after, if fits { Verdict::Fits } else { Verdict::Silent });
    }
    // No line begins with a decimal mark.
    if last.is_ascii_digit()
        && first == '.'
        && after[1..].starts_with(|next: char| next.is_ascii_digit() || next == '#')
    {
        return Verdict::Fits;
    }
    let part = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | 'e' | '-' | '+');
    let number = ending(before, part).to_owned() + beginning(after, part);
    if part(last)
        && part(first)
        && number.contains('e')
        && number::scan(number.as_bytes(), 0, Style::default()).is_some_and(|found| found.1 == number.len())
    {
        return Verdict::Fits;
    }
    let part = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '/');
    let named = ending(before, part).contains(char::is_alphabetic);
    if part(last) && part(first) && named {
        let word = ending(before, part).to_owned() + beginning(after, part);
        // A capital begins a word.
        let one = !(last.is_lowercase() && first.is_uppercase());
        let known = usual.words.contains_key(&word) || one && says_something(&word);
        let identifier = ending(before, part).contains('_') && beginning(after, part).contains('_');
        return match known || identifier {
            true => Verdict::Fits,
            // The two halves of a word of prose are no words.
            false if last.is_lowercase() && first.is_lowercase() => {
                let whole = |half: &str| usual.words.contains_key(half) || says_something(half);
                let halves = whole(ending(before, part)) || whole(beginning(after, part));
                if halves { Verdict::Silent } else { Verdict::Fits }
            }
            false => Verdict::Contradicts,
        };
    }
    let part = |letter: char| letter.is_ascii_digit() || letter == '.';
    if part(last) && part(first) {
        let number = ending(before, part).to_owned() + beginning(after, part);
        let decimals = number.split_once('.').map(|(_, decimals)| decimals.len());
        // `0.38` and `42/63` are two numbers.
        let rest = &after[beginning(after, part).len()..];
        let other = rest.starts_with(['/', ':', '[', '=', '_']) || rest.starts_with("%|");
        let fits = !other && is_number(&number) && decimals.is_some_and(|decimals| usual.has(decimals));
        return match decimals {
            _ if fits => Verdict::Fits,
            // A few digits alone are no record.
            Some(_) if after.len() <= 3 && is_number(after) => Verdict::Fits,
            // An integer may have any number of digits.
            None => Verdict::Silent,
            Some(_) if usual.decimals.is_empty() && !other => Verdict::Silent,
            Some(_) => Verdict::Contradicts,
        };
    }
    let closes =
        ["':", "\":", "',", "\",", "'}", "\"}", "']", "\"]"].iter().any(|mark| after.starts_with(mark));
    if closes && last.is_alphanumeric() {
        return Verdict::Fits;
    }
    if matches!(first, ':' | '=' | '_' | ',' | ')' | ']' | '}' | '%' | '.' | ';' | '@') || ends_open(before) {
        return Verdict::Fits;
    }
    of_row(before, after, Verdict::Contradicts)
}

/// Whether a name ends one line and its number begins the next, which must not become one word.
pub(crate) fn is_apart(before: &str, after: &str) -> bool {
    let rest = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let name = rest.starts_with([':', '=', '_', '@']) || rest.starts_with(char::is_alphabetic);
    let identifier = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '/');
    before.ends_with(char::is_alphabetic)
        && rest.len() < after.len()
        && !name
        && !ending(before, identifier).contains(['_', '/'])
}

/// Whether a line is indented below a heading, or begins with the mark of an item.
fn begins_anew(before: &str, after: &str) -> bool {
    // One blank may be that between two words.
    let indented = after.trim_start_matches(' ').len() + 2 <= after.len()
        || after.trim_start_matches(' ').starts_with('\t');
    let below = before.trim_end().ends_with(':') && indented && !before.starts_with([' ', '\t']);
    below || after.trim_start().starts_with("* ")
}

/// Lines that may have been broken between words.
pub(crate) fn between_words(before: &str, after: &str) -> Verdict {
    if begins_anew(before, after) {
        return Verdict::Contradicts;
    }
    let (before, after) = (before.trim_end(), after.trim_start());
    if of_row(before, after, Verdict::Silent) == Verdict::Fits || ends_open(before) {
        return Verdict::Fits;
    }
    let last = before.rsplit(' ').next().unwrap_or_default();
    let name = last.chars().all(|letter| letter.is_alphabetic() || letter == '_');
    let joins = ["| ", "|| ", "- ", ", ", ": ", "= "].iter().any(|mark| after.starts_with(mark));
    let joined = [" -", " |", " ||", " >>"].iter().any(|mark| before.ends_with(mark));
    let first = after.split([' ', ':', '=', ',']).next().unwrap_or_default();
    if name && (says_something(last) || is_phrase(last, first))
        || (joins || joined) && !before.starts_with('|')
    {
        return Verdict::Fits;
    }
    if before.ends_with(['.', '!', '?', '}']) || before.ends_with('|') && after.starts_with('|') {
        return Verdict::Contradicts;
    }
    Verdict::Silent
}

/// The two halves of a row between strokes; `otherwise` where they are none.
fn of_row(before: &str, after: &str, otherwise: Verdict) -> Verdict {
    let (before, after) = (before.trim(), after.trim());
    if before.starts_with('|') && before.ends_with('|') && after.starts_with('|') && after.len() > 1 {
        return Verdict::Contradicts;
    }
    if is_row(before, after) { Verdict::Fits } else { otherwise }
}

/// Whether two lines are a row between strokes only together.
pub(crate) fn is_row(before: &str, after: &str) -> bool {
    let (before, after) = (before.trim(), after.trim());
    before.starts_with('|') && after.ends_with('|') && (!after.starts_with('|') || after.len() == 1)
}

/// Whether a name or a mark ends the line that something must follow.
fn ends_open(line: &str) -> bool {
    line.ends_with([':', '=', '(', '[', '/', '_', ',', '@']) && !line.ends_with("==")
}

/// Whether two words have one meaning together: `learning rate`.
fn is_phrase(first: &str, second: &str) -> bool {
    let words = fold::words(&format!("{first} {second}"), 6);
    let senses = senses(&words);
    senses.len() == 1 && words.len() > 1 && senses[0].concept != Concept::Unknown
}

fn says_something(word: &str) -> bool {
    let words = fold::words(word, 6);
    let senses = senses(&words);
    senses.iter().any(|sense| sense.concept.is_quantity() || sense.concept.split().is_some())
        || senses.iter().any(|sense| matches!(sense.concept, Concept::Epoch | Concept::Step))
}

fn ending(text: &str, part: impl Fn(char) -> bool) -> &str {
    &text[text.trim_end_matches(part).len()..]
}

fn beginning(text: &str, part: impl Fn(char) -> bool) -> &str {
    &text[..text.len() - text.trim_start_matches(part).len()]
}

fn is_number(word: &str) -> bool {
    word.split('.').count() <= 2
        && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && word.bytes().any(|byte| byte.is_ascii_digit())
}
