//! `foliar serve`, asked over plain connections.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Stdio};
use std::sync::Barrier;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use common::Scene;
use serde_json::{Value, json};

/// Longest that any answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server that runs until this is dropped.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(scene: &Scene, more: &[&str]) -> Self {
        let arguments = [&["serve", "run", "--listen", "127.0.0.1:0"], more].concat();
        let mut child = scene.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { child, address }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends a request with `headers`, each with its line end, and reads the answer.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let mut stream = self.connect();
        let head = request(method, path, headers, body.len());
        stream.write_all(head.as_bytes()).unwrap();
        // A body that is refused may not be read to its end.
        let _ = stream.write_all(body);
        Answer::read(&mut stream).unwrap()
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "", b"")
    }

    fn post(&self, path: &str, body: &[u8]) -> Answer {
        self.ask("POST", path, "", body)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn request(method: &str, path: &str, headers: &str, length: usize) -> String {
    let host = if headers.contains("Host:") { "" } else { "Host: localhost\r\n" };
    format!("{method} {path} HTTP/1.1\r\n{host}Content-Length: {length}\r\n{headers}\r\n")
}

#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    /// `None` if the connection ends before the answer does.
    fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).ok()?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        stream.read_exact(&mut body).ok()?;
        Some(Self { status: head[9..12].parse().unwrap(), head, body })
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Status and the word of a refusal.
    fn refusal(&self) -> (u16, String) {
        let value = self.json();
        assert!(value["error"].as_str().is_some_and(|sentence| !sentence.is_empty()), "{value}");
        (self.status, value["reason"].as_str().unwrap().to_owned())
    }
}

/// A scene with a trained run, and the paths of its photos.
fn trained() -> (Scene, Vec<String>) {
    let scene = Scene::new(8);
    scene.train("run", &[]).expect(0);
    let mut paths = Vec::new();
    for class in fs::read_dir(scene.path("photos")).unwrap() {
        let class = class.unwrap();
        for photo in fs::read_dir(class.path()).into_iter().flatten() {
            let (class, photo) = (class.file_name(), photo.unwrap().file_name());
            paths.push(format!("photos/{}/{}", class.to_str().unwrap(), photo.to_str().unwrap()));
        }
    }
    assert!(paths.len() > 20);
    (scene, paths)
}

fn boundary_body(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in parts {
        let head = format!("--xx\r\nContent-Disposition: form-data; name=\"p\"; filename=\"{name}\"\r\n\r\n");
        body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
    }
    body.extend(b"--xx--\r\n");
    body
}

const FORM: &str = "Content-Type: multipart/form-data; boundary=xx\r\n";

#[test]
fn answers_are_those_of_predict_whatever_the_load() {
    let (scene, mut paths) = trained();
    fs::copy(scene.path(&paths[0]), scene.path("odd-name.data")).unwrap();
    paths.push("odd-name.data".to_owned());
    let arguments: Vec<&str> =
        ["predict", "run", "--format", "jsonl"].into_iter().chain(paths.iter().map(String::as_str)).collect();
    let expected = scene.run(&arguments).expect(0).out;
    let expected: Vec<&str> = expected.lines().collect();
    assert!(expected.last().unwrap().contains("\"remarks\":[\"odd-name\"]"));
    let files: Vec<Vec<u8>> = paths.iter().map(|path| fs::read(scene.path(path)).unwrap()).collect();

    let server = Serving::start(&scene, &[]);
    let digest = server.get("/v1/model").json()["model"].as_str().unwrap().to_owned();
    let with_model = |row: &str| format!("{},\"model\":\"{digest}\"}}", row.strip_suffix('}').unwrap());
    let together = Barrier::new(64);
    scope(|scope| {
        for client in 0..64 {
            let (server, together, paths, files, expected) = (&server, &together, &paths, &files, &expected);
            scope.spawn(move || {
                together.wait();
                for step in 0..5 {
                    let place = (client * 7 + step) % paths.len();
                    let answer = server.post(&format!("/v1/predict?name={}", paths[place]), &files[place]);
                    assert_eq!((answer.status, answer.text()), (200, &*with_model(expected[place])));
                }
            });
        }
    });

    // Several in a form, a broken one among them, which harms no other.
    let broken = &files[0][..files[0].len() / 3];
    fs::write(scene.path("broken.jpg"), broken).unwrap();
    let told = scene.run(&["predict", "run", "--format", "jsonl", "broken.jpg"]).expect(3).out;
    let body = boundary_body(&[(&paths[1], &files[1]), ("broken.jpg", broken), (&paths[2], &files[2])]);
    let answer = server.ask("POST", "/v1/predict", FORM, &body);
    let rows = [expected[1], told.trim_end(), expected[2]].map(with_model).join(",");
    assert_eq!((answer.status, answer.text()), (200, &*format!("[{rows}]")));

    // Another number of classes, and the address of another service.
    let all = server.post("/invocations?top=all", &files[0]).json();
    assert_eq!((&all["path"], all["predictions"].as_array().unwrap().len()), (&json!("photo"), 5));

    let metrics = server.get("/metrics");
    let metrics = metrics.text();
    for line in [
        "foliar_requests_total{code=\"200\"} 323",
        "foliar_refused_total{reason=\"truncated\"} 1",
        "foliar_queue 0",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
    let total = |name: &str| -> u64 {
        let lines = metrics.lines().filter(|line| line.starts_with(name));
        lines.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
    };
    assert_eq!(total("foliar_answers_total") + total("foliar_unknown_total"), 64 * 5 + 2 + 1);
    assert_eq!(total("foliar_seconds_count{stage=\"decode\"}"), 64 * 5 + 3 + 1);
}

#[test]
fn what_is_wrong_is_told_by_a_status_and_a_word() {
    let (scene, paths) = trained();
    let photo = fs::read(scene.path(&paths[0])).unwrap();
    let server = Serving::start(&scene, &["--body", "100kB", "--host", "leaf.example", "--queue", "2"]);
    let description = server.get("/openapi.json").json();
    let predict = "/v1/predict";
    for (method, path, headers, body, status, word) in [
        ("GET", "/nothing", "", &b""[..], 404, "not-found"),
        ("GET", predict, "", b"", 405, "method-not-allowed"),
        ("POST", "/livez", "", b"", 405, "method-not-allowed"),
        ("POST", predict, "", b"", 400, "empty"),
        ("POST", predict, "", b"<html>no picture</html>", 415, "not-a-picture"),
        ("POST", predict, "", &photo[..photo.len() / 2], 422, "truncated"),
        ("POST", predict, "", &large_png_header(), 413, "too-many-pixels"),
        ("POST", predict, "Content-Encoding: gzip\r\n", &photo, 415, "content-encoding"),
        ("POST", "/v1/predict?top=0", "", &photo, 400, "malformed"),
        ("POST", "/v1/predict?to=1", "", &photo, 400, "malformed"),
        ("POST", "/v1/predict?model=absent", "", &photo, 404, "no-model"),
        ("POST", "/v1/explain?class=absent", "", &photo, 400, "malformed"),
        ("POST", predict, FORM, b"--xx\r\n", 400, "malformed"),
        (
            "POST",
            predict,
            FORM,
            &boundary_body(&[("a", b""), ("b", b""), ("c", b"")]),
            413,
            "too-many-photos",
        ),
        ("POST", "/v2/models/run/infer", "", b"{}", 400, "malformed"),
        ("GET", "/v2/models/absent", "", b"", 404, "no-model"),
        ("GET", "/livez", "Host: evil.example\r\n", b"", 421, "wrong-host"),
        ("GET", "/livez", "Host: localhost\r\nHost: localhost\r\n", b"", 400, "malformed"),
        ("POST", predict, "Origin: http://evil.example\r\n", &photo, 403, "wrong-origin"),
        ("POST", predict, "Origin: null\r\n", &photo, 403, "wrong-origin"),
    ] {
        let answer = server.ask(method, path, headers, body);
        assert_eq!(answer.refusal(), (status, word.to_owned()), "{method} {path} {headers}");
        let path = path.split('?').next().unwrap();
        if let Some(operation) = description["paths"][path].get(method.to_ascii_lowercase()) {
            assert!(
                operation["responses"].get(status.to_string()).is_some(),
                "{method} {path} is not described with {status}"
            );
        }
        assert!(!answer.head.contains("access-control"), "no other site may read: {}", answer.head);
    }
    assert!(server.ask("POST", "/livez", "", b"").head.contains("allow: get, head"));
    assert_eq!(server.ask("GET", "/livez", "Host: leaf.example:80\r\n", b"").status, 200);
    assert_eq!(server.ask("POST", predict, "Origin: http://localhost\r\n", &photo).status, 200);

    // A body that is too large is refused by what it announces, and where it announces nothing as soon as it is.
    let mut stream = server.connect();
    stream.write_all(request("POST", predict, "", 1 << 40).as_bytes()).unwrap();
    assert_eq!(Answer::read(&mut stream).unwrap().refusal(), (413, "too-large".to_owned()));
    let mut stream = server.connect();
    stream
        .write_all(b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        .unwrap();
    let chunk = [&b"1000\r\n"[..], &[7; 0x1000], b"\r\n"].concat();
    for _ in 0..25 {
        stream.write_all(&chunk).unwrap();
    }
    assert_eq!(Answer::read(&mut stream).unwrap().refusal(), (413, "too-large".to_owned()));

    // What is no HTTP ends its own connection only.
    let mut stream = server.connect();
    stream.write_all(b"\x16\x03\x01\r\n\r\n").unwrap();
    assert_eq!(Answer::read(&mut stream).map_or(400, |answer| answer.status), 400);
    assert_eq!(server.get("/readyz").status, 200);
}

/// A PNG whose header declares 40,000 x 30,000 pixels.
fn large_png_header() -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(40_000_u32.to_be_bytes());
    chunk.extend(30_000_u32.to_be_bytes());
    chunk.extend([8, 2, 0, 0, 0]);
    let mut crc = u32::MAX;
    for &byte in &chunk {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0d".to_vec();
    png.extend(chunk);
    png.extend((!crc).to_be_bytes());
    png.extend(b"\0\0\x10\0IDAT");
    png
}

#[test]
fn a_client_that_sends_a_byte_at_a_time_is_cut() {
    let (scene, paths) = trained();
    let photo = fs::read(scene.path(&paths[0])).unwrap();
    let server = Serving::start(&scene, &["--timeout", "1s"]);
    let start = Instant::now();
    let mut stream = server.connect();
    let mut cut = false;
    for byte in request("GET", "/livez", &"X-Slow: yes\r\n".repeat(40), 0).bytes().cycle() {
        if stream.write_all(&[byte]).is_err() {
            cut = true;
            break;
        }
        // Others are answered meanwhile.
        assert_eq!(server.get("/livez").status, 200);
        if start.elapsed() > PATIENCE {
            break;
        }
        sleep(Duration::from_millis(100));
    }
    assert!(cut, "still open after {:?}", start.elapsed());

    // One that sends nothing of its body.
    let mut stream = server.connect();
    stream.write_all(request("POST", "/v1/predict", "", 1000).as_bytes()).unwrap();
    assert_eq!(Answer::read(&mut stream).unwrap().refusal(), (408, "too-slow".to_owned()));

    // One that asks on and on, and reads nothing.
    let mut stream = server.connect();
    stream.write_all(request("GET", "/", "", 0).repeat(500).as_bytes()).unwrap();
    let start = Instant::now();
    while stream.write_all(b"G").is_ok() {
        assert!(start.elapsed() < PATIENCE, "it holds its connection");
        sleep(Duration::from_millis(100));
    }
    let metrics = server.get("/metrics");
    assert!(metrics.text().contains("\nfoliar_cut_total 1\n"), "{}", metrics.text());

    // One that goes before it is answered costs nobody anything.
    for _ in 0..20 {
        let mut stream = server.connect();
        stream.write_all(request("POST", "/v1/predict", "", photo.len()).as_bytes()).unwrap();
        stream.write_all(&photo).unwrap();
        stream.shutdown(Shutdown::Both).unwrap();
    }
    assert_eq!(server.post("/v1/predict", &photo).status, 200);
}

#[test]
fn a_full_queue_is_told_and_takes_nothing_down() {
    let (scene, _) = trained();
    image::RgbImage::from_fn(3000, 2000, |x, y| image::Rgb([x as u8, y as u8, (x ^ y) as u8]))
        .save(scene.path("large.png"))
        .unwrap();
    let photo = fs::read(scene.path("large.png")).unwrap();
    let server = Serving::start(&scene, &["--queue", "1"]);
    let together = Barrier::new(8);
    let statuses: Vec<u16> = scope(|scope| {
        let client = || {
            together.wait();
            let answers = (0..3).map(|_| server.post("/v1/predict", &photo));
            let check = |answer: Answer| {
                assert!(answer.status == 200 || answer.head.contains("retry-after: 1"), "{answer:?}");
                answer.status
            };
            answers.map(check).collect::<Vec<u16>>()
        };
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(client)).collect();
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });
    assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&200) && statuses.contains(&429), "{statuses:?}");
    assert_eq!(server.post("/v1/predict", &photo).status, 200, "the queue is free again");
}

#[test]
fn a_request_that_waits_too_long_is_given_up() {
    let (scene, paths) = trained();
    // As many pixels as a photo may have, six times, for one thread.
    image::GrayImage::new(8000, 8000).save(scene.path("large.png")).unwrap();
    let (large, photo) =
        (fs::read(scene.path("large.png")).unwrap(), fs::read(scene.path(&paths[0])).unwrap());
    let server = Serving::start(&scene, &["--timeout", "500ms", "--threads", "1"]);
    let answer = server.ask("POST", "/v1/predict", FORM, &boundary_body(&[("large.png", &large[..]); 6]));
    assert_eq!(answer.refusal(), (504, "waited-too-long".to_owned()));
    assert!(
        answer.text().contains("0.5 seconds") && answer.text().contains("--timeout"),
        "{}",
        answer.text()
    );
    // What nobody waits for is not done.
    let start = Instant::now();
    let mut small = 1;
    while server.post("/v1/predict", &photo).status != 200 {
        assert!(start.elapsed() < PATIENCE);
        small += 1;
    }
    let metrics = server.get("/metrics");
    let decoded =
        metrics.text().lines().find(|line| line.starts_with("foliar_seconds_count{stage=\"decode\"}"));
    let decoded: usize = decoded.unwrap().rsplit(' ').next().unwrap().parse().unwrap();
    assert!(metrics.text().contains("foliar_requests_total{code=\"504\"}"), "{}", metrics.text());
    assert!(decoded < 6 + small, "{decoded} were decoded");
}

#[test]
fn a_key_opens_what_is_not_for_everybody() {
    let (scene, _) = trained();
    fs::write(scene.path("short"), "short\n").unwrap();
    let refused = scene.run(&["serve", "run", "--key-file", "short"]).expect(2);
    assert!(refused.err.contains("16 or more"), "{}", refused.err);
    fs::write(scene.path("key"), "correct-horse-battery\n").unwrap();
    let server = Serving::start(&scene, &["--key-file", "key"]);
    for (path, open) in [
        ("/", true),
        ("/livez", true),
        ("/readyz", true),
        ("/metrics", false),
        ("/v1/model", false),
        ("/v2", false),
    ] {
        let answer = server.get(path);
        assert_eq!(answer.status, if open { 200 } else { 401 }, "{path}");
        assert!(open || answer.head.contains("www-authenticate: bearer"));
        let shown = "Authorization: Bearer correct-horse-battery\r\n";
        assert_eq!(server.ask("GET", path, shown, b"").status, 200, "{path}");
        let wrong = "Authorization: Bearer correct-horse-batterx\r\n";
        assert_eq!(server.ask("GET", path, wrong, b"").status, answer.status, "{path}");
    }
    assert_eq!(server.post("/v1/predict", b"").refusal(), (401, "no-key".to_owned()));
}

#[test]
fn every_address_of_the_description_is_there() {
    let (scene, paths) = trained();
    let photo = fs::read(scene.path(&paths[0])).unwrap();
    let server = Serving::start(&scene, &[]);
    let description = server.get("/openapi.json").json();
    for (path, methods) in description["paths"].as_object().unwrap() {
        let path = path.replace("{name}", "run");
        for method in methods.as_object().unwrap().keys() {
            let answer = server.ask(&method.to_ascii_uppercase(), &path, "", &photo);
            let expected = if path.ends_with("/infer") { 400 } else { 200 };
            assert_eq!(answer.status, expected, "{method} {path}: {}", answer.text());
        }
    }
    let page = server.get("/");
    assert!(page.head.contains("content-security-policy: default-src 'none'"), "{}", page.head);
    assert!(
        page.head.contains("connect-src 'self'") && page.head.contains("frame-ancestors 'none'"),
        "{}",
        page.head
    );
    assert!(
        !page.text().contains("http:") && !page.text().contains("https:"),
        "a page that asks nobody else"
    );

    // The evidence as a picture, and in figures.
    let answer = server.post("/v1/explain?class=healthy", &photo);
    assert!(answer.head.contains("image/png") && answer.body.starts_with(b"\x89PNG"));
    let answer = server.ask("POST", "/v1/explain", "Accept: application/json\r\n", &photo).json();
    assert!(answer["picture"].as_str().unwrap().starts_with("data:image/png;base64,iVBOR"));

    // What the classifier is, and what it says in another protocol.
    let model = server.get("/v1/model").json();
    assert_eq!((&model["name"], model["classes"].as_array().unwrap().len()), (&json!("run"), 5));
    assert_eq!(model["licence"], "trained from random weights");
    let row = server.post("/v1/predict?top=all", &photo).json();
    let infer = |input: Value| {
        let body = json!({"id": "7", "inputs": [input]}).to_string();
        server.post("/v2/models/run/infer", body.as_bytes())
    };
    let answer = infer(
        json!({"name": "image", "shape": [2], "datatype": "BYTES", "data": [base64(&photo), base64(&photo)]}),
    );
    let answer = answer.json();
    assert_eq!((&answer["id"], &answer["model_version"]), (&json!("7"), &row["model"]));
    let outputs = answer["outputs"].as_array().unwrap();
    let output = |name: &str| outputs.iter().find(|output| output["name"] == name).unwrap();
    assert_eq!(output("answer")["data"][1], *row["answer"].as_str().unwrap_or(""));
    let probabilities = output("probabilities");
    assert_eq!(probabilities["shape"], json!([2, 5]));
    let best = |values: &[Value]| values.iter().map(|value| value.as_f64().unwrap()).fold(0.0, f64::max);
    let values = probabilities["data"].as_array().unwrap();
    assert!((best(&values[5..]) - row["predictions"][0]["probability"].as_f64().unwrap()).abs() < 1e-6);

    // Pixels, nested or flat.
    let nested =
        json!({"name": "image", "shape": [2, 1, 3], "datatype": "UINT8", "data": [[[1, 2, 3]], [[4, 5, 6]]]});
    let flat = json!({"name": "image", "shape": [2, 1, 3], "datatype": "UINT8", "data": [1, 2, 3, 4, 5, 6]});
    assert_eq!(infer(nested).json()["outputs"], infer(flat).json()["outputs"]);
    let wrong = json!({"name": "image", "shape": [4_000_000_000_u32, 4_000_000_000_u32, 3], "datatype": "UINT8", "data": [1]});
    assert_eq!(infer(wrong).refusal(), (400, "malformed".to_owned()));
    let broken =
        json!({"name": "image", "shape": [1], "datatype": "BYTES", "data": [base64(b"\xff\xd8\xff\xe0")]});
    assert_eq!(infer(broken).status, 422);
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let value =
            chunk.iter().fold(0, |value, &byte| value << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(value >> (18 - 6 * place)) as usize & 63] as char;
            text.push(if place > chunk.len() { '=' } else { digit });
        }
    }
    text
}

#[cfg(unix)]
#[test]
fn termination_under_load_loses_no_request() {
    let (scene, paths) = trained();
    let photo = fs::read(scene.path(&paths[0])).unwrap();
    let mut server = Serving::start(&scene, &[]);
    let answered: usize = scope(|scope| {
        let client = || {
            // Clients keep their connection, and go where an answer says that it is the last.
            let mut stream = server.connect();
            for count in 1.. {
                stream.write_all(request("POST", "/v1/predict", "", photo.len()).as_bytes()).unwrap();
                stream.write_all(&photo).unwrap();
                let answer = Answer::read(&mut stream).expect("every request is answered");
                assert_eq!(answer.status, 200, "{}", answer.text());
                if answer.head.contains("connection: close") {
                    return count;
                }
            }
            0
        };
        let clients: Vec<_> = (0..16).map(|_| scope.spawn(client)).collect();
        sleep(Duration::from_millis(500));
        let terminated =
            std::process::Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status();
        assert!(terminated.unwrap().success());
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    assert!(answered >= 16, "{answered}");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

/// What is sent after a server has stopped to take work is told so; connections that are idle do not keep it.
#[cfg(unix)]
#[test]
fn a_request_that_comes_too_late_is_told_so() {
    let (scene, paths) = trained();
    let photo = fs::read(scene.path(&paths[0])).unwrap();
    let mut server = Serving::start(&scene, &[]);
    let mut late = server.connect();
    late.write_all(request("POST", "/v1/predict", "", photo.len()).as_bytes()).unwrap();
    late.write_all(&photo[..10]).unwrap();
    let mut idle = server.connect();
    idle.write_all(request("GET", "/livez", "", 0).as_bytes()).unwrap();
    assert_eq!(Answer::read(&mut idle).unwrap().status, 200);
    let terminated =
        std::process::Command::new("kill").args(["-TERM", &server.child.id().to_string()]).status();
    assert!(terminated.unwrap().success());
    assert_eq!(idle.read(&mut [0]).unwrap_or(0), 0, "closed");
    // The idle ones are closed together with the taking of work.
    late.write_all(&photo[10..]).unwrap();
    let answer = Answer::read(&mut late).unwrap();
    assert_eq!(answer.refusal(), (503, "draining".to_owned()));
    assert!(answer.head.contains("connection: close") && answer.head.contains("retry-after: "), "{answer:?}");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn servers_that_cannot_be_are_refused() {
    let scene = Scene::new(6);
    scene.train("run", &[]).expect(0);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = scene.run(&["serve", "run", "--listen", &address]).expect(1);
    assert!(refused.err.contains("--listen"), "{}", refused.err);
    let refused = scene.run(&["serve", "run", "run/model.foliar"]).expect(1);
    assert!(refused.err.contains("two classifiers are called run"), "{}", refused.err);
    scene.run(&["serve"]).expect(2);
    scene.run(&["serve", "photos"]).expect(1);
    scene.run(&["serve", "run", "--body", "much"]).expect(2);
    scene.run(&["serve", "run", "--timeout", "0"]).expect(2);
}
