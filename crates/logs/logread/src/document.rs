//! The text that a log is wrapped in: notebooks and web pages, and tables that are stored as arrays of rows.
//!
//! Of a notebook (`.ipynb`) the outputs of its cells are read, in order; of a page (HTML) the visible text, a line a row or
//! paragraph, with tabs between the cells of a table. Rows of JSON become rows of CSV. Documents are held in memory, so
//! they may have [`LARGEST`] bytes.

use serde::Deserialize;
use serde_json::Value;

/// Bytes of the largest document; a longer text is read as it is.
pub(crate) const LARGEST: usize = 64 << 20;
/// Bytes by which a document is recognised.
pub(crate) const HEAD: usize = 4096;

/// What kind of document a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Document {
    Notebook,
    Page,
    /// `{"columns": [...], "index": [...], "data": [[...], ...]}`, as pandas writes a table.
    Frame,
    /// `[[wall time, step, value], ...]`, as TensorBoard exports a curve.
    Points,
}

impl Document {
    /// The kind of document that begins with `beginning`.
    pub(crate) fn of(beginning: &[u8]) -> Option<Self> {
        let head = &beginning[..beginning.len().min(HEAD)];
        let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head).trim_ascii_start();
        let starts = |mark: &[u8]| head.get(..mark.len()).is_some_and(|head| head.eq_ignore_ascii_case(mark));
        let holds = |mark: &[u8]| memchr::memmem::find(head, mark).is_some();
        // Below prose, as in Markdown, a row must follow.
        let rows = || holds(b"<tr") && (holds(b"<td") || holds(b"<th"));
        let table = holds(b"<table") && (starts(b"<") || rows()) || holds(b"<TABLE") && starts(b"<");
        if starts(b"<!doctype html") || starts(b"<html") || table {
            Some(Self::Page)
        } else if starts(b"{") && (holds(b"\"cells\"") || holds(b"\"nbformat\"")) {
            Some(Self::Notebook)
        } else if head
            .strip_prefix(b"{")
            .is_some_and(|head| head.trim_ascii_start().starts_with(b"\"columns\""))
        {
            Some(Self::Frame)
        } else if is_point(head) {
            Some(Self::Points)
        } else {
            None
        }
    }

    /// The text in it; `None` if it is damaged.
    pub(crate) fn text(self, bytes: &[u8]) -> Option<String> {
        match self {
            Self::Notebook => outputs(bytes),
            Self::Page => Some(visible(&String::from_utf8_lossy(bytes))),
            Self::Frame => {
                let frame: Frame = serde_json::from_slice(bytes).ok()?;
                Some(csv(&frame.columns, &frame.data))
            }
            Self::Points => {
                let points: Vec<Vec<Value>> = serde_json::from_slice(bytes).ok()?;
                Some(csv(&["Wall time", "Step", "Value"], &points))
            }
        }
    }
}

/// The names of the columns of a file that has none, told from its first lines: MLflow writes `timestamp value step`.
pub(crate) fn missing_header(beginning: &[u8]) -> Option<&'static str> {
    /// Milliseconds since 1970 have this many digits since 2001.
    const DIGITS: usize = 13;
    let digits = |cell: &str| !cell.is_empty() && cell.bytes().all(|byte| byte.is_ascii_digit());
    let text = std::str::from_utf8(&beginning[..beginning.len().min(HEAD)]).ok()?;
    let mut lines = text.lines().take(3);
    let whole = text.contains('\n') || beginning.len() < HEAD;
    let fits = |line: &str| {
        let cells: Vec<&str> = line.split(' ').collect();
        matches!(&cells[..], [time, value, step]
            if time.len() == DIGITS && digits(time) && digits(step) && value.parse::<f64>().is_ok())
    };
    (whole && lines.clone().count() > 0 && lines.all(fits)).then_some("timestamp value step")
}

/// Whether an array of arrays begins whose first has three numbers.
fn is_point(head: &[u8]) -> bool {
    let inner = head.strip_prefix(b"[").and_then(|rest| rest.trim_ascii_start().strip_prefix(b"["));
    let Some(inner) = inner else { return false };
    let Some(end) = inner.iter().position(|&byte| byte == b']') else { return false };
    let numbers: Vec<&[u8]> = inner[..end].split(|&byte| byte == b',').map(<[u8]>::trim_ascii).collect();
    let is_number = |cell: &&[u8]| std::str::from_utf8(cell).is_ok_and(|cell| cell.parse::<f64>().is_ok());
    numbers.len() == 3 && numbers.iter().all(is_number)
}

#[derive(Deserialize)]
struct Frame {
    columns: Vec<Value>,
    data: Vec<Vec<Value>>,
}

/// A table as CSV; what is neither a number nor a text is an empty cell.
fn csv(columns: &[impl ToText], rows: &[Vec<Value>]) -> String {
    let cell = |text: String| {
        if text.contains([',', '\n']) { format!("\"{}\"", text.replace('\n', " ")) } else { text }
    };
    let mut text = columns.iter().map(|column| cell(column.to_text())).collect::<Vec<_>>().join(",");
    for row in rows {
        text.push('\n');
        text.push_str(&row.iter().map(|value| cell(value.to_text())).collect::<Vec<_>>().join(","));
    }
    text.push('\n');
    text
}

/// What stands in a cell.
trait ToText {
    fn to_text(&self) -> String;
}

impl ToText for Value {
    fn to_text(&self) -> String {
        match self {
            Self::String(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            _ => String::new(),
        }
    }
}

impl ToText for &str {
    fn to_text(&self) -> String {
        (*self).to_owned()
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
    let mut in_row = false;
    // Before anything but a letter or a mark of a tag it is a sign of its own, as in `loss < 0.5`.
    let opens = |at: &usize, rest: &str| {
        rest[at + 1..].starts_with(|next: char| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'))
    };
    while let Some(open) = rest.match_indices('<').map(|(at, _)| at).find(|at| opens(at, rest)) {
        // Line breaks between the cells of a row are white space only.
        match in_row {
            true => push_decoded(&rest[..open].replace('\n', " "), &mut text),
            false => push_decoded(&rest[..open], &mut text),
        }
        rest = &rest[open..];
        let Some(close) = rest.find('>') else { break };
        let tag = rest[1..close].trim_start();
        let (ends, tag) = tag.strip_prefix('/').map_or((false, tag), |tag| (true, tag));
        let name: String =
            tag.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        rest = &rest[close + 1..];
        if name == "tr" {
            in_row = !ends;
        }
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
        let page = "<!DOCTYPE html><html><script>var loss = 9 < 10;</script><table><tr>\n<th>epoch</th>\n<th>loss</th></tr>\n\
            <tr><td>1</td><td>0.5 &lt; 1&nbsp;</td></tr></table><p>end &amp; 1 < 2 more</html>";
        let kind = Document::of(page.as_bytes()).expect("a page");
        assert_eq!(
            kind.text(page.as_bytes()).expect("whole"),
            "epoch\t loss\n1\t0.5 < 1\nend & 1 < 2 more\n"
        );
    }

    #[test]
    fn rows_of_json_are_rows_of_a_table() {
        let frame = br#"{"columns":["loss","val, loss"],"index":[0,1],"data":[[2.5,2],[1.5,null]]}"#;
        let points = b"[[1712000000.5, 0, 2.5], [1712000001.5, 1, 1.5]]";
        let cases: [(&[u8], Document, &str); 2] = [
            (frame, Document::Frame, "loss,\"val, loss\"\n2.5,2\n1.5,\n"),
            (points, Document::Points, "Wall time,Step,Value\n1712000000.5,0,2.5\n1712000001.5,1,1.5\n"),
        ];
        for (text, kind, wanted) in cases {
            assert_eq!(Document::of(text), Some(kind));
            assert_eq!(kind.text(text).expect("whole"), wanted);
            assert_eq!(kind.text(&text[..text.len() - 2]), None);
        }
    }

    #[test]
    fn lines_of_a_time_a_value_and_a_step_have_names() {
        let header = |text: &str| super::missing_header(text.as_bytes()).is_some();
        assert!(header("1712000000123 2.5 0\n1712000001123 1.5 1\n"));
        assert!(header("1712000000123 nan 0"));
        assert!(!header("1712000000123 2.5\n") && !header("1 2.5 0\n2 1.5 1\n") && !header(""));
        assert!(!header("1712000000123 2.5 0\nepoch 1 loss 2\n"));
    }

    #[test]
    fn objects_and_lines_are_no_documents() {
        for text in
            ["{\"loss\": 0.5}", "epoch 1 loss 0.5", "<b>loss</b>", "[[5, 1]\n [0, 9]]", "[[5 1 2]", ""]
        {
            assert_eq!(Document::of(text.as_bytes()), None, "{text}");
        }
    }
}
