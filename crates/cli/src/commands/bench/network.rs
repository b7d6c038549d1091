//! A network on random pixels: photographs and arithmetic a second, and where the time goes.

use std::io::{self, Write};
use std::time::Duration;

use anyhow::bail;
use foliar_nn::{
    Batch, CpuEngine, Engine, EngineOptions, Graph, Optimizer, PredictionEngine, Spent, Statistics,
    StepConfig, StepProfile, Targets, isa, zoo,
};
use foliar_random::Random;
use serde::Serialize;

use super::timing::Timing;
use super::{Work, memory_line, peak, print, threads};
use crate::arguments::BenchMode;
use crate::exit::Exit;
use crate::peak_memory;

/// Key of the first weights, the pixels and the labels.
const SEED: u64 = 1;
/// What the optimiser does in ImageNet recipes; the rate is so low that random labels cannot make the loss explode.
const OPTIMIZER: Optimizer =
    Optimizer::Sgd { momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 1e-4 };
const PLAN: StepConfig<'static> = StepConfig {
    learning_rate: 1e-3,
    rate_factors: None,
    label_smoothing: 0.0,
    class_weights: None,
    targets: Targets::OneOf,
    focus: 0.0,
    mixture: None,
};

/// What is printed with `--json`. Times are means over the steps, in seconds a step; rates come from the median step.
#[derive(Serialize)]
struct Document<'a> {
    model: &'a str,
    mode: &'static str,
    batch: usize,
    size: usize,
    classes: usize,
    threads: usize,
    /// Vector instructions in use.
    instructions: String,
    images_per_second: f64,
    /// Two for each multiply-add of convolutions and linear layers that is computed, in thousands of millions a second.
    gflops: f64,
    /// The processor's limit, as measured.
    peak_gflops: f64,
    /// `gflops / peak_gflops`.
    peak_share: f64,
    peak_memory_bytes: Option<u64>,
    /// Of one photograph, in all passes.
    multiply_adds: usize,
    /// Seconds of each step, ascending.
    step_seconds: &'a [f64],
    ops: Vec<Row<'a>>,
    /// Loss, optimiser and copies.
    rest_seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nodes: Option<Vec<Row<'a>>>,
}

/// Time and work of a node, or of all nodes of a kind.
#[derive(Serialize)]
struct Row<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    op: &'static str,
    forward: Pass,
    backward: Pass,
}

#[derive(Clone, Copy, Default, Serialize)]
struct Pass {
    seconds: f64,
    /// Of one photograph.
    multiply_adds: usize,
    /// None where nothing is multiplied, or nothing was measured.
    gflops: Option<f64>,
}

impl Pass {
    fn new(spent: Spent, steps: usize, batch: usize) -> Self {
        let seconds = spent.time.as_secs_f64() / steps as f64;
        Self { seconds, multiply_adds: spent.multiply_adds, gflops: None }.rated(batch)
    }

    fn rated(self, batch: usize) -> Self {
        let operations = 2e-9 * (self.multiply_adds * batch) as f64;
        let gflops = (operations > 0.0 && self.seconds > 0.0).then(|| operations / self.seconds);
        Self { gflops, ..self }
    }

    fn plus(self, other: Self, batch: usize) -> Self {
        Self {
            seconds: self.seconds + other.seconds,
            multiply_adds: self.multiply_adds + other.multiply_adds,
            gflops: None,
        }
        .rated(batch)
    }
}

pub(super) fn run(work: &Work<'_>) -> anyhow::Result<Exit> {
    let Work { arguments, batch, size } = *work;
    let training = arguments.mode == BenchMode::Train;
    let graph = zoo::build(&arguments.model, arguments.classes)?;
    let mut engine = Subject::new(&graph, work)?;
    let (images, labels) = random_batch(batch, size, arguments.classes);
    let step = |engine: &mut Subject| {
        let finite = match engine {
            Subject::Predicting(engine) => engine.predict(&images).map(|_| true)?,
            Subject::Training(engine) => {
                engine.train_step(Batch { images: &images, labels: &labels }, &PLAN)?.taken
            }
        };
        if !finite {
            bail!("the loss of {} is no finite number on random pixels", arguments.model);
        }
        Ok(())
    };
    let at_least = Duration::from_secs_f64(arguments.seconds);
    let before = peak::measure();
    let timing = Timing::take(&mut engine, at_least, Subject::start_stopwatch, step)?;
    // A machine is often slower at one moment than at another; the limit is the best of two.
    let peak_gflops = before.max(peak::measure());
    let profile = engine.profile();
    let nodes = rows(&profile, timing.seconds().len(), batch);
    let ops = by_op(&nodes, batch);
    let multiply_adds = nodes.iter().map(|row| row.forward.multiply_adds + row.backward.multiply_adds).sum();
    let gflops = 2e-9 * (multiply_adds * batch) as f64 / timing.median();
    let measured: f64 = nodes.iter().map(|row| row.forward.seconds + row.backward.seconds).sum();
    let document = Document {
        model: &arguments.model,
        mode: if training { "train" } else { "infer" },
        batch,
        size,
        classes: arguments.classes,
        threads: threads(),
        instructions: format!("{:?}", isa::selected()).to_lowercase(),
        images_per_second: batch as f64 / timing.median(),
        gflops,
        peak_gflops,
        peak_share: gflops / peak_gflops,
        peak_memory_bytes: peak_memory::bytes(),
        multiply_adds,
        step_seconds: timing.seconds(),
        ops,
        rest_seconds: (timing.mean() - measured).max(0.0),
        nodes: arguments.profile.then_some(nodes),
    };
    print(arguments, &document, |out| print_text(out, &document, &timing))
}

/// What is measured: an engine with its first weights.
enum Subject {
    Training(Box<CpuEngine>),
    Predicting(PredictionEngine),
}

impl Subject {
    fn new(graph: &Graph, work: &Work<'_>) -> anyhow::Result<Self> {
        let Work { arguments, batch, size } = *work;
        let training = arguments.mode == BenchMode::Train;
        let options = EngineOptions {
            image_size: size,
            batch: if training { batch } else { 1 },
            seed: SEED,
            optimizer: training.then_some(OPTIMIZER),
            average: None,
            statistics: Statistics::Batch,
        };
        Ok(match (training, arguments.low_memory) {
            (true, true) => Self::Training(Box::new(CpuEngine::with_low_memory(graph, options)?)),
            (true, false) => Self::Training(Box::new(CpuEngine::new(graph, options)?)),
            (false, _) => {
                let state = CpuEngine::new(graph, options)?.state();
                Self::Predicting(PredictionEngine::new(graph, &state, size, batch)?)
            }
        })
    }

    fn start_stopwatch(&mut self) {
        match self {
            Self::Training(engine) => engine.start_stopwatch(),
            Self::Predicting(engine) => engine.start_stopwatch(),
        }
    }

    fn profile(&self) -> Vec<StepProfile> {
        match self {
            Self::Training(engine) => engine.profile(),
            Self::Predicting(engine) => engine.profile(),
        }
    }
}

/// Pixels between -2 and 2, whose standard deviation is near that of normalised photographs, and labels.
fn random_batch(batch: usize, size: usize, classes: usize) -> (Vec<f32>, Vec<u32>) {
    let mut random = Random::seeded(SEED);
    let mut unit = || random.uniform_f32();
    let images = (0..batch * size * size * 3).map(|_| 4.0 * unit() - 2.0).collect();
    let labels = (0..batch).map(|_| (unit() * classes as f32) as u32).collect();
    (images, labels)
}

fn rows(profile: &[StepProfile], steps: usize, batch: usize) -> Vec<Row<'_>> {
    profile
        .iter()
        .map(|step| Row {
            name: Some(&step.name),
            op: step.op,
            forward: Pass::new(step.forward, steps, batch),
            backward: Pass::new(step.backward, steps, batch),
        })
        .collect()
}

/// The sums of each kind of operation, the slowest first.
fn by_op(nodes: &[Row<'_>], batch: usize) -> Vec<Row<'static>> {
    let mut ops: Vec<Row<'static>> = Vec::new();
    for node in nodes {
        let place = ops.iter().position(|row| row.op == node.op).unwrap_or_else(|| {
            ops.push(Row { name: None, op: node.op, forward: Pass::default(), backward: Pass::default() });
            ops.len() - 1
        });
        let row = &mut ops[place];
        row.forward = row.forward.plus(node.forward, batch);
        row.backward = row.backward.plus(node.backward, batch);
    }
    let seconds = |row: &Row<'_>| row.forward.seconds + row.backward.seconds;
    ops.sort_by(|a, b| seconds(b).total_cmp(&seconds(a)));
    ops
}

fn print_text(out: &mut dyn Write, document: &Document<'_>, timing: &Timing) -> io::Result<()> {
    let Document { model, mode, batch, size, classes, threads, .. } = *document;
    writeln!(
        out,
        "{model}, {mode}, batches of {batch} photos of {size} x {size} pixels, {classes} classes, \
         {threads} threads, {}\n",
        document.instructions
    )?;
    let (fastest, slowest) = timing.extremes();
    writeln!(
        out,
        "images/s         {:<9.2}  median of {} steps, {:.2} to {:.2}",
        document.images_per_second,
        document.step_seconds.len(),
        batch as f64 / slowest,
        batch as f64 / fastest
    )?;
    writeln!(
        out,
        "GFLOP/s          {:<9.1}  {:.1} % of the {:.1} that multiply-adds in registers reach",
        document.gflops,
        100.0 * document.peak_share,
        document.peak_gflops
    )?;
    writeln!(out, "peak memory      {}\n", memory_line(document.peak_memory_bytes))?;
    let total = timing.mean();
    table(out, "op", &document.ops, total, |row| row.op.to_owned())?;
    writeln!(
        out,
        "loss, optimiser and copies: {:.2} ms, {:.1} %",
        1e3 * document.rest_seconds,
        100.0 * document.rest_seconds / total
    )?;
    if let Some(nodes) = &document.nodes {
        writeln!(out)?;
        table(out, "node", nodes, total, |row| format!("{} ({})", row.name.unwrap_or_default(), row.op))?;
    }
    Ok(())
}

fn table(
    out: &mut dyn Write,
    title: &str,
    rows: &[Row<'_>],
    total: f64,
    name: impl Fn(&Row<'_>) -> String,
) -> io::Result<()> {
    let width = rows.iter().map(|row| name(row).chars().count()).max().unwrap_or(0).max(title.len());
    writeln!(
        out,
        "{title:width$}  {:>10}  {:>8}  {:>11}  {:>8}  {:>7}",
        "forward ms", "GFLOP/s", "backward ms", "GFLOP/s", "share"
    )?;
    let rate = |pass: Pass| pass.gflops.map_or_else(|| "-".to_owned(), |gflops| format!("{gflops:.1}"));
    for row in rows {
        writeln!(
            out,
            "{:width$}  {:>10.3}  {:>8}  {:>11.3}  {:>8}  {:>5.1} %",
            name(row),
            1e3 * row.forward.seconds,
            rate(row.forward),
            1e3 * row.backward.seconds,
            rate(row.backward),
            100.0 * (row.forward.seconds + row.backward.seconds) / total
        )?;
    }
    Ok(())
}
