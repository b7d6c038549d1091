//! Weights of classes by hand, rare classes, other losses and mixed photos, with the real program: what is said of them, and that a run
//! needs no file of weights to go on.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::Scene;

/// Weights of all classes of the photos, one a row.
fn weights(scene: &Scene) -> String {
    let entries = fs::read_dir(scene.path("photos")).unwrap().map(|entry| entry.unwrap().path());
    let mut classes: Vec<String> = entries
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    classes.sort();
    let rows = classes.iter().zip(1..).map(|(class, weight)| format!("{class},{weight}.5\n"));
    format!("class,weight\n{}", rows.collect::<String>())
}

#[test]
fn weights_by_hand_stand_in_the_recipe_and_not_only_in_their_file() {
    let scene = Scene::new(6);
    fs::write(scene.path("weights.csv"), weights(&scene)).unwrap();
    let options = ["--class-weights", "weights.csv"];
    let planned = scene.train("planned", &[&options[..], &["--dry-run"]].concat()).expect(0);
    assert!(planned.out.contains("weights.csv says") && planned.out.contains("healthy "), "{}", planned.out);
    scene.train("whole", &options).expect(0);
    let recipe = fs::read_to_string(scene.path("whole/recipe.toml")).unwrap();
    assert!(recipe.contains("class = \"healthy\"") && recipe.contains("weight = 1.5"), "{recipe}");
    // The run goes on without the file. Nothing is left to train, and that is no error.
    fs::remove_file(scene.path("weights.csv")).unwrap();
    scene.run(&["resume", "whole"]).expect(0);
    let told = scene.run(&["report", "whole"]);
    assert_eq!(told.code, Some(0), "{told:?}");
}

#[test]
fn wrong_weights_are_refused_by_row_and_class() {
    let scene = Scene::new(4);
    let good = weights(&scene);
    let cases = [
        (good.replace("1.5", "-1.5"), "`-1.5`"),
        (good.clone() + "mildew,1\n", "`mildew`"),
        (good.lines().take(3).fold(String::new(), |text, line| text + line + "\n"), "no row"),
        ("class;factor\n".to_owned(), "column `weight`"),
    ];
    for (text, said) in cases {
        fs::write(scene.path("weights.csv"), text).unwrap();
        for more in [&["--dry-run"][..], &[]] {
            let refused = scene.train("run", &[&["--class-weights", "weights.csv"][..], more].concat());
            assert!(refused.code == Some(1) && refused.err.contains(said), "{said}: {refused:?}");
            assert!(refused.err.contains("weights.csv") && !scene.path("run").exists(), "{refused:?}");
        }
    }
    let refused = scene.train("run", &["--class-weights", "balnced"]);
    assert!(refused.code == Some(1) && refused.err.contains("`balanced`"), "{refused:?}");
}

#[test]
fn mixed_photos_are_no_fault_of_a_run() {
    let scene = Scene::new(6);
    let options =
        ["--mixup", "0.4", "--cutmix", "1", "--oversample", "balanced", "--augment", "flips,trivial"];
    let planned = scene.train("planned", &[&options[..], &["--dry-run"]].concat()).expect(0);
    for word in ["mixup with alpha 0.4", "CutMix with alpha 1", "equally many photos of each class"] {
        assert!(planned.out.contains(word), "{word}: {}", planned.out);
    }
    let run = scene.train("run", &options).expect(0);
    assert!(run.err.contains("mixed loss") && !run.err.contains("train loss"), "{}", run.err);
    let events = fs::read_to_string(scene.path("run/events.jsonl")).unwrap();
    assert_eq!(events.matches("\"mixed\":true").count(), 3, "{events}");
    fs::write(scene.path("screen.txt"), &run.err).unwrap();
    for log in ["run", "run/events.jsonl", "screen.txt"] {
        let judged = scene.run(&["doctor", log, "--json"]);
        assert!(
            !judged.out.contains("\"underfit\"") && !judged.out.contains("\"loss-scaled\""),
            "{judged:?}"
        );
    }
}

#[test]
fn a_focal_loss_is_said_and_what_it_cannot_go_with() {
    let scene = Scene::new(6);
    let focal = ["--loss", "focal"];
    let planned = scene.train("planned", &[&focal[..], &["--dry-run"]].concat()).expect(0);
    assert!(planned.out.contains("focal, with gamma 2"), "{}", planned.out);
    let run = scene.train("run", &focal).expect(0);
    assert!(run.err.contains("focal loss with gamma 2"), "{}", run.err);
    let recipe = fs::read_to_string(scene.path("run/recipe.toml")).unwrap();
    assert!(recipe.contains("focal_gamma = 2.0"), "{recipe}");
    scene.pretrain(4, &[]);
    let weights = ["--weights", "weights/model.foliar"];
    let refusals: [(&[&str], &str); 6] = [
        (&["--focal-gamma", "1"], "--loss focal"),
        (&["--loss", "focal", "--focal-gamma", "0"], "focal gamma"),
        (&["--mixup", "0"], "mixup is 0"),
        (&["--oversample", "balanced", "--class-weights", "balanced"], "twice"),
        (&["--oversample", "balanced", "--head", "logistic"], "--class-weights balanced"),
        (&["--mixup", "0.2"], "kept features"),
    ];
    for (options, said) in refusals {
        let of_head = said.contains("class-weights") || said.contains("kept");
        let refused = scene.train("refused", &[options, if of_head { &weights } else { &[] }].concat());
        assert!(refused.code == Some(2) && refused.err.contains(said), "{said}: {refused:?}");
        assert!(!scene.path("refused").exists());
    }
}
