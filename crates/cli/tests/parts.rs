//! Photographs of a list, predicted by many tasks: rows are neither lost nor doubled, whoever is killed.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use common::{Finished, Scene};
use serde_json::Value;

const BUNDLE: &str = "run/model.foliar";

/// A small classifier in `run/`, photographs in `field/`, of which one is broken and one vanishes, and `list.csv`.
fn scene(per_class: usize) -> Scene {
    let scene = Scene::new(6);
    scene.train("run", &["--weights", "none", "--recipe", "scratch"]).expect(0);
    foliar_synth::write_dataset(&scene.path("field"), 7, per_class, 40).unwrap();
    fs::write(scene.path("field/broken.jpg"), "no picture").unwrap();
    fs::write(scene.path("field/gone.jpg"), "it will vanish").unwrap();
    let made =
        scene.run(&["predict", BUNDLE, "field", "--manifest", "list.csv", "--make-manifest"]).expect(0);
    assert!(made.err.contains("list.csv: ") && made.out.is_empty(), "{made:?}");
    fs::remove_file(scene.path("field/gone.jpg")).unwrap();
    scene
}

/// What one process prints.
fn single(scene: &Scene, format: &str) -> Finished {
    scene.run(&["predict", BUNDLE, "--manifest", "list.csv", "--format", format]).expect(3)
}

fn task(scene: &Scene, part: &str, more: &[&str]) -> Command {
    let fixed =
        ["predict", BUNDLE, "--manifest", "list.csv", "--out", "answers", "--part-rows", "4", "--part", part];
    scene.command(&[&fixed, more].concat())
}

fn start(mut command: Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn finished(mut command: Command) -> Finished {
    Finished::from(command.output().unwrap())
}

fn slices(scene: &Scene) -> Vec<PathBuf> {
    let Ok(entries) = scene.path("answers").read_dir() else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "rows"));
    paths.sort();
    paths
}

#[test]
fn rows_depend_on_no_number_of_threads() {
    let scene = scene(8);
    let rows = |threads: &str, views: &str| {
        scene
            .run(&[
                "predict",
                BUNDLE,
                "field",
                "--format",
                "jsonl",
                "--all",
                "--threads",
                threads,
                "--views",
                views,
            ])
            .expect(3)
            .out
    };
    for views in ["1", "4"] {
        let alone = rows("1", views);
        assert!(alone.lines().count() > 8 && alone.contains("broken.jpg"), "{alone}");
        for threads in ["2", "3", "7"] {
            assert_eq!(rows(threads, views), alone, "{threads} threads, {views} views");
        }
    }
}

#[test]
fn a_manifest_gives_the_rows_of_its_photos_in_its_order() {
    let scene = scene(4);
    let list = fs::read_to_string(scene.path("list.csv")).unwrap();
    let rows = single(&scene, "csv").out;
    let first = |text: &str| -> Vec<String> {
        text.lines().skip(1).map(|line| line.split(',').next().unwrap().to_owned()).collect()
    };
    assert_eq!(first(&rows), first(&list));
    assert!(
        first(&rows).is_sorted() && rows.contains("field/gone.jpg,,,,,,") && rows.contains("No such file"),
        "{rows}"
    );
    // The same rows as without a list, but for the photograph that has gone.
    let direct = scene.run(&["predict", BUNDLE, "field", "--format", "csv"]).expect(3).out;
    let sorted = |text: &str| {
        let mut lines: Vec<String> =
            text.lines().filter(|line| !line.contains("gone.jpg")).map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&direct), sorted(&rows));
    // Once it is there it stays, unless it would say the same.
    let again =
        scene.run(&["predict", BUNDLE, "field", "--manifest", "list.csv", "--make-manifest"]).expect(1);
    assert!(again.err.contains("lists other photos"), "{again:?}");
    assert_eq!(fs::read_to_string(scene.path("list.csv")).unwrap(), list);
    let same = ["predict", BUNDLE, "field", "--manifest", "same.csv", "--make-manifest"];
    scene.run(&same).expect(0);
    assert!(scene.run(&same).expect(0).err.contains("says the same"));
}

#[test]
fn a_photo_that_was_changed_and_a_wrong_row_are_told() {
    let scene = scene(2);
    let list = fs::read_to_string(scene.path("list.csv")).unwrap();
    let photo = |row: &&(&str, &str)| row.1.parse().is_ok_and(|bytes: u64| bytes > 100);
    let rows: Vec<(&str, &str)> = list.lines().filter_map(|line| line.split_once(',')).collect();
    let (path, bytes) = *rows.iter().find(photo).unwrap();
    fs::write(scene.path("list.csv"), format!("path,bytes\n{path},{bytes}0\n{path}x,\n")).unwrap();
    let told = scene.run(&["predict", BUNDLE, "--manifest", "list.csv", "--format", "csv"]).expect(3);
    assert!(
        told.out.contains(&format!("the file has {bytes} bytes, and {bytes}0 in the manifest")),
        "{told:?}"
    );
    fs::write(scene.path("list.csv"), format!("path,bytes\n{path},{bytes}\n{path}\n")).unwrap();
    let refused = scene.run(&["predict", BUNDLE, "--manifest", "list.csv", "--format", "csv"]).expect(1);
    assert!(
        refused.err.contains("list.csv, line 3: the row has 1 cell") && refused.out.is_empty(),
        "{refused:?}"
    );
    fs::write(scene.path("list.csv"), "path,bytes\n").unwrap();
    let refused = scene.run(&["predict", BUNDLE, "--manifest", "list.csv"]).expect(1);
    assert!(refused.err.contains("lists no photos"), "{refused:?}");
}

#[test]
fn four_parts_of_which_two_are_killed_make_the_single_table() {
    let scene = scene(12);
    for format in ["csv", "jsonl"] {
        let expected = single(&scene, format).out;
        let more = ["--format", format];
        // One is killed as it starts, and one once it has made a slice.
        let mut early = start(task(&scene, "0/4", &more));
        early.kill().unwrap();
        early.wait().unwrap();
        let mut late = start(task(&scene, "1/4", &more));
        let patience = Instant::now();
        while slices(&scene).is_empty() && patience.elapsed() < Duration::from_secs(60) {
            sleep(Duration::from_millis(1));
        }
        late.kill().unwrap();
        late.wait().unwrap();
        assert!(!slices(&scene).is_empty());
        let mut others: Vec<Child> = ["2/4", "3/4"].map(|part| start(task(&scene, part, &more))).into();
        others.iter_mut().for_each(|task| assert!([0, 3].contains(&task.wait().unwrap().code().unwrap())));
        let partial = scene.run(&["predict", "--merge", "answers"]).expect(1);
        assert!(partial.out.is_empty() && partial.err.contains("missing"), "{partial:?}");
        // The commands that are told make what is missing.
        let command = partial.err.lines().find(|line| line.contains("--part 0/")).unwrap().trim().to_owned();
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        let count = slices(&scene).len();
        assert!([Some(0), Some(3)].contains(&scene.run(&words).code), "{command}");
        assert_eq!(slices(&scene).len(), count + 1);
        for part in ["0/4", "1/4"] {
            let ended = finished(task(&scene, part, &more));
            assert!([Some(0), Some(3)].contains(&ended.code), "{ended:?}");
        }
        let merged = scene.run(&["predict", "--merge", "answers"]).expect(3);
        assert_eq!(merged.out, expected);
        // A part again does nothing.
        let times = |scene: &Scene| -> Vec<_> {
            slices(scene).iter().map(|path| path.metadata().unwrap().modified().unwrap()).collect()
        };
        let before = times(&scene);
        let again = finished(task(&scene, "0/1", &more)).expect(3);
        assert!(again.err.contains("rows were there already"), "{again:?}");
        assert_eq!(times(&scene), before);
        fs::remove_dir_all(scene.path("answers")).unwrap();
    }
}

#[test]
fn answers_of_two_jobs_are_never_mixed() {
    let scene = scene(3);
    finished(task(&scene, "0/2", &[]));
    for (more, what) in [
        (["--views", "2"], "another --views"),
        (["--top", "2"], "another --top"),
        (["--format", "jsonl"], "another --format"),
    ] {
        let refused = finished(task(&scene, "0/2", &more)).expect(2);
        assert!(refused.err.contains(what) && refused.err.contains("another --out"), "{refused:?}");
    }
    // Another list of the same length.
    let list = fs::read_to_string(scene.path("list.csv")).unwrap();
    let mut lines: Vec<&str> = list.lines().collect();
    lines.swap(1, 2);
    fs::write(scene.path("list.csv"), lines.join("\n")).unwrap();
    assert!(finished(task(&scene, "0/2", &[])).expect(2).err.contains("another manifest"));
    fs::write(scene.path("list.csv"), &list).unwrap();
    // Slices of two jobs in one folder, put there by hand.
    let fixed = [
        "predict",
        BUNDLE,
        "--manifest",
        "list.csv",
        "--out",
        "others",
        "--part-rows",
        "4",
        "--part",
        "1/2",
        "--all",
    ];
    scene.run(&fixed);
    for entry in scene.path("others").read_dir().unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, scene.path("answers").join(path.file_name().unwrap())).unwrap();
    }
    let refused = scene.run(&["predict", "--merge", "answers"]).expect(1);
    assert!(refused.err.contains("another --all") && refused.out.is_empty(), "{refused:?}");
}

#[test]
fn damaged_renamed_and_doubled_slices_are_found() {
    let scene = scene(3);
    finished(task(&scene, "0/1", &[])).expect(3);
    let expected = single(&scene, "csv").out;
    let first = slices(&scene)[0].clone();
    let bytes = fs::read(&first).unwrap();
    let merge = || scene.run(&["predict", "--merge", "answers"]);
    assert_eq!(merge().expect(3).out, expected);
    // A copy under another name.
    let copy = scene.path("answers/copy of slice.rows");
    fs::copy(&first, &copy).unwrap();
    assert!(merge().expect(1).err.contains("are both slice 0"));
    fs::remove_file(copy).unwrap();
    // A byte of a row.
    let mut damaged = bytes.clone();
    let place = bytes.len() - 200;
    damaged[place] ^= 2;
    fs::write(&first, &damaged).unwrap();
    let refused = merge().expect(1);
    assert!(refused.err.contains("damaged") && refused.out.is_empty(), "{refused:?}");
    let again = finished(task(&scene, "0/1", &[])).expect(3);
    assert!(again.err.contains("is damaged; it is made again"), "{again:?}");
    assert_eq!(fs::read(&first).unwrap(), bytes);
    // What a killed task leaves behind is no slice.
    fs::write(scene.path("answers/.slice-00000.rows.1-0.partial"), &bytes[..50]).unwrap();
    assert_eq!(merge().expect(3).out, expected);
    // Nothing at all.
    fs::create_dir(scene.path("empty")).unwrap();
    assert!(scene.run(&["predict", "--merge", "empty"]).expect(2).err.contains("no slices"));
}

#[test]
fn wrong_arguments_are_told() {
    let scene = scene(2);
    for (arguments, what) in [
        (&["predict", BUNDLE, "field", "--part", "0/2"][..], "--out"),
        (&["predict", BUNDLE, "field", "--out", "answers"], "--manifest"),
        (&["predict", BUNDLE, "field", "--manifest", "list.csv"], "leave out the other ones"),
        (&["predict", BUNDLE, "--manifest", "list.csv", "--make-manifest"], "PATHS"),
        (&["predict", BUNDLE, "--manifest", "list.csv", "--out", "answers", "--part", "2/2"], "count from 0"),
        (
            &["predict", BUNDLE, "--manifest", "list.csv", "--out", "answers", "--part", "auto"],
            "SLURM_ARRAY_TASK_ID",
        ),
        (
            &["predict", BUNDLE, "--manifest", "list.csv", "--out", "answers", "--format", "kaggle"],
            "csv or jsonl",
        ),
        (
            &["predict", BUNDLE, "--manifest", "list.csv", "--out", "answers", "--part-rows", "0"],
            "1 to 10000000",
        ),
        (&["predict", BUNDLE, "--merge", "answers"], "cannot be used with"),
        (&["predict"], "BUNDLE"),
        (&["predict", BUNDLE], "PATHS"),
    ] {
        let refused = scene.run(arguments).expect(2);
        assert!(refused.err.contains(what) && refused.out.is_empty(), "{arguments:?}: {refused:?}");
    }
    assert!(!scene.path("answers").exists());
}

#[test]
fn progress_is_told_in_json() {
    let scene = scene(3);
    let rows = fs::read_to_string(scene.path("list.csv")).unwrap().lines().count() - 1;
    let last = |ended: &Finished| -> Value {
        let line = ended.err.lines().rfind(|line| line.starts_with('{')).unwrap();
        serde_json::from_str(line).unwrap()
    };
    let alone = scene
        .run(&["predict", BUNDLE, "--manifest", "list.csv", "--format", "csv", "--progress", "json"])
        .expect(3);
    let told = last(&alone);
    assert_eq!((&told["event"], &told["done"], &told["total"]), (&"end".into(), &rows.into(), &rows.into()));
    assert_eq!((&told["failures"], &told["skipped"]), (&2.into(), &0.into()));
    assert!(told["rows_per_second"].as_f64().unwrap() > 0.0 && told["seconds"].is_number(), "{told}");
    finished(task(&scene, "0/2", &["--progress", "json"]));
    let told = last(&finished(task(&scene, "0/1", &["--progress", "json"])).expect(3));
    assert!(
        told["skipped"].as_u64().unwrap() >= 4 && told["done"] == rows && told["failures"] == 2,
        "{told}"
    );
}

#[test]
fn labels_have_parts_too() {
    let scene = Scene::new(6);
    let mut rows = "image,labels\n".to_owned();
    fs::create_dir(scene.path("leaves")).unwrap();
    let mut classes: Vec<PathBuf> =
        scene.path("photos").read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    classes.sort();
    for (number, class) in classes.iter().enumerate() {
        for entry in class.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let name = format!("{number}-{}", path.file_name().unwrap().to_str().unwrap());
            fs::copy(&path, scene.path("leaves").join(&name)).unwrap();
            rows.push_str(&format!("{name},{}\n", ["rust", "rust scab", "scab"][number % 3]));
        }
    }
    fs::write(scene.path("leaves/labels.csv"), rows).unwrap();
    let train = [
        "train",
        "leaves",
        "--labels",
        "leaves/labels.csv",
        "--multi-label",
        "--image-size",
        "32",
        "--epochs",
        "2",
        "--group",
        "none",
        "--batch-size",
        "8",
    ];
    scene
        .run(&[&train[..], &["--recipe", "scratch", "--weights", "none", "--out", "run"]].concat())
        .expect(0);
    scene.run(&["predict", BUNDLE, "leaves", "--manifest", "list.csv", "--make-manifest"]).expect(0);
    for format in ["csv", "jsonl"] {
        let expected =
            scene.run(&["predict", BUNDLE, "--manifest", "list.csv", "--format", format]).expect(0).out;
        for part in ["1/2", "0/2"] {
            finished(task(&scene, part, &["--format", format])).expect(0);
        }
        assert_eq!(scene.run(&["predict", "--merge", "answers"]).expect(0).out, expected);
        fs::remove_dir_all(scene.path("answers")).unwrap();
    }
}

/// Parquet on standard output, whose bytes are no text.
#[cfg(feature = "parquet")]
fn columnar(scene: &Scene, arguments: &[&str]) -> Vec<u8> {
    let output = scene.command(&[arguments, &["--format", "parquet"]].concat()).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{:?}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_says_what_csv_says_alone_and_merged() {
    use std::io::Write as _;

    use parquet::file::reader::{FileReader as _, SerializedFileReader};
    use parquet::record::RowAccessor as _;

    let scene = scene(3);
    let alone = columnar(&scene, &["predict", BUNDLE, "--manifest", "list.csv"]);
    finished(task(&scene, "0/1", &[])).expect(3);
    assert!(slices(&scene).len() > 1);
    assert!(columnar(&scene, &["predict", "--merge", "answers"]) == alone);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&alone).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let read: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
    let table = single(&scene, "csv").out;
    let mut table = csv::Reader::from_reader(table.as_bytes());
    let header = table.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(read.len(), rows.len());
    for (read, row) in read.iter().zip(&rows) {
        let names = read.get_column_iter().map(|(name, _)| name.as_str());
        assert!(names.eq(&header));
        assert_eq!(read.get_string(0).unwrap(), &row[0]);
        match row[2].parse::<f64>() {
            Ok(probability) => assert!(read.get_double(2).unwrap().to_bits() == probability.to_bits()),
            Err(_) => assert!(read.get_double(2).is_err() && row[2].is_empty()),
        }
    }
    // Slices of JSON lines have no columns.
    fs::remove_dir_all(scene.path("answers")).unwrap();
    finished(task(&scene, "0/1", &["--format", "jsonl"])).expect(3);
    let refused = scene.run(&["predict", "--merge", "answers", "--format", "parquet"]).expect(2);
    assert!(refused.err.contains("slices of jsonl") && refused.out.is_empty(), "{refused:?}");
}

#[cfg(not(feature = "parquet"))]
#[test]
fn parquet_that_is_not_built_in_is_told() {
    let scene = Scene::empty();
    let refused = scene.run(&["predict", BUNDLE, "field", "--format", "parquet"]).expect(2);
    assert!(refused.err.contains("--features parquet") && refused.out.is_empty(), "{refused:?}");
}

/// The fenced blocks of docs/cluster.md in this language.
fn blocks(language: &str) -> Vec<String> {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cluster.md")).unwrap();
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// The script of a container's `args` in a document of Kubernetes.
fn script(yaml: &str) -> String {
    let after = yaml.split("- |\n").nth(1).unwrap();
    let indent = after.len() - after.trim_start().len();
    let lines = after.lines().take_while(|line| line.len() - line.trim_start().len() >= indent);
    lines.map(|line| &line[indent..]).collect::<Vec<_>>().join("\n")
}

/// Runs a script of the documentation in the folder of the scene, as a task with these variables.
#[cfg(unix)]
fn documented(scene: &Scene, script: &str, variables: &[(&str, String)]) -> Finished {
    let program = Path::new(env!("CARGO_BIN_EXE_foliar")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-c", script]).current_dir(scene.root()).env("PATH", path).env("FOLIAR_OFFLINE", "1");
    shell.env("FOLIAR_CACHE", scene.path("cache")).envs(variables.iter().map(|(name, value)| (*name, value)));
    finished(shell)
}

#[cfg(unix)]
#[test]
fn the_scripts_of_the_documentation_run_as_they_are_written() {
    let scene = scene(5);
    fs::copy(scene.path(BUNDLE), scene.path("model.foliar")).unwrap();
    fs::remove_file(scene.path("list.csv")).unwrap();
    fs::rename(scene.path("photos"), scene.path("trained-on")).unwrap();
    fs::rename(scene.path("field"), scene.path("photos")).unwrap();
    // The three commands of the beginning, line by line.
    let lines: Vec<String> = blocks("sh")[0].lines().map(str::to_owned).collect();
    let [list, one, merge] = lines.as_slice() else { panic!("{lines:?}") };
    documented(&scene, list, &[]).expect(0);
    documented(&scene, one, &[]).expect(3);
    documented(&scene, merge, &[]).expect(3);
    let expected =
        scene.run(&["predict", "model.foliar", "--manifest", "list.csv", "--format", "csv"]).expect(3).out;
    assert_eq!(fs::read_to_string(scene.path("answers.csv")).unwrap(), expected);
    // Smaller slices than the documents', of which the list would be one.
    let small = |script: &str| {
        assert!(script.contains("--part-rows 1000"), "{script}");
        script.replace("--part-rows 1000", "--part-rows 3")
    };
    let slurm = small(&blocks("bash")[0]);
    assert!(slurm.contains("#SBATCH --array=0-3\n"));
    let kubernetes = blocks("yaml")[0].clone();
    assert!(kubernetes.contains("completions: 4\n"));
    let kubernetes = small(&script(&kubernetes));
    let fixed = [
        ("SLURM_ARRAY_TASK_COUNT", "4"),
        ("SLURM_ARRAY_TASK_MIN", "0"),
        ("SLURM_ARRAY_TASK_MAX", "3"),
        ("SLURM_ARRAY_TASK_STEP", "1"),
        ("SLURM_CPUS_PER_TASK", "2"),
    ];
    for index in [2, 0, 3, 1] {
        if index == 2 {
            fs::remove_dir_all(scene.path("answers")).unwrap();
        }
        let mut variables: Vec<(&str, String)> =
            fixed.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        variables.push(("SLURM_ARRAY_TASK_ID", index.to_string()));
        let ended = documented(&scene, &slurm, &variables).expect(0);
        assert!(
            ended.err.contains(&format!("part {index}/4")) && ended.err.contains("\"event\":\"end\""),
            "{ended:?}"
        );
    }
    assert_eq!(documented(&scene, "foliar predict --merge answers", &[]).expect(3).out, expected);
    fs::remove_dir_all(scene.path("answers")).unwrap();
    for index in [3, 1, 0, 2] {
        documented(&scene, &kubernetes, &[("JOB_COMPLETION_INDEX", index.to_string())]).expect(0);
    }
    assert_eq!(documented(&scene, "foliar predict --merge answers", &[]).expect(3).out, expected);
}

/// `PARTS_KILLS=1000` kills more often.
#[test]
#[ignore = "takes minutes: tasks are killed at random a hundred times"]
fn a_hundred_random_kills_lose_no_row() {
    let kills: usize = std::env::var("PARTS_KILLS").map_or(100, |kills| kills.parse().unwrap());
    let scene = scene(40);
    let expected = single(&scene, "csv").out;
    let mut random = foliar_random::Random::seeded(19);
    let (mut killed, mut rounds, mut early) = (0, 0, 0);
    while killed < kills {
        rounds += 1;
        // Tasks of any number of parts, at the same time, that are killed after any time.
        let count = 1 + random.bits32() % 4;
        let mut tasks: Vec<Child> = (0..count)
            .map(|index| start(task(&scene, &format!("{index}/{count}"), &["--threads", "1"])))
            .collect();
        sleep(Duration::from_millis(u64::from(random.bits32() % 400)));
        for task in &mut tasks {
            if task.try_wait().unwrap().is_none() {
                task.kill().unwrap();
                killed += 1;
            } else {
                early += 1;
            }
            task.wait().unwrap();
        }
        let partial = scene.run(&["predict", "--merge", "answers"]);
        match partial.code {
            // Another round begins with nothing.
            Some(3) => {
                assert_eq!(partial.out, expected);
                fs::remove_dir_all(scene.path("answers")).unwrap();
            }
            code => assert!([Some(1), Some(2)].contains(&code) && partial.out.is_empty(), "{partial:?}"),
        }
    }
    finished(task(&scene, "0/1", &[])).expect(3);
    assert_eq!(scene.run(&["predict", "--merge", "answers"]).expect(3).out, expected);
    println!(
        "{killed} tasks killed in {rounds} rounds, {early} were done before; {} slices",
        slices(&scene).len()
    );
}
