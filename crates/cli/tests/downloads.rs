//! `foliar weights`: servers that break off, and digests of which little is known.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use common::Scene;

/// Bytes that the server announces: about as many as the file of the catalogue has.
const LENGTH: usize = 5_010_000;

/// A server that sends the first half of a file, whatever it is asked for, and closes the connection.
fn half_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
            if !lines.any(|line| line.is_empty()) {
                continue;
            }
            let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {LENGTH}\r\n\r\n");
            // A client that hangs up is no fault of the server.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&[7; LENGTH / 2]));
        }
    });
    url
}

#[test]
fn a_server_that_breaks_off_half_way_is_given_up_and_told_after_how_much() {
    let scene = Scene::empty();
    let mut command = scene.command(&["weights", "fetch", "squeezenet1_0"]);
    let ended = common::Finished::from(command.env("FOLIAR_WEIGHTS_URL", half_server()).output().unwrap());
    let said = ended.expect(1).err;
    let received = 5 * LENGTH / 2;
    assert!(said.contains(&format!("given up after 5 attempts and {received} bytes")), "{said}");
    for told in ["after 2505000 bytes", "curl -L -o", "foliar weights verify"] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert_eq!(said.matches(" failed: ").count(), 4, "{said}");
}

/// Eight digits of a digest are forged in minutes.
#[test]
fn what_is_known_by_a_few_digits_is_not_called_verified() {
    let scene = Scene::empty();
    // SHA-256 of "abc", FIPS 180-2 appendix B.1.
    let whole = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let check = |name: &str| {
        fs::write(scene.path(name), "abc").unwrap();
        scene.run(&["weights", "verify", name]).expect(0).out
    };
    let said = check("letters-ba7816bf.pth");
    assert!(
        !said.contains("verified") && said.contains("8 of 64 digits") && said.contains("forged"),
        "{said}"
    );
    let said = check(&format!("letters-{whole}.pth"));
    assert!(said.contains("verified") && !said.contains("forged"), "{said}");
    let list = scene.run(&["weights", "list"]).expect(0).out;
    for name in ["vgg16_bn ", "squeezenet1_0 "] {
        let line = list.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(line.contains("8 of 64"), "{line}");
    }
    // The catalogue knows more digits than the name of the file.
    fs::write(scene.path("resnet18-f37072fd.pth"), "abc").unwrap();
    let refused = scene.run(&["weights", "verify", "resnet18-f37072fd.pth"]).expect(1).err;
    assert!(refused.contains("f37072fd47e89c5e827621c5baffa750"), "{refused}");
}

/// Who has no network gets a classifier and is told what it lacks; a damaged file is no reason to go without.
#[test]
fn training_without_weights_looks_for_some() {
    let scene = Scene::new(8);
    let train = |mirror: &str, more: &[&str]| {
        let arguments = [&common::train_arguments("run"), more].concat();
        let mut command = scene.command(&arguments);
        command.env("FOLIAR_OFFLINE", "0").env("FOLIAR_WEIGHTS_URL", mirror);
        common::Finished::from(command.output().unwrap())
    };
    let refusing = format!("http://{}", TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap());
    let planned = train(&refusing, &["--dry-run"]).expect(0);
    assert!(planned.out.contains("to be downloaded once"), "{planned:#?}");
    assert!(planned.out.lines().filter(|line| line.contains("about ")).count() > 4, "{planned:#?}");
    assert!(!scene.path("cache").exists());
    let said = train(&refusing, &["--recipe", "quick"]).expect(2).err;
    assert!(said.contains("they cannot be downloaded") && !scene.path("run").exists(), "{said}");
    let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let trained = flat(&train(&refusing, &[]).expect(0).err);
    for told in [
        "MiB from http://127.0.0.1",
        "no pretrained weights: they cannot be downloaded (",
        "is right less often",
        "foliar weights fetch ",
        "baseline: ",
    ] {
        assert!(trained.contains(told), "{told}: {trained}");
    }
    let recipe = fs::read_to_string(scene.path("run/recipe.toml")).unwrap();
    assert!(recipe.contains("model = \"baseline\""), "{recipe}");
    fs::write(scene.path("cache/mobilenet_v2-7ebf99e0.pth"), "abc").unwrap();
    fs::rename(scene.path("run"), scene.path("first")).unwrap();
    let said = train(&refusing, &[]).expect(1).err;
    assert!(said.contains("mobilenet_v2-7ebf99e0.pth is damaged"), "{said}");
    let said = train(&refusing, &["--weights", "none"]).expect(0).err;
    assert!(!said.contains("pretrained"), "{said}");
}
