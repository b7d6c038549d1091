//! What loggers, containers and quotations put before a line.
//!
//! `2024-03-01 10:00:01,037 INFO train.py:101 - 1,1.46,0.58` is a row of a table behind a time, a level and a place. A prefix
//! begins with a date, a time of day or a level; what belongs to it are words that only loggers write, up to the first other one.
//! Marks of comments, quotations and preformatted text are a prefix too. What is the same before all lines of a log is for
//! [`crate::common_prefix`].

use crate::clock;
use crate::concept::Concept;
use crate::fold;
use crate::lexicon::senses;

const LEVELS: [&str; 12] = [
    "INFO", "WARNING", "WARN", "DEBUG", "ERROR", "TRACE", "NOTICE", "FATAL", "CRITICAL", "info", "warn",
    "debug",
];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `text` without such a prefix; all of it where there is none, or nothing else.
pub(crate) fn without_prefix(text: &str) -> &str {
    let rest = after_logger(after_marks(text));
    if rest.trim().is_empty() { text } else { rest }
}

/// Whether a date, a time of day or a level begins `text`.
pub(crate) fn begins_with_stamp(text: &str) -> bool {
    stamp(text.trim_start()).is_some()
}

/// Whether `text` holds a word that means something in a training log.
pub(crate) fn says_something(text: &str) -> bool {
    let words = fold::words(text, usize::MAX);
    let nothing = |concept| matches!(concept, Concept::Unknown | Concept::Filler | Concept::Spoiler);
    senses(&words).iter().any(|sense| !nothing(sense.concept))
}

fn after_marks(text: &str) -> &str {
    let text = after_rank(in_container(text));
    let mut text = text;
    if text.starts_with('<') {
        for tag in ["<pre>", "<code>", "<pre><code>"] {
            text = text.strip_prefix(tag).unwrap_or(text);
        }
    }
    while let Some(after) = text.trim_start().strip_prefix(['%', '#', '>']) {
        if !after.starts_with([' ', '\t', '>']) {
            break;
        }
        text = after.strip_prefix([' ', '\t']).unwrap_or(after);
    }
    text
}

/// `{"log":"epoch 1\n","stream":"stdout","time":"..."}`, as Docker keeps what a container prints.
fn in_container(text: &str) -> &str {
    let inner = text.strip_prefix("{\"log\":\"").and_then(|rest| rest.split_once("\",\"stream\":"));
    inner.map_or(text, |(line, _)| line.trim_end_matches("\\n").trim_end_matches("\\r"))
}

/// `[1,0]<stdout>:`, as MPI marks the rank of a process.
fn after_rank(text: &str) -> &str {
    let rank = text.strip_prefix('[').and_then(|rest| rest.split_once("]<std"));
    let numbered = |rank: &str| rank.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b'.'));
    let rest = rank
        .filter(|(rank, _)| numbered(rank))
        .and_then(|(_, rest)| rest.strip_prefix("out>:").or_else(|| rest.strip_prefix("err>:")));
    rest.unwrap_or(text)
}

fn after_logger(text: &str) -> &str {
    let blank = [' ', '\t'];
    let mut rest = text.trim_start();
    let mut stamped = false;
    let ruled = || text.trim_end().ends_with('|');
    loop {
        let length = match stamp(rest) {
            Some(length) => {
                stamped = true;
                length
            }
            None if stamped => match first_word(rest) {
                word if is_of_logger(word) && !(word == "|" && ruled()) => word.len(),
                word if is_module(word, &rest[word.len()..]) => word.len(),
                _ => break,
            },
            None => break,
        };
        let after = &rest[length..];
        // One blank ends the prefix; more are the line's own.
        rest = after.strip_prefix(blank).unwrap_or(after);
        let next = rest.trim_start_matches(blank);
        let follows = stamp(next).is_some() || is_of_logger(first_word(next));
        if follows && !(next.starts_with('|') && ruled()) {
            rest = next;
        }
        if rest.is_empty() {
            break;
        }
    }
    if stamped { rest } else { text }
}

fn first_word(text: &str) -> &str {
    let end = memchr::memchr2(b' ', b'\t', text.as_bytes());
    end.map_or(text, |end| &text[..end])
}

/// The bytes of the date, time or level that `rest` begins with. Runs on every line, so its first byte decides what is tried.
fn stamp(rest: &str) -> Option<usize> {
    match *rest.as_bytes().first()? {
        b'0'..=b'9' | b'[' | b'(' => time(rest).or_else(|| level(rest)),
        first if first.is_ascii_alphabetic() => level(rest).or_else(|| google(rest)).or_else(|| day(rest)),
        _ => None,
    }
}

/// The bytes of the time of day or date that `rest` begins with, and the marks around it.
fn time(rest: &str) -> Option<usize> {
    const AROUND: [char; 7] = ['[', ']', '(', ')', '|', ',', ':'];
    let bare = rest.trim_start_matches(AROUND).as_bytes();
    let digits = bare.iter().take(5).take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 || !matches!(bare.get(digits), Some(b':' | b'-' | b'/' | b'.')) {
        return None;
    }
    let word = first_word(rest);
    is_time(word.trim_matches(AROUND)).then_some(word.len())
}

/// `INFO:root:`, `[INFO] `, `INFO - `: a level that a mark sets apart.
fn level(rest: &str) -> Option<usize> {
    let open = usize::from(rest.starts_with('['));
    let first = *rest.as_bytes().get(open)?;
    let level =
        LEVELS.iter().find(|level| level.as_bytes()[0] == first && rest[open..].starts_with(**level))?;
    let end = open + level.len();
    let after = &rest[end..];
    if open == 1 {
        return after.starts_with("]:").then_some(end + 2).or(after.starts_with(']').then_some(end + 1));
    }
    let spaced = after.trim_start_matches(' ');
    let set_apart = ["- ", "| ", ": "].iter().any(|mark| spaced.starts_with(mark));
    if spaced.len() < after.len() && set_apart {
        return Some(end);
    }
    let named = after.strip_prefix(':')?;
    let name = named.split(':').next().filter(|name| name.len() < named.len()).unwrap_or_default();
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    let is_name = !name.is_empty() && plain && (name == "tensorflow" || !says_something(name));
    Some(if is_name { end + 1 + name.len() + 1 } else { end + 1 })
}

/// `I0301 10:00:01.037 4123 train.py:101] `, as glog and absl write it.
fn google(rest: &str) -> Option<usize> {
    if !rest.starts_with(['I', 'W', 'E', 'F', 'D'])
        || !rest[1..].starts_with(|second: char| second.is_ascii_digit())
    {
        return None;
    }
    let end = rest.find("] ")? + 1;
    let mut words = rest[..end].split_ascii_whitespace();
    let day = words.next()?;
    let dated = day.len() >= 5 && day[1..].bytes().all(|byte| byte.is_ascii_digit());
    (dated && is_time(words.next()?) && words.count() <= 2).then_some(end)
}

/// `Mar 01` before a time of day.
fn day(rest: &str) -> Option<usize> {
    let first = *rest.as_bytes().first()?;
    let month = MONTHS.iter().find(|month| month.as_bytes()[0] == first && rest.starts_with(**month))?;
    let mut words = rest[month.len()..].split_ascii_whitespace();
    let day = words.next().filter(|day| day.len() <= 2 && day.bytes().all(|byte| byte.is_ascii_digit()))?;
    is_time(words.next()?).then(|| rest.find(day).map(|at| at + day.len())).flatten()
}

fn is_time(word: &str) -> bool {
    let bytes = word.as_bytes();
    let short = || {
        bytes.len() == 8
            && bytes
                .iter()
                .enumerate()
                .all(|(at, &byte)| if at % 3 == 2 { byte == b'/' } else { byte.is_ascii_digit() })
    };
    word.len() >= 8
        && word.split('T').count() <= 2
        && (clock::scan(bytes, 0).is_some_and(|(_, end)| end == word.len()) || short())
}

fn is_of_logger(word: &str) -> bool {
    const WORDS: [&str; 5] = ["error", "stdout", "stderr", "F", "P"];
    const PHOTOS: [&str; 8] = ["train", "training", "val", "valid", "validation", "eval", "dev", "test"];
    let bare = word.trim_matches(['[', ']', '(', ')', '|', ',', ':']);
    let numbered = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // `train.py:101`, `__main__:train:42`
    let place = bare.rsplit_once(':').is_some_and(|(file, line)| {
        file.contains(['.', ':']) && !file.contains(['=', '"']) && numbered(line)
    });
    let enclosed = word.len() > 2
        && word.starts_with('[')
        && word.ends_with([']', ':'])
        && bare.bytes().all(|byte| !byte.is_ascii_digit())
        // The photos of the line are no logger.
        && !PHOTOS.iter().any(|word| word.eq_ignore_ascii_case(bare));
    LEVELS.contains(&bare)
        || WORDS.contains(&bare)
        || place
        || enclosed
        || matches!(word, "-" | "--" | "|" | ":" | "::" | ">")
}

/// `package.module.name - `, the name of a logger before what it says. Where the last of its words means something, it stays.
fn is_module(word: &str, after: &str) -> bool {
    let plain = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let Some((_, last)) = word.rsplit_once('.') else { return false };
    let set_apart = [" - ", " | "].iter().find_map(|mark| after.strip_prefix(mark));
    set_apart.is_some_and(|rest| !rest.trim_start().starts_with(|first: char| first.is_ascii_digit()))
        && word.split('.').all(plain)
        && !says_something(last)
}

#[cfg(test)]
mod tests {
    use super::without_prefix;

    #[test]
    fn what_loggers_write_goes_and_the_row_stays() {
        for (line, rest) in [
            ("2024-03-01 10:00:01,037 INFO train.py:101 - 1,1.46,0.58", "1,1.46,0.58"),
            ("2024-03-01T10:00:01.123456789Z stdout F 1   1.46  0.58", "1   1.46  0.58"),
            ("2024-03-01 10:00:01 epoch,loss", "epoch,loss"),
            ("[2024-03-01 10:00:01] [trainer] INFO: | 1 | 0.5 |", "| 1 | 0.5 |"),
            ("10:00:01 | INFO | epoch loss", "epoch loss"),
            ("[2024-03-01 10:00:01] [valid] epoch 1", "[valid] epoch 1"),
            ("2024-03-01 10:00:01.412 | INFO     | __main__:train:42 - epoch 1", "epoch 1"),
            ("24/03/01 10:00:01 INFO 1,1.46,0.58", "1,1.46,0.58"),
            ("I0301 10:00:01.123456 41235 train.py:120] 1,1.46,0.58", "1,1.46,0.58"),
            ("Mar  1 10:00:01 1,1.46,0.58", "1,1.46,0.58"),
            ("INFO:root:1,1.46,0.58", "1,1.46,0.58"),
            ("INFO:loss: 0.5", "loss: 0.5"),
            ("[INFO] epoch 1", "epoch 1"),
            (
                "2024-03-01 10:00:01,037 - INFO - shop.logs.console -   Training | Validation",
                "  Training | Validation",
            ),
            ("2024-03-01 10:00:01,037 - INFO - shop.loss - 0.5", "shop.loss - 0.5"),
            ("% |  1 |  1.2 |", "|  1 |  1.2 |"),
            ("<pre>| Epoch | Loss |", "| Epoch | Loss |"),
            ("> 1 0.5 0.4", "1 0.5 0.4"),
            (">> 1 0.5 0.4", "1 0.5 0.4"),
            ("> > 1 0.5 0.4", "1 0.5 0.4"),
            ("[1,0]<stdout>:1 0.5 0.4", "1 0.5 0.4"),
            (
                "{\"log\":\"1 0.5 0.4\\n\",\"stream\":\"stdout\",\"time\":\"2024-03-01T10:00:00.123Z\"}",
                "1 0.5 0.4",
            ),
        ] {
            assert_eq!(without_prefix(line), rest, "{line}");
        }
    }

    #[test]
    fn a_column_of_times_is_no_prefix() {
        for line in [
            "2024-03-01,1,0.5",
            "1,2024-03-01,0.5",
            "Epoch 1 loss 0.5",
            "#3/30 - loss: 0.5",
            "2024-03-01 10:00:01",
            "1 2 3",
            "F 1 2",
            "Information 1",
            "May loss 0.5",
        ] {
            assert_eq!(without_prefix(line), line);
        }
    }
}
