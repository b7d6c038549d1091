//! What stands before every line of a log: the name of a container, the rank of a process, a host.
//!
//! `web_1  | epoch 1 loss 0.5` and its like: the same text before nearly all lines, set apart by a mark, in which no word means
//! anything in a training log. It may stand before the time that a logger writes, and after it.

use crate::clean::clean;
use crate::concept::Concept;
use crate::fold;
use crate::lexicon::senses;
use crate::prefix::{begins_with_stamp, says_something, without_prefix};
use crate::run_log::Split;

/// Lines of the sample that are looked at.
const LINES: usize = 400;
/// Fewer lines have nothing in common.
const FEWEST: usize = 2;
/// Lines of which the beginnings are tried.
const TRIED: usize = 8;
/// Bytes of the longest prefix.
const LONGEST: usize = 80;

/// What stands before every line.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommonPrefix {
    /// Before what a logger writes.
    before: String,
    /// After it.
    after: String,
}

impl CommonPrefix {
    /// What the lines of `sample` have in common.
    pub(crate) fn of(sample: &[u8]) -> Self {
        let mut lines = Vec::new();
        for line in sample.split(|&byte| byte == b'\n').take(LINES) {
            let text = clean(line, &mut Vec::new()).to_owned();
            if !text.trim().is_empty() {
                lines.push(text);
            }
        }
        if lines.len() < FEWEST {
            return Self::default();
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let before = shared(&lines, true);
        let rest: Vec<&str> = lines.iter().map(|line| without_prefix(after(line, &before))).collect();
        Self { after: shared(&rest, false), before }
    }

    /// `text` without it, and without what a logger writes; all of it where nothing else would stay.
    pub(crate) fn strip<'a>(&self, text: &'a str) -> &'a str {
        let rest = after(without_prefix(self.strip_before(text)), &self.after);
        if rest.trim().is_empty() { self.strip_before(text) } else { rest }
    }

    /// Whether lines have nothing in common.
    pub(crate) fn is_empty(&self) -> bool {
        self.before.is_empty() && self.after.is_empty()
    }

    /// Whether `text` begins with it, or as a logger begins a line.
    pub(crate) fn begins(&self, text: &str) -> bool {
        !self.before.is_empty() && text.starts_with(self.before.trim_end()) || begins_with_stamp(text)
    }

    /// `text` without what stands before everything else.
    pub(crate) fn strip_before<'a>(&self, text: &'a str) -> &'a str {
        after(text, &self.before)
    }
}

/// `text` after `prefix`, of which the blanks at the end may be the lines' own.
fn after<'a>(text: &'a str, prefix: &str) -> &'a str {
    if prefix.is_empty() {
        return text;
    }
    text.strip_prefix(prefix).or_else(|| text.strip_prefix(prefix.trim_end())).unwrap_or(text)
}

/// The longest text that nine in ten of `lines` begin with and that may go.
fn shared(lines: &[&str], before_stamp: bool) -> String {
    let mut best = "";
    for index in 0..TRIED {
        let line = lines[index * lines.len() / TRIED];
        let digit = |at: usize| line.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
        for (at, mark) in line.bytes().enumerate().take(LONGEST) {
            let ends = matches!(mark, b':' | b'|' | b']' | b'>' | b')' | b'$' | b'\t');
            // Not within a time of day.
            if !ends || mark == b':' && digit(at + 1) && at > 0 && digit(at - 1) {
                continue;
            }
            let blanks = line[at + 1..].bytes().take_while(|&byte| byte == b' ').count();
            for end in [at + 1, at + 1 + blanks.min(1), at + 1 + blanks] {
                let begins = |text: &str| lines.iter().filter(|line| line.starts_with(text)).count() * 10;
                let text = &line[..end];
                if end > best.len() && begins(text) >= 9 * lines.len() && may_go(text, lines, before_stamp) {
                    best = text;
                }
            }
        }
    }
    best.to_owned()
}

/// Whether `prefix` is no part of what the log says.
fn may_go(prefix: &str, lines: &[&str], before_stamp: bool) -> bool {
    if prefix.contains(['{', '"', '\'', '=', ',', ';']) && !is_rank(prefix) {
        return false;
    }
    // An opening bracket belongs to what it opens.
    if prefix.starts_with(['(', '[']) && !prefix.contains([')', ']']) {
        return false;
    }
    // The first stroke of a table is no mark after a name.
    if let Some(name) = prefix.trim_end().strip_suffix('|') {
        let named = name.bytes().any(|byte| byte.is_ascii_alphanumeric());
        if !named || name.contains(['|', ':', ']', '>', ')']) {
            return false;
        }
    }
    let stamped = || {
        let rests = lines.iter().filter_map(|line| line.strip_prefix(prefix));
        let (all, stamped) = rests
            .fold((0, 0), |(all, stamped), rest| (all + 1, stamped + usize::from(begins_with_stamp(rest))));
        stamped * 10 >= 9 * all
    };
    if prefix.ends_with('\t') {
        return before_stamp && stamped();
    }
    is_container(prefix)
        || is_process(prefix)
        || is_logger(prefix)
        || !says_something(prefix)
        || before_stamp && stamped()
}

/// `[1,0]<stdout>:`, as MPI writes it.
fn is_rank(prefix: &str) -> bool {
    prefix.starts_with('[') && prefix.ends_with(">:") && !prefix.contains(['{', '"', '\'', '=', ';'])
}

/// `trainer-1  | `, as Docker Compose writes it.
fn is_container(prefix: &str) -> bool {
    let Some((name, "")) = prefix.trim_end().strip_suffix('|').map(|name| (name, "")) else { return false };
    let name = name.trim_end();
    let number = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    number.len() < name.len()
        && number.ends_with(['-', '_'])
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// `host train.sh[4123]: `, as the system's journal writes it.
fn is_process(prefix: &str) -> bool {
    let Some((name, number)) = prefix.trim_end().strip_suffix("]:").and_then(|name| name.rsplit_once('['))
    else {
        return false;
    };
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    numbered && !name.contains([':', '[', '|']) && name.split(' ').count() <= 2
}

/// `TrainingMaster: `, the name of what trains.
fn is_logger(prefix: &str) -> bool {
    let Some(name) = prefix.trim_end().strip_suffix(':') else { return false };
    let words = fold::words(name, usize::MAX);
    let senses = senses(&words);
    let of_training =
        |concept| matches!(concept, Concept::Unknown | Concept::Filler | Concept::Split(Split::Train));
    !name.contains(' ')
        && senses.iter().all(|sense| of_training(sense.concept))
        && senses.iter().any(|sense| sense.concept == Concept::Unknown)
}

#[cfg(test)]
mod tests {
    use super::CommonPrefix;

    fn stripped(text: &str) -> String {
        let common = CommonPrefix::of(text.as_bytes());
        text.lines().map(|line| common.strip(line).to_owned() + "\n").collect()
    }

    #[test]
    fn what_stands_before_every_line_goes() {
        let log = "epoch 1 loss 0.5\nepoch 2 loss 0.4\n done\nepoch 3 loss 0.3\n";
        for prefix in [
            "web_1  | ",
            "trainer-1  | ",
            "0: ",
            "[1,0]<stdout>:",
            "[rank0]: ",
            "Mar 01 10:00:01 gpu-node3 python3[4123]: ",
            "24/03/01 10:00:00 INFO TrainingMaster: ",
            "I0301 10:00:00.123456 41235 train.py:120] ",
            "train\tRun python train.py\t2024-03-01T10:00:00.123Z ",
        ] {
            let prefixed: String = log.lines().map(|line| format!("{prefix}{line}\n")).collect();
            assert_eq!(stripped(&prefixed), log, "{prefix}");
        }
    }

    #[test]
    fn what_says_something_stays() {
        for log in [
            "train: loss 0.5\ntrain: loss 0.4\ntrain: loss 0.3\n",
            "| 0 | 0.5 |\n| 0 | 0.4 |\n| 0 | 0.3 |\n",
            "    | 0 | 0.5 |\n    | 0 | 0.4 |\n    | 0 | 0.3 |\n",
            "{\"id\": 1, \"loss\": 0.5}\n{\"id\": 1, \"loss\": 0.4}\n{\"id\": 1, \"loss\": 0.3}\n",
            "0 0.5 0.4\n0 0.4 0.3\n0 0.3 0.2\n",
            "epoch 1: loss 0.5\nepoch 2: loss 0.4\nepoch 3: loss 0.3\n",
        ] {
            assert_eq!(stripped(log), log);
        }
    }
}
