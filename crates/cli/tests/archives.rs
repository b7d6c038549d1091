//! Photos in archives, with the real program: all is as with the folder of the same names.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use common::{Finished, Scene, train_arguments};

/// Every file below a folder, by path.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// Writes these files into a tar archive, under names that `name_of` makes of their places below the folder.
fn write_tar(archive: &Path, files: &[PathBuf], name_of: &dyn Fn(&Path) -> PathBuf) {
    let mut builder = tar::Builder::new(fs::File::create(archive).unwrap());
    for file in files {
        builder.append_path_with_name(file, name_of(file)).unwrap();
    }
    builder.finish().unwrap();
}

/// The same as a zip archive, every second file deflated.
fn write_zip(archive: &Path, folder: &Path) {
    let mut writer = rawzip::ZipArchiveWriter::new(fs::File::create(archive).unwrap());
    for (number, file) in files(folder).iter().enumerate() {
        let name = file.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        let bytes = fs::read(file).unwrap();
        let is_deflated = number % 2 == 0;
        let method =
            [rawzip::CompressionMethod::STORE, rawzip::CompressionMethod::DEFLATE][usize::from(is_deflated)];
        let (mut entry, config) = writer.new_file(name.as_str()).compression_method(method).start().unwrap();
        let descriptor = if is_deflated {
            let mut writer =
                config.wrap(flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast()));
            writer.write_all(&bytes).unwrap();
            let (encoder, descriptor) = writer.finish().unwrap();
            encoder.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(&bytes).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    writer.finish().unwrap();
}

/// Drawn leaves in `photos/`, and the same as archives.
fn scene() -> Scene {
    let scene = Scene::new(6);
    let photos = scene.path("photos");
    let all = files(&photos);
    let below = |file: &Path| file.strip_prefix(&photos).unwrap().to_owned();
    // In another order, and under one folder around all, as `tar c photos` writes them.
    let mut backwards = all.clone();
    backwards.reverse();
    write_tar(&scene.path("photos.tar"), &backwards, &below);
    write_tar(&scene.path("wrapped.tar"), &all, &|file| Path::new("photos").join(below(file)));
    write_zip(&scene.path("photos.zip"), &photos);
    for (number, files) in all.chunks(all.len().div_ceil(3)).enumerate() {
        write_tar(&scene.path(&format!("shard-{number:03}.tar")), files, &below);
    }
    scene
}

fn train(scene: &Scene, photos: &str, out: &str, more: &[&str]) -> Finished {
    let mut arguments = train_arguments(out);
    arguments[1] = photos;
    scene.run(&[&arguments[..], &["--epochs", "1"], more].concat())
}

fn bytes(scene: &Scene, file: &str) -> Vec<u8> {
    fs::read(scene.path(file)).unwrap()
}

#[test]
fn every_archive_gives_the_bits_of_the_folder() {
    let scene = scene();
    train(&scene, "photos", "folder", &[]).expect(0);
    for (number, photos) in
        ["photos.tar", "photos.zip", "shard-{000..002}.tar", "shard-*.tar"].into_iter().enumerate()
    {
        let out = format!("run-{number}");
        train(&scene, photos, &out, &[]).expect(0);
        for file in ["model.foliar", "split.csv", "recipe.toml", "problems.jsonl"] {
            assert_eq!(
                bytes(&scene, &format!("{out}/{file}")),
                bytes(&scene, &format!("folder/{file}")),
                "{photos} {file}"
            );
        }
        let data: serde_json::Value =
            serde_json::from_slice(&bytes(&scene, &format!("{out}/data.json"))).unwrap();
        assert!(data["root"].as_str().unwrap().ends_with(photos), "{data}");
    }
    // A folder around all is passed through, as on the disk.
    let said = train(&scene, "wrapped.tar", "wrapped", &[]).expect(0);
    assert!(said.err.contains("photos") || said.out.contains("photos"), "{said:#?}");
    let rows = |run: &str| String::from_utf8(bytes(&scene, &format!("{run}/split.csv"))).unwrap();
    assert_eq!(rows("wrapped").replace("photos/", ""), rows("folder"));
}

#[test]
fn a_run_is_resumed_from_the_other_form() {
    let scene = scene();
    let whole = ["--epochs", "2", "--schedule", "constant"];
    train(&scene, "photos", "whole", &whole).expect(0);
    for (begun, continued) in [("photos.tar", "photos"), ("photos", "photos.zip")] {
        let out = format!("begun-{begun}");
        let mut arguments = train_arguments(&out);
        arguments[1] = begun;
        let all = [&arguments[..], &whole].concat();
        // A checkpoint stands after the first epoch; the rest is cut off.
        let mut child = scene.command(&all).stderr(Stdio::null()).spawn().unwrap();
        let last = scene.path(&format!("{out}/checkpoints/last.safetensors"));
        while !last.exists() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        let _ = child.kill();
        child.wait().unwrap();
        let resumed = scene.run(&["resume", &out, "--data", continued]);
        if resumed.code != Some(0) {
            assert!(resumed.err.contains("finished") || resumed.err.contains("ended"), "{resumed:#?}");
        }
        assert_eq!(
            bytes(&scene, &format!("{out}/model.foliar")),
            bytes(&scene, "whole/model.foliar"),
            "{begun}"
        );
    }
}

#[test]
fn predictions_and_evaluations_are_those_of_the_folder() {
    let scene = scene();
    train(&scene, "photos", "run", &[]).expect(0);
    let rows = |photos: &str| {
        let out = scene.run(&["predict", "run", photos, "--format", "csv"]).expect(0).out;
        out.replace(&format!("{photos}/"), "")
    };
    let expected = rows("photos");
    assert!(expected.lines().count() > 10);
    for photos in ["photos.tar", "photos.zip", "shard-{000..002}.tar"] {
        assert_eq!(rows(photos), expected, "{photos}");
        let evaluate = |data: &str| {
            scene.run(&["evaluate", "run", "--data", data, "--json", "--include-training"]).expect(0).out
        };
        assert_eq!(evaluate(photos).replace(photos, "photos"), evaluate("photos"));
        let audit = |data: &str| scene.run(&["audit", data, "--json"]).out;
        let (archive, folder) = (audit(photos).replace(photos, "photos"), audit("photos"));
        assert!(folder.len() > 100);
        assert_eq!(archive, folder, "{photos}");
    }
    let one = files(&scene.path("photos"))[0].strip_prefix(scene.path("photos")).unwrap().to_owned();
    let path = Path::new("photos.zip").join(one);
    let said = scene.run(&["predict", "run", path.to_str().unwrap(), "--format", "csv"]).expect(0);
    assert_eq!(said.out.lines().count(), 2);
    let absent = scene.run(&["predict", "run", "photos.tar/rust/absent.jpg"]);
    assert!(absent.code != Some(0) && format!("{absent:?}").contains("holds no such file"), "{absent:#?}");
}

#[test]
fn samples_of_webdataset_have_their_classes_beside_them() {
    let scene = Scene::new(6);
    let photos = scene.path("photos");
    let mut shards: Vec<tar::Builder<fs::File>> = (0..2)
        .map(|number| {
            tar::Builder::new(fs::File::create(scene.path(&format!("leaf-{number:06}.tar"))).unwrap())
        })
        .collect();
    let all = files(&photos);
    let mut names: Vec<String> = Vec::new();
    for (number, file) in all.iter().enumerate() {
        let class = file.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
        if !names.contains(&class) {
            names.push(class.clone());
        }
        let place = names.iter().position(|name| *name == class).unwrap();
        // Each shard counts its samples anew.
        let shard = &mut shards[number % 2];
        let end = file.extension().unwrap().to_str().unwrap();
        for (name, bytes) in [
            (format!("{:06}.{end}", number / 2), fs::read(file).unwrap()),
            (format!("{:06}.cls", number / 2), place.to_string().into_bytes()),
        ] {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            shard.append_data(&mut header, name, bytes.as_slice()).unwrap();
        }
    }
    let list = names.join("\n").into_bytes();
    let mut header = tar::Header::new_gnu();
    header.set_size(list.len() as u64);
    shards[0].append_data(&mut header, "classes.txt", list.as_slice()).unwrap();
    shards.into_iter().for_each(|shard| drop(shard.into_inner().unwrap()));
    train(&scene, "leaf-{000000..000001}.tar", "run", &[]).expect(0);
    let split = String::from_utf8(bytes(&scene, "run/split.csv")).unwrap();
    assert_eq!(split.lines().count(), all.len() + 1, "{split}");
    for name in &names {
        assert_eq!(split.matches(&format!(",{name},")).count(), 6, "{split}");
    }
    assert!(split.contains("-leaf-000001."), "{split}");
    let problems = String::from_utf8(bytes(&scene, "run/problems.jsonl")).unwrap();
    assert!(problems.contains("\"excluded\":false") && !problems.contains("\"excluded\":true"), "{problems}");
    // The same sample by sample in a folder.
    let resumed = scene.run(&["evaluate", "run"]).expect(0);
    assert!(resumed.code == Some(0));
}

#[test]
fn what_is_lost_of_an_archive_is_said() {
    let scene = scene();
    let whole = bytes(&scene, "photos.tar");
    fs::write(scene.path("torn.tar"), &whole[..whole.len() * 3 / 4]).unwrap();
    let torn = train(&scene, "torn.tar", "torn", &[]).expect(3);
    assert!(format!("{torn:?}").contains("ends in the middle"), "{torn:#?}");
    let missing = train(&scene, "shard-{000..003}.tar", "missing", &[]).expect(3);
    assert!(format!("{missing:?}").contains("shard-003.tar"), "{missing:#?}");
    let zip = bytes(&scene, "photos.zip");
    fs::write(scene.path("torn.zip"), &zip[..zip.len() - 100]).unwrap();
    let cut = train(&scene, "torn.zip", "cut", &[]);
    assert!(cut.code != Some(0) && cut.err.contains("zip -FF"), "{cut:#?}");
    fs::write(scene.path("photos.tar.gz"), b"\x1F\x8B\x08\0\0").unwrap();
    let compressed = train(&scene, "photos.tar.gz", "gz", &[]);
    assert!(compressed.code != Some(0) && compressed.err.contains("gunzip"), "{compressed:#?}");
    let predicted = scene.run(&["predict", "torn", "photos.tar.gz"]);
    assert!(format!("{predicted:?}").contains("gunzip"), "{predicted:#?}");
}
