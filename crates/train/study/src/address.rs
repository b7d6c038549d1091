//! The address of a study in a PostgreSQL database, and how to connect to it.
//!
//! Addresses, environment variables and the password file mean what they mean to `libpq`, PostgreSQL's own client
//! (<https://www.postgresql.org/docs/current/libpq-connect.html>).

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;
use postgres::config::{Host, SslMode as Negotiation};
use postgres::{Client, Config, NoTls};

use crate::StudyError;
use crate::password_file;
use crate::tls::Tls;

/// Longest name of a study: the name of its schema in the database has at most 63 bytes.
const LONGEST_NAME: usize = 50;
/// How long one attempt to connect may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How soon a host that has vanished is noticed.
const SILENCE: Duration = Duration::from_secs(30);

/// How a connection is encrypted, and what of the server's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SslMode {
    /// Not encrypted.
    Disable,
    /// Encrypted if the server can; nothing is checked.
    Prefer,
    /// Encrypted; nothing is checked unless there is a file of root certificates.
    Require,
    /// Encrypted; a root certificate of the file has signed the server's.
    VerifyCa,
    /// The same, and the certificate is for the host that the address names.
    VerifyFull,
}

impl SslMode {
    fn named(name: &str) -> Result<Self, StudyError> {
        Ok(match name {
            "disable" => SslMode::Disable,
            "prefer" => SslMode::Prefer,
            "require" => SslMode::Require,
            "verify-ca" => SslMode::VerifyCa,
            "verify-full" => SslMode::VerifyFull,
            _ => {
                let modes = "disable, prefer, require, verify-ca or verify-full";
                return Err(StudyError::Address(format!("sslmode is one of {modes}")));
            }
        })
    }
}

/// The address of a study in a PostgreSQL database. Its password is never shown.
#[derive(Clone)]
pub struct Address(Arc<Parts>);

struct Parts {
    config: Config,
    mode: SslMode,
    root_certificates: Option<PathBuf>,
    name: String,
    shown: String,
    /// Why the password file was not used.
    remark: Option<String>,
}

impl Address {
    /// Whether `text` is an address of a server rather than a path.
    pub fn is_address(text: &str) -> bool {
        ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme))
    }

    /// The study `name` in the database at `url`, such as `postgres://leaf@db.example.org/lab?sslmode=verify-full`. What the
    /// address leaves out comes from `PGHOST`, `PGPORT`, `PGUSER`, `PGDATABASE`, `PGSSLMODE` and `PGSSLROOTCERT`, the password
    /// from `PGPASSWORD` or the file `~/.pgpass` (`PGPASSFILE`).
    ///
    /// # Errors
    /// [`StudyError::Address`] if the address or the name cannot be used. No part of the address is repeated in it, since it may
    /// hold a password.
    pub fn new(url: &str, name: &str) -> Result<Self, StudyError> {
        let refuse = |problem: &str| {
            let form = "an address has the form postgres://USER@HOST:PORT/DATABASE?sslmode=verify-full";
            StudyError::Address(format!("--study: {problem}; {form}"))
        };
        check_name(name)?;
        if !Self::is_address(url) {
            return Err(refuse("it does not begin with postgres://"));
        }
        let (plain, options) = url.split_once('?').unwrap_or((url, ""));
        let special = "@, /, : and ? in a user or password are written %40, %2F, %3A and %3F";
        if options.contains('@') {
            return Err(refuse(special));
        }
        let (mut mode, mut root_certificates) = (variable("PGSSLMODE"), variable("PGSSLROOTCERT"));
        let mut others = Vec::new();
        for option in options.split('&').filter(|option| !option.is_empty()) {
            let value = |text: &str| percent_decode_str(text).decode_utf8().ok().map(String::from);
            match option.split_once('=') {
                Some(("sslmode", text)) => mode = value(text),
                Some(("sslrootcert", text)) => root_certificates = value(text),
                _ => others.push(option),
            }
        }
        let mode = mode.map_or(Ok(SslMode::Prefer), |mode| SslMode::named(&mode))?;
        // The parser's own words may repeat a part of a password that has a `?` in it.
        let config = format!("{plain}?{}", others.join("&")).parse();
        let mut config: Config =
            config.map_err(|_| refuse("it, or an option in it, cannot be understood"))?;
        let odd = |host: &Host| matches!(host, Host::Tcp(name) if name.contains(['@', '/', ':']));
        if config.get_hosts().iter().any(odd) {
            return Err(refuse(special));
        }
        let remark = complete(&mut config).map_err(|problem| refuse(&problem))?;
        config.connect_timeout(CONNECT_TIMEOUT).tcp_user_timeout(SILENCE);
        config.keepalives(true).keepalives_idle(SILENCE / 2).keepalives_interval(SILENCE / 6);
        config.keepalives_retries(3).application_name("foliar");
        let root_certificates = root_certificates.map(PathBuf::from);
        let (name, shown) = (name.to_owned(), shown(&config, name));
        Ok(Self(Arc::new(Parts { config, mode, root_certificates, name, shown, remark })))
    }

    /// The study's name.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The schema of the database that holds the study's tables.
    pub(crate) fn schema(&self) -> String {
        format!("foliar_{}", self.0.name)
    }

    /// Connects once.
    pub(crate) fn connect(&self) -> Result<Client, String> {
        let remark = |said: String| match &self.0.remark {
            Some(remark) if said.contains("password") => format!("{said}; {remark}"),
            _ => said,
        };
        let plain = || {
            let mut config = self.0.config.clone();
            config.ssl_mode(Negotiation::Disable);
            config.connect(NoTls).map_err(|error| remark(crate::error::words(&error)))
        };
        let local = |host: &Host| !matches!(host, Host::Tcp(_));
        if self.0.mode == SslMode::Disable || self.0.config.get_hosts().iter().all(local) {
            return plain();
        }
        let tls = Tls::new(self.0.mode, self.0.root_certificates.as_deref())?;
        let mut config = self.0.config.clone();
        config.ssl_mode(match self.0.mode {
            SslMode::Prefer => Negotiation::Prefer,
            _ => Negotiation::Require,
        });
        match config.connect(tls) {
            // A server that offers encryption and fails at it is met without, as `libpq` does.
            Err(error) if self.0.mode == SslMode::Prefer && error.to_string().contains("TLS") => plain(),
            connected => connected.map_err(|error| remark(crate::error::words(&error))),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Address").field(&self.0.shown).finish()
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.0.shown == other.0.shown
    }
}

impl Eq for Address {}

/// A name may stand in a file name, in the name of a schema and on a command line as it is.
fn check_name(name: &str) -> Result<(), StudyError> {
    let usual = |letter: char| letter.is_ascii_alphanumeric() || ['-', '_', '.'].contains(&letter);
    let first = name.chars().next().is_some_and(|letter| letter.is_ascii_alphanumeric());
    if first && name.chars().all(usual) && name.len() <= LONGEST_NAME {
        return Ok(());
    }
    Err(StudyError::Address(format!(
        "--name takes up to {LONGEST_NAME} letters (a to z, A to Z), digits, hyphens, underscores and points, a letter or digit first"
    )))
}

/// A variable of the environment that is not empty.
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// Adds what the address leaves out; why the password file was not used, if it was not.
fn complete(config: &mut Config) -> Result<Option<String>, String> {
    if config.get_hosts().is_empty() {
        let usual = "/var/run/postgresql";
        let default = || if Path::new(usual).is_dir() { usual } else { "localhost" }.to_owned();
        config.host(&variable("PGHOST").unwrap_or_else(default));
    }
    if let (true, Some(port)) = (config.get_ports().is_empty(), variable("PGPORT")) {
        config.port(port.parse().map_err(|_| "PGPORT is no number".to_owned())?);
    }
    let user = config.get_user().map(str::to_owned);
    let user = user.or_else(|| ["PGUSER", "USER", "LOGNAME", "USERNAME"].into_iter().find_map(variable));
    let user = user.ok_or("it names no user")?;
    config.user(&user);
    let database = config.get_dbname().map(str::to_owned).or_else(|| variable("PGDATABASE"));
    let database = database.unwrap_or(user.clone());
    config.dbname(&database);
    if config.get_password().is_some() {
        return Ok(None);
    }
    if let Some(password) = variable("PGPASSWORD") {
        config.password(password);
        return Ok(None);
    }
    let file = variable("PGPASSFILE").map(PathBuf::from);
    let Some(file) = file.or_else(|| Some(env::home_dir()?.join(".pgpass"))) else { return Ok(None) };
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(name)) => name.clone(),
        // What the file says of a socket.
        _ => "localhost".to_owned(),
    };
    let port = config.get_ports().first().map_or("5432".to_owned(), ToString::to_string);
    match password_file::read(&file, [&host, &port, &database, &user]) {
        Ok(Some(password)) => {
            config.password(password);
            Ok(None)
        }
        Ok(None) => Ok(None),
        Err(remark) => Ok(Some(remark)),
    }
}

/// The address for people: without a password.
fn shown(config: &Config, name: &str) -> String {
    let host = |host: &Host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.to_string_lossy().replace('/', "%2F"),
    };
    let hosts: Vec<String> = config.get_hosts().iter().map(host).collect();
    let port = config.get_ports().first().filter(|port| **port != 5432);
    let port = port.map_or(String::new(), |port| format!(":{port}"));
    let (user, database) = (config.get_user().unwrap_or_default(), config.get_dbname().unwrap_or_default());
    let shown = format!("postgres://{user}@{}{port}/{database}, study {name}", hosts.join(","));
    foliar_files::printable(&shown).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        for url in [
            "postgres://leaf:s3cret@db.example.org:5433/lab",
            "postgresql://db.example.org:5433/lab?user=leaf&password=s3cret&sslmode=disable",
        ] {
            let address = Address::new(url, "beans").unwrap();
            assert_eq!(address.to_string(), "postgres://leaf@db.example.org:5433/lab, study beans");
            assert!(!format!("{address:?} {address:#?}").contains("s3cret"));
            assert_eq!(address.0.config.get_password(), Some(&b"s3cret"[..]));
        }
        for wrong in [
            "postgres://leaf:s3cret@db@host/lab",
            "postgres://leaf:s3cret@host:s3cret/lab",
            "postgres://leaf:s3cret@host/lab?sslmode=s3cret",
            "postgres://leaf:s3?s3cret@host/lab",
            "postgres://leaf:s3cret@host/lab?s3cret=1&port=s3cret",
            "postgres://leaf:s3cret@host/lab?connect_timeout=s3cret",
            "mysql://leaf:s3cret@host/lab",
        ] {
            if let Err(error) = Address::new(wrong, "beans") {
                assert!(matches!(error, StudyError::Address(_)));
                assert!(!error.to_string().contains("s3cret"), "{error}");
            } else {
                panic!("{wrong}");
            }
        }
    }

    #[test]
    fn names_are_plain() {
        let address = |name: &str| Address::new("postgres://leaf@host/lab", name);
        for name in ["beans", "Beans-2026.1_a", "7", &"x".repeat(50)] {
            assert_eq!(address(name).unwrap().schema(), format!("foliar_{name}"));
        }
        for name in ["", "-a", ".a", "a b", "a\"b", "a'b", "a/b", "bohnen\u{fc}", &"x".repeat(51)] {
            assert!(address(name).unwrap_err().to_string().contains("--name"), "{name}");
        }
    }

    #[test]
    fn encryption_means_what_it_means_to_libpq() {
        let mode = |options: &str| Address::new(&format!("postgres://leaf@host/lab{options}"), "a");
        assert_eq!(mode("").unwrap().0.mode, SslMode::Prefer);
        assert_eq!(mode("?sslmode=verify-ca&port=77").unwrap().0.mode, SslMode::VerifyCa);
        let full = mode("?sslrootcert=%2Fa%20b.pem&sslmode=verify-full").unwrap();
        assert_eq!(full.0.mode, SslMode::VerifyFull);
        assert_eq!(full.0.root_certificates.as_deref(), Some(Path::new("/a b.pem")));
        assert!(mode("?sslmode=allow").is_err());
    }
}
