//! `foliar report` on runs of the real program.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::Scene;

#[test]
fn a_run_becomes_a_page_pictures_and_a_model_card() {
    let scene = Scene::new(10);
    scene.train("run", &["--test", "0.2"]).expect(0);
    let reported = scene.run(&["report", "run", "--robustness"]).expect(0);
    assert_eq!(reported.out.trim_end(), "run/report.html");
    assert!(reported.err.contains("correct"), "the verdict is told: {}", reported.err);
    let page = fs::read_to_string(scene.path("run/report.html")).unwrap();
    for text in [
        "Verdict",
        "baseline on photos",
        "held back for the test",
        "ln C = 1.61: guessing",
        "Results by class",
        "Calibration and abstention",
        "Out-of-distribution detection",
        "gaussian blur",
        "Data audit",
        " for the test",
        "foliar train ",
        "--recipe scratch",
        "model = &quot;baseline&quot;",
    ] {
        assert!(page.contains(text), "{text}");
    }
    for external in ["src=\"http", "href=", "url(", "@import", "<link"] {
        assert!(!page.contains(external), "{external}");
    }
    for picture in ["curves", "confusion", "classes", "reliability", "risk-coverage", "robustness"] {
        let svg = fs::read_to_string(scene.path(&format!("run/pictures/{picture}.svg"))).unwrap();
        assert!(svg.starts_with("<svg"), "{picture}");
        let png = fs::read(scene.path(&format!("run/pictures/{picture}.png"))).unwrap();
        assert!(png.starts_with(b"\x89PNG"), "{picture}");
    }
    let card = fs::read_to_string(scene.path("run/model-card.md")).unwrap();
    assert!(card.contains("## Intended use") && card.contains("- healthy"), "{card}");

    // The command of the report gives the same recipe again.
    let command = card.lines().find(|line| line.starts_with("foliar train ")).unwrap();
    let words: Vec<&str> = command.split(' ').skip(1).collect();
    scene.run(&words).expect(0);
    let recipe = |run: &str| fs::read_to_string(scene.path(run).join("recipe.toml")).unwrap();
    assert_eq!(recipe("run"), recipe("run-again"));
}

#[test]
fn equal_runs_have_equal_reports_whatever_the_threads() {
    let scene = Scene::new(6);
    scene.train("run", &[]).expect(0);
    scene.run(&["report", "run", "--out", "one"]).expect(0);
    scene.run(&["report", "run", "--out", "two", "--threads", "1"]).expect(0);
    for file in ["report.html", "model-card.md", "pictures/confusion.png"] {
        assert_eq!(
            fs::read(scene.path("one").join(file)).unwrap(),
            fs::read(scene.path("two").join(file)).unwrap()
        );
    }
    let page = fs::read_to_string(scene.path("one/report.html")).unwrap();
    assert!(page.contains("It was tested on its validation photos"));
    assert!(page.contains("Robustness to image corruptions</strong>: "), "what was not asked for is told");
}

/// Features of a first stage are maps of thousands of numbers, which no audit can work with.
#[test]
fn a_run_that_kept_maps_of_its_first_stages_has_a_report() {
    let scene = Scene::new(6);
    scene.pretrain(6, &[]);
    scene
        .train("run", &["--weights", "weights/model.foliar", "--freeze", "stage:1", "--augmented-views", "2"])
        .expect(0);
    scene.run(&["report", "run"]).expect(0);
}

#[test]
fn a_run_that_held_nothing_back_says_what_is_not_known() {
    let scene = Scene::new(4);
    scene.train("run", &["--validation", "0", "--epochs", "1"]).expect(0);
    let reported = scene.run(&["report", "run", "--no-audit"]).expect(0);
    assert!(reported.err.contains("not measured"), "{}", reported.err);
    let page = fs::read_to_string(scene.path("run/report.html")).unwrap();
    for text in [
        "Not measured",
        "How good it is",
        "the run has no validation or test photos",
        "--no-audit",
        "foliar train ",
    ] {
        assert!(page.contains(text), "{text}");
    }
    // Other photographs may be given, and then it is.
    foliar_synth::write_dataset(&scene.path("elsewhere"), 2, 2, 48).unwrap();
    for (data, told) in [
        (&["elsewhere"][..], "photos of another folder"),
        (&["photos", "--include-training"], "It was tested on photos that it was trained on"),
    ] {
        let arguments = [&["report", "run", "--out", "other", "--no-audit", "--data"], data].concat();
        scene.run(&arguments).expect(0);
        let page = fs::read_to_string(scene.path("other/report.html")).unwrap();
        assert!(page.contains(told), "{told}");
    }
}

#[test]
fn photographs_that_are_gone_and_folders_that_are_no_runs_are_told() {
    let scene = Scene::new(4);
    scene.train("run", &["--epochs", "1"]).expect(0);
    scene.run(&["report", "run", "--no-audit"]).expect(0);
    let page = fs::read(scene.path("run/report.html")).unwrap();
    fs::rename(scene.path("photos"), scene.path("moved")).unwrap();
    // A page without results does not take the place of one with them.
    let refused = scene.run(&["report", "run"]).expect(1);
    assert!(refused.err.contains("no longer exists") && refused.err.contains("--data"), "{}", refused.err);
    assert_eq!(fs::read(scene.path("run/report.html")).unwrap(), page);
    for name in fs::read_dir(scene.path("moved")).unwrap() {
        fs::remove_dir_all(name.unwrap().path()).unwrap();
    }
    fs::create_dir(scene.path("photos")).unwrap();
    scene.run(&["report", "run"]).expect(1);
    assert_eq!(fs::read(scene.path("run/report.html")).unwrap(), page);
    let refused = scene.run(&["report", "moved"]).expect(1);
    assert!(
        refused.err.starts_with("error: ") && refused.err.contains("the run here is run"),
        "{}",
        refused.err
    );
    let refused = scene.run(&["report", "run", "--data", "nowhere"]).expect(1);
    assert!(refused.err.contains("nowhere"), "{}", refused.err);
}
