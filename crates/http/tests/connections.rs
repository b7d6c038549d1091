//! Connections of clients that are slow, hasty or hostile, over the wire.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{self, JoinHandle, sleep};
use std::time::{Duration, Instant};

use foliar_http::body::{self, Budget};
use foliar_http::{Answer, Drained, Listener, Patience, Service, Stop, answer, refused};
use hyper::body::Incoming;
use hyper::{Request, StatusCode};

/// Longest that anything may take on a busy machine.
const LONGEST: Duration = Duration::from_secs(60);

/// Answers `/large/N` with N bytes, and anything else with its path and the length of its body.
#[derive(Default)]
struct Echo {
    cut: AtomicUsize,
}

impl Service for Echo {
    async fn handle(&self, request: Request<Incoming>) -> Answer {
        let (head, mut body) = request.into_parts();
        let path = head.uri.path().to_owned();
        if let Some(size) = path.strip_prefix("/large/") {
            return answer(StatusCode::OK, "text/plain", vec![b'x'; size.parse().unwrap()]);
        }
        match body::read(&mut body, 1 << 20, LONGEST, &Budget::new(1 << 20)).await {
            Ok((bytes, _)) => answer(StatusCode::OK, "text/plain", format!("{path} {}", bytes.len())),
            Err(refusal) => refused(&refusal),
        }
    }

    fn cut(&self) {
        self.cut.fetch_add(1, Ordering::SeqCst);
    }
}

struct Running {
    address: SocketAddr,
    stop: Stop,
    echo: Arc<Echo>,
    server: JoinHandle<Drained>,
}

impl Running {
    fn start(head: Duration) -> Self {
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let (address, stop) = (listener.address().unwrap(), Stop::default());
        let asked = stop.clone();
        let patience = Patience { head, end: LONGEST };
        let echo: Arc<Echo> = Arc::default();
        let service = Arc::clone(&echo);
        let server = thread::spawn(move || listener.run(&service, patience, &asked).unwrap());
        Self { address, stop, echo, server }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(LONGEST)).unwrap();
        stream.set_write_timeout(Some(LONGEST)).unwrap();
        stream
    }

    /// All that the server sends until it closes the connection.
    fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        // What is refused may not be read to its end.
        let _ = stream.write_all(request);
        let mut answers = Vec::new();
        match stream.read_to_end(&mut answers) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => panic!("{error}"),
            _ => String::from_utf8(answers).unwrap(),
        }
    }

    fn end(self) -> Drained {
        self.stop.ask();
        self.server.join().unwrap()
    }
}

/// Reads an answer whose body has fewer bytes than a buffer.
fn read_answer(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    loop {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        text.push(char::from(byte[0]));
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() == length.parse::<usize>().unwrap() {
                return text;
            }
        }
    }
}

#[test]
fn a_client_that_never_reads_is_cut() {
    let server = Running::start(Duration::from_millis(300));
    // One that asks once, and one that asks on and on, so that its head is never late.
    for requests in [1, 100] {
        let mut stream = server.connect();
        stream
            .write_all("GET /large/20000000 HTTP/1.1\r\nHost: x\r\n\r\n".repeat(requests).as_bytes())
            .unwrap();
        let start = Instant::now();
        // A write to a connection that was closed fails.
        while stream.write_all(b"G").is_ok() {
            assert!(start.elapsed() < LONGEST, "{requests} requests hold their connection");
            sleep(Duration::from_millis(50));
        }
    }
    assert_eq!(server.echo.cut.load(Ordering::SeqCst), 2);
    assert_eq!(server.end(), Drained { cut: 0 });
}

#[test]
fn a_client_that_reads_slowly_gets_all() {
    const SIZE: usize = 8 << 20;
    let patience = Duration::from_millis(800);
    let server = Running::start(patience);
    let mut stream = server.connect();
    write!(stream, "GET /large/{SIZE} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let start = Instant::now();
    let (mut read, mut buffer) = (0, vec![0; 128 << 10]);
    while read < SIZE {
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0, "cut after {read} bytes and {:?}", start.elapsed());
        read += count;
        sleep(Duration::from_millis(20));
    }
    assert!(start.elapsed() > patience, "it was not slow");
    server.end();
}

#[test]
fn requests_at_once_are_answered_in_their_order() {
    let server = Running::start(LONGEST);
    let mut stream = server.connect();
    let all: String = (0..50)
        .map(|place| format!("POST /{place} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"))
        .collect();
    stream.write_all(all.as_bytes()).unwrap();
    for place in 0..50 {
        assert!(read_answer(&mut stream).ends_with(&format!("/{place} 3")), "{place}");
    }
}

/// Where a server and a proxy before it could disagree on where a request ends, nothing that follows is taken for one.
#[test]
fn a_request_without_a_clear_end_is_the_last_of_its_connection() {
    let server = Running::start(LONGEST);
    let next = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
    let chunked = "0\r\n\r\n";
    let many: String = (0..200).map(|place| format!("X-{place}: y\r\n")).collect();
    let large = format!("X: {}\r\n", "y".repeat(70 << 10));
    for (headers, body, status) in [
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", chunked, "200"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", chunked, "200"),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", chunked, "400"),
        ("Content-Length: 5, 6\r\n", chunked, "400"),
        ("Content-Length: +5\r\n", chunked, "400"),
        ("Content-Length: -1\r\n", "", "400"),
        ("Content-Length: 99999999999999999999\r\n", "", "400"),
        ("Content-Length : 5\r\n", chunked, "400"),
        ("Transfer-Encoding : chunked\r\n", chunked, "400"),
        ("Transfer-Encoding: gzip\r\n", "", "400"),
        ("Transfer-Encoding: chunked, gzip\r\n", chunked, "400"),
        ("Transfer-Encoding: xchunked\r\n", chunked, "400"),
        ("X: a\r\n b\r\n", "", "400"),
        ("X\0: a\r\n", "", "400"),
        ("Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\n", "400"),
        ("Transfer-Encoding: chunked\r\n", "x\r\n", "400"),
        ("Transfer-Encoding: chunked\r\n", "1\r\nab\r\n", "400"),
        (&many, "", "431"),
        (&large, "", "431"),
    ] {
        let request = format!("POST /first HTTP/1.1\r\nHost: x\r\n{headers}\r\n{body}{next}");
        let answers = server.exchange(request.as_bytes());
        let headers = &headers[..headers.len().min(60)];
        assert!(answers.starts_with(&format!("HTTP/1.1 {status} ")), "{headers:?}: {answers:?}");
        assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{headers:?}: {answers:?}");
        assert!(!answers.contains("smuggled"), "{headers:?}: {answers:?}");
    }
    let old = server.exchange(b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    assert!(old.contains(" 400 "), "{old:?}");
}

#[test]
fn an_end_closes_connections_that_are_idle_at_once() {
    let server = Running::start(LONGEST);
    let mut idle: Vec<TcpStream> = (0..20).map(|_| server.connect()).collect();
    // Half of them were used before.
    for stream in &mut idle[10..] {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        read_answer(stream);
    }
    let start = Instant::now();
    assert_eq!(server.end(), Drained { cut: 0 });
    assert!(start.elapsed() < LONGEST / 2, "{:?}", start.elapsed());
    for mut stream in idle {
        assert_eq!(stream.read(&mut [0]).unwrap_or(0), 0);
    }
}
