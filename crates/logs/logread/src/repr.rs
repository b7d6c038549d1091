//! Objects as Python prints them: `ScalarEvent(wall_time=1712.5, step=0, value=1.8)`, `<Metric: key='val_loss', step=0,
//! value=1.8>`.

/// The objects of a line as records of JSON, in an object under the name before them; `None` where there are none with a step
/// and a value.
pub(crate) fn as_records(text: &str) -> Option<String> {
    let holds = |mark: &str| memchr::memmem::find(text.as_bytes(), mark.as_bytes()).is_some();
    // Few lines hold the marks of an object; no other one is searched.
    if memchr::memchr2(b'(', b'<', text.as_bytes()).is_none() || !(holds("value=") && holds("step=")) {
        return None;
    }
    let open = text.find(['[', '<']).unwrap_or(0);
    let name: String =
        text[..open].chars().filter(|letter| letter.is_alphanumeric() || "_/- .".contains(*letter)).collect();
    let mut records = Vec::new();
    let mut rest = &text[open..];
    while let Some(start) = rest.find(['(', '<']) {
        let (close, inner) = if rest[start..].starts_with('(') { (')', start + 1) } else { ('>', start + 1) };
        let end = inner + rest[inner..].find(close)?;
        let body = &rest[inner..end];
        let body = if close == '>' { body.split_once(": ").map_or(body, |(_, fields)| fields) } else { body };
        records.push(record(body)?);
        rest = &rest[end + 1..];
    }
    let records = (!records.is_empty()).then(|| format!("[{}]", records.join(", ")))?;
    let name = name.trim();
    Some(if name.is_empty() { records } else { format!("{{\"{name}\": {records}}}") })
}

/// `step=0, value=1.8` as an object.
fn record(fields: &str) -> Option<String> {
    let mut text = String::from("{");
    for field in fields.split(", ") {
        let (key, value) = field.split_once('=')?;
        let plain = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let value = value.trim_matches('\'');
        if !plain || value.contains(['"', '\\', '{', '[']) {
            return None;
        }
        text.push_str(if text.len() > 1 { ", " } else { "" });
        text.push_str(&format!("\"{key}\": \"{value}\""));
    }
    text.push('}');
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::as_records;

    #[test]
    fn printed_objects_are_records() {
        let cases = [
            (
                "val_loss: [ScalarEvent(wall_time=1.5, step=0, value=1.8), ScalarEvent(wall_time=2.5, step=1, value=1.4)]",
                r#"{"val_loss": [{"wall_time": "1.5", "step": "0", "value": "1.8"}, {"wall_time": "2.5", "step": "1", "value": "1.4"}]}"#,
            ),
            (
                "<Metric: key='val_loss', step=0, value=1.8>",
                r#"[{"key": "val_loss", "step": "0", "value": "1.8"}]"#,
            ),
        ];
        for (text, wanted) in cases {
            assert_eq!(as_records(text).as_deref(), Some(wanted));
        }
        for text in
            ["epoch 1 step=3 value=0.5", "[train] epoch=1 step=2 (value=0.5 s", "step=1 (value = 2)", ""]
        {
            assert_eq!(as_records(text), None, "{text}");
        }
    }
}
