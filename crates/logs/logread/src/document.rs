//! The text that a log is wrapped in: notebooks and web pages.
//!
//! Of a notebook (`.ipynb`) the outputs of its cells are read, in order; of a page (HTML) the visible text, a line a row or
//! paragraph, with tabs between the cells of a table. Documents are held in memory, so they may have [`LARGEST`] bytes.

use serde_json::Value;

/// Bytes of the largest document; a longer text is read as it is.
pub(crate) const LARGEST: usize = 64 << 20;
/// Bytes by which a document is recognised.
const HEAD: usize = 4096;

/// What kind of document a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    Notebook,
    Page,
}

impl Document {
    /// The kind of document that begins with `beginning`.
    pub(crate) fn of(beginning: &[u8]) -> Option<Self> {
        let head = &beginning[..beginning.len().min(HEAD)];
        let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head).trim_ascii_start();
        let starts = |mark: &[u8]| head.get(..mark.len()).is_some_and(|head| head.eq_ignore_ascii_case(mark));
        let holds = |mark: &[u8]| memchr::memmem::find(head, mark).is_some();
        if starts(b"<!doctype html") || starts(b"<html") {
            Some(Self::Page)
        } else if starts(b"{") && (holds(b"\"cells\"") || holds(b"\"nbformat\"")) {
            Some(Self::Notebook)
        } else {
            None
        }
    }

    /// The text in it; `None` if it is damaged.
    pub(crate) fn text(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Notebook => outputs(bytes),
            Self::Page => Some(visible(&String::from_utf8_lossy(bytes))),
        }
    }
}

/// The outputs of a notebook's cells, a cell after the other.
fn outputs(bytes: &[u8]) -> Option<String> {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let notebook: Value = serde_json::from_slice(bytes).ok()?;
    // Version 3 has its cells in worksheets.
    let sheets = notebook["worksheets"].as_array().into_iter().flatten();
    let cells =
        std::iter::once(&notebook).chain(sheets).filter_map(|sheet| sheet["cells"].as_array()).flatten();
    let mut text = String::new();
    for output in cells.filter_map(|cell| cell["outputs"].as_array()).flatten() {
        let data = &output["data"];
        let page = joined(&data["text/html"]).map(|page| visible(&page)).filter(|page| page.contains('\t'));
        let shown = page.or_else(|| joined(&data["text/plain"])).or_else(|| joined(&output["text"]));
        if let Some(shown) = shown {
            text.push_str(&shown);
            text.push('\n');
        }
    }
    Some(text)
}

/// A text, or a list of its lines.
fn joined(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(lines) => Some(lines.iter().filter_map(Value::as_str).collect()),
        _ => None,
    }
}

/// What a browser shows of a page.
fn visible(page: &str) -> String {
    let mut text = String::with_capacity(page.len() / 2);
    let mut rest = page;
    while let Some(open) = rest.find('<') {
        push_decoded(&rest[..open], &mut text);
        rest = &rest[open..];
        let Some(close) = rest.find('>') else { break };
        let tag = rest[1..close].trim_start();
        let (ends, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let name: String =
            tag.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        rest = &rest[close + 1..];
        match (name.as_str(), ends) {
            ("script" | "style", false) => {
                let end = format!("</{name}");
                let hidden = rest.to_ascii_lowercase().find(&end).unwrap_or(rest.len());
                rest = &rest[hidden..];
            }
            ("td" | "th", true) => text.push('\t'),
            ("br", _) | ("tr" | "p" | "div" | "li" | "pre" | "table" | "h1" | "h2" | "h3", _) => {
                text.push('\n')
            }
            _ => {}
        }
    }
    push_decoded(rest, &mut text);
    // Line breaks between the cells of one row are white space only.
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.fold(String::new(), |mut all, line| {
        all.push_str(line);
        all.push('\n');
        all
    })
}

/// Adds `text` with the characters that stand for others replaced.
fn push_decoded(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.bytes().take(10).position(|byte| byte == b';');
        let letter = end.and_then(|end| match &rest[1..end] {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "nbsp" => Some(' '),
            number => number.strip_prefix('#')?.parse().ok().and_then(char::from_u32),
        });
        match (letter, end) {
            (Some(letter), Some(end)) => {
                out.push(letter);
                rest = &rest[end + 1..];
            }
            _ => {
                out.push('&');
                rest = &rest[1..];
            }
        }
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::Document;

    #[test]
    fn outputs_of_cells_are_the_text_of_a_notebook() {
        let notebook = br#"{"cells": [
            {"cell_type": "code", "source": ["loss = 99"], "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["epoch 1 loss 0.5\n", "epoch 2 loss 0.4\n"]},
                {"output_type": "execute_result", "data": {"text/plain": ["done"]}}]},
            {"cell_type": "markdown", "source": ["acc 1.0"]}], "nbformat": 4}"#;
        let kind = Document::of(notebook).expect("a notebook");
        assert_eq!(kind.text(notebook).expect("whole"), "epoch 1 loss 0.5\nepoch 2 loss 0.4\n\ndone\n");
        assert_eq!(kind.text(&notebook[..90]), None);
    }

    #[test]
    fn cells_of_a_page_are_set_apart_and_scripts_are_not_shown() {
        let page = "<!DOCTYPE html><html><script>var loss = 9 < 10;</script><table><tr><th>epoch</th><th>loss</th></tr>\n\
            <tr><td>1</td><td>0.5 &lt; 1&nbsp;</td></tr></table><p>end &amp; more</html>";
        let kind = Document::of(page.as_bytes()).expect("a page");
        assert_eq!(kind.text(page.as_bytes()).expect("whole"), "epoch\tloss\n1\t0.5 < 1\nend & more\n");
    }

    #[test]
    fn objects_and_lines_are_no_documents() {
        for text in ["{\"loss\": 0.5}", "epoch 1 loss 0.5", "<b>loss</b>", ""] {
            assert_eq!(Document::of(text.as_bytes()), None, "{text}");
        }
    }
}
