//! Lines that are written in a short or unusual way, as the usual sentence or row that they stand for.
//!
//! | line | is read as |
//! | --- | --- |
//! | `E01 loss 0.51 val 0.62`, `[E3] loss=0.51` | `epoch 01 loss 0.51 val 0.62` |
//! | `loss 0.51/0.62 (train/val)`, `loss[t/v] 0.51/0.62`, `(train/val): loss 0.51/0.62` | `loss (train/val): 0.51/0.62` |
//! | `3 2024-01-02 10:00:01  1 min 2.500 sec  900 obs/sec  0.51`, as H2O prints a row | one word for each of its cells |
//! | `<10> LL/token: -9.2`, as MALLET prints | `iteration 10 log-likelihood -9.2` |
//!
//! What is known before the first number of a line decides whether anything else is tried, since this is asked of every line.

use crate::paired;
use crate::prefix::says_something;

/// The usual line that stands for `line`; `None` where it is one already.
pub(crate) fn usual(line: &str) -> Option<String> {
    glued_epoch(line)
        .or_else(|| of_topics(line))
        .or_else(|| spaced_cells(line))
        .or_else(|| paired::sentence(line))
}

/// `E01 loss 0.51`: an epoch whose number is glued to one letter.
fn glued_epoch(line: &str) -> Option<String> {
    /// glog writes an error of a day as `E1010`.
    const MOST_DIGITS: usize = 3;
    let text = line.trim_start().trim_start_matches(['[', '(']);
    let after = text.strip_prefix(['E', 'e'])?;
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = after.split_at(digits);
    let ends = rest.trim_start_matches([']', ')']);
    if digits == 0 || digits > MOST_DIGITS || !ends.starts_with([' ', ':', '|', '/', ',', '-', '\t']) {
        return None;
    }
    // `E1 loss 0.5 E2 loss 0.7` are two networks, `e1 = 0.5` is an error.
    let again = rest.match_indices(['E', 'e']).any(|(at, _)| {
        let free = rest[..at].ends_with([' ', ',', '|']);
        free && rest[at + 1..].starts_with(|next: char| next.is_ascii_digit())
    });
    let valued = ends.trim_start().starts_with('=');
    (!again && !valued && says_something(ends))
        .then(|| format!("epoch {number}{}", ends.replacen(']', "", usize::from(ends.starts_with('/')))))
}

/// `<10> LL/token: -9.2`: the log-likelihood of topics after some iterations.
fn of_topics(line: &str) -> Option<String> {
    let (number, rest) = line.trim_start().strip_prefix('<')?.split_once('>')?;
    let value = rest.trim_start().strip_prefix("LL/token:")?;
    let counts = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    counts.then(|| format!("iteration {number} log-likelihood{value}"))
}

/// A row that begins with a day and a time, maybe behind the number of the row, and goes on with a duration: a word for each cell.
fn spaced_cells(line: &str) -> Option<String> {
    const UNITS: [&str; 6] = ["sec", "min", "h", "hours", "days", "day"];
    let start = line.trim_start();
    let digits = start.bytes().take_while(u8::is_ascii_digit).count();
    let begins = matches!(start.as_bytes().get(digits), Some(b' ') | Some(b'-')) && digits > 0;
    if !begins || !line.contains(" sec") {
        return None;
    }
    let mut words = start.split_ascii_whitespace().peekable();
    let index = words.next_if(|word| word.bytes().all(|byte| byte.is_ascii_digit()));
    let mut cells: Vec<String> = index.map(str::to_owned).into_iter().collect();
    let (day, time) = (words.next()?, words.next()?);
    let is_day = day.len() == 10 && day.split('-').count() == 3;
    let is_time = time.len() >= 8 && time.split(':').count() == 3;
    if !is_day || !is_time {
        return None;
    }
    cells.push(format!("{day}_{time}"));
    let number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let mut duration = String::new();
    let mut speed = None;
    for word in words {
        match &mut speed {
            // A number with a unit that is no time: `12030 obs/sec`.
            Some(value) if word.contains("/sec") => {
                cells.push(format!("{value}{word}"));
                speed = None;
                continue;
            }
            Some(_) => cells.extend(speed.take()),
            None => {}
        }
        let timing = cells.len() == 1 + usize::from(index.is_some());
        if timing && (number(word) || UNITS.contains(&word)) {
            duration.push_str(word);
            if word == "sec" {
                cells.push(std::mem::take(&mut duration));
            }
        } else if timing {
            return None;
        } else {
            speed = Some(word.to_owned());
        }
    }
    cells.extend(speed);
    (cells.len() > 3 && duration.is_empty()).then(|| cells.join("  "))
}

#[cfg(test)]
mod tests {
    use super::usual;

    #[test]
    fn short_forms_become_usual_lines() {
        let cases = [
            ("E01 loss 0.51 val 0.62", "epoch 01 loss 0.51 val 0.62"),
            ("[E3] loss=0.51", "epoch 3 loss=0.51"),
            ("e7: train 0.5 valid 0.6", "epoch 7: train 0.5 valid 0.6"),
            ("<20> LL/token: -8.75", "iteration 20 log-likelihood -8.75"),
            ("loss 0.51/0.62 (train/val)", "loss (train/val): 0.51/0.62"),
            (
                "2 2024-01-02 10:00:01  1 min  2.500 sec 900 obs/sec  0.51 0.62",
                "2  2024-01-02_10:00:01  1min2.500sec  900obs/sec  0.51  0.62",
            ),
        ];
        for (line, wanted) in cases {
            assert_eq!(usual(line).as_deref(), Some(wanted), "{line}");
        }
    }

    #[test]
    fn what_only_looks_like_a_short_form_stays() {
        for line in [
            "E1010 17:36:18.471521 solver.cpp:160] loss = 0.5",
            "E1 loss 0.5 E2 loss 0.7",
            "e1 = 0.25",
            "E5 is a town of 300 people",
            "epoch 3 loss 0.51 (0.62)",
            "<b>loss</b> 0.5",
            "2024-01-02 10:00:01 the run took 12 sec",
            "ratio 0.51/0.62 (a/b)",
        ] {
            assert_eq!(usual(line), None, "{line}");
        }
    }
}
