//! Asks a server for the answers to photographs, and tells how long they take, in as little processor time of its own as may be.
//!
//! ```text
//! cargo run --release -p foliar-serve --example load -- ADDRESS CONNECTIONS SECONDS RATE PHOTOS...
//! ```
//!
//! With `RATE` requests are due in equal steps, so many a second, and each counts from when it was due, whether or not there was a
//! connection for it. With `max` each connection asks as soon as it is answered. Prints JSON: requests answered a second, times in
//! milliseconds, and how many were refused.

#![allow(clippy::print_stdout, reason = "a program")]

use std::env::args;
use std::error::Error;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{fmt, fs};

/// Time for the connections to be made.
const BEFORE: Duration = Duration::from_millis(100);

struct Plan {
    address: String,
    seconds: f64,
    /// Requests a second; as many as can be without.
    rate: Option<f64>,
    requests: Vec<Vec<u8>>,
    next: AtomicUsize,
    start: Instant,
}

/// The times of the requests of one connection, in seconds, and how many were refused.
type Seen = (Vec<f64>, usize);

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let arguments: Vec<String> = args().skip(1).collect();
    let [address, connections, seconds, rate, photos @ ..] = &arguments[..] else {
        return Err("load ADDRESS CONNECTIONS SECONDS RATE|max PHOTOS...".into());
    };
    let requests: Vec<Vec<u8>> =
        photos.iter().map(|path| request(address, path)).collect::<io::Result<_>>()?;
    if requests.is_empty() {
        return Err("no photos".into());
    }
    let plan = Plan {
        address: address.clone(),
        seconds: seconds.parse()?,
        rate: if rate == "max" { None } else { Some(rate.parse()?) },
        requests,
        next: AtomicUsize::new(0),
        start: Instant::now() + BEFORE,
    };
    let seen: Vec<Seen> = thread::scope(|scope| {
        let connections: Vec<_> =
            (0..connections.parse::<usize>()?).map(|_| scope.spawn(|| connection(&plan))).collect();
        let ended = connections
            .into_iter()
            .map(|it| it.join().map_err(|_| "a connection failed")?.map_err(Into::into));
        ended.collect::<Result<_, Box<dyn Error + Send + Sync>>>()
    })?;
    let took = plan.start.elapsed().as_secs_f64();
    let refused: usize = seen.iter().map(|(_, refused)| refused).sum();
    let mut times: Vec<f64> = seen.into_iter().flat_map(|(times, _)| times).collect();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| Milliseconds(times[((times.len() - 1) as f64 * share) as usize]);
    println!(
        "{{\"requests\":{},\"rate\":{:.1},\"median\":{},\"p90\":{},\"p99\":{},\"longest\":{},\"refused\":{refused}}}",
        times.len(),
        times.len() as f64 / took,
        at(0.5),
        at(0.9),
        at(0.99),
        at(1.0)
    );
    Ok(())
}

struct Milliseconds(f64);

impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", 1000.0 * self.0)
    }
}

fn request(address: &str, path: &str) -> io::Result<Vec<u8>> {
    let photo = fs::read(path)?;
    let length = photo.len();
    let mut request =
        format!("POST /v1/predict HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n")
            .into_bytes();
    request.extend(photo);
    Ok(request)
}

/// Asks what is next, again and again.
fn connection(plan: &Plan) -> io::Result<Seen> {
    let mut stream = BufReader::new(TcpStream::connect(&plan.address)?);
    let (mut times, mut refused) = (Vec::new(), 0);
    loop {
        let place = plan.next.fetch_add(1, Ordering::Relaxed);
        let due = match plan.rate {
            Some(rate) => plan.start + Duration::from_secs_f64(place as f64 / rate),
            None => Instant::now().max(plan.start),
        };
        if due > plan.start + Duration::from_secs_f64(plan.seconds) {
            return Ok((times, refused));
        }
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let request = &plan.requests[place % plan.requests.len()];
        let status = match ask(&mut stream, request) {
            // The server closes what is idle for 10 s.
            Err(_) => {
                stream = BufReader::new(TcpStream::connect(&plan.address)?);
                ask(&mut stream, request)?
            }
            Ok(status) => status,
        };
        times.push(due.elapsed().as_secs_f64());
        refused += usize::from(status != 200);
    }
}

/// The status of the answer, which is read whole.
fn ask(stream: &mut BufReader<TcpStream>, request: &[u8]) -> io::Result<u16> {
    stream.get_mut().write_all(request)?;
    let (mut status, mut length, mut line) = (None, 0, String::new());
    while line != "\r\n" {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let number = |text: &str| text.trim().parse().map_err(io::Error::other);
        if status.is_none() {
            status = Some(number(line.split(' ').nth(1).unwrap_or_default())?);
        } else if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = number(value)?;
        }
    }
    io::copy(&mut stream.take(length), &mut io::sink())?;
    let status = status.ok_or(io::ErrorKind::UnexpectedEof)?;
    u16::try_from(status).map_err(io::Error::other)
}
