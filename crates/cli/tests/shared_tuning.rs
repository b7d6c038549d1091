//! `foliar tune --study`: processes that share nothing but a PostgreSQL server, with the real program.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
#[path = "../../train/study/tests/common/server.rs"]
mod server;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use common::{Finished, Scene};
use serde_json::Value;
use server::{PASSWORD, Server};

const SMALL: [&str; 16] = [
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
    "--repeats",
    "1",
    "--threads",
    "1",
];

/// Photographs, the same ones in `elsewhere/`, and weights in `weights/model.foliar`.
fn scene() -> Scene {
    let scene = Scene::new(12);
    scene.pretrain(8, &["--epochs", "2", "--seed", "7"]);
    let copied = Command::new("cp").args(["-r", "photos", "elsewhere"]).current_dir(scene.root()).status();
    assert!(copied.unwrap().success());
    scene
}

/// `foliar tune PHOTOS --study ... --name NAME` with `more`.
fn tune(scene: &Scene, server: &Server, photos: &str, name: &str, more: &[&str]) -> Command {
    let url = server.url();
    let mut command = scene.command(&[&["tune", photos, "--study", &url, "--name", name], more].concat());
    command.env("PGPASSWORD", PASSWORD).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn ended(child: Child) -> Finished {
    Finished::from(child.wait_with_output().unwrap())
}

/// What the process found, without what speaks of time or of its machine.
fn results(out: &Path) -> (String, Vec<Vec<u8>>) {
    let read = |name: &str| fs::read(out.join(name)).unwrap();
    let files = ["tuned/model.foliar", "untuned/model.foliar", "default/model.foliar", "tuned/split.csv"];
    (fs::read_to_string(out.join("tuning.json")).unwrap(), files.map(read).to_vec())
}

/// Every file below `folder` that holds `word`.
fn files_with(folder: &Path, word: &str) -> Vec<String> {
    let found = Command::new("grep").args(["-rla", word]).arg(folder).output().unwrap();
    String::from_utf8(found.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_lone_process_finds_what_it_would_find_in_a_file() {
    let Some(server) = Server::get() else { return };
    let scene = scene();
    scene.run(&[&["tune", "photos", "--out", "file", "--trials", "7"], &SMALL[..]].concat()).expect(0);
    let more = [&["--out", "server", "--trials", "7", "--report"], &SMALL[..]].concat();
    let shared = ended(tune(&scene, server, "photos", "alone", &more).spawn().unwrap()).expect(0);
    assert_eq!(shared.out.trim_end(), "server/tuned/model.foliar");
    assert_eq!(results(&scene.path("server")), results(&scene.path("file")));
    assert!(scene.path("server/report.html").exists() && !scene.path("server/study.sqlite").exists());

    let url = server.url_with_password();
    let shown = scene.run(&["study", "show", &url, "--name", "alone"]).expect(0);
    assert_eq!(shown.out.lines().count(), 8, "{shown:?}");
    let exported = scene.run(&["study", "export", &url, "--name", "alone"]).expect(0);
    let exported: Value = serde_json::from_str(&exported.out).unwrap();
    assert_eq!(exported["trials"].as_array().unwrap().len(), 7);
    assert!(exported["trials"][0]["instructions"].is_string());
    for refused in [
        scene.run(&["study", "show", &url]).expect(2),
        scene.run(&["study", "show", "server", "--name", "alone"]).expect(2),
        scene.run(&["study", "show", &url, "--name", "a b"]).expect(2),
        scene.run(&["study", "show", &url, "--name", "absent"]).expect(1),
        scene.run(&["study", "show", &url.replace(PASSWORD, "wr0ng"), "--name", "alone"]).expect(1),
        scene.run(&["tune", "--resume", "server"]).expect(1),
        scene.run(&["tune", "photos", "--study", &url]).expect(2),
        scene.run(&["tune", "photos", "--name", "alone"]).expect(2),
        scene.run(&["tune", "photos", "--study", "mysql://leaf:s3cret@host/lab", "--name", "a"]).expect(2),
    ] {
        assert!(!refused.err.contains(PASSWORD) && !refused.err.contains("wr0ng"), "{refused:?}");
        assert!(refused.err.lines().filter(|line| line.starts_with("error")).count() == 1, "{refused:?}");
    }
    assert_eq!(files_with(&scene.path("server"), PASSWORD), [""; 0]);
}

#[test]
fn processes_with_folders_of_their_own_share_the_trials_and_have_one_result() {
    let Some(server) = Server::get() else { return };
    let scene = scene();
    let begun = [&["--out", "a", "--trials", "12", "--no-early-stop"], &SMALL[..]].concat();
    let mut children = vec![tune(&scene, server, "photos", "three", &begun).spawn().unwrap()];
    while server.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'foliar_three'") == "0" {
        sleep(Duration::from_millis(5));
    }
    while server.sql("SELECT count(*) FROM foliar_three.job WHERE name = 'plan.json'") == "0" {
        sleep(Duration::from_millis(5));
    }
    let same = [&["--out", "b", "--trials", "12", "--no-early-stop"], &SMALL[..]].concat();
    children.push(tune(&scene, server, "elsewhere", "three", &same).spawn().unwrap());
    // One that gives no options, and one that is killed and started again.
    children.push(tune(&scene, server, "elsewhere", "three", &["--out", "c"]).spawn().unwrap());
    sleep(Duration::from_millis(700));
    children[1].kill().unwrap();
    children[1].wait().unwrap();
    children[1] = tune(&scene, server, "elsewhere", "three", &same).spawn().unwrap();
    let ended: Vec<Finished> = children.into_iter().map(|child| ended(child).expect(0)).collect();
    assert!(ended[2].err.contains("the options are those of"), "{:?}", ended[2]);
    let expected = results(&scene.path("a"));
    for out in ["b", "c"] {
        assert_eq!(results(&scene.path(out)), expected, "{out}");
        assert_eq!(files_with(&scene.path(out), PASSWORD), [""; 0]);
        // The runs know where the photographs of this machine are.
        let data: Value =
            serde_json::from_slice(&fs::read(scene.path(out).join("tuned/data.json")).unwrap()).unwrap();
        assert!(data["root"].as_str().unwrap().ends_with("elsewhere"), "{data}");
        scene.run(&["predict", &format!("{out}/tuned"), "photos/healthy"]).expect(0);
        scene.run(&["evaluate", &format!("{out}/tuned")]).expect(0);
        let left: Vec<_> =
            fs::read_dir(scene.path(out)).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().starts_with(".worker")), "{left:?}");
    }
    let counts = server.sql("SELECT count(*), count(DISTINCT id), count(ended) FROM foliar_three.trial");
    assert_eq!(counts, "12|12|12");
    let document: Value = serde_json::from_str(&expected.0).unwrap();
    assert_eq!(document["trials"].as_array().unwrap().len(), 12);
}

#[test]
fn a_server_that_restarts_interrupts_nobody() {
    let Some(server) = Server::start(&[]) else { return };
    let scene = scene();
    let more = [&["--out", "out", "--trials", "14", "--no-early-stop"], &SMALL[..]].concat();
    let mut child = tune(&scene, &server, "photos", "restart", &more).spawn().unwrap();
    let trials = |at_least: u32, child: &mut Child| loop {
        assert_eq!(child.try_wait().unwrap(), None);
        if server.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'foliar_restart'") == "1"
            && server.sql("SELECT count(ended) FROM foliar_restart.trial").parse::<u32>().unwrap() >= at_least
        {
            return;
        }
        sleep(Duration::from_millis(5));
    };
    trials(2, &mut child);
    server.restart(false, Duration::from_millis(300));
    trials(5, &mut child);
    server.restart(true, Duration::from_millis(300));
    let ended = ended(child).expect(0);
    assert_eq!(ended.err.matches("connected again").count(), 2, "{ended:?}");
    assert_eq!(
        server.sql("SELECT count(*), max(attempt), max(lost_workers) FROM foliar_restart.trial"),
        "14|1|0"
    );
}

#[test]
fn a_process_that_is_refused_leaves_no_folder() {
    let Some(server) = Server::get() else { return };
    let scene = scene();
    let begun = [&["--out", "first", "--trials", "1"], &SMALL[..], &["--cv-weight-decay", "0"]].concat();
    ended(tune(&scene, server, "photos", "refusing", &begun).spawn().unwrap()).expect(0);
    let refused = |photos: &str, more: &[&str]| {
        let refused = ended(tune(&scene, server, photos, "refusing", more).spawn().unwrap()).expect(1);
        assert!(!refused.err.contains(PASSWORD), "{refused:?}");
        refused.err
    };
    fs::remove_file(scene.path("elsewhere/healthy/healthy_0000.jpg")).unwrap();
    let error = refused("elsewhere", &["--out", "second"]);
    assert!(error.contains("tunes something else") && error.contains("photographs "), "{error}");
    let other = [&["--out", "second", "--seed", "5"], &begun[2..]].concat();
    assert!(refused("photos", &other).contains("tunes something else"));
    let other = [&["--out", "second", "--range", "momentum=0:0.5"], &begun[2..]].concat();
    assert!(refused("photos", &other).contains("search space"));
    assert!(!scene.path("second").exists());
    // A folder of another study, and one with other files.
    fs::create_dir(scene.path("full")).unwrap();
    fs::write(scene.path("full/thesis.doc"), b"precious").unwrap();
    assert!(refused("photos", &["--out", "full"]).contains("full is not empty"));
    fs::write(scene.path("first/study.txt"), "another\n").unwrap();
    assert!(refused("photos", &["--out", "first"]).contains("first already holds a study"));
}

/// The fenced blocks of docs/cluster.md in this language.
fn blocks(language: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cluster.md");
    let (text, fence) = (fs::read_to_string(path).unwrap(), format!("```{language}\n"));
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_scripts_of_the_documentation_run_as_they_are_written() {
    let Some(server) = Server::get() else { return };
    let scene = scene();
    fs::copy(scene.path("weights/model.foliar"), scene.path("weights.safetensors")).unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_foliar")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let documented = |script: &str, variables: &[(&str, &str)]| {
        // A smaller tuning than the documents'.
        let small = "--trials 3 --image-size 32 --epochs 2 --cv-weight-decay 0 --repeats 0";
        let mut shell = Command::new("bash");
        shell.args(["-c", &script.replace("--trials 40", small)]).current_dir(scene.root());
        shell.env("PATH", &path).env("FOLIAR_OFFLINE", "1").env("FOLIAR_CACHE", scene.path("cache"));
        shell.env("PGPASSWORD", PASSWORD).envs(variables.iter().copied());
        shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let slurm = blocks("bash").into_iter().find(|block| block.contains("foliar tune")).unwrap();
    assert!(slurm.contains("#SBATCH --array=1-4\n") && slurm.contains("--trials 40"), "{slurm}");
    let url = server.url();
    let tasks: Vec<Child> = ["1", "2", "3", "4"]
        .map(|task| {
            let variables = [("STUDY", &*url), ("SLURM_ARRAY_TASK_ID", task), ("SLURM_CPUS_PER_TASK", "1")];
            documented(&slurm, &variables)
        })
        .into();
    for task in tasks {
        assert_eq!(ended(task).expect(0).out.trim_end(), "runs/beans/tuned/model.foliar");
    }
    assert_eq!(server.sql("SELECT count(*) FROM foliar_beans.trial"), "3");
    // The other commands of the text, with another address.
    let lines = blocks("sh").into_iter().find(|block| block.contains("--study")).unwrap();
    for line in lines.lines().filter(|line| line.starts_with("foliar study")) {
        let line = line.replace("postgres://leaf@db.example.org/lab", &url);
        ended(documented(&line, &[])).expect(0);
    }
    assert_eq!(fs::read_to_string(scene.path("trials.csv")).unwrap().lines().count(), 4);

    // What a container of the other document runs, with the server's address.
    server.sql("DROP SCHEMA foliar_beans CASCADE");
    fs::remove_dir_all(scene.path("runs")).unwrap();
    let compose = blocks("yaml").into_iter().find(|block| block.contains("tune photos")).unwrap();
    let command =
        compose.split("command: >-\n").nth(1).unwrap().lines().take_while(|line| line.starts_with("      "));
    let command = format!("foliar {}", command.map(str::trim).collect::<Vec<_>>().join(" "));
    assert!(command.contains("postgres://leaf@db/leaf") && command.contains("--trials 40"), "{command}");
    let command = command.replace("postgres://leaf@db/leaf", &url);
    let workers = [documented(&command, &[]), documented(&command, &[])];
    for worker in workers {
        ended(worker).expect(0);
    }
    assert_eq!(server.sql("SELECT count(*), max(attempt) FROM foliar_beans.trial"), "3|1");
}
