//! `foliar tune` with the real program: the whole way, killed, shared, refused. The pretrained network is one that was
//! trained on other drawn leaves.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::{Finished, Scene};
use foliar_random::Random;
use foliar_study::{State, StoredStudy, StoredTrial};
use serde_json::Value;

/// Photographs, and weights in `weights/model.foliar`.
fn scene() -> Scene {
    let scene = Scene::new(12);
    scene.pretrain(8, &["--epochs", "2", "--seed", "7"]);
    scene
}

const SMALL: [&str; 12] = [
    "--weights",
    "weights/model.foliar",
    "--image-size",
    "32",
    "--batch-size",
    "8",
    "--epochs",
    "3",
    "--cv-weight-decay",
    "2",
    "--weight-decays",
    "0,0.001,0.01",
];

/// `foliar tune photos --out OUT` on features, of `trials` trials.
fn arguments<'a>(out: &'a str, trials: &'a str) -> Vec<&'a str> {
    [&["tune", "photos", "--out", out, "--trials", trials, "--repeats", "2"], &SMALL[..]].concat()
}

fn trials(study: &Path) -> Vec<StoredTrial> {
    StoredStudy::view(study.join("study.sqlite")).unwrap().trials().unwrap()
}

/// What a study leaves that does not speak of time.
fn results(out: &Path) -> (String, Vec<u8>, Vec<u8>) {
    let bundle = |run: &str| fs::read(out.join(run).join("model.foliar")).unwrap();
    (fs::read_to_string(out.join("tuning.json")).unwrap(), bundle("tuned"), bundle("untuned"))
}

fn start(scene: &Scene, arguments: &[&str]) -> Child {
    scene.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn a_study_is_bit_for_bit_the_same_and_leaves_runs_that_predict() {
    let scene = scene();
    let more = ["--report", "--json", "--threads", "1"];
    let first = scene.run(&[&arguments("a", "9")[..], &more].concat()).expect(0);
    let document: Value = serde_json::from_str(&first.out).unwrap();
    assert_eq!(fs::read_to_string(scene.path("a/tuning.json")).unwrap(), first.out);
    assert_eq!(document["trials"].as_array().unwrap().len(), 9);
    assert_eq!(
        document["trials"][0]["params"]["momentum"], 0.9,
        "the recipe's own parameters are tried first"
    );
    assert_eq!(document["photographs"]["test"], 10);
    assert_eq!(document["weight_decay"]["candidates"].as_array().unwrap().len(), 3);
    assert_eq!(document["weight_decay"]["candidates"][0]["folds"].as_array().unwrap().len(), 2);
    assert_eq!(document["repeats"]["runs"].as_array().unwrap().len(), 2);
    assert_eq!(document["test"]["difference"]["photographs"], 10);
    let [tuned, untuned, difference] =
        ["/test/tuned/loss/value", "/test/untuned/loss/value", "/test/difference/loss/value"]
            .map(|place| document.pointer(place).unwrap().as_f64().unwrap());
    assert!((tuned - untuned - difference).abs() < 1e-9);
    assert_eq!(document["untuned"]["learning-rate"], 0.001);
    for words in ["trial  state", "weight decay", "on 10 test photos", "other seeds", "p ="] {
        assert!(first.err.contains(words), "{words}: {}", first.err);
    }
    for file in [
        "plan.json",
        "split.csv",
        "report.html",
        "pictures/history.svg",
        "pictures/contour.svg",
        "pictures/cross-validation.svg",
    ] {
        assert!(scene.path("a").join(file).exists(), "{file}");
    }
    assert_eq!(
        fs::read(scene.path("a/split.csv")).unwrap(),
        fs::read(scene.path("a/tuned/split.csv")).unwrap()
    );

    scene.run(&arguments("b", "9")).expect(0);
    assert_eq!(results(&scene.path("a")), results(&scene.path("b")));
    let again = scene.run(&["tune", "--resume", "a", "--json"]).expect(0);
    assert_eq!(again.out, first.out, "nothing is left to do");

    // The verdict is that of `foliar evaluate`, on the screen and on the page.
    let evaluated = scene.run(&["evaluate", "a/tuned", "--json"]).expect(0).out;
    let evaluated: Value = serde_json::from_str(&evaluated).unwrap();
    let on_one_line =
        |text: &str| text.replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    let page = fs::read_to_string(scene.path("a/report.html")).unwrap();
    let summary = evaluated["verdict"]["summary"].as_str().unwrap();
    for shown in [&first.err, &page] {
        assert!(on_one_line(shown).contains(summary), "{summary} is not in {shown}");
    }
    for finding in evaluated["findings"].as_array().unwrap() {
        let claim = finding["claim"].as_str().unwrap();
        assert!(on_one_line(&first.err).contains(claim) && page.contains(claim), "{claim}");
    }

    scene.run(&["predict", "a/tuned", "photos/healthy"]).expect(0);
    scene.run(&["compare", "a/tuned", "a/untuned"]).expect(0);
    let other = scene.run(&[&arguments("c", "9")[..], &["--seed", "5"]].concat()).expect(0);
    assert!(!other.out.is_empty());
    assert_ne!(results(&scene.path("a")).0, results(&scene.path("c")).0);
}

/// Kills `child` after `delay`, unless it has ended.
fn kill(mut child: Child, delay: Duration) -> bool {
    sleep(delay);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

#[test]
fn wherever_it_is_killed_it_ends_as_uninterrupted() {
    let scene = scene();
    let began = Instant::now();
    scene.run(&arguments("whole", "18")).expect(0);
    let took = began.elapsed();
    let expected = results(&scene.path("whole"));
    let mut random = Random::seeded(4);
    let mut killed = 0;
    for round in 0..4 {
        let out = format!("killed-{round}");
        let mut child = start(&scene, &arguments(&out, "18"));
        // Before there is a plan, nothing was begun.
        while !scene.path(&out).join("plan.json").exists() {
            assert_eq!(child.try_wait().unwrap(), None);
            sleep(Duration::from_millis(2));
        }
        for _ in 0..3 {
            let delay = took.mul_f64(f64::from(random.bits32() % 1000) / 1500.0);
            killed += u32::from(kill(child, delay));
            child = start(&scene, &["tune", "--resume", &out]);
        }
        Finished::from(child.wait_with_output().unwrap()).expect(0);
        assert_eq!(results(&scene.path(&out)), expected, "{out}");
        let (ours, theirs) = (trials(&scene.path(&out)), trials(&scene.path("whole")));
        assert!(ours.iter().zip(&theirs).all(|(a, b)| a.record == b.record && a.seed == b.seed));
    }
    assert!(killed >= 4, "{killed} kills hit a process");
}

#[test]
fn three_workers_finish_every_trial_once() {
    let scene = scene();
    let first = start(&scene, &[&arguments("shared", "14")[..], &["--no-early-stop"]].concat());
    while !scene.path("shared/plan.json").exists() {
        sleep(Duration::from_millis(2));
    }
    let more = ["--no-early-stop", "--trials", "14"];
    let others = [["tune", "--resume", "shared"], ["tune", "--worker", "shared"]];
    let others = others.map(|begin| start(&scene, &[&begin[..], &more].concat()));
    for child in [first].into_iter().chain(others) {
        let ended = Finished::from(child.wait_with_output().unwrap()).expect(0);
        assert_eq!(ended.out.trim_end(), "shared/tuned/model.foliar");
    }
    let trials = trials(&scene.path("shared"));
    assert_eq!(trials.len(), 14);
    assert!(trials.iter().all(|trial| trial.attempts == 1 && trial.lost_workers == 0));
    assert!(trials.iter().all(|trial| matches!(trial.state, State::Finished | State::Infeasible)));
    let document: Value = serde_json::from_str(&results(&scene.path("shared")).0).unwrap();
    assert_eq!(document["search"]["reason"], "trials");
}

#[test]
fn diverged_trials_are_no_numbers() {
    let scene = scene();
    let wild = ["--range", "learning-rate=1e-2:1e12", "--cv-weight-decay", "0"];
    let ended = scene.run(&[&arguments("wild", "8")[..], &wild].concat());
    let trials = trials(&scene.path("wild"));
    assert!(trials.iter().any(|trial| trial.state == State::Infeasible), "{trials:?}");
    assert!(trials.iter().all(|trial| trial.record.value().is_none_or(f64::is_finite)));
    assert!(matches!(ended.code, Some(0)), "{ended:#?}");
}

#[test]
fn fine_tuning_searches_more_and_prunes() {
    let scene = scene();
    let fine = [
        "tune",
        "photos",
        "--out",
        "fine",
        "--recipe",
        "fine",
        "--weights",
        "weights/model.foliar",
        "--image-size",
        "32",
        "--epochs",
        "4",
        "--trials",
        "9",
        "--tune",
        "batch-size,label-smoothing,augmentation,stages",
        "--cv-weight-decay",
        "0",
        "--repeats",
        "0",
        "--objective",
        "macro-f1",
        "--pruner",
        "median",
    ];
    let ended = scene.run(&fine).expect(0);
    assert!(ended.err.contains("augmentation") && ended.err.contains("pruned"), "{}", ended.err);
    let trials = trials(&scene.path("fine"));
    assert!(trials.iter().any(|trial| trial.state == State::Pruned && trial.record.reports.len() < 4));
    assert!(trials.iter().all(|trial| trial.record.params.len() == 6));
}

#[test]
fn another_study_is_refused() {
    let scene = scene();
    scene
        .run(&[&arguments("run", "2")[..], &["--repeats", "0", "--cv-weight-decay", "0"]].concat())
        .expect(0);
    let before = results(&scene.path("run"));
    let refused = scene.run(&arguments("run", "2")).expect(1);
    assert!(refused.err.contains("--resume run"), "{}", refused.err);
    let refused = scene.run(&["tune", "--resume", "weights"]).expect(1);
    assert!(refused.err.contains("weights holds no study"), "{}", refused.err);
    fs::create_dir(scene.path("full")).unwrap();
    fs::write(scene.path("full/thesis.doc"), b"precious").unwrap();
    let refused = scene.run(&arguments("full", "2")).expect(1);
    assert!(refused.err.contains("full is not empty"), "{}", refused.err);

    let photo = scene.path("photos/healthy/healthy_0000.jpg");
    fs::rename(&photo, scene.path("kept.jpg")).unwrap();
    let refused = scene.run(&["tune", "--resume", "run"]).expect(1);
    assert!(
        refused.err.contains("tunes something else") && refused.err.contains("photographs "),
        "{}",
        refused.err
    );
    fs::rename(scene.path("kept.jpg"), &photo).unwrap();

    let plan = scene.path("run/plan.json");
    let text = fs::read_to_string(&plan).unwrap();
    for (from, to, expected) in [
        ("\"peak\": 0.01", "\"peak\": 0.02", "recipe "),
        ("\"untuned_rate\": 0.001", "\"untuned_rate\": 0.002", "tunes something else"),
        ("\"objective\": \"loss\"", "\"objective\": \"accuracy\"", "tunes something else"),
        ("\"high\": 1.0", "\"high\": 2.0", "another search space"),
        ("\"trials\": 2", "\"trails\": 2", "plan.json"),
    ] {
        assert!(text.contains(from), "{from}: {text}");
        fs::write(&plan, text.replacen(from, to, 1)).unwrap();
        let refused = scene.run(&["tune", "--resume", "run"]).expect(1);
        assert!(refused.err.contains(expected), "{expected}: {}", refused.err);
    }
    fs::write(&plan, &text).unwrap();

    let study = scene.path("run/study.sqlite");
    let whole = fs::read(&study).unwrap();
    let mut newer = whole.clone();
    // SQLite's user version: four bytes, most significant first, from the 60th.
    newer[60..64].copy_from_slice(&99_u32.to_be_bytes());
    fs::write(&study, &newer).unwrap();
    let refused = scene.run(&["tune", "--resume", "run"]).expect(1);
    assert!(
        refused.err.contains("schema version 99") && refused.err.contains("newer program"),
        "{}",
        refused.err
    );
    fs::write(&study, whole).unwrap();

    fs::rename(scene.path("photos"), scene.path("moved")).unwrap();
    scene.run(&["tune", "--resume", "run"]).expect(1);
    scene.run(&["tune", "moved", "--resume", "run"]).expect(0);
    assert_eq!(results(&scene.path("run")), before);
}

#[cfg(target_os = "linux")]
#[test]
fn a_place_that_can_not_be_written_is_named() {
    let scene = scene();
    let refused = scene.run(&arguments("/proc/foliar", "2")).expect(1);
    assert!(refused.err.contains("/proc/foliar"), "{}", refused.err);
    fs::write(scene.path("file"), b"no folder").unwrap();
    let refused = scene.run(&arguments("file", "2")).expect(1);
    assert!(refused.err.contains("file"), "{}", refused.err);
}

#[cfg(unix)]
#[test]
fn a_read_only_study_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let scene = scene();
    scene
        .run(&[&arguments("run", "1")[..], &["--repeats", "0", "--cv-weight-decay", "0"]].concat())
        .expect(0);
    let mode = |mode| fs::set_permissions(scene.path("run"), fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    let powerful = fs::write(scene.path("run/probe"), b"").is_ok();
    let refused = scene.run(&["tune", "--resume", "run"]);
    mode(0o755);
    // Whoever may write everywhere is not refused.
    if !powerful {
        let refused = refused.expect(1);
        assert!(refused.err.contains("run"), "{}", refused.err);
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_and_says_so() {
    let scene = scene();
    let child = start(&scene, &arguments("stopped", "30"));
    let ended = || match StoredStudy::view(scene.path("stopped/study.sqlite")) {
        Ok(mut study) => study.counts().unwrap().ended(),
        Err(_) => 0,
    };
    while ended() < 2 {
        sleep(Duration::from_millis(5));
    }
    let sent = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
    let stopped = Finished::from(child.wait_with_output().unwrap()).expect(130);
    assert!(stopped.err.contains("foliar tune --resume stopped"), "{}", stopped.err);
    assert!(trials(&scene.path("stopped")).iter().all(|trial| trial.state != State::Running));
}

#[test]
fn arguments_that_mean_nothing_exit_with_2() {
    let scene = scene();
    for (wrong, expected) in [
        (&["--range", "learning-rate=1:0.1"][..], "LOW below HIGH"),
        (&["--range", "depth=1:2"], "learning-rate, momentum, batch-size"),
        (&["--range", "momentum"], "NAME=LOW:HIGH"),
        (&["--range", "momentum=0:1"], "momentum: its range must lie within"),
        (&["--tune", "augmentation"], "--recipe fine"),
        (&["--tune", "depth"], "depth"),
        (&["--time", "30"], "1h30m"),
        (&["--trials", "0"], "trials: give 1 or more"),
        (&["--cv-weight-decay", "1"], "cv-weight-decay: give 2"),
        (&["--weight-decays", "0,-1"], "weight-decays"),
        (&["--validation", "0"], "validation"),
        (&["--untuned-lr", "0"], "untuned-lr"),
    ] {
        let refused = scene.run(&[&arguments("run", "2")[..], wrong].concat()).expect(2);
        assert!(refused.err.contains(expected), "{wrong:?}: {}", refused.err);
        assert!(!scene.path("run").exists(), "{wrong:?}");
    }
    let refused = scene.run(&["tune", "--resume", "run", "--lr", "0.1"]).expect(2);
    assert!(refused.err.contains("--lr"), "{}", refused.err);
    scene.run(&["tune"]).expect(2);
    let help = scene.run(&["tune", "--help"]).expect(0).out;
    for words in ["foliar tune photos", "--resume", "--cv-weight-decay", "--test-fraction", "[default: 0.2]"]
    {
        assert!(help.contains(words), "{words}: {help}");
    }
}
