//! What a terminal would show of a line.
//!
//! Colours and cursor commands go; of a line that was overwritten with carriage returns the last state stays;
//! full-width forms, box drawings and typographic marks become their plain cousins, so that the rest of the
//! reader knows ASCII marks only. Bytes that are no UTF-8 become U+FFFD.

use std::borrow::Cow;

/// The visible text of `line`, if need be in `out`.
pub(crate) fn clean<'a>(line: &'a [u8], out: &'a mut Vec<u8>) -> &'a str {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    // Without a branch in it, so that it runs over many bytes at once.
    let odd = line
        .iter()
        .fold(false, |odd, &byte| odd | ((byte.wrapping_sub(b' ') > b'~' - b' ') & (byte != b'\t')));
    let escaped = holds_octal(line);
    if !odd && !escaped && !holds_bare_colours(line) {
        return std::str::from_utf8(line).unwrap_or_default();
    }
    out.clear();
    let line = if escaped { Cow::Owned(without_octal(line)) } else { Cow::Borrowed(line) };
    let line = last_state(&line);
    let plain = without_commands(line);
    let plain = without_bare_colours(plain);
    let spaced = plain.contains(&b' ');
    for chunk in plain.utf8_chunks() {
        let mut letters = chunk.valid().chars();
        while let Some(letter) = letters.next() {
            if separates_thousands(letter, spaced) && is_group(out, letters.clone()) {
                continue;
            }
            match u8::try_from(letter) {
                Ok(byte) if byte.is_ascii() => out.push(byte),
                _ => push_plain(letter, out),
            }
        }
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
    enclose_bars(out);
    std::str::from_utf8(out).unwrap_or_default()
}

/// Gives a bar without strokes, `100% ━━━━ 6/6`, those of others: `100%|####|6/6`.
fn enclose_bars(line: &mut [u8]) {
    const BAR: &[u8] = b"% ####";
    let mut at = 0;
    while let Some(found) = memchr::memmem::find(&line[at..], BAR) {
        let start = at + found + 1;
        line[start] = b'|';
        let length = line[start + 1..].iter().take_while(|&&byte| byte == b'#').count();
        at = start + 1 + length;
        if let Some(end @ b' ') = line.get_mut(at) {
            *end = b'|';
        }
    }
}

/// Whether a space of its own kind may stand between the thousands of a number, as in French: not where every space is of this kind.
fn separates_thousands(letter: char, spaced: bool) -> bool {
    matches!(letter, '\u{202f}' | '\u{2009}') || letter == '\u{a0}' && spaced
}

/// Whether one to three digits stand before, and exactly three follow.
fn is_group(before: &[u8], after: std::str::Chars<'_>) -> bool {
    let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let free = before.len() == digits || !matches!(before[before.len() - 1 - digits], b'.' | b',');
    (1..=3).contains(&digits) && free && after.take(4).take_while(char::is_ascii_digit).count() == 3
}

/// Without the progress bar that ends the line, and the percentage before it.
pub(crate) fn without_bar(text: &str) -> &str {
    let mut percents = memchr::memchr_iter(b'%', text.as_bytes());
    match percents.find(|at| text.as_bytes().get(at + 1) == Some(&b'|')) {
        Some(percent) => text[..percent]
            .trim_end_matches(|letter: char| letter.is_ascii_digit())
            .trim_end()
            .trim_end_matches(':'),
        None => text,
    }
}

/// What stays visible after the last carriage return that is followed by text.
fn last_state(line: &[u8]) -> &[u8] {
    let mut line = line;
    while let Some((b'\r' | b'\n', rest)) = line.split_last() {
        line = rest;
    }
    let erased = line.windows(2).rposition(|pair| pair == b"\x08\r").map(|at| at + 2);
    let returned = line.iter().rposition(|&byte| byte == b'\r').map(|at| at + 1);
    &line[returned.max(erased).unwrap_or(0)..]
}

/// Without escape sequences (ECMA-48) and control characters; text rubbed out with backspaces goes.
fn without_commands(line: &[u8]) -> Cow<'_, [u8]> {
    if !line.iter().any(|&byte| byte < b' ' && byte != b'\t' || byte == 0x7f) {
        return Cow::Borrowed(line);
    }
    let mut out = Vec::with_capacity(line.len());
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        at += 1;
        match byte {
            0x1b => at = after_escape(line, at),
            // Keras rubs out the bar before it draws the next: what stood there is no longer visible.
            0x08 => {
                let run = line[at..].iter().take_while(|&&byte| byte == 0x08).count();
                at += run;
                let kept = out.len().saturating_sub(run + 1);
                out.truncate(kept);
            }
            b'\t' => out.push(b'\t'),
            0..b' ' | 0x7f => {}
            _ => out.push(byte),
        }
    }
    Cow::Owned(out)
}

/// Control characters as syslog writes them, by their octal number.
const OCTAL: [(&[u8], u8); 4] = [(b"#010", 0x08), (b"#011", b'\t'), (b"#015", b'\r'), (b"#033", 0x1b)];

fn holds_octal(line: &[u8]) -> bool {
    memchr::memchr(b'#', line).is_some()
        && memchr::memmem::find(line, b"#0").is_some_and(|at| octal(&line[at..]).is_some())
}

/// The control character that `text` begins with.
fn octal(text: &[u8]) -> Option<u8> {
    let (code, byte) = OCTAL.iter().find(|(code, _)| text.starts_with(code))?;
    let after = &text[code.len()..];
    let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // A bar begins with a percentage.
    (digits == 0 || after.get(digits) == Some(&b'%')).then_some(*byte)
}

/// With the control characters that [`OCTAL`] stands for.
fn without_octal(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut at = 0;
    while at < line.len() {
        let byte = octal(&line[at..]);
        out.push(byte.unwrap_or(line[at]));
        at += if byte.is_some() { OCTAL[0].0.len() } else { 1 };
    }
    out
}

/// Whether colours lost their escape character on the way through a web form: `[1m63/63[0m`.
fn holds_bare_colours(line: &[u8]) -> bool {
    memchr::memchr_iter(b'[', line).any(|at| line[at + 1..].starts_with(b"0m"))
}

/// Without such colours.
fn without_bare_colours(line: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if !holds_bare_colours(&line) {
        return line;
    }
    let mut out = Vec::with_capacity(line.len());
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        let body = line[at + 1..].iter().take_while(|&&byte| byte.is_ascii_digit() || byte == b';').count();
        if byte == b'[' && body > 0 && line.get(at + 1 + body) == Some(&b'm') {
            at += body + 2;
            let escape =
                [&b"#033"[..], b"\\033", b"\\x1b", b"\\e", b"^"].into_iter().find(|mark| out.ends_with(mark));
            out.truncate(out.len() - escape.map_or(0, <[u8]>::len));
        } else {
            out.push(byte);
            at += 1;
        }
    }
    Cow::Owned(out)
}

/// The index after the escape sequence whose second byte is at `at`.
fn after_escape(line: &[u8], at: usize) -> usize {
    match line.get(at) {
        Some(b'[') => {
            let body = line[at + 1..].iter().take_while(|byte| (0x20..0x40).contains(*byte)).count();
            (at + body + 2).min(line.len())
        }
        Some(b']') => {
            let body = line[at + 1..].iter().take_while(|&&byte| byte != 0x07 && byte != 0x1b).count();
            (at + body + 2).min(line.len())
        }
        Some(_) => at + 1,
        None => at,
    }
}

fn push_plain(letter: char, out: &mut Vec<u8>) {
    let plain = match letter {
        '\u{ff01}'..='\u{ff5e}' => u8::try_from(u32::from(letter) - 0xfee0).unwrap_or(b' '),
        '\u{2581}'..='\u{259f}' | '━' | '╸' | '╺' | '■' | '□' | '▪' | '●' | '○' => b'#',
        '─' | '═' | '╌' | '┄' | '—' | '–' | '\u{2212}' | '\u{2010}' | '\u{2011}' => b'-',
        '\u{2500}'..='\u{257f}' => b'|',
        '\u{a0}' | '\u{2002}'..='\u{200a}' | '\u{202f}' | '\u{3000}' | '\u{fffd}' => b' ',
        '、' => b',',
        '。' => b';',
        '「' | '『' | '【' | '〔' => b'[',
        '」' | '』' | '】' | '〕' => b']',
        '“' | '”' | '„' | '«' | '»' => b'"',
        '‘' | '’' | 'ʼ' => b'\'',
        '→' | '⇒' | '➜' | '⟶' => {
            out.extend_from_slice(b"->");
            return;
        }
        '►' | '▶' => b'>',
        '•' | '·' | '∙' => b'|',
        '…' => b';',
        '×' => b'x',
        '٫' => b'.',
        '\u{660}'..='\u{669}' => b'0' + (u32::from(letter) - 0x660) as u8,
        '\u{6f0}'..='\u{6f9}' => b'0' + (u32::from(letter) - 0x6f0) as u8,
        '\u{966}'..='\u{96f}' => b'0' + (u32::from(letter) - 0x966) as u8,
        '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{2060}' => return,
        // Pictures are marks, not letters of a name.
        '\u{2600}'..='\u{27bf}' | '\u{1f000}'..='\u{1faff}' | '\u{fe0f}' => b' ',
        _ => {
            let mut buffer = [0; 4];
            out.extend_from_slice(letter.encode_utf8(&mut buffer).as_bytes());
            return;
        }
    };
    out.push(plain);
}

#[cfg(test)]
mod tests {
    use super::clean;

    fn cleaned(line: &[u8]) -> String {
        clean(line, &mut Vec::new()).to_owned()
    }

    #[test]
    fn the_visible_text_stays() {
        let cases: [(&[u8], &str); 19] = [
            (b"loss: 0.5\r\n", "loss: 0.5"),
            (b"1/3 loss: 3\r2/3 loss: 2\r3/3 loss: 1\r", "3/3 loss: 1"),
            (b"\x1b[32mloss\x1b[0m: \x1b[1;31m0.5\x1b[0m", "loss: 0.5"),
            (b"\x1b]0;title\x07loss 1", "loss 1"),
            (
                b"1/3 [.]\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\x08\r2/3 [=] loss 1",
                "2/3 [=] loss 1",
            ),
            (b"abc\x08\x08\x08xyz 1", "xyz 1"),
            (b"[1m63/63[0m [32mloss[0m: 1", "63/63 loss: 1"),
            (b"out: #015Epoch 0: 50% loss=2#033[A", "Epoch 0: 50% loss=2"),
            (b"#015 99%|#| loss 2#015100%|##| loss 1", "100%|##| loss 1"),
            (b"run #012 #0151 loss 1", "run #012 #0151 loss 1"),
            (b"lo\0ss: 1\x1b", "loss: 1"),
            (b"#033[34mloss: 1#033[0m", "loss: 1"),
            ("loss 5\u{202f}099.5".as_bytes(), "loss 5099.5"),
            ("1\u{a0}250\u{a0}0.5".as_bytes(), "1 250 0.5"),
            ("准确率：９３％".as_bytes(), "准确率:93%"),
            ("│ loss │ 0.5 │".as_bytes(), "| loss | 0.5 |"),
            ("50%|█████▏    | −3".as_bytes(), "50%|######    | -3"),
            ("224: 100% ━━━━━━ 42/42 4.4it/s".as_bytes(), "224: 100%|######|42/42 4.4it/s"),
            (b"\xff\xfeloss 1", "\u{fffd}\u{fffd}loss 1"),
        ];
        for (line, wanted) in cases {
            assert_eq!(cleaned(line), wanted);
        }
    }
}
