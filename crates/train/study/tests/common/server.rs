//! A PostgreSQL server of the tests' own, in a temporary folder, on a free port of this machine.

#![allow(dead_code, clippy::unwrap_used, clippy::print_stdout)]

use std::env;
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The user of the studies, and its password.
pub(crate) const USER: &str = "leaf";
pub(crate) const PASSWORD: &str = "s3cret";

/// Starts and stops the server as it is told, and stops it when the tests end, however they do.
const KEEPER: &str = r#"
start() { "$BIN/postgres" -D "$ROOT/data" >>"$ROOT/log" 2>&1 </dev/null & server=$!; }
stop() { kill -$1 $server 2>/dev/null; wait $server; }
cd "$ROOT"; start
while read -r command; do
    case $command in start) start ;; stop) stop INT ;; crash) stop QUIT ;; esac
done
stop INT
"#;

/// A server that runs until the process ends.
pub(crate) struct Server {
    bin: PathBuf,
    root: PathBuf,
    port: u16,
    keeper: Mutex<Child>,
}

impl Server {
    /// The server of this process, which is started if it does not run. None, after a line that says so, where PostgreSQL is not
    /// installed and `FOLIAR_TEST_POSTGRES=required` does not ask for it.
    pub(crate) fn get() -> Option<&'static Server> {
        static SERVER: OnceLock<Option<Server>> = OnceLock::new();
        SERVER.get_or_init(|| Self::start(&[])).as_ref()
    }

    /// Starts another server, with these settings.
    pub(crate) fn start(settings: &[&str]) -> Option<Server> {
        Self::begin(settings, &[])
    }

    /// Starts another server, which encrypts with this certificate.
    pub(crate) fn start_encrypted(certificate: &str, key: &Path) -> Option<Server> {
        let files = [("server.crt", Path::new(certificate)), ("server.key", key)];
        Self::begin(&["ssl = on"], &files)
    }

    fn begin(settings: &[&str], files: &[(&str, &Path)]) -> Option<Server> {
        let Some(bin) = programs() else {
            let required = env::var("FOLIAR_TEST_POSTGRES").is_ok_and(|value| value == "required");
            assert!(!required, "FOLIAR_TEST_POSTGRES=required, and PostgreSQL is not installed");
            println!("PostgreSQL is not installed: what needs a server is not tested");
            return None;
        };
        let root = tempfile::Builder::new().prefix("foliar-postgres-").tempdir().unwrap().keep();
        let password = root.join("password");
        fs::write(&password, PASSWORD).unwrap();
        // PostgreSQL refuses to run as root.
        let as_user = other_user();
        for path in [&root, &password] {
            if let Some((user, group)) = as_user {
                std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap();
            }
        }
        fs::set_permissions(&root, fs::Permissions::from_mode(0o700)).unwrap();
        let command = |program: &Path| {
            let Some((user, group)) = as_user else { return Command::new(program) };
            let mut command = Command::new("setpriv");
            command.args([format!("--reuid={user}"), format!("--regid={group}"), "--clear-groups".into()]);
            command.arg(program);
            command
        };
        let made = command(&bin.join("initdb"))
            .args(["--auth=scram-sha-256", "--username", USER, "--encoding=UTF8", "--locale=C", "--no-sync"])
            .arg("--pwfile")
            .arg(&password)
            .arg(root.join("data"))
            .current_dir(&root)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        for (name, file) in files {
            let copy = root.join("data").join(name);
            fs::copy(file, &copy).unwrap();
            fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
            if let Some((user, group)) = as_user {
                std::os::unix::fs::chown(&copy, Some(user), Some(group)).unwrap();
            }
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut configuration = format!(
            "listen_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = ''\nfsync = off\nmax_connections = 60\n"
        );
        settings.iter().for_each(|setting| configuration.push_str(&format!("{setting}\n")));
        let file = root.join("data/postgresql.conf");
        fs::OpenOptions::new().append(true).open(file).unwrap().write_all(configuration.as_bytes()).unwrap();
        let keeper = command(Path::new("sh"))
            .args(["-c", &format!("{KEEPER}\ncd / && rm -rf \"$ROOT\"")])
            .env("BIN", &bin)
            .env("ROOT", &root)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let server = Server { bin, root, port, keeper: Mutex::new(keeper) };
        server.wait();
        server.sql(&format!("CREATE DATABASE {USER}"));
        Some(server)
    }

    /// Waits until the server answers.
    fn wait(&self) {
        let began = Instant::now();
        loop {
            let mut asked = Command::new(self.bin.join("pg_isready"));
            asked.args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()]);
            if asked.status().unwrap().success() {
                return;
            }
            assert!(began.elapsed() < Duration::from_secs(60), "the server does not start");
            sleep(Duration::from_millis(50));
        }
    }

    /// The address of the server's database, without a password.
    pub(crate) fn url(&self) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{USER}", self.port)
    }

    /// The same with a password.
    pub(crate) fn url_with_password(&self) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/{USER}", self.port)
    }

    /// Runs a statement as the owner of everything; what `psql` prints.
    pub(crate) fn sql(&self, statement: &str) -> String {
        let database = if statement.starts_with("CREATE DATABASE") { "postgres" } else { USER };
        let ran = Command::new(self.bin.join("psql"))
            .args(["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", USER])
            .args(["-p", &self.port.to_string(), "-d", database, "-c", statement])
            .env("PGPASSWORD", PASSWORD)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{statement}: {ran:?}");
        String::from_utf8(ran.stdout).unwrap().trim().to_owned()
    }

    /// What the server has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.root.join("log")).unwrap()
    }

    fn tell(&self, command: &str) {
        let mut keeper = self.keeper.lock().unwrap();
        writeln!(keeper.stdin.as_mut().unwrap(), "{command}").unwrap();
    }

    /// Stops the server for `pause`: in order, or as a crash, from which it recovers.
    pub(crate) fn restart(&self, crash: bool, pause: Duration) {
        self.tell(if crash { "crash" } else { "stop" });
        sleep(pause);
        self.tell("start");
        self.wait();
    }
}

/// A server of a single test ends with it.
impl Drop for Server {
    fn drop(&mut self) {
        if let Ok(keeper) = self.keeper.get_mut() {
            drop(keeper.stdin.take());
            let _ = keeper.wait();
        }
    }
}

/// The folder of the programs of a server: Debian's, the newest, or one in the path.
fn programs() -> Option<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    let version = |folder: &PathBuf| -> u32 {
        let name = folder.parent().and_then(Path::file_name).unwrap_or_default();
        name.to_string_lossy().parse().unwrap_or(0)
    };
    folders.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    let needed = ["initdb", "postgres", "psql", "pg_isready"];
    folders.into_iter().find(|folder| needed.iter().all(|name| folder.join(name).is_file()))
}

/// Whom the server runs as where the tests run as root: `postgres`, or `nobody`.
fn other_user() -> Option<(u32, u32)> {
    let probe = tempfile::tempdir().unwrap();
    let is_root = std::os::unix::fs::MetadataExt::uid(&probe.path().metadata().unwrap()) == 0;
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let user = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut numbers = line.split(':').skip(2).map(str::parse);
        Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
    };
    is_root.then(|| user("postgres").or_else(|| user("nobody")).unwrap_or((65534, 65534)))
}
