//! Downloads from servers that truncate, stall, refuse, send wrong headers or serve another file.
#![allow(clippy::unwrap_used, reason = "tests may panic")]

mod server;

use std::fs;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use foliar_catalogue::{CatalogueError, Entry, FetchEvent, Fetched, Options, fetch, find};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use server::{Answer, Request, Server};

/// Bytes of the file that the tests fetch.
const SIZE: usize = 300_000;

fn content() -> Vec<u8> {
    (0..SIZE as u32)
        .flat_map(|i| (i.wrapping_mul(2_654_435_761) >> 24).to_le_bytes().into_iter().take(1))
        .collect()
}

/// A server with these answers, an empty cache, and an entry for the file.
struct Scene {
    server: Server,
    cache: TempDir,
    entry: Entry,
    options: Options,
}

impl Scene {
    fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        let content = content();
        let digest: String =
            Sha256::digest(&content).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let sha256_prefix: &'static str = digest.leak();
        let file: &'static str = format!("tiny-{sha256_prefix}.pth").leak();
        let mebibytes = SIZE as f64 / f64::from(1 << 20);
        let entry = Entry { name: "tiny", file, sha256_prefix, mebibytes, ..*find("resnet18").unwrap() };
        let server = Server::start(content, answers);
        let cache = tempfile::tempdir().unwrap();
        let mut options = Options::new(cache.path().join("deep/cache"));
        options.mirror = Some(format!("{}/weights/", server.url()));
        options.stall_timeout = Duration::from_millis(300);
        options.backoff = Duration::from_millis(5);
        options.attempts = 3;
        Self { server, cache, entry, options }
    }

    fn fetch(&self) -> Result<Fetched, CatalogueError> {
        fetch(&self.entry, &self.options, &mut |_| ControlFlow::Continue(()))
    }

    fn path(&self, suffix: &str) -> PathBuf {
        self.options.cache_dir.join(format!("{}{suffix}", self.entry.file))
    }

    /// Fetches, and expects the file whole and nothing beside it.
    #[track_caller]
    fn succeeds(self) -> Vec<Request> {
        let fetched = self.fetch().unwrap();
        assert!(fetched.downloaded && fetched.file.sha256.starts_with(self.entry.sha256_prefix));
        assert_eq!((fetched.file.bytes, &fetched.file.path), (SIZE as u64, &self.path("")));
        assert_eq!(fs::read(self.path("")).unwrap(), content());
        assert_eq!(fs::read_dir(&self.options.cache_dir).unwrap().count(), 1, "something was left behind");
        self.server.requests()
    }

    /// Fetches, and expects an error with all `parts`, and no file.
    #[track_caller]
    fn fails(&self, parts: &[&str]) -> CatalogueError {
        let error = self.fetch().unwrap_err();
        let text = error.to_string();
        for part in parts.iter().chain(&["/weights/tiny-", "without a network, copy tiny-"]) {
            assert!(text.contains(part), "{text}");
        }
        assert!(text.contains(&self.path("").display().to_string()), "{text}");
        assert!(!self.path("").exists());
        error
    }
}

fn ranges(requests: &[Request]) -> Vec<Option<usize>> {
    requests.iter().map(|request| request.range).collect()
}

#[test]
fn a_file_is_fetched_once() {
    let scene = Scene::new([Answer::Whole]);
    let mut seen = Vec::new();
    let fetched = fetch(&scene.entry, &scene.options, &mut |progress| {
        let FetchEvent::Received { bytes, total } = progress else { panic!("{progress:?}") };
        assert_eq!(*total, Some(SIZE as u64));
        seen.push(*bytes);
        ControlFlow::Continue(())
    });
    assert!(fetched.unwrap().downloaded);
    assert!(seen.is_sorted() && seen.first() == Some(&0) && seen.last() == Some(&(SIZE as u64)), "{seen:?}");
    assert!(!scene.fetch().unwrap().downloaded, "it is in the cache");
    assert_eq!(scene.server.requests().len(), 1);
}

#[test]
fn an_interrupted_download_continues_where_it_stopped() {
    let requests = Scene::new([Answer::Cut(100_000), Answer::Cut(90_000), Answer::Whole]).succeeds();
    assert_eq!(ranges(&requests), [None, Some(100_000), Some(190_000)]);
    assert!(requests[1..].iter().all(|request| request.if_range.as_deref() == Some("\"one\"")));
}

#[test]
fn a_part_survives_the_process() {
    let mut scene = Scene::new([Answer::Cut(100_000), Answer::Whole]);
    scene.options.attempts = 1;
    let error = scene.fails(&["100000 bytes", "continue where it stopped"]);
    assert!(matches!(error, CatalogueError::Network { .. }), "{error:?}");
    assert_eq!(fs::metadata(scene.path(".partial")).unwrap().len(), 100_000);
    assert_eq!(ranges(&scene.succeeds()), [None, Some(100_000)]);
}

#[test]
fn a_part_without_its_validator_starts_again() {
    let mut scene = Scene::new([Answer::Cut(100_000), Answer::Whole]);
    scene.options.attempts = 1;
    scene.fails(&[]);
    fs::remove_file(scene.path(".download")).unwrap();
    assert_eq!(ranges(&scene.succeeds()), [None, None]);
}

#[test]
fn a_complete_part_needs_no_more_bytes() {
    let mut scene = Scene::new([Answer::Cut(100_000), Answer::Whole]);
    scene.options.attempts = 1;
    scene.fails(&[]);
    fs::write(scene.path(".partial"), content()).unwrap();
    assert_eq!(ranges(&scene.succeeds()), [None, Some(SIZE)]);
}

#[test]
fn a_damaged_part_is_downloaded_again() {
    let mut scene = Scene::new([Answer::Cut(100_000), Answer::Whole, Answer::Whole]);
    scene.options.attempts = 1;
    scene.fails(&[]);
    fs::write(scene.path(".partial"), vec![7; 100_000]).unwrap();
    scene.options.attempts = 2;
    assert_eq!(ranges(&scene.succeeds()), [None, Some(100_000), None]);
}

#[test]
fn a_server_that_ignores_ranges_sends_everything_again() {
    let requests = Scene::new([Answer::Cut(100_000), Answer::IgnoreRange]).succeeds();
    assert_eq!(ranges(&requests), [None, Some(100_000)]);
}

#[test]
fn a_file_that_changed_on_the_server_is_not_mixed() {
    Scene::new([Answer::OldVersionCut(100_000), Answer::Whole]).succeeds();
}

#[test]
fn a_wrong_range_is_not_used() {
    let requests = Scene::new([Answer::Cut(100_000), Answer::WrongRange, Answer::Whole]).succeeds();
    assert_eq!(ranges(&requests), [None, Some(100_000), None]);
}

#[test]
fn a_server_without_validators_starts_again() {
    let requests = Scene::new([Answer::CutWithoutTag(100_000), Answer::Whole]).succeeds();
    assert_eq!(ranges(&requests), [None, None]);
}

#[test]
fn a_stall_is_noticed() {
    let start = Instant::now();
    let requests = Scene::new([Answer::Stall(100_000), Answer::Whole]).succeeds();
    assert_eq!(ranges(&requests), [None, Some(100_000)]);
    assert!(start.elapsed() < Duration::from_secs(5));
    Scene::new([Answer::Stall(0), Answer::Silence, Answer::Stall(0)]).fails(&["no data for 0.3 s"]);
}

#[test]
fn drips_are_a_stall() {
    let start = Instant::now();
    Scene::new([Answer::Drip, Answer::Drip, Answer::Drip]).fails(&["only", "bytes in 0.3 s", "3 attempts"]);
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(Scene::new([Answer::Drip, Answer::Whole, Answer::Whole]).succeeds().len(), 3);
}

#[test]
fn a_half_that_is_lost_again_and_again_is_no_progress() {
    let turn = [Answer::Cut(150_000), Answer::WrongRange];
    let scene = Scene::new(turn.into_iter().cycle().take(40));
    scene.fails(&["3 attempts"]);
    assert!(scene.server.requests().len() <= 4, "{:?}", ranges(&scene.server.requests()));
    let scene = Scene::new([Answer::CutWithoutTag(150_000); 40]);
    scene.fails(&["3 attempts"]);
    assert_eq!(scene.server.requests().len(), 3);
}

#[test]
fn a_server_that_speaks_otherwise_is_given_up() {
    let start = Instant::now();
    // One that waits for a greeting of TLS, and one that is greeted in TLS and answers in plain words.
    Scene::new([Answer::Silence, Answer::Silence, Answer::Silence]).fails(&["3 attempts"]);
    for answer in [Answer::Silence, Answer::Whole] {
        let mut scene = Scene::new([answer; 3]);
        let mirror = scene.options.mirror.take().unwrap();
        scene.options.mirror = Some(mirror.replace("http://", "https://"));
        scene.options.connect_timeout = Duration::from_millis(300);
        scene.fails(&["3 attempts", "curl -L -o"]);
    }
    assert!(start.elapsed() < Duration::from_secs(8));
}

#[test]
fn a_slow_download_is_not_a_stall() {
    // 30 pieces with 30 ms between them last three times as long as the longest silence.
    assert_eq!(Scene::new([Answer::Slow]).succeeds().len(), 1);
}

#[test]
fn an_overloaded_server_is_tried_again() {
    let requests = Scene::new([Answer::Status(503), Answer::Status(429), Answer::Whole]).succeeds();
    assert_eq!(requests.len(), 3);
    let scene = Scene::new([Answer::Status(500), Answer::Status(500), Answer::Status(500)]);
    scene.fails(&["500 Internal Server Error", "3 attempts"]);
    assert_eq!(scene.server.requests().len(), 3);
}

#[test]
fn attempts_with_progress_do_not_count() {
    let pieces = [40_000; 7].map(Answer::Cut);
    let requests = Scene::new(pieces.into_iter().chain([Answer::Whole])).succeeds();
    assert_eq!(requests.len(), 8);
}

#[test]
fn a_missing_file_is_requested_once() {
    let scene = Scene::new([Answer::Status(404)]);
    let error = scene.fails(&["answered 404"]);
    assert!(matches!(error, CatalogueError::Status { status: 404, .. }));
    assert_eq!(scene.server.requests().len(), 1);
}

#[test]
fn redirections_are_followed() {
    let requests = Scene::new([Answer::Redirect, Answer::Whole]).succeeds();
    assert!(requests[1].path.starts_with("/elsewhere/tiny-"));
    assert!(requests[0].path.starts_with("/weights/tiny-"));
}

#[test]
fn wrong_lengths_are_detected() {
    let longer = Scene::new([Answer::Longer(100), Answer::Longer(100), Answer::Longer(100)]);
    assert!(matches!(longer.fails(&["3 attempts"]), CatalogueError::Network { .. }));
    let shorter = Scene::new([Answer::Shorter(100)]);
    assert!(matches!(shorter.fails(&["is another file"]), CatalogueError::OtherFile { .. }));
    for other in [Answer::Longer(1 << 40), Answer::Shorter(SIZE - 10), Answer::Endless] {
        let scene = Scene::new([other]);
        assert!(matches!(
            scene.fails(&["it is not the right file"]),
            CatalogueError::Size { expected: 300_000, .. }
        ));
    }
}

#[test]
fn a_length_is_not_needed() {
    Scene::new([Answer::Chunked]).succeeds();
    Scene::new([Answer::UntilClose(SIZE)]).succeeds();
    let requests = Scene::new([Answer::UntilClose(50_000), Answer::Whole]).succeeds();
    assert_eq!(ranges(&requests), [None, Some(50_000)]);
}

#[test]
fn another_file_is_refused_and_not_kept() {
    let scene = Scene::new([Answer::OtherFile, Answer::Whole]);
    let error = scene.fails(&["SHA-256 begins with"]);
    assert!(matches!(error, CatalogueError::OtherFile { .. }));
    assert!(!scene.path(".partial").exists());
    assert_eq!(ranges(&scene.succeeds()), [None, None]);
}

#[test]
fn a_damaged_file_in_the_cache_is_named() {
    let scene = Scene::new([]);
    fs::create_dir_all(&scene.options.cache_dir).unwrap();
    fs::write(scene.path(""), "torn").unwrap();
    let error = scene.fetch().unwrap_err();
    assert!(matches!(error, CatalogueError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("remove it"), "{error}");
}

#[test]
fn an_observer_can_stop_a_download_and_its_waits() {
    let mut scene = Scene::new([Answer::Whole, Answer::Status(503), Answer::Whole]);
    let stop_at = |limit: u64| {
        move |progress: &FetchEvent<'_>| match progress {
            FetchEvent::Received { bytes, .. } if *bytes < limit => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    };
    let error = fetch(&scene.entry, &scene.options, &mut stop_at(100_000)).unwrap_err();
    assert!(matches!(error, CatalogueError::Interrupted { .. }), "{error:?}");
    let kept = fs::metadata(scene.path(".partial")).unwrap().len();
    assert!(kept >= 100_000);
    scene.options.backoff = Duration::from_secs(600);
    let start = Instant::now();
    let error = fetch(&scene.entry, &scene.options, &mut stop_at(u64::MAX)).unwrap_err();
    assert!(matches!(error, CatalogueError::Interrupted { .. }), "{error:?}");
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(ranges(&scene.succeeds())[2], Some(kept as usize));
}

#[test]
fn two_downloads_do_not_write_to_one_part() {
    let scene = Scene::new([Answer::Whole]);
    let mut error = None;
    let first = fetch(&scene.entry, &scene.options, &mut |_| {
        error.get_or_insert_with(|| scene.fetch().unwrap_err());
        ControlFlow::Continue(())
    });
    assert!(first.unwrap().downloaded);
    assert!(matches!(error, Some(CatalogueError::Busy { .. })), "{error:?}");
}

#[test]
fn an_unreachable_server_fails() {
    let mut scene = Scene::new([]);
    scene.options.mirror = Some("http://127.0.0.1:9/weights".into());
    scene.fails(&["127.0.0.1:9", "3 attempts"]);
}

#[test]
fn a_mirror_must_be_a_url() {
    let mut scene = Scene::new([]);
    for mirror in ["mirror.example", "file:///weights", "http://a b"] {
        scene.options.mirror = Some(mirror.into());
        let error = scene.fetch().unwrap_err();
        assert!(matches!(error, CatalogueError::Mirror { .. }), "{error:?}");
        assert!(error.to_string().contains("FOLIAR_WEIGHTS_URL"), "{error}");
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let mut scene = Scene::new([]);
    let file = scene.cache.path().join("file");
    fs::write(&file, "").unwrap();
    scene.options.cache_dir = file.join("cache");
    let error = scene.fetch().unwrap_err();
    assert!(
        matches!(error, CatalogueError::Io { .. }) && error.to_string().contains("file/cache"),
        "{error}"
    );
}
