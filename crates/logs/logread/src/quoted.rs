//! Lines of output as a list of texts holds them, one a line: `"Epoch 1 loss 0.5\n",`.
//!
//! A part of a notebook that was copied from its file looks so, and so does a list that a program printed. The whole notebook is read
//! as a document.

/// The text of a line that is one quoted text with escapes and nothing else; `None` if it is not.
pub(crate) fn unquoted(line: &[u8]) -> Option<Vec<u8>> {
    let line = line.trim_ascii();
    let line = line.strip_suffix(b",").unwrap_or(line).trim_ascii_end();
    let (&mark, rest) = line.split_first().filter(|(mark, _)| matches!(mark, b'"' | b'\''))?;
    let inner = rest.strip_suffix(&[mark])?;
    // Without a line break or a command of the terminal it may be anything that is quoted.
    let of_output = inner.ends_with(b"\\n")
        || [&b"\\r"[..], b"\\b", b"\\u001b", b"\\x1b"].iter().any(|start| inner.starts_with(start));
    if !of_output {
        return None;
    }
    let mut text = Vec::with_capacity(inner.len());
    let mut at = 0;
    while let Some(&byte) = inner.get(at) {
        at += 1;
        match byte {
            b'\\' => at = unescape(inner, at, &mut text),
            _ if byte == mark => return None,
            _ => text.push(byte),
        }
    }
    Some(text)
}

/// Adds the character whose escape goes on at `at`, after the stroke; returns where the next one begins.
fn unescape(inner: &[u8], at: usize, text: &mut Vec<u8>) -> usize {
    let Some(&kind) = inner.get(at) else { return at };
    let hex = |digits: usize| {
        let digits = std::str::from_utf8(inner.get(at + 1..at + 1 + digits)?).ok()?;
        u32::from_str_radix(digits, 16).ok()
    };
    let digits = match kind {
        b'u' => 4,
        b'x' => 2,
        _ => 0,
    };
    match (kind, hex(digits).filter(|_| digits > 0)) {
        (_, Some(code)) => {
            // Halves of pictures, which come as two, are no words of a log.
            let letter = char::from_u32(code).unwrap_or(' ');
            text.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
            return at + 1 + digits;
        }
        (b'n', _) => text.push(b'\n'),
        (b'r', _) => text.push(b'\r'),
        (b't', _) => text.push(b'\t'),
        (b'b', _) => text.push(0x08),
        _ => text.push(kind),
    }
    at + 1
}

#[cfg(test)]
mod tests {
    use super::unquoted;

    #[test]
    fn the_text_of_a_quoted_line_of_output_is_read() {
        let cases: [(&str, Option<&str>); 9] = [
            (r#"            "Epoch 1 loss 0.5\n","#, Some("Epoch 1 loss 0.5\n")),
            (r#""say \"loss\"\t0.5\n""#, Some("say \"loss\"\t0.5\n")),
            (r"'Epoch 1 loss 0.5\n',", Some("Epoch 1 loss 0.5\n")),
            (r#""\r\u001b[1m5/5\u001b[0m loss: 0.5","#, Some("\r\u{1b}[1m5/5\u{1b}[0m loss: 0.5")),
            (r#""Verlust \u00fcber 0.5\n""#, Some("Verlust über 0.5\n")),
            (r#""loss","#, None),
            (r#""loss": "0.5\n","#, None),
            (r#""a\n", "b\n""#, None),
            (r#""\u12\n""#, Some("u12\n")),
        ];
        for (line, wanted) in cases {
            assert_eq!(unquoted(line.as_bytes()).as_deref(), wanted.map(str::as_bytes), "{line}");
        }
    }
}
