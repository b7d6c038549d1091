//! `foliar demo`: the whole way from photographs to predictions, with nothing but this program.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use foliar_audit::GroupRule;
use foliar_eval::{EvalSource, EvaluateOptions, evaluate};
use foliar_files::Printable as _;
use foliar_model::{Bundle, Predictor};
use foliar_train::{Recipe, Run};
use foliar_vision::{Limits, decode_file};

use super::evaluate::text;
use super::predict::in_words;
use super::train::{drive, open_photographs};
use super::use_threads;
use crate::arguments::{DemoArguments, MachineArguments};
use crate::exit::Exit;
use crate::output::Messages;
use crate::wrap::Fitted;

/// Leaves of each class to train on, and of other seeds to measure on.
const TRAIN_LEAVES: usize = 160;
const TEST_LEAVES: usize = 30;
/// Side of the drawings, and of what the network sees, in pixels.
const DRAWN: u32 = 112;
const SEEN: u32 = 96;
const EPOCHS: u32 = 20;
/// Photographs in one pass of the network.
const BATCH: usize = 32;

pub(crate) fn run(arguments: &DemoArguments) -> anyhow::Result<Exit> {
    let dir = &arguments.dir;
    if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{} is not empty: choose another folder, as in `foliar demo {}-2`", dir.shown(), dir.shown());
    }
    use_threads(arguments.threads)?;
    let (photos, test, run_dir) = (dir.join("photos"), dir.join("test"), dir.join("run"));
    draw(&photos, arguments.seed, TRAIN_LEAVES)?;
    draw(&test, arguments.seed ^ u64::MAX, TEST_LEAVES)?;
    let recipe = recipe(arguments.seed);
    let machine = MachineArguments { threads: arguments.threads, cache_memory: 1024, low_memory: false };
    let photographs = open_photographs(&photos, &recipe, &machine)?;
    let run = Run::create(&run_dir, &recipe, &photographs)?;
    let exit = drive(&run, &photographs, &machine, Instant::now())?;
    if exit != Exit::Done {
        return Ok(exit);
    }
    let bundle_path = run.dir.bundle();
    let mut predictor = Predictor::new(Bundle::read(&bundle_path)?, BATCH)?;
    let source = EvalSource::Folder {
        root: &test,
        split: None,
        grouping: &GroupRule::Sequence,
        include_training: false,
    };
    let result = evaluate(&mut predictor, &source, &EvaluateOptions::default(), &mut |_, _, _| {})?;
    say!("\nOn {} leaves that it has not seen:\n", result.photographs);
    text::print(&mut Fitted::of_messages(Messages), &result)?;
    say!("\nA few of them:\n");
    for path in examples(&test)? {
        say(&mut predictor, &path)?;
    }
    say!("\nEverything is in {}:", dir.shown());
    for (path, what) in [
        (&photos, "drawn leaves, one folder per class; look at them"),
        (&test, "more drawn leaves, for the test"),
        (&run_dir, "the run: recipe.toml, metrics.csv, TensorBoard events, checkpoints"),
        (&bundle_path, "the classifier"),
    ] {
        say!("  {}  {what}", path.shown());
    }
    say!("\nNext, with photos of your own, one folder per class:");
    say!("  foliar train PHOTOS --out runs/first\n  foliar predict runs/first/model.foliar NEW-PHOTO.jpg");
    Ok(Exit::Done)
}

fn draw(dir: &Path, seed: u64, per_class: usize) -> anyhow::Result<()> {
    say!("drawing {} leaves in {}", per_class * foliar_synth::CLASSES.len(), dir.shown());
    foliar_synth::write_dataset(dir, seed, per_class, DRAWN)
        .with_context(|| format!("the leaves could not be drawn in {}", dir.shown()))
}

fn recipe(seed: u64) -> Recipe {
    let mut recipe = Recipe::scratch("baseline");
    recipe.preprocessing = Recipe::preprocessing("baseline", SEEN);
    recipe.seed = seed;
    recipe.batch_size = 16;
    for phase in &mut recipe.phases {
        phase.epochs = EPOCHS;
        phase.learning_rate.peak = 0.05;
        // A crop would cut the blighted tip off and leave a leaf that looks healthy.
        phase.augment.crop.probability = 0.0;
        phase.augment.erasing.probability = 0.0;
    }
    recipe
}

/// The first leaf of each class.
fn examples(test: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for class in foliar_synth::CLASSES {
        let mut files: Vec<PathBuf> =
            test.join(class).read_dir()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort();
        found.extend(files.into_iter().next());
    }
    Ok(found)
}

fn say(predictor: &mut Predictor, path: &Path) -> anyhow::Result<()> {
    let photograph = decode_file(path, &Limits::default())
        .map_err(|reason| anyhow::anyhow!("{}: {reason}", path.shown()))?;
    let outputs = predictor.predict(&[photograph])?;
    for output in outputs {
        say!("  {}  {}", path.shown(), in_words(&output, 2, &predictor.bundle().classes));
    }
    Ok(())
}
