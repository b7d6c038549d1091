//! What loggers, containers and quotations put before a line.
//!
//! `2024-03-01 10:00:01,037 INFO train.py:101 - 1,1.46,0.58` is a row of a table behind a time, a level and a place. A prefix
//! begins with a date or a time of day; what belongs to it are words that only loggers write, up to the first other one.
//! Marks of comments, quotations and preformatted text are a prefix too.

use crate::clock;

/// `text` without such a prefix; all of it where there is none, or nothing else.
pub(crate) fn without_prefix(text: &str) -> &str {
    let rest = after_logger(after_marks(text));
    if rest.trim().is_empty() { text } else { rest }
}

fn after_marks(text: &str) -> &str {
    let text = ["<pre>", "<code>", "<pre><code>"]
        .iter()
        .fold(text, |text, tag| text.strip_prefix(tag).unwrap_or(text));
    let rest = text.trim_start();
    match rest.strip_prefix(['%', '#', '>']) {
        Some(after) if after.starts_with([' ', '\t']) => after.trim_start(),
        _ => text,
    }
}

fn after_logger(text: &str) -> &str {
    let mut rest = text.trim_start();
    let mut stamped = false;
    let ruled = text.trim_end().ends_with('|');
    loop {
        let word = rest.split([' ', '\t']).next().unwrap_or_default();
        let bare = word.trim_matches(['[', ']', '(', ')', '|', ',', ':']);
        let timed = is_time(bare);
        if !(timed || stamped && is_of_logger(word, bare)) || ruled && word == "|" {
            break;
        }
        stamped |= timed;
        rest = rest[word.len()..].trim_start_matches([' ', '\t']);
        if rest.is_empty() {
            break;
        }
    }
    if stamped { rest } else { text }
}

fn is_time(word: &str) -> bool {
    let words = word.split('T');
    word.len() >= 8
        && words.clone().count() <= 2
        && clock::scan(word.as_bytes(), 0).is_some_and(|(_, end)| end == word.len())
}

fn is_of_logger(word: &str, bare: &str) -> bool {
    const WORDS: [&str; 17] = [
        "INFO", "WARNING", "WARN", "DEBUG", "ERROR", "TRACE", "NOTICE", "FATAL", "CRITICAL", "info", "warn",
        "debug", "error", "stdout", "stderr", "F", "P",
    ];
    let place = bare.rsplit_once(':').is_some_and(|(file, line)| {
        file.contains('.') && !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit())
    });
    let enclosed = word.len() > 2
        && (word.starts_with('[')
            && word.ends_with([']', ':'])
            && bare.bytes().all(|byte| !byte.is_ascii_digit()));
    WORDS.contains(&bare) || place || enclosed || matches!(word, "-" | "--" | "|" | ":" | "::" | ">")
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
            ("% |  1 |  1.2 |", "|  1 |  1.2 |"),
            ("<pre>| Epoch | Loss |", "| Epoch | Loss |"),
            ("> 1 0.5 0.4", "1 0.5 0.4"),
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
        ] {
            assert_eq!(without_prefix(line), line);
        }
    }
}
