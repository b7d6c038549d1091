//! From a folder of photographs to predictions, with the real program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::Scene;

#[test]
fn photographs_become_a_classifier_that_predicts() {
    let scene = Scene::new(8);
    let trained = scene.train("run", &[]).expect(0);
    assert!(trained.out.trim_end().ends_with("model.foliar"), "{trained:#?}");
    let lines = trained.err.lines().filter(|line| line.contains("train loss") && line.contains("val acc"));
    assert_eq!(lines.count(), 3, "{}", trained.err);
    assert!(trained.err.contains("guessing among 5 classes: loss 1.609, accuracy 0.200"), "{}", trained.err);
    for file in [
        "recipe.toml",
        "data.json",
        "split.csv",
        "problems.jsonl",
        "events.jsonl",
        "metrics.csv",
        "checkpoints/last.safetensors",
        "checkpoints/best.safetensors",
        "model.foliar",
    ] {
        assert!(scene.path("run").join(file).exists(), "{file}");
    }
    let names = fs::read_dir(scene.path("run")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().any(|name| name.to_string_lossy().starts_with("events.out.tfevents.")));

    for given in ["run", "run/model.foliar"] {
        let evaluated =
            scene.run(&["evaluate", given, "--data", "photos", "--include-training", "--json"]).expect(0);
        let document: serde_json::Value = serde_json::from_str(&evaluated.out).unwrap();
        let figure = |name: &str, end: &str| document[name][end].as_f64().unwrap();
        let accuracy = figure("accuracy", "value");
        assert!(accuracy > 0.2 && accuracy <= 1.0, "{accuracy}");
        assert!(figure("loss", "value") > 0.0);
        assert_eq!(document["data"]["training_included"], 40);
        assert_eq!(document["photographs"], 40);
        assert_eq!(document["classes"].as_array().unwrap().len(), 5);
        let [low, high] = ["low", "high"].map(|end| figure("accuracy", end));
        assert!(low <= accuracy && accuracy <= high && low < high);
    }

    fs::write(scene.path("photos/healthy/broken.jpg"), b"no picture").unwrap();
    let arguments = ["predict", "run/model.foliar", "photos/healthy", "photos/rust*", "--format", "csv"];
    let first = scene.run(&arguments).expect(3);
    assert_eq!(first.out, scene.run(&arguments).expect(3).out);
    assert_eq!(first.out, scene.run(&[&arguments[..], &["--threads", "1"]].concat()).expect(3).out);
    let mut reader = csv::Reader::from_reader(first.out.as_bytes());
    assert_eq!(&reader.headers().unwrap()[0], "path");
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 17);
    let broken: Vec<_> = rows.iter().filter(|row| !row[row.len() - 1].is_empty()).collect();
    assert_eq!(broken.len(), 1);
    assert!(broken[0][0].ends_with("broken.jpg"));
    for row in rows.iter().filter(|row| row[row.len() - 1].is_empty()) {
        let share: f64 = row[8].parse().unwrap();
        assert!((0.2..=1.0).contains(&share), "{row:?}");
    }
    let lines = scene.run(&["predict", "run", "photos/healthy/broken.jpg", "--format", "jsonl"]).expect(3);
    let row: serde_json::Value = serde_json::from_str(&lines.out).unwrap();
    assert!(row["error"].as_str().is_some() && row.get("predictions").is_none(), "{row}");
}

#[test]
fn a_training_ends_with_a_verdict_and_commands_that_work() {
    let scene = Scene::new(8);
    let trained = scene.train("my run", &[]).expect(0);
    for line in trained.err.lines().filter(|line| line.starts_with("epoch")) {
        assert!(line.chars().count() <= 80 && line.contains(" ("), "{line}");
    }
    assert!(trained.err.contains("guessing among 5 classes: loss 1.609, accuracy 0.200"), "{}", trained.err);
    assert!(trained.err.contains("of 100 photos right"), "{}", trained.err);
    assert!(trained.err.contains("\ntook "), "{}", trained.err);
    let (_, next) = trained.err.split_once("next:\n").unwrap();
    let commands: Vec<&str> = next.lines().map(str::trim).collect();
    assert_eq!((commands.len(), commands[0]), (2, "foliar report 'my run'"), "{next}");
    let words: Vec<String> =
        commands[1].split(' ').skip(1).map(|word| word.trim_matches('\'').to_owned()).collect();
    let photo = words.last().unwrap();
    scene.run(&["predict", "my run", photo]).expect(0);
    // The verdict says what an evaluation of the same run measures.
    let document = scene.run(&["evaluate", "my run", "--json"]).expect(0).out;
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let right = 100.0 * document["accuracy"]["value"].as_f64().unwrap();
    assert!(trained.err.contains(&format!("about {right:.0} of 100")), "{right}: {}", trained.err);
    // What is on the screen is read as what it is.
    fs::write(scene.path("console"), &trained.err).unwrap();
    let told = scene.run(&["doctor", "console", "--json"]).expect(0).out;
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["is_of_foliar"], &told["setup"]["classes"]), (&true.into(), &5.into()), "{told}");
}

#[test]
fn answers_are_cards_and_unknown_ones_stand_apart() {
    let scene = Scene::new(8);
    scene.train("run", &[]).expect(0);
    let rows = scene.run(&["predict", "run", "photos/healthy", "--format", "jsonl"]).expect(0).out;
    let unknown = rows.lines().filter(|line| line.contains("\"abstained\":true")).count();
    let told = scene.run(&["predict", "run", "photos/healthy", "--html", "answers.html"]).expect(0);
    assert_eq!(told.out, "answers.html\n");
    assert!(told.err.contains("8 photos: "), "{}", told.err);
    assert_eq!(told.err.contains(&format!("{unknown} unknown")), unknown > 0, "{}", told.err);
    let page = fs::read_to_string(scene.path("answers.html")).unwrap();
    assert_eq!(page.matches("data:image/jpeg").count(), 8);
    assert_eq!(page.contains("answers-unknown"), unknown > 0);
    let table = scene.run(&["predict", "run", "photos/healthy", "--format", "csv", "--all"]).expect(0).out;
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    assert_eq!(reader.headers().unwrap().iter().filter(|name| name.starts_with("p:")).count(), 5);
    for row in reader.records().map(Result::unwrap) {
        let sum: f64 = (7..12).map(|column| row[column].parse::<f64>().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-5, "{row:?}");
    }
}

#[test]
fn broken_photographs_are_left_out_and_listed() {
    let scene = Scene::new(8);
    fs::write(scene.path("photos/healthy/empty.jpg"), b"").unwrap();
    let whole = fs::read(scene.path("photos/healthy/healthy_0000.jpg")).unwrap();
    fs::write(scene.path("photos/healthy/torn.jpg"), &whole[..whole.len() / 2]).unwrap();
    fs::write(scene.path("photos/healthy/note.txt"), b"taken in May").unwrap();
    let trained = scene.train("run", &["--epochs", "1"]).expect(3);
    assert!(trained.err.contains("2 files left out"), "{}", trained.err);
    let list = fs::read_to_string(scene.path("run/problems.jsonl")).unwrap();
    let codes: Vec<(String, String)> = list
        .lines()
        .map(|line| {
            let problem: serde_json::Value = serde_json::from_str(line).unwrap();
            let field = |name: &str| problem[name].as_str().unwrap().to_owned();
            (field("path"), field("code"))
        })
        .collect();
    let expected = [("healthy/empty.jpg", "empty"), ("healthy/torn.jpg", "truncated")];
    assert_eq!(codes, expected.map(|(path, code)| (path.to_owned(), code.to_owned())));
}

#[test]
fn equal_runs_are_equal_whatever_the_threads_and_the_memory() {
    let scene = Scene::new(8);
    scene.train("one", &["--threads", "1"]).expect(0);
    let expected = fs::read(scene.path("one/model.foliar")).unwrap();
    for (out, more) in [
        ("two", "--threads=2"),
        ("three", "--threads=3"),
        ("uncached", "--cache-memory=0"),
        ("small", "--low-memory"),
    ] {
        scene.train(out, &[more]).expect(0);
        assert!(fs::read(scene.path(out).join("model.foliar")).unwrap() == expected, "{out}");
    }
    scene.train("other", &["--seed", "2"]).expect(0);
    assert!(fs::read(scene.path("other/model.foliar")).unwrap() != expected);
}

#[test]
fn a_bundle_that_was_cut_or_altered_is_refused() {
    let scene = Scene::new(4);
    scene.train("run", &["--epochs", "1"]).expect(0);
    let bytes = fs::read(scene.path("run/model.foliar")).unwrap();
    let mut altered = bytes.clone();
    altered[bytes.len() / 2] ^= 4;
    for (name, content) in [
        ("cut", &bytes[..bytes.len() - 1]),
        ("altered", &altered[..]),
        ("empty", &[]),
        ("text", b"hello, I am no bundle at all"),
    ] {
        fs::write(scene.path(name), content).unwrap();
        for arguments in [["predict", name, "photos"].as_slice(), &["evaluate", name, "--data", "photos"]] {
            let refused = scene.run(arguments).expect(1);
            assert!(refused.err.contains(name) && refused.out.is_empty(), "{refused:#?}");
        }
    }
}

#[test]
fn folders_of_train_and_val_are_taken_as_they_are() {
    let scene = Scene::empty();
    for (split, seed, count) in [("train", 1, 6), ("val", 2, 3), ("test", 3, 2)] {
        let folder = scene.path("photos").join(split);
        foliar_synth::write_dataset(&folder, seed, count, 48).unwrap();
    }
    let trained = scene.train("run", &["--epochs", "1"]).expect(0);
    assert!(trained.err.contains("30 for training, 15 for validation, 10 for the test"), "{}", trained.err);
    let arguments = ["evaluate", "run", "--data", "photos", "--split", "test", "--json"];
    let document: serde_json::Value = serde_json::from_str(&scene.run(&arguments).expect(0).out).unwrap();
    assert_eq!(document["photographs"], 10);
}

#[test]
fn the_weights_of_one_run_begin_another() {
    let scene = Scene::new(8);
    scene.train("first", &["--epochs", "15", "--augment", "none", "--validation", "0"]).expect(0);
    let look = ["--epochs", "1", "--lr", "1e-6", "--augment", "none", "--seed", "2", "--validation", "0"];
    scene.train("random", &look).expect(0);
    scene.train("second", &[&look[..], &["--weights", "first/model.foliar"]].concat()).expect(0);
    let first_loss = |run: &str| -> f64 {
        let metrics = fs::read_to_string(scene.path(run).join("metrics.csv")).unwrap();
        metrics.lines().nth(1).unwrap().split(',').nth(2).unwrap().parse().unwrap()
    };
    assert!(
        first_loss("second") < 0.8 * first_loss("first"),
        "{} {}",
        first_loss("second"),
        first_loss("first")
    );
    let recipe = fs::read_to_string(scene.path("second/recipe.toml")).unwrap();
    assert!(recipe.contains("[weights]") && recipe.contains("digest"), "{recipe}");

    fs::write(scene.path("text.pth"), b"no weights at all").unwrap();
    for (weights, expected) in [("absent.pth", "absent.pth"), ("text.pth", "text.pth")] {
        let refused = scene.train("third", &["--weights", weights]).expect(1);
        assert!(refused.err.contains(expected), "{}", refused.err);
    }
    let refused = scene.train("third", &["--model", "resnet18", "--weights", "first/model.foliar"]).expect(1);
    assert!(refused.err.contains("these are weights of baseline; use --model baseline"), "{}", refused.err);
    assert!(!scene.path("third").exists());
}

#[test]
fn runs_are_compared_on_what_all_of_them_held_back() {
    let scene = Scene::new(12);
    scene.train("short", &["--epochs", "1"]).expect(0);
    scene.train("long", &["--epochs", "4"]).expect(0);
    let compared = scene.run(&["compare", "short", "long", "--json"]).expect(0);
    let document: serde_json::Value = serde_json::from_str(&compared.out).unwrap();
    assert_eq!(document["photographs"], 10);
    assert_eq!(document["runs"][1]["epochs"].as_array().unwrap().len(), 4);
    let bundle = scene.run(&["compare", "long", "long"]).expect(0);
    assert!(bundle.out.contains("p = 1.000"), "{}", bundle.out);
    let p = document["pairs"][0]["accuracy_p_value"].as_f64().unwrap();
    assert!((0.0..=1.0).contains(&p));

    foliar_synth::write_dataset(&scene.path("photos"), 9, 12, 48).unwrap();
    scene.train("other", &["--epochs", "1"]).expect(0);
    let refused = scene.run(&["compare", "short", "other"]).expect(1);
    assert!(refused.err.contains("other photos"), "{}", refused.err);
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_break_nothing() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let scene = Scene::new(4);
    let odd = scene.root().join(OsStr::from_bytes(b"photos\xff"));
    fs::rename(scene.path("photos"), &odd).unwrap();
    let leaf = odd.join("healthy/healthy_0000.jpg");
    fs::rename(&leaf, odd.join(OsStr::from_bytes(b"healthy/a\xff.jpg"))).unwrap();
    let mut command = scene.command(&["train", "--image-size", "32", "--epochs", "1", "--batch-size", "8"]);
    let trained = common::Finished::from(command.arg(&odd).args(["--out", "run"]).output().unwrap());
    trained.expect(0);
    scene.run(&["resume", "run"]).expect(0);
    let mut command = scene.command(&["predict", "run", "--format", "csv"]);
    let predicted = common::Finished::from(command.arg(odd.join("healthy")).output().unwrap()).expect(0);
    assert!(predicted.out.contains("a\\xFF.jpg"), "{}", predicted.out);
}
