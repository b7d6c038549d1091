//! What a training begins with where nobody names weights: pretrained ones, if they are there or can be had.

use std::env;
use std::path::Path;
use std::thread::available_parallelism;

use foliar_catalogue::{CATALOGUE, CatalogueError, Entry, Options, Verified, cached};
use foliar_nn::summary::summarise;
use foliar_nn::{Optimizer, zoo};
use foliar_scan::scan;
use foliar_train::Recipe;

use super::recipe;
use crate::arguments::{RecipeArguments, RecipeName};
use crate::commands::weights;
use crate::exit::UsageError;
use crate::output;
use crate::wrap::paragraph;

/// Milliseconds that the default network may need for a photo on all cores: a thousand photos in less than a minute.
const LONGEST: f64 = 50.0;
/// Largest file that is downloaded without being named, in MiB.
const LARGEST: f64 = 32.0;
/// Operations that one core does in a millisecond: 25 GFLOP/s. Networks need from a quarter of that time to twice as long.
const OPERATIONS: f64 = 25e6;
/// Attempts at a download that nobody asked for by name: who has no network shall not wait long.
const ATTEMPTS: u32 = 2;

/// What a training begins with.
pub(super) struct Beginning {
    /// The arguments, with the network and the weights that were chosen.
    pub(super) arguments: RecipeArguments,
    /// The weights that would be downloaded, where nothing may be downloaded now.
    pub(super) planned: Option<&'static Entry>,
    /// Whether the weights were chosen, and not named.
    pub(super) is_chosen: bool,
}

/// When weights that are not in the cache are downloaded.
#[derive(Clone, Copy, PartialEq)]
enum Downloads {
    Now,
    /// In a run that is only planned.
    Later,
    Never,
}

/// The arguments with weights, where they name none and the recipe is not from scratch: those of the catalogue that are in the
/// cache, else the default ones, which are downloaded; none, which is said, where there is no network. What is wrong with the
/// arguments or with `photos` is told before anything is downloaded.
///
/// # Errors
/// The photos or the arguments cannot be used, a file is damaged or another than it should be, a download was interrupted, or it
/// cannot be written.
pub(crate) fn settle(arguments: &RecipeArguments, photos: &Path) -> anyhow::Result<RecipeArguments> {
    let downloads = if is_offline(arguments) { Downloads::Never } else { Downloads::Now };
    Ok(choose(arguments, &CATALOGUE, Options::from_environment(), downloads, &checking(photos))?.arguments)
}

/// As [`settle`], but downloads nothing.
pub(super) fn plan(arguments: &RecipeArguments, photos: &Path) -> anyhow::Result<Beginning> {
    let downloads = if is_offline(arguments) { Downloads::Never } else { Downloads::Later };
    choose(arguments, &CATALOGUE, Options::from_environment(), downloads, &checking(photos))
}

/// Whether the arguments can be used with `photos`.
type Check<'a> = &'a dyn Fn(&RecipeArguments) -> anyhow::Result<()>;

fn checking(photos: &Path) -> impl Fn(&RecipeArguments) -> anyhow::Result<()> {
    move |arguments| {
        let recipe = recipe::planned(arguments)?;
        scan(photos, &recipe.data.scanning(photos)?)?;
        Ok(())
    }
}

fn choose(
    given: &RecipeArguments,
    catalogue: &'static [Entry],
    options: Result<Options, CatalogueError>,
    downloads: Downloads,
    check: Check<'_>,
) -> anyhow::Result<Beginning> {
    let mut beginning = Beginning { arguments: given.clone(), planned: None, is_chosen: false };
    if given.weights.is_some() || given.recipe == Some(RecipeName::Scratch) {
        return Ok(beginning);
    }
    let named = given.model.as_deref();
    let entries = || catalogue.iter().filter(|entry| named.is_none_or(|model| model == entry.model));
    // Of a network that was named, the best weights are first.
    let best = |entries: &[&'static Entry]| {
        if named.is_some() { entries.first().copied() } else { best(entries, cores()) }
    };
    let may_be_fetched = |entry: &&Entry| named.is_some() || can_be_default(entry);
    let Some(usual) = best(&entries().filter(may_be_fetched).collect::<Vec<_>>()) else {
        return Ok(beginning);
    };
    let options = match options {
        Ok(options) => Options { attempts: ATTEMPTS, ..options },
        Err(CatalogueError::NoCacheFolder) => {
            without(given, check, "there is no folder for them (FOLIAR_CACHE names one)", usual)?;
            return Ok(beginning);
        }
        Err(error) => return Err(error.into()),
    };
    let is_there = |entry: &&Entry| options.cache_dir.join(entry.file).exists();
    if let Some(entry) = best(&entries().filter(is_there).collect::<Vec<_>>()) {
        beginning.take(entry, cached(entry, &options.cache_dir)?);
        let Entry { name, top1, .. } = entry;
        tell(&format!(
            "weights: {name} from the cache, {top1:.1} % right on ImageNet; --weights takes others, or none"
        ));
        return Ok(beginning);
    }
    let planned = RecipeArguments {
        model: Some(usual.model.to_owned()),
        recipe: given.recipe.or(Some(RecipeName::Quick)),
        ..given.clone()
    };
    match downloads {
        Downloads::Never => {
            without(given, check, "there are none in the cache, and nothing may be downloaded", usual)?;
        }
        Downloads::Later => {
            beginning = Beginning { arguments: planned, planned: Some(usual), is_chosen: true };
        }
        Downloads::Now => {
            check(&planned)?;
            let Entry { name, mebibytes, licence, folder, .. } = usual;
            let place = options.mirror.as_deref().unwrap_or(folder);
            tell(&format!(
                "weights: none are named or in the cache; downloading those of {name} once: {mebibytes:.1} MiB from {place} ({licence}). --offline or --weights none goes without"
            ));
            match weights::download(usual, &options) {
                Ok(fetched) => beginning.take(usual, fetched.file),
                Err(error) => {
                    let reason = unreachable(&error).ok_or(error)?;
                    without(given, check, &format!("they cannot be downloaded ({reason})"), usual)?;
                }
            }
        }
    }
    Ok(beginning)
}

impl Beginning {
    fn take(&mut self, entry: &Entry, file: Verified) {
        self.arguments.model = Some(entry.model.to_owned());
        self.arguments.weights = Some(file.path);
        self.is_chosen = true;
    }
}

/// Says what it costs to have no weights, and how to get them.
///
/// # Errors
/// The recipe needs weights, or the arguments or the photos cannot be used.
fn without(given: &RecipeArguments, check: Check<'_>, reason: &str, entry: &Entry) -> anyhow::Result<()> {
    let how = format!("`foliar weights fetch {}` where there is a network, or --weights FILE", entry.name);
    if given.recipe.is_some() {
        let message = format!("this recipe starts from pretrained weights, and {reason}: {how}");
        return Err(UsageError(message).into());
    }
    check(given)?;
    tell(&format!(
        "no pretrained weights: {reason}. To learn every weight from these photos takes longer and, with fewer than a few thousand, is right less often. To get weights: {how}"
    ));
    Ok(())
}

fn tell(text: &str) {
    // Standard error never fails.
    let _ = paragraph(&mut output::Messages, text, "", "  ");
}

/// Why the server could not be reached or does not have the file, if that is what stands in the way.
fn unreachable(error: &anyhow::Error) -> Option<String> {
    match error.downcast_ref()? {
        CatalogueError::Network { reason, .. } => Some(reason.clone()),
        CatalogueError::Status { url, status, .. } => Some(format!("{url} answered {status}")),
        _ => None,
    }
}

/// Whether an argument or `FOLIAR_OFFLINE` forbids downloads.
fn is_offline(arguments: &RecipeArguments) -> bool {
    arguments.offline || env::var_os("FOLIAR_OFFLINE").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Whether weights are downloaded without being named: small files whose digest is known as a whole.
fn can_be_default(entry: &Entry) -> bool {
    entry.mebibytes <= LARGEST && entry.sha256_prefix.len() == 64
}

fn cores() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// The entry that is right most often on ImageNet of those that need at most [`LONGEST`] for a photo, else the fastest. The times
/// are counted and not measured, so that a busy machine chooses no other network.
fn best(entries: &[&'static Entry], cores: usize) -> Option<&'static Entry> {
    let timed = entries.iter().map(|&entry| (milliseconds(entry) / cores as f64, entry));
    let (fast, slow): (Vec<_>, Vec<_>) = timed.partition(|(time, _)| *time <= LONGEST);
    let most_accurate = fast.into_iter().max_by(|(_, a), (_, b)| a.top1.total_cmp(&b.top1));
    most_accurate.or_else(|| slow.into_iter().min_by(|(a, _), (b, _)| a.total_cmp(b))).map(|(_, entry)| entry)
}

/// About how many milliseconds one core needs for the features of one photo of the usual size; infinite for a network that does
/// not fit.
fn milliseconds(entry: &Entry) -> f64 {
    let plain = Optimizer::Sgd { momentum: 0.0, dampening: 0.0, nesterov: false, weight_decay: 0.0 };
    let size = Recipe::quick(entry.model).image_size();
    // Some files have no classes.
    let graph = zoo::build(entry.model, entry.classes.max(2));
    let summary = graph.and_then(|graph| summarise(&graph, 1, size, plain));
    summary.map_or(f64::INFINITY, |summary| 2.0 * summary.multiply_adds as f64 / OPERATIONS)
}

/// A network that could be chosen.
pub(super) struct Choice {
    pub(super) entry: &'static Entry,
    pub(super) is_there: bool,
    /// About how long the features of the photos take on this machine's cores, in seconds.
    pub(super) seconds: f64,
}

/// The networks that are right more often than all that are faster, the fastest first.
pub(super) fn choices(photographs: usize) -> Vec<Choice> {
    let cache = Options::from_environment().map(|options| options.cache_dir).ok();
    let seconds = |entry| milliseconds(entry) * photographs as f64 / 1e3 / cores() as f64;
    let of = |entry: &'static Entry| Choice {
        entry,
        is_there: cache.as_ref().is_some_and(|cache| cache.join(entry.file).exists()),
        seconds: seconds(entry),
    };
    let mut choices: Vec<Choice> =
        CATALOGUE.iter().filter(|entry| entry.name == entry.model).map(of).collect();
    choices.sort_by(|a, b| a.seconds.total_cmp(&b.seconds));
    let mut right = 0.0;
    choices.retain(|choice| {
        let better = choice.entry.top1 > right;
        right = choice.entry.top1.max(right);
        better || choice.is_there
    });
    choices
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{BufRead, BufReader, Write};
    use std::net::TcpListener;
    use std::thread;
    use std::time::Duration;

    use clap::Parser;

    use super::*;
    use crate::arguments::{Arguments, Command};

    /// What the file of the test's catalogue holds, and its SHA-256 (FIPS 180-2, appendix B.1).
    const CONTENT: &str = "abc";
    const DIGEST: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    /// A catalogue of one small file.
    fn catalogue() -> &'static [Entry] {
        let mebibytes = CONTENT.len() as f64 / f64::from(1 << 20);
        let entry = named(&["mobilenet_v2"])[0];
        let file = "small-ba7816bf.pth";
        Box::leak(Box::new([Entry { file, sha256_prefix: DIGEST, mebibytes, ..*entry }]))
    }

    fn asked(words: &[&str]) -> RecipeArguments {
        let words = [&["foliar", "train", "photos"], words].concat();
        let Command::Train(arguments) = Arguments::try_parse_from(words).unwrap().command else { panic!() };
        arguments.recipe
    }

    /// A server that answers each request with `status` and the file.
    fn server(status: &'static str) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        thread::spawn(move || {
            for mut stream in listener.incoming().map_while(Result::ok) {
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                if lines.any(|line| line.is_empty()) {
                    let length = CONTENT.len();
                    let head =
                        format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
                    // A client that hangs up is no fault of the server.
                    let _ = write!(stream, "{head}{CONTENT}");
                }
            }
        });
        url
    }

    #[test]
    fn weights_are_taken_from_the_cache_or_downloaded_once_or_done_without() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("small-ba7816bf.pth");
        let options = |mirror: &str| {
            let backoff = Duration::from_millis(10);
            Options { mirror: Some(mirror.to_owned()), backoff, ..Options::new(folder.path().to_owned()) }
        };
        let choose = |words: &[&str], mirror: &str, downloads| {
            choose(&asked(words), catalogue(), Ok(options(mirror)), downloads, &|_| Ok(()))
        };
        // No server is there.
        let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        for (words, mirror) in [
            (&["--weights", "none"][..], server("200 OK")),
            (&["--recipe", "scratch"], server("200 OK")),
            (&["--model", "baseline"], server("200 OK")),
            (&[], server("404 Not Found")),
            (&[], format!("http://{gone}")),
        ] {
            let beginning = choose(words, &mirror, Downloads::Now).unwrap();
            let given = asked(words);
            assert_eq!(beginning.arguments.weights, given.weights, "{words:?}");
            assert_eq!(beginning.arguments.model, given.model, "{words:?}");
            assert!(!file.exists() && !beginning.is_chosen, "{words:?}");
        }
        let mirror = server("200 OK");
        let offline = choose(&[], &mirror, Downloads::Never).unwrap();
        assert!(offline.arguments.weights.is_none() && !file.exists());
        let planned = choose(&[], &mirror, Downloads::Later).unwrap();
        assert!(planned.planned.is_some() && !file.exists());
        assert_eq!(planned.arguments.recipe, Some(RecipeName::Quick));
        for (words, downloads) in [
            (&[][..], Downloads::Now),
            (&[], Downloads::Never),
            (&["--model", "mobilenet_v2"], Downloads::Now),
            (&["--recipe", "fine"], Downloads::Later),
        ] {
            let beginning = choose(words, &mirror, downloads).unwrap();
            assert_eq!(beginning.arguments.weights.as_deref(), Some(&*file), "{words:?}");
            assert_eq!(beginning.arguments.model.as_deref(), Some("mobilenet_v2"));
        }
        fs::write(&file, "damaged").unwrap();
        let error = choose(&[], &mirror, Downloads::Now).err().unwrap().to_string();
        assert!(error.contains("is damaged"), "{error}");
    }

    fn named(names: &[&str]) -> Vec<&'static Entry> {
        CATALOGUE.iter().filter(|entry| names.contains(&entry.name)).collect()
    }

    #[test]
    fn the_most_accurate_that_is_fast_enough_is_taken() {
        let best = |names: &[&str], cores| best(&named(names), cores).map(|entry| entry.name);
        let all = ["mobilenet_v2", "efficientnet_b0", "resnet50"];
        assert_eq!(best(&all, 2), Some("efficientnet_b0"));
        assert_eq!(best(&all, 64), Some("resnet50"));
        assert_eq!(best(&["resnet50", "resnet101"], 1), Some("resnet50"), "the fastest of slow ones");
        assert_eq!(best(&[], 8), None);
    }

    #[test]
    fn what_is_downloaded_unasked_is_small_and_known_to_the_last_digit() {
        let defaults: Vec<&Entry> = CATALOGUE.iter().filter(|entry| can_be_default(entry)).collect();
        assert!(defaults.len() > 1);
        for entry in defaults {
            assert!(entry.mebibytes <= 32.0 && entry.sha256_prefix.len() == 64, "{}", entry.name);
        }
    }

    #[test]
    fn choices_are_faster_or_better() {
        let choices: Vec<Choice> = choices(100).into_iter().filter(|choice| !choice.is_there).collect();
        assert!(choices.len() > 3);
        assert!(choices.iter().all(|choice| choice.seconds.is_finite()));
        assert!(choices.is_sorted_by(|a, b| a.seconds <= b.seconds && a.entry.top1 < b.entry.top1));
    }
}
