//! Wrong arguments and unusable folders: the exit code, and a line that says what to do.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;

use common::Scene;

#[test]
fn wrong_arguments_exit_with_2() {
    let scene = Scene::empty();
    for arguments in [
        &["train"][..],
        &["train", "photos", "--epochs", "many"],
        &["train", "photos", "--schedule", "zigzag"],
        &["predict", "bundle"],
        &["evaluate"],
        &["train", "photos", "--model", "resnet5"],
        &["predict", "bundle", "photos", "--top", "0"],
        &["predict", "bundle", "photos", "--error", "0.3"],
        &["summary"],
        &["summary", "--model", "resnet50", "--classes", "1"],
        &["nonsense"],
        &[],
    ] {
        let refused = scene.run(arguments).expect(2);
        assert!(refused.out.is_empty() && !refused.err.is_empty(), "{refused:#?}");
    }
}

#[test]
fn settings_out_of_range_are_named_with_their_range() {
    let scene = Scene::new(2);
    for (argument, value, expected) in [
        ("--lr", "0", "learning rate is 0; it must be above 0"),
        ("--lr", "nan", "learning rate is NaN"),
        ("--momentum", "1", "momentum is 1"),
        ("--epochs", "0", "epochs is 0; it must be 1 or more"),
        ("--batch-size", "1", "batch size is 1; it must be 2 or more"),
        ("--image-size", "16", "image size is 16; it must be 32 to 4096"),
        ("--validation", "1.5", "validation share is 1.5"),
        ("--label-smoothing", "1", "label smoothing is 1"),
        ("--weight-decay", "-1", "weight decay is -1"),
        ("--augment", "flips,none", "--augment takes"),
    ] {
        let refused = scene.run(&["train", "photos", &format!("{argument}={value}")]).expect(2);
        assert!(refused.err.contains(expected), "{argument} {value}: {}", refused.err);
        assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
        assert!(!scene.path("runs").exists());
    }
}

#[test]
fn unusable_folders_are_named() {
    let scene = Scene::new(2);
    fs::create_dir(scene.path("nothing")).unwrap();
    fs::create_dir_all(scene.path("single/rust")).unwrap();
    fs::copy(scene.path("photos/healthy/healthy_0000.jpg"), scene.path("single/rust/a.jpg")).unwrap();
    fs::create_dir_all(scene.path("full")).unwrap();
    fs::write(scene.path("full/thesis.doc"), b"do not lose me").unwrap();
    for (arguments, code) in [
        (&["train", "absent"][..], 1),
        (&["train", "nothing"], 1),
        (&["train", "single"], 2),
        (&["train", "photos", "--out", "full"], 1),
        (&["resume", "nothing"], 1),
        (&["resume", "absent"], 1),
        (&["evaluate", "nothing", "--data", "photos"], 1),
        (&["predict", "absent", "photos"], 1),
    ] {
        let refused = scene.run(arguments).expect(code);
        let named = arguments.iter().any(|argument| refused.err.contains(argument));
        assert!(named && refused.err.lines().count() <= 3, "{arguments:?}: {}", refused.err);
    }
    assert_eq!(fs::read(scene.path("full/thesis.doc")).unwrap(), b"do not lose me");
}

#[test]
fn a_run_is_never_overwritten() {
    let scene = Scene::new(4);
    scene.train("run", &["--epochs", "1"]).expect(0);
    let refused = scene.train("run", &["--epochs", "1"]).expect(1);
    assert!(refused.err.contains("foliar resume run"), "{}", refused.err);
}

#[test]
fn a_loss_out_of_bounds_says_what_to_try() {
    let scene = Scene::new(6);
    let refused = scene.train("run", &["--lr", "1e30", "--schedule", "constant"]).expect(1);
    assert!(refused.err.contains("--lr") && refused.err.contains("finite"), "{}", refused.err);
    assert!(!scene.path("run/model.foliar").exists());
}

#[test]
fn errors_name_the_next_step() {
    let scene = Scene::new(4);
    scene.train("my run", &["--epochs", "1"]).expect(0);
    fs::create_dir(scene.path("my photos")).unwrap();
    for (arguments, code, expected) in [
        (&["report", "absent"][..], 1, "the run here is 'my run'"),
        (&["resume", "photos"], 1, "foliar train photos"),
        (&["predict", "photos", "photos/healthy"], 1, "photos is no run folder"),
        (&["predict", "absent", "photos/healthy"], 1, "absent does not exist"),
        (&["predict", "photos/healthy/healthy_0000.jpg", "photos"], 1, "give a run folder"),
        (&["evaluate", "absent"], 1, "absent does not exist"),
        (&["compare", "my run", "absent"], 1, "absent does not exist"),
        (&["train", "photos", "--batch", "8"], 2, "--batch-size"),
        (&["train", "photos", "--epoch", "8"], 2, "--epochs"),
        (&["train", "my", "photos"], 2, "'my photos'"),
    ] {
        let refused = scene.run(arguments).expect(code);
        assert!(refused.err.contains(expected) && !refused.err.contains("os error"), "{}", refused.err);
    }
}

#[test]
fn help_has_two_levels_under_headings() {
    let scene = Scene::empty();
    let short = scene.run(&["train", "-h"]).expect(0).out;
    let long = scene.run(&["train", "--help"]).expect(0).out;
    for heading in ["Training:", "Photos:", "Machine:", "Output:"] {
        assert!(short.contains(heading) && long.contains(heading), "{short}");
    }
    for (rare, usual) in
        [("--dampening", "--epochs"), ("--stage-decay", "--weights"), ("--low-memory", "--lr")]
    {
        assert!(!short.contains(rare) && long.contains(rare) && short.contains(usual), "{short}");
    }
    // The list of commands is written by hand: none is missing.
    let all = scene.run(&["-h"]).expect(0).out;
    let commands = "audit train resume demo evaluate report predict explain export compare tune lr-find doctor weights summary study bench";
    for command in commands.split(' ') {
        assert!(all.contains(&format!("\n  {command} ")), "{command}: {all}");
        scene.run(&[command, "-h"]).expect(0);
    }
    let commands = all.lines().filter(|line| line.starts_with("  "));
    assert!(commands.clone().all(|line| line.chars().count() <= 80), "{all}");
}

#[test]
fn help_shows_examples() {
    let scene = Scene::empty();
    for command in ["train", "resume", "evaluate", "predict", "summary", "demo"] {
        let help = scene.run(&[command, "--help"]).expect(0);
        assert!(help.out.contains("Example"), "{command}: {}", help.out);
    }
}

#[test]
fn summary_counts_what_is_published() {
    let scene = Scene::empty();
    let document =
        scene.run(&["summary", "--model", "resnet50", "--classes", "1000", "--json"]).expect(0).out;
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["parameters"], 25_557_032);
    assert_eq!(document["multiply_adds"], 4_089_184_256u64);
    let text = scene.run(&["summary", "--model", "resnet50", "--classes", "38"]).expect(0).out;
    assert!(text.contains("layer4.2.conv3") && text.contains("training memory"), "{text}");
}

#[test]
fn weights_that_are_not_finite_are_never_kept() {
    let scene = Scene::new(6);
    let wild = [
        "--validation",
        "0",
        "--epochs",
        "1",
        "--batch-size",
        "64",
        "--lr",
        "1e39",
        "--schedule",
        "constant",
    ];
    let refused = scene.train("run", &wild).expect(1);
    assert!(refused.err.contains("finite"), "{}", refused.err);
    assert!(!scene.path("run/model.foliar").exists());
    assert!(!scene.path("run/checkpoints/last.safetensors").exists());
}

#[test]
fn a_recipe_that_was_edited_is_refused() {
    let scene = Scene::new(4);
    scene.train("run", &["--epochs", "1"]).expect(0);
    let recipe = fs::read_to_string(scene.path("run/recipe.toml")).unwrap();
    for (from, to, expected) in [
        ("seed = 1", "seed = 2", "was changed after the run had begun"),
        ("seed = 1", "sead = 1", "recipe.toml"),
        ("peak = 0.1", "peak = -1.0", "recipe.toml"),
    ] {
        assert!(recipe.contains(from), "{recipe}");
        fs::write(scene.path("run/recipe.toml"), recipe.replace(from, to)).unwrap();
        let refused = scene.run(&["resume", "run"]).expect(1);
        assert!(refused.err.contains(expected), "{}", refused.err);
    }
}
