//! `foliar review`, asked over plain connections, and what heeds its table.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::Duration;

use common::Scene;
use serde_json::{Value, json};

/// A review that runs until this is dropped.
struct Reviewing {
    child: Child,
    /// Host and port.
    host: String,
    /// Path of the page.
    page: String,
}

impl Reviewing {
    fn start(scene: &Scene, more: &[&str]) -> Self {
        let arguments = [&["review", "audit"], more].concat();
        let mut child =
            scene.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("{line:?}"));
        let (host, page) = address.split_once('/').unwrap();
        Self { child, host: host.to_owned(), page: format!("/{page}") }
    }

    /// The status, the head in small letters, and the body.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let host = if headers.contains("Host:") { String::new() } else { format!("Host: {}\r\n", self.host) };
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\n{host}Connection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
        (head[9..12].parse().unwrap(), head, answer[end + 4..].to_vec())
    }

    fn get(&self, path: &str) -> (u16, String, Vec<u8>) {
        self.ask("GET", &format!("{}{path}", self.page), "", "")
    }

    fn case(&self) -> Value {
        serde_json::from_slice(&self.get("case").2).unwrap()
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let path = format!("{}{path}", self.page);
        let (status, _, body) =
            self.ask("POST", &path, "Content-Type: application/json\r\n", &body.to_string());
        (status, serde_json::from_slice(&body).unwrap())
    }

    /// Decides about the photo of a question.
    fn decide(&self, case: &Value, question: usize, decision: &str, class: Option<&str>) -> (u16, Value) {
        let photo = &case["questions"][question]["photo"];
        let body = json!({"question": question, "photo": photo, "decision": decision, "class": class});
        self.post("decide", &body)
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Reviewing {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Drawn leaves with two copies and a broken file, audited into `audit`. At 48 pixels every photo is tiny, which is doubted.
fn audited() -> Scene {
    let scene = Scene::new(6);
    let photo = |name: &str| scene.path("photos").join(name);
    fs::copy(photo("healthy/healthy_0001.jpg"), photo("tip_blight/stray.jpg")).unwrap();
    let whole = fs::read(photo("healthy/healthy_0002.jpg")).unwrap();
    fs::write(photo("healthy/cut.jpg"), &whole[..whole.len() / 2]).unwrap();
    scene.run(&["audit", "photos", "--out", "audit"]).expect(3);
    scene
}

/// The number of the question about a photo, and of the photo.
fn about(case: &Value, path: &str) -> (usize, usize) {
    let photos = case["photos"].as_array().unwrap();
    let photo = photos.iter().position(|photo| photo["path"] == path).unwrap_or_else(|| panic!("{path}"));
    let questions = case["questions"].as_array().unwrap();
    (questions.iter().position(|question| question["photo"] == photo).unwrap(), photo)
}

#[test]
fn doubts_are_asked_once_with_what_is_beside_them() {
    let scene = audited();
    let review = Reviewing::start(&scene, &[]);
    let case = review.case();
    let questions = case["questions"].as_array().unwrap();
    assert_eq!(questions.len(), 5 * 6 + 2, "each photo once");
    let (number, _) = about(&case, "tip_blight/stray.jpg");
    let stray = &questions[number];
    assert_eq!(stray["doubts"], json!(["copy", "strange"]));
    assert_eq!(
        case["photos"][stray["copies"][0]["photo"].as_u64().unwrap() as usize]["path"],
        "healthy/healthy_0001.jpg"
    );
    assert_eq!(stray["copies"][0]["words"], "the same file");
    assert_eq!(stray["suggested"][0], "healthy");
    let near = stray["nearest"].as_array().unwrap();
    assert!(near.len() == 10 && !near.contains(&stray["photo"]), "{stray}");
    assert_eq!(number, 0, "what contradicts itself comes first");
    let (broken, photo) = about(&case, "healthy/cut.jpg");
    assert_eq!(questions[broken]["doubts"], json!(["broken"]));
    // A photo, one that cannot be shown, and what is none.
    let (status, head, body) = review.get("photo/0/small");
    assert!(status == 200 && head.contains("image/jpeg") && body.starts_with(b"\xff\xd8\xff"), "{head}");
    let (status, head, _) = review.get(&format!("photo/{photo}/large"));
    assert!(status == 200 && head.contains("image/svg+xml"), "{head}");
    for path in [
        "photo/9999/small",
        "photo/-1/small",
        "photo/0/huge",
        "photo/../0/small",
        "photo/0",
        "audit.json",
        "../case",
    ] {
        assert_eq!(review.get(path).0, 404, "{path}");
    }
    // A photo that has changed since is neither shown nor judged.
    let path = scene.path("photos/healthy/healthy_0003.jpg");
    fs::copy(scene.path("photos/healthy/healthy_0004.jpg"), path).unwrap();
    let (number, photo) = about(&case, "healthy/healthy_0003.jpg");
    assert!(review.get(&format!("photo/{photo}/small")).1.contains("image/svg+xml"));
    assert_eq!(review.decide(&case, number, "keep", None).0, 409);
    assert_eq!(fs::read_to_string(scene.path("audit/review.csv")).unwrap().lines().count(), 1);
}

#[test]
fn nobody_else_reads_or_writes() {
    let scene = audited();
    let review = Reviewing::start(&scene, &[]);
    let (status, head, page) = review.get("");
    assert!(status == 200 && head.contains("content-security-policy: default-src 'none'"), "{head}");
    assert!(head.contains("cache-control: no-store") && !head.contains("access-control"), "{head}");
    let page = String::from_utf8(page).unwrap();
    assert!(!page.contains("http:") && !page.contains("https:") && !page.contains("style="), "{page}");
    let good = json!({"question": 0, "photo": review.case()["questions"][0]["photo"], "decision": "keep"})
        .to_string();
    let decide = format!("{}decide", review.page);
    let json = "Content-Type: application/json\r\n";
    for (path, headers, expected) in [
        ("/decide", json, 404),
        ("/0123456789abcdef0123456789abcdef/decide", json, 404),
        (&decide, "Content-Type: text/plain\r\n", 415),
        (&decide, "", 415),
        (&decide, &format!("{json}Origin: http://evil.example\r\n"), 403),
        (&decide, &format!("{json}Origin: null\r\n"), 403),
        (&decide, &format!("{json}Host: evil.example\r\n"), 421),
    ] {
        assert_eq!(review.ask("POST", path, headers, &good).0, expected, "{path} {headers}");
    }
    assert_eq!(review.ask("GET", "/", "", "").0, 404);
    assert_eq!(review.ask("DELETE", &decide, "", "").0, 405);
    assert_eq!(review.ask("POST", &decide, json, &" ".repeat(70_000)).0, 413);
    for wrong in [
        json!({"question": 9999, "photo": 0, "decision": "keep"}),
        json!({"question": 0, "photo": 9999, "decision": "keep"}),
        json!({"question": 0, "photo": 0, "decision": "undo"}),
        json!({"question": 0, "photo": 0, "decision": "relabel"}),
        json!({"question": 0, "photo": 0, "decision": "relabel", "class": "scab"}),
        json!({"decision": "keep"}),
        json!([]),
    ] {
        assert_eq!(review.post("decide", &wrong).0, 400, "{wrong}");
    }
    assert_eq!(fs::read_to_string(scene.path("audit/review.csv")).unwrap().lines().count(), 1);
    assert_eq!(
        review.ask("POST", &decide, &format!("{json}Origin: http://{}\r\n", review.host), &good).0,
        200
    );
    // A second one at the same table is refused.
    let second = scene.run(&["review", "audit"]).expect(1);
    assert!(second.err.contains("another foliar review writes"), "{}", second.err);
    for (arguments, told) in [
        (&["review", "photos"][..], "no audit.json"),
        (&["review", "nowhere"], "no audit.json"),
        (&["review", "audit", "--review", "other.csv", "--data", "audit"], "--data PHOTOS"),
        (&["review", "audit", "--review", "photos/healthy/healthy_0001.jpg"], "this is no review"),
    ] {
        let refused = scene.run(arguments).expect(1);
        assert!(refused.err.contains(told), "{}", refused.err);
    }
}

#[test]
fn an_audit_that_leads_out_of_its_folder_shows_nothing() {
    let scene = audited();
    fs::copy(scene.path("photos/healthy/healthy_0000.jpg"), scene.path("secret.jpg")).unwrap();
    let document = scene.path("audit/audit.json");
    let audit = fs::read_to_string(&document).unwrap();
    fs::write(&document, audit.replace("healthy/healthy_0000.jpg", "../secret.jpg")).unwrap();
    let review = Reviewing::start(&scene, &[]);
    let case = review.case();
    let (question, photo) = about(&case, "../secret.jpg");
    assert_eq!(review.get(&format!("photo/{photo}/large")).0, 404);
    assert_eq!(review.decide(&case, question, "keep", None).0, 404);
    assert_eq!(fs::read_to_string(scene.path("audit/review.csv")).unwrap().lines().count(), 1);
}

#[test]
fn what_was_judged_survives_and_is_heeded() {
    let scene = audited();
    let mut review = Reviewing::start(&scene, &[]);
    let case = review.case();
    let (stray, _) = about(&case, "tip_blight/stray.jpg");
    assert_eq!(review.decide(&case, stray, "relabel", Some("healthy")).0, 200);
    let (first, second) =
        (about(&case, "healthy/healthy_0004.jpg").0, about(&case, "healthy/healthy_0005.jpg").0);
    assert_eq!(review.decide(&case, first, "leave-out", None).0, 200);
    assert_eq!(review.decide(&case, second, "leave-out", None).0, 200);
    let (status, taken) = review.post("undo", &json!({}));
    assert_eq!((status, &taken["path"]), (200, &json!("healthy/healthy_0005.jpg")));
    let kept: Vec<usize> =
        (0..6).map(|n| about(&case, &format!("tip_blight/tip_blight_{n:04}.jpg")).0).collect();
    kept.iter().for_each(|&number| assert_eq!(review.decide(&case, number, "keep", None).0, 200));
    assert_eq!(review.decide(&case, second, "skip", None).0, 200);
    review.kill();

    // The process was killed in the middle of a line.
    let table = scene.path("audit/review.csv");
    let whole = fs::read_to_string(&table).unwrap();
    assert_eq!(whole.lines().count(), 1 + 4 + 6 + 1);
    fs::write(&table, format!("{whole}healthy/healthy_0000.jpg,12")).unwrap();
    let review = Reviewing::start(&scene, &[]);
    let stands = |path: &str| review.case()["decided"][about(&case, path).1].clone();
    assert_eq!(fs::read_to_string(&table).unwrap(), whole, "the cut line is gone, and nothing else");
    let stray = json!({"decision": "relabel", "class": "healthy", "doubts": ["copy", "strange"]});
    assert_eq!(stands("tip_blight/stray.jpg"), stray);
    assert_eq!(stands("healthy/healthy_0005.jpg")["decision"], "skip");
    assert_eq!(stands("healthy/healthy_0000.jpg"), Value::Null);
    drop(review);

    // Training heeds it, and says so. A line that is being written is not of it.
    let given = ["--review", "audit/review.csv"];
    fs::write(&table, format!("{whole}healthy/healthy_0000.jpg,12")).unwrap();
    let run = scene.train("run", &given).expect(3);
    let heeded =
        "1 photo is of another class, 1 left out, 6 kept, 1 still to be judged; its last line was cut";
    assert!(run.err.contains("heeding ") && run.err.contains(heeded), "{}", run.err);
    fs::write(&table, &whole).unwrap();
    let split = fs::read_to_string(scene.path("run/split.csv")).unwrap();
    assert!(split.contains("tip_blight/stray.jpg,healthy,") && !split.contains("healthy_0004"), "{split}");
    let problems = fs::read_to_string(scene.path("run/problems.jsonl")).unwrap();
    assert!(problems.contains("left-out-by-review") && problems.contains("\"relabelled\""), "{problems}");
    assert!(fs::read_to_string(scene.path("run/recipe.toml")).unwrap().contains("[data.review]"));
    scene.train("again", &given).expect(3);
    let bundle = |run: &str| fs::read(scene.path(run).join("model.foliar")).unwrap();
    assert!(bundle("run") == bundle("again"), "equal recipes give equal bundles");

    // What is decided later is not of this run; what was changed is no longer the review that it began with.
    let added = whole.lines().last().unwrap().replace("skip", "leave-out");
    fs::write(&table, format!("{whole}{added}\n")).unwrap();
    let resumed = scene.run(&["resume", "run"]).expect(3);
    assert!(resumed.err.contains("1 decision since the run began is not used"), "{}", resumed.err);
    assert!(bundle("run") == bundle("again"));
    scene.run(&["evaluate", "run"]).expect(0);
    fs::write(&table, whole.replace("leave-out", "keep")).unwrap();
    let refused = scene.run(&["resume", "run"]).expect(1);
    assert!(refused.err.contains("not the review that the run began with"), "{}", refused.err);

    // A later audit does not doubt again what was kept.
    fs::write(&table, &whole).unwrap();
    let audit = scene.run(&[&["audit", "photos", "--json"][..], &given].concat()).expect(3);
    let audit: Value = serde_json::from_str(&audit.out).unwrap();
    let doubted = |path: &str| {
        let photo =
            audit["photographs"].as_array().unwrap().iter().find(|photo| photo["path"] == path).unwrap();
        !photo["issues"].as_array().unwrap().is_empty()
    };
    assert!(!doubted("tip_blight/tip_blight_0000.jpg") && doubted("healthy/healthy_0000.jpg"));
    let proposed = audit["quarantine"].to_string();
    assert!(!proposed.contains("tip_blight/tip_blight_0000") && proposed.contains("healthy/healthy_0000"));
    assert!(!audit.to_string().contains("copies-across-classes"), "the copy is of the right class now");

    // A class that is not there is refused before anything is trained.
    fs::write(&table, whole.replace(",relabel,healthy,", ",relabel,scab,")).unwrap();
    let refused = scene.train("never", &given).expect(1);
    assert!(refused.err.contains("no photo is of such a class"), "{}", refused.err);
    assert!(!scene.path("never").exists());
}

#[cfg(unix)]
#[test]
fn an_orderly_end_says_where_it_is_saved() {
    let scene = audited();
    let mut review = Reviewing::start(&scene, &[]);
    let id = review.child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let mut said = String::new();
    review.child.stderr.as_mut().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(review.child.wait().unwrap().code(), Some(0));
    assert!(said.contains("saved in") && said.contains("review.csv"), "{said}");
}
