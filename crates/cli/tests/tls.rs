//! `foliar serve` within TLS, with a certificate that the test's client trusts.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::Scene;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion};

/// Of `localhost`, signed by itself, for a hundred years.
const CERTIFICATE: &str = include_str!("tls/certificate.pem");
const KEY: &str = include_str!("tls/key.pem");
/// Of another certificate.
const OTHER_KEY: &str = include_str!("tls/other-key.pem");

/// A classifier, the certificate and its key.
fn scene() -> Scene {
    let scene = Scene::new(6);
    scene.train("run", &[]).expect(0);
    fs::write(scene.path("certificate.pem"), CERTIFICATE).unwrap();
    fs::write(scene.path("key.pem"), KEY).unwrap();
    scene
}

const WITHIN_TLS: [&str; 8] = [
    "serve",
    "run",
    "--listen",
    "127.0.0.1:0",
    "--tls-certificate",
    "certificate.pem",
    "--tls-key",
    "key.pem",
];

/// A server that runs until this is dropped, and its address.
struct Serving(Child, String);

impl Serving {
    fn start(scene: &Scene, more: &[&str]) -> Self {
        let arguments = [&WITHIN_TLS[..], more].concat();
        let mut child = scene.command(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("https://").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self(child, address)
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.1).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
        stream
    }

    /// The whole answer to a request, within TLS of `version`.
    fn ask(&self, version: &'static SupportedProtocolVersion, head: &str, body: &[u8]) -> String {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(CERTIFICATE.as_bytes()).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = ClientConnection::new(Arc::new(config), "localhost".try_into().unwrap()).unwrap();
        let mut stream = StreamOwned::new(client, self.connect());
        let length = body.len();
        write!(
            stream,
            "{head} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn photos_are_answered_within_tls() {
    let scene = scene();
    let serving = Serving::start(&scene, &[]);
    let class = fs::read_dir(scene.path("photos")).unwrap().next().unwrap().unwrap().path();
    let photo = fs::read(fs::read_dir(class).unwrap().next().unwrap().unwrap().path()).unwrap();
    let mut rows = Vec::new();
    for version in [&TLS12, &TLS13] {
        assert!(serving.ask(version, "GET /livez", b"").starts_with("HTTP/1.1 200 "));
        let answer = serving.ask(version, "POST /v1/predict", &photo);
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"predictions\""), "{answer}");
        rows.push(answer.split_once("\r\n\r\n").unwrap().1.to_owned());
    }
    assert_eq!(rows[0], rows[1]);
}

#[test]
fn who_speaks_no_tls_or_never_begins_is_cut() {
    let scene = scene();
    let serving = Serving::start(&scene, &["--timeout", "1s"]);
    let mut plain = serving.connect();
    plain.write_all(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    let mut said = Vec::new();
    let _ = plain.read_to_end(&mut said);
    assert!(!String::from_utf8_lossy(&said).contains("HTTP"), "{said:?}");

    let begun = Instant::now();
    let mut silent = serving.connect();
    assert_eq!(silent.read(&mut [0; 9]).unwrap_or(0), 0);
    assert!(begun.elapsed() > Duration::from_millis(900), "{:?}", begun.elapsed());
    assert!(serving.ask(&TLS13, "GET /livez", b"").starts_with("HTTP/1.1 200 "));
}

#[cfg(unix)]
#[test]
fn a_handshake_that_does_not_end_does_not_delay_the_end() {
    let scene = scene();
    let mut serving = Serving::start(&scene, &[]);
    let mut slow = serving.connect();
    // The beginning of a message that never comes.
    slow.write_all(&[22, 3, 1, 1, 0]).unwrap();
    assert!(serving.ask(&TLS13, "GET /livez", b"").starts_with("HTTP/1.1 200 "));
    let begun = Instant::now();
    std::process::Command::new("kill").arg(serving.0.id().to_string()).status().unwrap();
    assert!(serving.0.wait().unwrap().success());
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}: others have 10 s to begin", begun.elapsed());
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let scene = scene();
    fs::write(scene.path("other-key.pem"), OTHER_KEY).unwrap();
    fs::write(scene.path("notes.txt"), "no PEM").unwrap();
    for (certificate, key, expected) in [
        ("certificate.pem", "other-key.pem", "cannot be used together"),
        ("key.pem", "key.pem", "--tls-certificate key.pem: it holds no certificate"),
        ("certificate.pem", "notes.txt", "--tls-key notes.txt: it holds no private key"),
        ("notes.txt", "key.pem", "--tls-certificate notes.txt: it holds no certificate"),
    ] {
        let told = scene.run(&["serve", "run", "--tls-certificate", certificate, "--tls-key", key]).expect(2);
        assert!(told.err.contains(expected), "{}", told.err);
    }
    let told =
        scene.run(&["serve", "run", "--tls-certificate", "gone.pem", "--tls-key", "key.pem"]).expect(1);
    assert!(told.err.contains("gone.pem cannot be read"), "{}", told.err);
    scene.run(&["serve", "run", "--tls-key", "key.pem"]).expect(2);
}
