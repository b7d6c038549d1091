//! Photos and answers in object stores: what comes out is what comes out of folders, whatever the store does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "tests may panic, and say what they skip"
)]

mod common;

use common::Scene;

#[cfg(not(feature = "cloud"))]
#[test]
fn object_stores_that_are_not_built_in_are_told() {
    let scene = Scene::empty();
    for arguments in [
        &["predict", "model.foliar", "s3://farm/field"][..],
        &["predict", "gs://farm/model.foliar", "field"],
        &["predict", "--merge", "az://farm/answers"],
    ] {
        let refused = scene.run(arguments);
        assert!(refused.code == Some(1) && refused.out.is_empty(), "{refused:?}");
        let told = refused.err.contains("--features cloud");
        // The bundle is looked at first.
        assert!(told || refused.err.contains("model.foliar does not exist"), "{refused:?}");
    }
}

#[test]
fn other_commands_say_what_to_do_with_addresses() {
    let scene = Scene::empty();
    for (arguments, what) in [
        (&["train", "s3://farm/photos"][..], "aws s3 sync"),
        (&["evaluate", "run", "gs://farm/test"], "gcloud storage rsync"),
        (&["audit", "az://farm/photos"], "azcopy copy"),
    ] {
        let refused = scene.run(arguments).expect(2);
        assert!(refused.err.contains(what) && refused.err.contains("`foliar predict` reads"), "{refused:?}");
    }
}

#[cfg(feature = "cloud")]
mod stores {
    use std::fs;
    use std::path::Path;
    use std::process::Command;
    use std::time::Duration;

    use super::common::store::{Fault, StoreServer};
    use super::common::{Finished, Scene};

    const BUNDLE: &str = "run/model.foliar";

    /// A small classifier in `run/`, photos in `field/`, of which one is broken, and the same ones in `farm/field/` of a store.
    pub(super) fn scene(per_class: usize) -> (Scene, StoreServer) {
        let scene = Scene::new(6);
        scene.train("run", &["--weights", "none", "--recipe", "scratch"]).expect(0);
        foliar_synth::write_dataset(&scene.path("field"), 7, per_class, 40).unwrap();
        fs::write(scene.path("field/broken.jpg"), "no picture").unwrap();
        let server = StoreServer::start();
        for (name, bytes) in files(&scene.path("field")) {
            for bucket in ["/farm", "/leaves/farm"] {
                server.put(&format!("{bucket}/field/{name}"), bytes.clone());
            }
        }
        server.put("/farm/field/readme.txt", b"no photo".to_vec());
        server.put("/farm/field/folder.jpg", Vec::new());
        server.put("/farm/fields/other.jpg", b"another folder".to_vec());
        (scene, server)
    }

    /// The files below a folder: paths with slashes, and bytes.
    pub(super) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() {
                found.extend(
                    files(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)),
                );
            } else {
                found.push((name, fs::read(&path).unwrap()));
            }
        }
        found.sort();
        found
    }

    /// The program as a user of the store at `url`.
    pub(super) fn command(scene: &Scene, url: &str, arguments: &[&str]) -> Command {
        let mut command = scene.command(arguments);
        as_user(&mut command, scene, url);
        command
    }

    pub(super) fn as_user(command: &mut Command, scene: &Scene, url: &str) {
        for (name, _) in
            std::env::vars().filter(|(name, _)| name.starts_with("AWS_") || name.starts_with("AZURE_"))
        {
            command.env_remove(name);
        }
        command.env("HOME", scene.root()).env("NO_PROXY", "127.0.0.1");
        command.env("AWS_ENDPOINT_URL", url).env("AWS_REGION", "eu-west-1");
        command.env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", "secret");
        command.env("STORAGE_EMULATOR_HOST", url);
        command
            .env("AZURE_STORAGE_ENDPOINT", format!("{url}/leaves"))
            .env("AZURE_STORAGE_ACCOUNT", "leaves")
            .env("AZURE_STORAGE_KEY", "c2VjcmV0");
    }

    fn run(scene: &Scene, server: &StoreServer, arguments: &[&str]) -> Finished {
        Finished::from(command(scene, &server.url, arguments).output().unwrap())
    }

    /// What one process prints of the photos in the folder, with the paths of a store.
    pub(super) fn expected(scene: &Scene, root: &str) -> String {
        let rows = scene.run(&["predict", BUNDLE, "field", "--format", "csv"]).expect(3).out;
        let mut lines: Vec<String> = rows
            .lines()
            .map(|line| match line.strip_prefix("field/") {
                Some(rest) => format!("{root}/field/{rest}"),
                None => line.to_owned(),
            })
            .collect();
        // By key, and not folder by folder.
        lines[1..].sort();
        lines.join("\n") + "\n"
    }

    #[test]
    fn every_store_gives_the_rows_of_the_folder() {
        let (scene, server) = scene(5);
        fs::create_dir(scene.path("shelf")).unwrap();
        for scheme in ["s3", "gs", "az"] {
            let root = format!("{scheme}://farm");
            let expected = expected(&scene, &root);
            let field = format!("{root}/field/");
            let direct = run(&scene, &server, &["predict", BUNDLE, &field, "--format", "csv"]).expect(3);
            assert_eq!(direct.out, expected, "{scheme}");
            // List, bundle and answers lie in the store as well.
            let (model, list, answers) = (
                format!("{root}/shelf/model.foliar"),
                format!("{root}/shelf/list.csv"),
                format!("{root}/answers"),
            );
            let bucket = if scheme == "az" { "/leaves/farm" } else { "/farm" };
            server.put(&format!("{bucket}/shelf/model.foliar"), fs::read(scene.path(BUNDLE)).unwrap());
            let make = ["predict", &model, &field, "--manifest", &list, "--make-manifest"];
            run(&scene, &server, &make).expect(0);
            assert!(run(&scene, &server, &make).expect(0).err.contains("says the same"));
            let task = |part: &str| {
                let fixed = [
                    "predict",
                    &model,
                    "--manifest",
                    &list,
                    "--out",
                    &answers,
                    "--part-rows",
                    "4",
                    "--part",
                    part,
                ];
                run(&scene, &server, &fixed)
            };
            assert!([Some(0), Some(3)].contains(&task("0/2").code));
            let partial = run(&scene, &server, &["predict", "--merge", &answers]).expect(1);
            assert!(
                partial.out.is_empty() && partial.err.contains(&format!("--out {answers} --part")),
                "{partial:?}"
            );
            assert!([Some(0), Some(3)].contains(&task("1/2").code));
            assert_eq!(run(&scene, &server, &["predict", "--merge", &answers]).expect(3).out, expected);
            assert!(task("0/1").err.contains("rows were there already"));
            for path in server
                .objects()
                .into_keys()
                .filter(|path| path.contains("/shelf/list") || path.contains("/answers/"))
            {
                server.remove(&path);
            }
        }
    }

    #[test]
    fn what_passes_is_asked_for_again() {
        let (scene, server) = scene(3);
        let expected = expected(&scene, "s3://farm");
        let rows =
            || run(&scene, &server, &["predict", BUNDLE, "s3://farm/field", "--format", "csv"]).expect(3).out;
        server.fail(|line, time| match (line.contains("list-type"), time) {
            (true, 0) => Some(Fault::Status(503, "SlowDown")),
            (false, 0) => Some(Fault::Status(500, "InternalError")),
            (_, 1) => Some(Fault::HangUp),
            (false, 2) => Some(Fault::Cut),
            _ => None,
        });
        assert_eq!(rows(), expected);
        server.fail(|_, _| Some(Fault::Slow(Duration::from_millis(300))));
        assert_eq!(rows(), expected);
    }

    #[test]
    fn a_photo_that_cannot_be_had_is_a_row() {
        let (scene, server) = scene(3);
        let list = ["predict", BUNDLE, "s3://farm/field", "--manifest", "list.csv", "--make-manifest"];
        run(&scene, &server, &list).expect(0);
        let photos: Vec<String> = server
            .objects()
            .into_keys()
            .filter(|path| path.starts_with("/farm/field/") && path.ends_with("g"))
            .collect();
        let [gone, secret, torn, grown] = [0, 1, 2, 3].map(|index| photos[index].clone());
        server.remove(&gone);
        let mut longer = server.objects()[&grown].clone();
        longer.extend([0; 10]);
        server.put(&grown, longer);
        let (forbidden, cut) = (secret.clone(), torn.clone());
        server.fail(move |line, _| match line {
            line if line.contains(&forbidden) => Some(Fault::Status(403, "AccessDenied")),
            // Of a list the answer comes: the store is there.
            line if line.contains(&cut) => Some(Fault::Cut),
            _ => None,
        });
        let ended =
            run(&scene, &server, &["predict", BUNDLE, "--manifest", "list.csv", "--format", "csv"]).expect(3);
        for (path, what) in [
            (&gone, "there is no such object"),
            (&secret, "permission denied; these credentials need s3:GetObject"),
            (&torn, "broke off"),
            (&grown, "in the manifest: it was changed"),
        ] {
            let row = ended.out.lines().find(|line| line.starts_with(&format!("s3:/{path},"))).unwrap();
            assert!(row.contains(what), "{row}");
        }
        assert_eq!(
            ended.out.lines().count(),
            1 + fs::read_to_string(scene.path("list.csv")).unwrap().lines().count() - 1
        );
    }

    #[test]
    fn a_store_that_fails_ends_the_task_without_a_slice() {
        let (scene, server) = scene(3);
        run(
            &scene,
            &server,
            &["predict", BUNDLE, "s3://farm/field", "--manifest", "list.csv", "--make-manifest"],
        )
        .expect(0);
        let task =
            ["predict", BUNDLE, "--manifest", "list.csv", "--out", "s3://farm/answers", "--part-rows", "4"];
        for (fault, what) in [
            (Fault::Status(400, "ExpiredToken"), "the credentials have expired"),
            (Fault::Status(403, "InvalidAccessKeyId"), "does not know the access key"),
            (Fault::Status(403, "SignatureDoesNotMatch"), "the secret key does not fit"),
            (Fault::Status(301, "PermanentRedirect"), "another region"),
            (Fault::Status(404, "NoSuchBucket"), "there is no bucket farm at http://127.0.0.1"),
        ] {
            // Of the photos alone, then of everything.
            for part in ["/farm/field/", "/"] {
                server.fail(move |line, _| line.contains(part).then_some(fault));
                let ended = run(&scene, &server, &task).expect(1);
                assert!(ended.err.contains(what) && ended.err.lines().count() == 1, "{ended:?}");
            }
        }
        assert!(!server.objects().keys().any(|path| path.contains("answers")));
        server.fail(|line, _| line.starts_with("PUT").then_some(Fault::Status(403, "AccessDenied")));
        assert!(run(&scene, &server, &task).expect(1).err.contains("need s3:PutObject"));
        // Nobody is there at all.
        let mut absent = command(&scene, "http://127.0.0.1:9", &["predict", BUNDLE, "s3://farm/field"]);
        let ended = Finished::from(absent.output().unwrap()).expect(1);
        assert!(
            ended.err.contains("http://127.0.0.1:9 cannot be reached") && ended.out.is_empty(),
            "{ended:?}"
        );
    }

    #[test]
    fn credentials_are_found_where_programs_of_aws_keep_them() {
        let (scene, server) = scene(2);
        let without = |more: &[(&str, &str)]| {
            let mut command =
                command(&scene, &server.url, &["predict", BUNDLE, "s3://farm/field", "--format", "csv"]);
            command
                .env_remove("AWS_ACCESS_KEY_ID")
                .env_remove("AWS_SECRET_ACCESS_KEY")
                .env_remove("AWS_ENDPOINT_URL");
            command.env("AWS_EC2_METADATA_DISABLED", "true").envs(more.iter().copied());
            Finished::from(command.output().unwrap())
        };
        // A public bucket is read without any.
        without(&[("AWS_ENDPOINT_URL", &server.url)]).expect(3);
        server.fail(|_, _| Some(Fault::Status(403, "AccessDenied")));
        let refused = without(&[("AWS_ENDPOINT_URL", &server.url)]).expect(1);
        assert!(refused.err.contains("no credentials were found"), "{refused:?}");
        server.fail(|_, _| None);
        fs::create_dir(scene.path(".aws")).unwrap();
        fs::write(
            scene.path(".aws/credentials"),
            "[farm]\naws_access_key_id = key\naws_secret_access_key = secret\n",
        )
        .unwrap();
        fs::write(
            scene.path(".aws/config"),
            format!("[profile farm]\nendpoint_url = {}\n[profile role]\nrole_arn = x\n", server.url),
        )
        .unwrap();
        without(&[("AWS_PROFILE", "farm")]).expect(3);
        let refused = without(&[("AWS_PROFILE", "role")]).expect(1);
        assert!(refused.err.contains("export-credentials --profile role"), "{refused:?}");
        let page = ["predict", BUNDLE, "s3://farm/field", "--html", "a.html"];
        assert!(run(&scene, &server, &page).expect(2).err.contains("copy them into a folder"));
    }
}

/// Against moto, which speaks S3 as Amazon does. `FOLIAR_MOTO` is its program `moto_server`, which is looked for in PATH otherwise; with
/// `FOLIAR_REQUIRE_MOTO` set it must be there.
#[cfg(all(feature = "cloud", unix))]
mod moto {
    use std::fs;
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    use super::common::{Finished, Scene};
    use super::stores::{as_user, command, expected, files, scene};

    struct Moto {
        server: Child,
        port: u16,
    }

    impl Drop for Moto {
        fn drop(&mut self) {
            let _ = self.server.kill();
            let _ = self.server.wait();
        }
    }

    impl Moto {
        /// Starts it, with a bucket `farm`; `None`, which is said, where it is not installed and need not be.
        fn start() -> Option<Self> {
            let program = std::env::var("FOLIAR_MOTO").unwrap_or_else(|_| "moto_server".to_owned());
            // A port that was free a moment ago.
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let started = Command::new(&program)
                .args(["-H", "127.0.0.1", "-p", &port.to_string()])
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn();
            let server = match started {
                Ok(server) => server,
                Err(error) if std::env::var_os("FOLIAR_REQUIRE_MOTO").is_some() => {
                    panic!("{program}: {error}")
                }
                Err(_) => {
                    println!("skipped: there is no {program} (pip install 'moto[server]')");
                    return None;
                }
            };
            let moto = Self { server, port };
            let patience = Instant::now();
            while TcpStream::connect(("127.0.0.1", port)).is_err() {
                assert!(patience.elapsed() < Duration::from_secs(60), "moto does not start");
                sleep(Duration::from_millis(100));
            }
            moto.put("/farm", b"<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>");
            Some(moto)
        }

        fn url(&self) -> String {
            format!("http://127.0.0.1:{}", self.port)
        }

        fn put(&self, path: &str, bytes: &[u8]) {
            let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
            // The credential's scope tells moto the region and the service.
            write!(
                stream,
                "PUT {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\nContent-Length: {}\r\nAuthorization: AWS4-HMAC-SHA256 \
                 Credential=key/20261201/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0\r\n\r\n",
                self.port,
                bytes.len()
            )
            .unwrap();
            stream.write_all(bytes).unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            assert!(answer.starts_with(b"HTTP/1.1 200"), "{path}: {}", String::from_utf8_lossy(&answer));
        }

        fn put_files(&self, folder: &Path, prefix: &str) {
            for (name, bytes) in files(folder) {
                self.put(&format!("{prefix}/{name}"), &bytes);
            }
        }
    }

    fn run(scene: &Scene, moto: &Moto, arguments: &[&str]) -> Finished {
        Finished::from(command(scene, &moto.url(), arguments).output().unwrap())
    }

    /// Runs a script of the documentation as a task with these variables.
    fn documented(scene: &Scene, moto: &Moto, script: &str, variables: &[(&str, &str)]) -> Finished {
        let program = Path::new(env!("CARGO_BIN_EXE_foliar")).parent().unwrap();
        let mut shell = Command::new("bash");
        shell.args(["-c", script]).current_dir(scene.root()).envs(variables.iter().copied());
        shell
            .env("PATH", format!("{}:{}", program.display(), std::env::var("PATH").unwrap()))
            .env("FOLIAR_OFFLINE", "1");
        as_user(&mut shell, scene, &moto.url());
        Finished::from(shell.output().unwrap())
    }

    #[test]
    fn the_scripts_of_the_documentation_run_as_they_are_written() {
        let Some(moto) = Moto::start() else { return };
        let (scene, _) = scene(5);
        moto.put_files(&scene.path("field"), "/farm/photos");
        moto.put("/farm/model.foliar", &fs::read(scene.path("run/model.foliar")).unwrap());
        let expected = expected(&scene, "s3://farm").replace("s3://farm/field/", "s3://farm/photos/");
        let text =
            fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/cluster.md")).unwrap();
        let section = text.split("## Object stores\n").nth(1).unwrap();
        let block = |language: &str| {
            let start = format!("```{language}\n");
            section.split(&start).nth(1).unwrap().split("```").next().unwrap().to_owned()
        };
        let lines: Vec<String> = block("sh").lines().map(str::to_owned).collect();
        let [list, one, merge] = lines.as_slice() else { panic!("{lines:?}") };
        documented(&scene, &moto, list, &[]).expect(0);
        let job: serde_json::Value = serde_json::from_str(&block("json")).unwrap();
        let script = job["containerProperties"]["command"][2].as_str().unwrap();
        // Smaller slices than the document's, of which the list would be one.
        let small = |script: &str, folder: &str| {
            assert!(script.contains("s3://farm/answers"), "{script}");
            script.replace("--part-rows 1000", "--part-rows 3").replace("s3://farm/answers", folder)
        };
        for index in ["2", "0", "3", "1"] {
            let variables = [("AWS_BATCH_JOB_ARRAY_INDEX", index)];
            let ended = documented(&scene, &moto, &small(script, "s3://farm/answers"), &variables).expect(0);
            assert!(ended.err.contains(&format!("part {index}/4")), "{ended:?}");
        }
        documented(&scene, &moto, merge, &[]).expect(3);
        assert_eq!(fs::read_to_string(scene.path("answers.csv")).unwrap(), expected);
        documented(&scene, &moto, &small(one, "s3://farm/others"), &[]).expect(3);
        assert_eq!(run(&scene, &moto, &["predict", "--merge", "s3://farm/others"]).expect(3).out, expected);
        for (address, what) in
            [("s3://barn/photos", "there is no bucket barn"), ("s3://farm/absent", "no object below")]
        {
            let ended = run(&scene, &moto, &["predict", "run/model.foliar", address]);
            assert!(
                ended.code != Some(0) && format!("{}{}", ended.err, ended.out).contains(what),
                "{ended:?}"
            );
        }
    }

    /// `OBJECT_KILLS=20` kills more often.
    #[test]
    fn random_kills_lose_no_row() {
        let Some(moto) = Moto::start() else { return };
        let kills: usize = std::env::var("OBJECT_KILLS").map_or(3, |kills| kills.parse().unwrap());
        let (scene, _) = scene(10);
        moto.put_files(&scene.path("field"), "/farm/field");
        let expected = expected(&scene, "s3://farm");
        run(
            &scene,
            &moto,
            &["predict", "run/model.foliar", "s3://farm/field", "--manifest", "list.csv", "--make-manifest"],
        )
        .expect(0);
        let task = |part: &str| {
            let fixed = [
                "predict",
                "run/model.foliar",
                "--manifest",
                "list.csv",
                "--out",
                "s3://farm/answers",
                "--part-rows",
                "3",
                "--part",
                part,
            ];
            let mut task = command(&scene, &moto.url(), &fixed);
            task.stdout(Stdio::null()).stderr(Stdio::null());
            task
        };
        let mut random = foliar_random::Random::seeded(23);
        let (mut killed, mut early) = (0, 0);
        while killed < kills && early < 100 {
            let count = 1 + random.bits32() % 3;
            let mut tasks: Vec<Child> =
                (0..count).map(|index| task(&format!("{index}/{count}")).spawn().unwrap()).collect();
            sleep(Duration::from_millis(u64::from(random.bits32() % 1000)));
            for task in &mut tasks {
                match task.try_wait().unwrap() {
                    None => {
                        task.kill().unwrap();
                        killed += 1;
                    }
                    Some(_) => early += 1,
                }
                task.wait().unwrap();
            }
            let partial = run(&scene, &moto, &["predict", "--merge", "s3://farm/answers"]);
            match partial.code {
                Some(3) => assert_eq!(partial.out, expected),
                code => assert!([Some(1), Some(2)].contains(&code) && partial.out.is_empty(), "{partial:?}"),
            }
        }
        task("0/1").status().unwrap();
        assert_eq!(run(&scene, &moto, &["predict", "--merge", "s3://farm/answers"]).expect(3).out, expected);
        println!("{killed} tasks killed, {early} were done before");
    }
}
