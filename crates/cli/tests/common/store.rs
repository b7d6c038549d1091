//! An object store of the protocols of S3, Google and Azure, in memory, that fails when it is told to.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::{BTreeMap, HashMap};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Keys of a page of a list.
const PAGE: usize = 7;

/// What a request is answered with in the place of what it asks for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// A status, with the code of an error document.
    Status(u16, &'static str),
    /// The head of the answer and half of its body.
    Cut,
    /// Nothing.
    HangUp,
    /// What it asks for, after a while.
    Slow(Duration),
}

/// Says of a request, `GET /bucket/key?query`, for which time it is made (from 0), whether it fails.
pub(crate) type Faults = dyn Fn(&str, usize) -> Option<Fault> + Send + Sync;

/// Objects by `/bucket/key`.
type Objects = BTreeMap<String, Vec<u8>>;

struct Shared {
    objects: Mutex<Objects>,
    requests: Mutex<HashMap<String, usize>>,
    faults: Mutex<Box<Faults>>,
}

pub(crate) struct StoreServer {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

impl StoreServer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            objects: Mutex::default(),
            requests: Mutex::default(),
            faults: Mutex::new(Box::new(|_, _| None)),
        });
        let served = Arc::clone(&shared);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&served);
                // A client that hangs up is no fault of the server.
                thread::spawn(move || answer(&stream, &shared));
            }
        });
        Self { url, shared }
    }

    /// Puts an object at `/bucket/key`.
    pub(crate) fn put(&self, path: &str, bytes: Vec<u8>) {
        self.shared.objects.lock().unwrap().insert(path.to_owned(), bytes);
    }

    pub(crate) fn objects(&self) -> Objects {
        self.shared.objects.lock().unwrap().clone()
    }

    pub(crate) fn remove(&self, path: &str) {
        self.shared.objects.lock().unwrap().remove(path);
    }

    /// Requests so far whose line holds `part`.
    pub(crate) fn requests(&self, part: &str) -> usize {
        let requests = self.shared.requests.lock().unwrap();
        requests.iter().filter(|(line, _)| line.contains(part)).map(|(_, count)| count).sum()
    }

    /// Fails from now on as `faults` says; requests are counted anew.
    pub(crate) fn fail(&self, faults: impl Fn(&str, usize) -> Option<Fault> + Send + Sync + 'static) {
        *self.shared.faults.lock().unwrap() = Box::new(faults);
        self.shared.requests.lock().unwrap().clear();
    }
}

fn answer(stream: &TcpStream, shared: &Shared) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let (method, target) = line.trim_end().strip_suffix(" HTTP/1.1")?.split_once(' ')?;
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        match header.trim_end().split_once(": ") {
            None => break,
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?
            }
            Some(_) => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (path, query) = (decoded(path), decoded(query));
    let line = format!("{method} {path}?{query}");
    let time = {
        let mut requests = shared.requests.lock().unwrap();
        let count = requests.entry(line.clone()).or_default();
        *count += 1;
        *count - 1
    };
    let fault = shared.faults.lock().unwrap()(&line, time);
    let (status, mut body) = match fault {
        Some(Fault::HangUp) => return None,
        Some(Fault::Status(status, code)) => (status, refusal(code)),
        _ => respond(shared, method, &path, &query, body),
    };
    if let Some(Fault::Slow(pause)) = fault {
        thread::sleep(pause);
    }
    let mut announced = body.len();
    if method == "HEAD" {
        announced = if status == 200 { announced } else { 0 };
        body.clear();
    }
    let head = format!(
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {announced}\r\nETag: \"e\"\r\n\
         Last-Modified: Tue, 01 Dec 2026 00:00:00 GMT\r\nx-ms-version: 2023-11-03\r\n\r\n"
    );
    let sent = if matches!(fault, Some(Fault::Cut)) { body.len() / 2 } else { body.len() };
    let mut stream = stream;
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body[..sent])).ok()
}

fn respond(shared: &Shared, method: &str, path: &str, query: &str, body: Vec<u8>) -> (u16, Vec<u8>) {
    let mut objects = shared.objects.lock().unwrap();
    let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
    let azure = parameter("comp") == Some("list");
    match method {
        "GET" if azure || parameter("list-type") == Some("2") => {
            let bucket = format!("{}/", path.trim_end_matches('/'));
            let start = format!("{bucket}{}", parameter("prefix").unwrap_or_default());
            if !objects.keys().any(|key| key.starts_with(&bucket)) {
                return (404, refusal("NoSuchBucket"));
            }
            let after = parameter(if azure { "marker" } else { "continuation-token" }).unwrap_or_default();
            let found: Vec<(&str, usize)> = objects
                .range(start.clone()..)
                .take_while(|(key, _)| key.starts_with(&start))
                .map(|(key, bytes)| (&key[bucket.len()..], bytes.len()))
                .filter(|(key, _)| *key > after)
                .collect();
            (200, if azure { azure_list(&found) } else { list(&found) }.into_bytes())
        }
        "GET" | "HEAD" => match objects.get(path) {
            Some(bytes) => (200, bytes.clone()),
            None => (404, refusal("NoSuchKey")),
        },
        "PUT" => {
            objects.insert(path.to_owned(), body);
            (if query.is_empty() && path.starts_with("/leaves/") { 201 } else { 200 }, Vec::new())
        }
        _ => (405, refusal("MethodNotAllowed")),
    }
}

fn refusal(code: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>").into_bytes()
}

fn list(found: &[(&str, usize)]) -> String {
    let entry = |(key, size): &(&str, usize)| {
        let key = key.replace('&', "&amp;");
        format!(
            "<Contents><Key>{key}</Key><Size>{size}</Size><LastModified>2026-12-01T00:00:00.000Z</LastModified><ETag>e</ETag></Contents>"
        )
    };
    let entries: String = found.iter().take(PAGE).map(entry).collect();
    let next = found.get(PAGE - 1).filter(|_| found.len() > PAGE);
    let more = next
        .map_or_else(String::new, |(key, _)| format!("<NextContinuationToken>{key}</NextContinuationToken>"));
    format!(
        "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>{}</IsTruncated>{more}{entries}</ListBucketResult>",
        next.is_some()
    )
}

fn azure_list(found: &[(&str, usize)]) -> String {
    let entry = |(key, size): &(&str, usize)| {
        format!(
            "<Blob><Name>{key}</Name><Properties><Last-Modified>Tue, 01 Dec 2026 00:00:00 GMT</Last-Modified><Content-Length>{size}</Content-Length>\
             <Content-Type>image/jpeg</Content-Type><Etag>e</Etag></Properties></Blob>"
        )
    };
    let entries: String = found.iter().take(PAGE).map(entry).collect();
    let next = found.get(PAGE - 1).filter(|_| found.len() > PAGE).map_or("", |(key, _)| key);
    format!(
        "<?xml version=\"1.0\"?><EnumerationResults><Blobs>{entries}</Blobs><NextMarker>{next}</NextMarker></EnumerationResults>"
    )
}

/// Without percent-encoding.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hexadecimal =
            after.get(..2).and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match (first, hexadecimal) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            (byte, _) => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}
