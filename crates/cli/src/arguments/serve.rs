//! The arguments of `foliar serve`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::risk_level;

#[derive(Args)]
#[command(args_override_self = true)]
#[command(
    after_help = "Examples:\n  foliar serve runs/first\n  curl --data-binary @leaf.jpg http://127.0.0.1:8080/v1/predict\n  foliar serve runs/first runs/second --listen 0.0.0.0:8080 --host leaf.example --key-file key.txt\n\nThe address is printed once the server answers; a page to try it is there, and /openapi.json lists the others. Ctrl-C or SIGTERM ends it: what was accepted is answered first, and the exit code is 0.\n\nIt speaks no TLS: for use beyond this machine put a reverse proxy before it."
)]
pub(crate) struct ServeArguments {
    /// Bundles, or run folders; requests choose one by the name of its folder, the first without a name
    #[arg(required = true, value_name = "RUN")]
    pub(crate) bundles: Vec<PathBuf>,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Name of a host that requests may be for, besides localhost and addresses; may be repeated
    #[arg(long = "host", value_name = "NAME")]
    pub(crate) hosts: Vec<String>,
    /// File with the key that clients must send as `Authorization: Bearer KEY`, 16 characters or more
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// PEM file with the server's certificate and those that lead to its authority: speaks HTTPS
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// PEM file with the private key of the certificate, without a password
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Target error rate for answers and prediction sets: 0.2, 0.1, 0.05, 0.02 or 0.01 [default: 0.1]
    #[arg(long, value_name = "RATE", value_parser = risk_level)]
    pub(crate) risk: Option<f64>,
    /// Most bytes of a request
    #[arg(long, value_name = "BYTES", default_value = "20MiB", value_parser = amount)]
    pub(crate) body: u64,
    /// Most pixels of a photo
    #[arg(long, value_name = "PIXELS", default_value = "64M", value_parser = amount)]
    pub(crate) pixels: u64,
    /// Most photos that wait or are worked on; more are refused with status 429
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub(crate) queue: u32,
    /// Most photos that a thread takes through the network together; answers do not depend on it [default: 2]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub(crate) batch: Option<u32>,
    /// How long a request may wait for its answer; a client that is silent or does not read for as long, or 10s, is cut
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub(crate) timeout: Duration,
    /// Threads that decode and predict; 0 uses all cores
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = clap::value_parser!(u16).range(..=1024))]
    pub(crate) threads: u16,
}

/// A number from 1 with a unit: 64M, 20MiB.
fn amount(text: &str) -> Result<u64, String> {
    let units: [(&str, u64); 10] = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("k", 1_000),
        ("M", 1_000_000),
        ("G", 1_000_000_000),
        ("", 1),
    ];
    let found = units.into_iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, size)));
    found
        .and_then(|(number, size)| number.trim().parse::<u64>().ok()?.checked_mul(size))
        .filter(|&amount| amount > 0)
        .ok_or_else(|| "a whole number from 1, such as 20MiB, 64M or 500000, is needed".to_owned())
}

/// A time from a tenth of a second to a day: 30s, 500ms, 2m.
fn duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("", 1.0)];
    let found = units.into_iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, size)));
    found
        .and_then(|(number, size)| Some(number.trim().parse::<f64>().ok()? * size))
        .filter(|seconds| (0.1..=86_400.0).contains(seconds))
        .map(Duration::from_secs_f64)
        .ok_or_else(|| "a time from 100ms to 24h, such as 30s, is needed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_and_times_have_units() {
        for (text, expected) in
            [("20MiB", Some(20 << 20)), ("64M", Some(64_000_000)), ("7", Some(7)), ("1 kB", Some(1000))]
        {
            assert_eq!(amount(text).ok(), expected, "{text}");
        }
        for text in ["", "0", "-1", "1.5M", "M", "99999999999999999999", "18446744073709551615k", "1T"] {
            assert!(amount(text).is_err(), "{text}");
        }
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!((duration("30"), duration("2m").unwrap().as_secs()), (duration("30s"), 120));
        for text in ["", "0", "-1s", "nan", "inf", "25h", "1d"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
