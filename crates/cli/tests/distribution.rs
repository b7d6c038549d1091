//! What packages and shells need: completions, manual pages, and what a build says of itself.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use common::Scene;

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];

/// A command and its options, as its `--help` names them.
struct Described {
    words: Vec<String>,
    options: BTreeSet<String>,
}

/// Every command, the program itself first, found by asking for help.
fn commands(scene: &Scene) -> Vec<Described> {
    let shells = scene.run(&["completions", "fish"]).expect(0).out;
    let mut found = vec![described(scene, &[])];
    let mut open: Vec<Vec<String>> = listed(&scene.run(&["help"]).expect(0).out, 2);
    while let Some(words) = open.pop() {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let command = described(scene, &words);
        let help = scene.run(&[&words[..], &["--help"]].concat()).expect(0).out;
        if let Some((_, inner)) = help.split_once("\nCommands:\n") {
            let inner = inner.split("\n\n").next().unwrap();
            open.extend(listed(inner, 2).into_iter().map(|name| [&command.words[..], &name].concat()));
        }
        found.push(command);
    }
    // What the program calls its commands by itself and what its own help lists are the same.
    let complete: BTreeSet<&str> = shells
        .lines()
        .filter(|line| line.contains("__fish_foliar_needs_command") && line.contains(" -a "))
        .filter_map(|line| line.split(" -a ").nth(1)?.split('"').nth(1))
        .filter(|&name| name != "help")
        .collect();
    let told: BTreeSet<&str> = found
        .iter()
        .filter(|command| command.words.len() == 1)
        .map(|command| command.words[0].as_str())
        .collect();
    assert_eq!(told, complete);
    found
}

fn described(scene: &Scene, words: &[&str]) -> Described {
    let help = scene.run(&[words, &["--help"]].concat()).expect(0).out;
    let options = help
        .lines()
        // Text that is broken before an option's name stands further right.
        .filter(|line| line.len() - line.trim_start().len() <= 6)
        .map(str::trim_start)
        .filter(|line| line.starts_with('-'))
        .flat_map(|line| line.split([' ', ',']).take_while(|word| word.is_empty() || word.starts_with('-')))
        .filter_map(|word| word.strip_prefix("--"))
        .map(str::to_owned)
        .collect();
    Described { words: words.iter().map(ToString::to_string).collect(), options }
}

/// The words that begin lines of a list of commands.
fn listed(text: &str, indent: usize) -> Vec<Vec<String>> {
    text.lines()
        .filter(|line| {
            line.len() > indent && line.chars().take_while(|&letter| letter == ' ').count() == indent
        })
        .filter(|line| line.trim().contains("  "))
        .flat_map(|line| line.trim().split("  ").next().unwrap().split(", "))
        .filter(|name| name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-'))
        .filter(|&name| name != "help" && !name.starts_with('-'))
        .map(|name| vec![name.to_owned()])
        .collect()
}

#[test]
fn completions_and_pages_hold_every_command_and_option() {
    let scene = Scene::empty();
    let commands = commands(&scene);
    assert!(commands.len() > 20 && commands.iter().any(|command| command.words == ["weights", "fetch"]));
    assert!(commands.iter().any(|command| command.options.contains("stage-decay")));
    for shell in SHELLS {
        let script = scene.run(&["completions", shell]).expect(0).out;
        for command in &commands {
            for word in &command.words {
                assert!(script.contains(word.as_str()), "{shell}: {:?}", command.words);
            }
            for option in &command.options {
                let written = if shell == "fish" { format!("-l {option}") } else { format!("--{option}") };
                assert!(script.contains(&written), "{shell}: {:?} {option}", command.words);
            }
        }
    }
    let told = scene.run(&["man", "pages/man1"]).expect(0).out;
    let pages: BTreeSet<String> = fs::read_dir(scene.path("pages/man1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(told.lines().count(), pages.len());
    let expected = commands.iter().map(|command| format!("{}.1", page(command)));
    assert_eq!(pages, expected.collect());
    for command in &commands {
        let file = format!("pages/man1/{}.1", page(command));
        let text = fs::read_to_string(scene.path(&file)).unwrap().replace("\\-", "-");
        assert!(text.contains(&format!(".TH {} 1", page(command))), "{file}: {text}");
        for option in &command.options {
            assert!(text.contains(&format!("--{option}")), "{file}: {option}");
        }
        let lines: Vec<&str> = text.lines().collect();
        for entry in lines.windows(3).filter(|lines| lines[0] == ".TP") {
            assert!(
                !entry[2].is_empty() && !entry[2].starts_with('.'),
                "{file}: {} is not explained",
                entry[1]
            );
        }
    }
}

fn page(command: &Described) -> String {
    let words = command.words.iter().map(String::as_str);
    std::iter::once("foliar").chain(words).collect::<Vec<_>>().join("-")
}

#[test]
fn pages_are_whole_or_absent() {
    let scene = Scene::empty();
    fs::write(scene.path("file"), "kept").unwrap();
    let refused = scene.run(&["man", "file"]).expect(1);
    assert!(refused.err.contains("file: the folder cannot be created"), "{refused:#?}");
    assert_eq!(fs::read_to_string(scene.path("file")).unwrap(), "kept");
    // A page that cannot be replaced names itself, and leaves nothing half written.
    fs::create_dir_all(scene.path("pages/foliar-train.1")).unwrap();
    let refused = scene.run(&["man", "pages"]).expect(1);
    assert!(refused.err.contains("foliar-train.1 cannot be written"), "{refused:#?}");
    for entry in fs::read_dir(scene.path("pages")).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        assert!(name.starts_with("foliar") && name.ends_with(".1"), "{name}");
    }
}

/// What bash would offer after `line`, of which the last word is being written.
#[cfg(unix)]
fn offered(scene: &Scene, line: &[&str]) -> BTreeSet<String> {
    let words = line.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let last = line.len() - 1;
    let script = format!(
        "source foliar.bash; COMP_WORDS=({words}); COMP_CWORD={last}; \
         _foliar foliar '{}' '{}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        line[last],
        line[last - 1]
    );
    let output = Command::new("bash").args(["-c", &script]).current_dir(scene.root()).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
#[cfg(unix)]
fn bash_completes() {
    if Command::new("bash").arg("--version").output().is_err() {
        return;
    }
    let scene = Scene::empty();
    fs::write(scene.path("foliar.bash"), scene.run(&["completions", "bash"]).expect(0).out).unwrap();
    let checked =
        Command::new("bash").args(["-n", "foliar.bash"]).current_dir(scene.root()).output().unwrap();
    assert!(checked.status.success() && checked.stderr.is_empty(), "{checked:?}");
    let set = |words: &[&str]| words.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    for (line, expected) in [
        (&["foliar", "tr"][..], &["train"][..]),
        (&["foliar", "weights", "fe"], &["fetch"]),
        (&["foliar", "train", "--image"], &["--image-column", "--image-size", "--images"]),
        (&["foliar", "train", "--recipe", "s"], &["scratch"]),
        (&["foliar", "completions", "pow"], &["powershell"]),
    ] {
        assert_eq!(offered(&scene, line), set(expected), "{line:?}");
    }
}

#[test]
fn a_build_says_what_it_is() {
    let scene = Scene::empty();
    let short = scene.run(&["--version"]).expect(0).out;
    assert_eq!(short, format!("foliar {}\n", env!("CARGO_PKG_VERSION")));
    let told = |arguments: &[&str], wanted: &str| -> serde_json::Value {
        let output = scene.command(arguments).env("FOLIAR_ISA", wanted).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    for arguments in [["--version", "--json"], ["--json", "--version"], ["-V", "--json"]] {
        let version = told(&arguments, "portable");
        assert_eq!(version["name"], "foliar");
        assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
        assert!(version["target"].as_str().unwrap().starts_with(std::env::consts::ARCH), "{version}");
        assert_eq!(version["bundle_formats"][0], foliar_model::container::FORMAT);
        assert_eq!(version["instruction_sets"]["available"][0], "portable");
        assert_eq!(version["instruction_sets"]["selected"], "portable");
    }
    // Without a wish, the best that the processor has.
    let sets = &told(&["--version", "--json"], "")["instruction_sets"];
    assert_eq!(Some(&sets["selected"]), sets["available"].as_array().unwrap().last());
    let refused = scene.run(&["--json", "demo"]).expect(2);
    assert!(refused.err.contains("--version"), "{refused:#?}");
}
