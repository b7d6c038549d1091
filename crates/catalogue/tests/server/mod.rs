//! An HTTP server for one file, which gives one scripted answer after another.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What a connection is answered with. The file's `ETag` is `"one"`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    /// The file, or the part of it that is asked for.
    Whole,
    /// The same, in pieces with pauses between them.
    Slow,
    /// The same, but the connection closes after so many bytes.
    Cut(usize),
    /// The same without an `ETag`.
    CutWithoutTag(usize),
    /// Bytes of an older version, whose `ETag` is `"zero"`.
    OldVersionCut(usize),
    /// Headers and so many bytes, and then nothing.
    Stall(usize),
    /// Headers, and then a byte at a time with pauses between them, without end.
    Drip,
    /// Not even headers.
    Silence,
    /// This status and no file.
    Status(u16),
    /// To the same file elsewhere.
    Redirect,
    /// The whole file with status 200 even if a part is asked for.
    IgnoreRange,
    /// Status 206 with a part that was not asked for.
    WrongRange,
    /// The file without an `ETag`, announced with so many bytes too many.
    Longer(usize),
    /// The file, announced with so many bytes too few, and cut there.
    Shorter(usize),
    /// Bytes without end, without a length.
    Endless,
    /// The file in chunks, without a length.
    Chunked,
    /// So many bytes of the file, without a length.
    UntilClose(usize),
    /// Another file of the same length.
    OtherFile,
}

/// What a client asked for.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) path: String,
    /// First byte of `Range`.
    pub(crate) range: Option<usize>,
    pub(crate) if_range: Option<String>,
}

pub(crate) struct Server {
    url: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn start(content: Vec<u8>, answers: impl IntoIterator<Item = Answer>) -> Self {
        let answers: Vec<Answer> = answers.into_iter().collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        thread::spawn(move || {
            for answer in answers {
                let Ok((stream, _)) = listener.accept() else { return };
                let Some(request) = read_request(&stream) else { continue };
                seen.lock().unwrap().push(request.clone());
                // A client that hangs up is no fault of the server.
                let _ = respond(stream, answer, &request, &content);
            }
        });
        Self { url, requests }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let mut request = Request { path, range: None, if_range: None };
    for line in lines.take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ")?;
        match name.to_ascii_lowercase().as_str() {
            "range" => request.range = value.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok(),
            "if-range" => request.if_range = Some(value.to_owned()),
            _ => {}
        }
    }
    Some(request)
}

fn respond(mut stream: TcpStream, answer: Answer, request: &Request, content: &[u8]) -> std::io::Result<()> {
    let len = content.len();
    let asked = request.range.filter(|_| request.if_range.as_deref() == Some("\"one\""));
    let start = asked.filter(|_| !matches!(answer, Answer::IgnoreRange)).unwrap_or(0);
    let body = &content[start.min(len)..];
    let head =
        |status: &str, headers: &str| format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n");
    let file_head = |announced: usize, tag: &str| match start {
        0 => head("200 OK", &format!("Content-Length: {announced}\r\n{tag}")),
        _ if start >= len => head(
            "416 Range Not Satisfiable",
            &format!("Content-Length: 0\r\nContent-Range: bytes */{len}\r\n"),
        ),
        _ => {
            let range = format!("Content-Range: bytes {start}-{}/{len}\r\n", len - 1);
            head("206 Partial Content", &format!("Content-Length: {announced}\r\n{range}{tag}"))
        }
    };
    let tag = "ETag: \"one\"\r\n";
    let other: Vec<u8> = content.iter().map(|byte| !byte).collect();
    match answer {
        Answer::Whole | Answer::IgnoreRange => send(&mut stream, &file_head(body.len(), tag), body),
        Answer::Slow => {
            stream.write_all(file_head(body.len(), tag).as_bytes())?;
            body.chunks(len.div_ceil(30)).try_for_each(|piece| {
                thread::sleep(Duration::from_millis(30));
                stream.write_all(piece)
            })
        }
        Answer::Cut(sent) => send(&mut stream, &file_head(body.len(), tag), &body[..sent.min(body.len())]),
        Answer::CutWithoutTag(sent) => send(&mut stream, &file_head(body.len(), ""), &body[..sent]),
        Answer::OldVersionCut(sent) => {
            send(&mut stream, &file_head(len, "ETag: \"zero\"\r\n"), &other[..sent])
        }
        Answer::Stall(sent) => {
            send(&mut stream, &file_head(body.len(), tag), &body[..sent])?;
            wait_for_hang_up(&stream)
        }
        Answer::Silence => wait_for_hang_up(&stream),
        Answer::Status(status) => {
            send(&mut stream, &head(&format!("{status} No"), "Content-Length: 0\r\n"), b"")
        }
        Answer::Redirect => {
            let place = request.path.replace("/weights/", "/elsewhere/");
            let headers = format!("Location: {place}\r\nContent-Length: 0\r\n");
            send(&mut stream, &head("302 Found", &headers), b"")
        }
        Answer::WrongRange => {
            let headers = format!("Content-Length: 10\r\nContent-Range: bytes 0-9/{len}\r\n{tag}");
            send(&mut stream, &head("206 Partial Content", &headers), &content[..10])
        }
        Answer::Longer(extra) => send(&mut stream, &file_head(body.len() + extra, ""), body),
        Answer::Shorter(missing) => {
            let sent = &body[..body.len() - missing];
            send(&mut stream, &file_head(sent.len(), tag), sent)
        }
        Answer::Endless => {
            stream.write_all(head("200 OK", tag).as_bytes())?;
            loop {
                stream.write_all(content)?;
            }
        }
        Answer::Drip => {
            stream.write_all(file_head(body.len(), tag).as_bytes())?;
            loop {
                stream.write_all(b"x")?;
                thread::sleep(Duration::from_millis(20));
            }
        }
        Answer::Chunked => {
            stream.write_all(head("200 OK", "Transfer-Encoding: chunked\r\n").as_bytes())?;
            for piece in body.chunks(7000) {
                write!(stream, "{:x}\r\n", piece.len())?;
                stream.write_all(piece)?;
                stream.write_all(b"\r\n")?;
            }
            stream.write_all(b"0\r\n\r\n")
        }
        Answer::UntilClose(sent) => send(&mut stream, &head("200 OK", tag), &body[..sent]),
        Answer::OtherFile => send(&mut stream, &file_head(len, tag), &other),
    }
}

fn send(stream: &mut TcpStream, head: &str, body: &[u8]) -> std::io::Result<()> {
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)
}

fn wait_for_hang_up(stream: &TcpStream) -> std::io::Result<()> {
    BufReader::new(stream).lines().next().transpose().map(drop)
}
