//! Several photographs in one body: `multipart/form-data`, as forms of browsers and `curl -F` send it.

use hyper::body::Bytes;
use memchr::memmem;

use foliar_http::Refusal;

/// Most bytes of the headers of a part.
const MOST_HEADERS: usize = 8 << 10;

/// A file in a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// How the client calls it, if it does.
    pub(crate) name: Option<String>,
    pub(crate) bytes: Bytes,
}

/// The boundary of a body of this content type, if it is `multipart/form-data`.
pub(crate) fn boundary(content_type: &str) -> Option<Result<String, Refusal>> {
    let (kind, parameters) = content_type.split_once(';').unwrap_or((content_type, ""));
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let found = parameter(parameters, "boundary").filter(|boundary| (1..=70).contains(&boundary.len()));
    Some(
        found.ok_or_else(|| Refusal::malformed("multipart/form-data needs a boundary of 1 to 70 characters")),
    )
}

/// The files of a body, at most `most`.
pub(crate) fn parts(body: &Bytes, boundary: &str, most: usize) -> Result<Vec<Part>, Refusal> {
    let broken = |what: &str| Refusal::malformed(format!("the multipart body is broken: {what}"));
    let delimiter = format!("--{boundary}");
    let between = format!("\r\n{delimiter}");
    let mut at = match memmem::find(body, delimiter.as_bytes()) {
        Some(at) if at == 0 || body[..at].ends_with(b"\r\n") => at + delimiter.len(),
        _ => return Err(broken("it does not begin with its boundary")),
    };
    let mut parts = Vec::new();
    loop {
        let rest = &body[at..];
        if rest.starts_with(b"--") {
            return if parts.is_empty() { Err(broken("it has no parts")) } else { Ok(parts) };
        }
        let line = memmem::find(rest, b"\r\n").ok_or_else(|| broken("it ends in a boundary"))?;
        if !rest[..line].trim_ascii().is_empty() {
            return Err(broken("something stands behind a boundary"));
        }
        let head = &rest[line..rest.len().min(line + MOST_HEADERS)];
        let end =
            memmem::find(head, b"\r\n\r\n").ok_or_else(|| broken("the headers of a part do not end"))?;
        let headers = String::from_utf8_lossy(&head[..end]).into_owned();
        let start = at + line + end + 4;
        // The line break before a boundary belongs to it; an empty part has but one, which ended its headers.
        let length = memmem::find(&body[start - 2..], between.as_bytes())
            .ok_or_else(|| broken("a part has no boundary at its end"))?;
        let stop = (start - 2 + length).max(start);
        if parts.len() == most {
            let sentence = format!("more than {most} photos in one request, which is what the queue holds");
            return Err(Refusal::new(hyper::StatusCode::PAYLOAD_TOO_LARGE, "too-many-photos", sentence));
        }
        parts.push(Part { name: file_name(&headers)?, bytes: body.slice(start..stop) });
        at = start - 2 + length + between.len();
    }
}

/// The name of a part's file.
fn file_name(headers: &str) -> Result<Option<String>, Refusal> {
    let value = |wanted: &str| {
        headers
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.trim().eq_ignore_ascii_case(wanted))
    };
    let disposition = value("content-disposition").map_or("", |(_, value)| value);
    let (_, parameters) = disposition.split_once(';').unwrap_or_default();
    let name = parameter(parameters, "filename").filter(|name| !name.is_empty());
    if name.is_none() && value("content-type").is_none() {
        let field = parameter(parameters, "name").unwrap_or_default();
        return Err(Refusal::malformed(format!(
            "the part {field:?} is no file: `curl -F photo=@leaf.jpg` sends one"
        )));
    }
    Ok(name)
}

/// A parameter of a header, in quotation marks or not.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let mut rest = text;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = value(after.trim_start());
        if name.trim_matches([' ', '\t', ';']).eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after;
    }
}

/// A value and what stands behind it.
fn value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        return (text[..end].trim().to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (value, &quoted[at + 1..]),
            // Browsers do not escape backslashes, which are in names of Windows; a quotation mark can only be meant as one.
            '\\' if quoted[at + 1..].starts_with('"') => {
                value.extend(characters.next().map(|(_, next)| next))
            }
            character => value.push(character),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<Part>, Refusal> {
        parts(&Bytes::from(body.to_owned()), "xx", 2)
    }

    fn part(name: &str, content: &str) -> String {
        format!(
            "--xx\r\nContent-Disposition: form-data; name=\"p\"; filename=\"{name}\"\r\n\r\n{content}\r\n"
        )
    }

    #[test]
    fn files_come_in_their_order() {
        let body = format!("{}{}--xx--\r\n", part("a;b \\\"c\\\".jpg", "1\r\n--x\r\n"), part("d.png", ""));
        let parts = read(&body).unwrap();
        assert_eq!(parts[0], Part { name: Some("a;b \"c\".jpg".into()), bytes: "1\r\n--x\r\n".into() });
        assert_eq!(parts[1], Part { name: Some("d.png".into()), bytes: Bytes::new() });
        assert!(read("--xx\r\nContent-Type: image/png\r\n\r\nx\r\n--xx--").unwrap()[0].name.is_none());
    }

    #[test]
    fn broken_bodies_are_refused() {
        let whole = format!("{}--xx--\r\n", part("a.jpg", "12"));
        for end in 0..whole.len() - 4 {
            assert!(read(&whole[..end]).is_err(), "{:?}", &whole[..end]);
        }
        let field = "--xx\r\nContent-Disposition: form-data; name=\"top\"\r\n\r\n3\r\n--xx--";
        assert!(read(field).unwrap_err().sentence.contains("\"top\""));
        let many = part("a.jpg", "").repeat(3) + "--xx--";
        assert_eq!(read(&many).unwrap_err().reason, "too-many-photos");
        assert!(read("--xx--").is_err() && read("--xxy\r\n\r\n").is_err());
    }

    #[test]
    fn a_boundary_is_read_from_the_content_type() {
        assert_eq!(boundary("Multipart/form-data; charset=x; boundary=\"a b\"").unwrap().unwrap(), "a b");
        assert_eq!(boundary("multipart/form-data;boundary=ab").unwrap().unwrap(), "ab");
        assert!(boundary("multipart/form-data").unwrap().is_err());
        assert!(boundary("image/jpeg").is_none());
    }
}
