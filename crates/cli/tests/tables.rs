//! Data sets whose classes come from a table, from training to the submission.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

mod common;

use std::fs;
use std::path::PathBuf;

use common::Scene;

const SMALL: [&str; 6] = ["--image-size", "32", "--epochs", "2", "--batch-size", "8"];

/// The drawn photos of the scene in one folder, `leaves/images`, and (name, class) of each.
fn flattened(scene: &Scene) -> Vec<(String, String)> {
    let sorted = |folder: PathBuf| {
        let mut paths: Vec<PathBuf> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let text = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    fs::create_dir_all(scene.path("leaves/images")).unwrap();
    let mut rows = Vec::new();
    for class in sorted(scene.path("photos")) {
        for photo in sorted(class.clone()) {
            let name = format!("{}.{}", rows.len(), photo.extension().unwrap().to_str().unwrap());
            fs::rename(&photo, scene.path("leaves/images").join(&name)).unwrap();
            rows.push((name, text(&class)));
        }
    }
    rows
}

fn write(scene: &Scene, path: &str, header: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.collect();
    fs::write(scene.path(path), format!("{header}\n{}\n", rows.join("\n"))).unwrap();
}

/// `leaves/train.csv` with numbers, and names for them.
fn numbered(scene: &Scene) -> Vec<String> {
    let rows = flattened(scene);
    let mut classes: Vec<String> = rows.iter().map(|(_, class)| class.clone()).collect();
    classes.dedup();
    let number = |class: &String| classes.iter().position(|other| other == class).unwrap();
    write(
        scene,
        "leaves/train.csv",
        "image_id,label",
        rows.iter().map(|(name, class)| format!("{name},{}", number(class))),
    );
    let names: Vec<String> =
        classes.iter().enumerate().map(|(number, class)| format!("\"{number}\": \"{class}\"")).collect();
    fs::write(scene.path("leaves/label_num_to_disease_map.json"), format!("{{{}}}", names.join(", ")))
        .unwrap();
    classes
}

#[test]
fn a_table_goes_from_training_to_the_submission() {
    let scene = Scene::new(6);
    let classes = numbered(&scene);
    let trained = scene.run(&[&["train", "leaves", "--out", "run"], &SMALL[..]].concat()).expect(0);
    let said = [
        "`label` of train.csv, which was found in the folder",
        "label_num_to_disease_map.json gives their names",
    ];
    assert!(said.iter().all(|words| trained.err.contains(words)), "{}", trained.err);
    assert!(trained.err.contains(&format!("classes: {} (6), ", classes[0])), "{}", trained.err);
    let recipe = fs::read_to_string(scene.path("run/recipe.toml")).unwrap();
    assert!(recipe.contains("train.csv") && recipe.contains("digest"), "{recipe}");

    // The same from the table, without the folder.
    let named = ["train", "--labels", "leaves/train.csv", "--images", "leaves/images", "--out", "named"];
    let named = scene.run(&[&named[..], &SMALL].concat()).expect(0);
    let lines = |text: &str| text.lines().filter(|line| line.contains("loss")).count();
    assert_eq!(lines(&named.err), lines(&trained.err));
    assert!(named.err.contains(&format!("classes: {} (6), ", classes[0])), "{}", named.err);

    // Photographs and table may move together, and are found again.
    fs::rename(scene.path("leaves"), scene.path("moved")).unwrap();
    scene.run(&["resume", "run", "--data", "moved"]).expect(0);
    fs::rename(scene.path("moved"), scene.path("leaves")).unwrap();
    scene.run(&["evaluate", "run"]).expect(0);
    let measured =
        scene.run(&["evaluate", "run", "--data", "leaves", "--include-training", "--json"]).expect(0);
    let json: serde_json::Value = serde_json::from_str(&measured.out).unwrap();
    assert_eq!(json["photographs"], 6 * classes.len());
    assert!(json["data"]["layout"].as_str().unwrap().contains("train.csv"), "{json}");
    assert!(measured.err.contains("`label` of train.csv"), "{}", measured.err);

    let kaggle = scene.run(&["predict", "run", "leaves/images", "--format", "kaggle"]).expect(0);
    let mut rows = kaggle.out.lines();
    assert_eq!(rows.next(), Some("image_id,label"));
    let rows: Vec<(&str, &str)> = rows.map(|row| row.split_once(',').unwrap()).collect();
    assert_eq!(rows.len(), 6 * classes.len());
    assert!(
        rows.iter()
            .all(|(name, label)| !name.contains('/') && label.parse::<usize>().unwrap() < classes.len())
    );
    let kaggle =
        scene.run(&["predict", "run", "leaves/images", "--format", "kaggle-probabilities"]).expect(0);
    assert_eq!(kaggle.out.lines().next().unwrap().split(',').count(), 1 + classes.len());

    // A table that has changed is not the one that the run began with.
    let table = fs::read_to_string(scene.path("leaves/train.csv")).unwrap();
    fs::write(scene.path("leaves/train.csv"), table.replacen(",0\n", ",1\n", 1)).unwrap();
    let refused = scene.run(&["resume", "run"]).expect(1);
    assert!(refused.err.contains("not the list that the run began with"), "{}", refused.err);
}

#[test]
fn several_labels_and_several_tables_are_to_be_decided() {
    let scene = Scene::new(4);
    let rows = flattened(&scene);
    let labels = |place: usize, class: &String| match place % 4 {
        0 => format!("{class} {}", rows[(place + 5) % rows.len()].1),
        _ => class.clone(),
    };
    let row = |(place, (name, class)): (usize, &(String, String))| format!("{name},{}", labels(place, class));
    write(&scene, "leaves/train.csv", "image,labels", rows.iter().enumerate().map(row));
    for command in ["train", "audit", "tune"] {
        let refused = scene.run(&[command, "leaves"]).expect(2);
        for words in ["photos have several labels", "one class", "--classes FILE"] {
            assert!(refused.err.contains(words), "{}", refused.err);
        }
    }
    fs::write(scene.path("map.csv"), "from,to\nhealthy,healthy\n*,diseased\n").unwrap();
    let merged = ["train", "leaves", "--classes", "map.csv", "--dry-run"];
    let merged = scene.run(&merged).expect(0);
    assert!(merged.err.contains("classes: diseased (") && merged.err.contains("healthy ("), "{}", merged.err);

    write(
        &scene,
        "leaves/other.csv",
        "image,labels",
        rows.iter().map(|(name, _)| format!("{name},{}", name.len() % 2)),
    );
    let refused = scene.run(&["train", "leaves"]).expect(2);
    assert!(refused.err.contains("leaves --labels leaves/other.csv"), "{}", refused.err);
    let chosen = scene.run(&["train", "leaves", "--labels", "leaves/other.csv", "--dry-run"]).expect(0);
    assert!(chosen.err.contains("`labels` of other.csv"), "{}", chosen.err);
}

#[test]
fn classes_of_folders_are_merged_in_every_command() {
    let scene = Scene::new(6);
    let classes: Vec<String> = fs::read_dir(scene.path("photos"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let rows: Vec<String> = classes
        .iter()
        .map(|class| format!("{class};{}", if class == "healthy" { "well" } else { "ill" }))
        .collect();
    fs::write(scene.path("map.csv"), format!("from;to\n{}\n", rows.join("\n"))).unwrap();
    let trained = scene.train("run", &["--classes", "map.csv"]).expect(0);
    assert!(trained.err.contains("photos of 2 classes"), "{}", trained.err);
    scene.run(&["evaluate", "run"]).expect(0);
    let folder = ["evaluate", "run", "--data", "photos", "--include-training", "--classes", "map.csv"];
    let measured = scene.run(&folder).expect(0);
    assert!(measured.out.contains("well") && measured.out.contains("ill"), "{}", measured.out);
    let own = scene.run(&["evaluate", "run", "--classes", "map.csv"]).expect(2);
    assert!(own.err.contains("--data DIR"), "{}", own.err);
    let audited = scene.run(&["audit", "photos", "--classes", "map.csv"]);
    assert!(audited.out.contains("of 2 classes"), "{}", audited.out);
    let wrong = scene.run(&["train", "photos", "--classes", "photos/nothing.csv"]).expect(1);
    assert!(wrong.err.contains("nothing.csv"), "{}", wrong.err);
    fs::write(scene.path("map.csv"), "from,to\nRost,x\n").unwrap();
    let wrong = scene.run(&["train", "photos", "--classes", "map.csv"]).expect(2);
    assert!(wrong.err.contains("none of the classes"), "{}", wrong.err);
}

#[test]
fn it_is_said_which_groups_count() {
    let scene = Scene::new(6);
    let rows = flattened(&scene);
    let rows =
        rows.iter().enumerate().map(|(number, (name, class))| format!("{name},{class},p{}", number / 3));
    write(&scene, "leaves/labels.csv", "image,label,leaf", rows);
    let planned =
        |options: &[&str]| scene.run(&[&["train", "leaves", "--dry-run"], options].concat()).expect(0);
    let by_table = planned(&[]);
    assert!(by_table.err.contains("`leaf` says which photos belong together"), "{}", by_table.err);
    assert!(
        !by_table.err.contains("not used") && by_table.out.contains("groups of the table"),
        "{}",
        by_table.out
    );
    for (options, option) in [
        (&["--group", "none"][..], "--group none"),
        (&["--group", "copies"], "--group copies"),
        (&["--group-by", "^images/(.)"], "--group-by"),
    ] {
        let other = planned(options);
        let said = format!("the groups of the table of labels are not used: {option} is given");
        assert!(other.err.contains(&said) && !other.out.contains("groups of the table"), "{}", other.err);
    }
    let audited = scene.run(&["audit", "leaves", "--group-by", "^images/(.)"]);
    assert!(audited.err.contains("are not used: --group-by is given"), "{}", audited.err);
}

#[test]
fn rows_that_are_wrong_are_counted_and_listed() {
    let scene = Scene::new(5);
    let mut rows = flattened(&scene);
    let (first, last) = (rows[0].clone(), rows.pop().unwrap());
    let mut lines: Vec<String> =
        rows.iter().map(|(name, class)| format!("images\\{name};{class};")).collect();
    lines.push(format!("images\\{};{};", first.0, last.1));
    lines.push("images\\not-there.png;healthy;x".to_owned());
    write(&scene, "leaves/labels.csv", "\u{feff}Bild;Klasse;Bemerkung", lines.into_iter());
    let trained = scene
        .run(
            &[
                &[
                    "train",
                    "leaves",
                    "--labels",
                    "leaves/labels.csv",
                    "--label-column",
                    "klasse",
                    "--out",
                    "run",
                ],
                &SMALL[..],
            ]
            .concat(),
        )
        .expect(3);
    assert!(trained.err.contains("3 files left out"), "{}", trained.err);
    let problems = fs::read_to_string(scene.path("run/problems.jsonl")).unwrap();
    for code in ["contradicting-rows", "row-without-photograph", "unlisted"] {
        assert_eq!(problems.matches(code).count(), 1, "{problems}");
    }
}

#[test]
fn splits_of_other_programs_are_read_and_contradictions_refused() {
    let scene = Scene::new(6);
    let first = scene.train("first", &[]).expect(0);
    let split = fs::read_to_string(scene.path("first/split.csv")).unwrap();
    let column = |row: &str, place: usize| row.split(',').nth(place).unwrap().to_owned();
    let rows: Vec<String> = split
        .lines()
        .skip(1)
        .map(|row| format!("{};{}", column(row, 0).replace('/', "\\"), column(row, 2)))
        .collect();
    write(&scene, "split.csv", "\u{feff}path;part", rows.iter().cloned());
    let second = scene.train("second", &["--split", "split.csv"]).expect(0);
    let counts = |text: &str| text.lines().find(|line| line.contains(" for training, ")).map(str::to_owned);
    assert_eq!(counts(&second.err), counts(&first.err));
    let again = rows[0].replace(";train", ";test").replace(";val", ";test");
    write(&scene, "split.csv", "path;part", rows.iter().cloned().chain([again]));
    let refused = scene.train("third", &["--split", "split.csv"]).expect(1);
    assert!(refused.err.contains("contradict each other"), "{}", refused.err);
}
