//! A fault planted in a real training run is found in what the run leaves behind, and a sound run is left in peace.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use foliar_doctor::{Context, Diagnosis, Id, Severity, diagnose};
use foliar_learn::{DataOptions, Photographs, Recipe, Run, Schedule, cross_entropy, softmax, train};
use foliar_nn::{
    Batch, Cpu, Device, Engine, EngineError, EngineOptions, Graph, GraphError, State, StateError, StepPlan,
    StepStats,
};
use foliar_runlog::{RunLog, read_log_path};
use foliar_vision::procedural;

const BATCH: usize = 16;

/// What is wrong with the program that trains.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// The sum of each batch's losses is taken for its mean.
    SummedLoss,
    /// The network ends in a softmax and the loss begins with one.
    DoubleSoftmax,
    /// Batch norms are in training mode, but their running statistics stay those that they began with.
    FrozenStatistics,
    /// Training counts the classes from another one than validation.
    OtherNumbers,
}

impl Device for Fault {
    fn engine(&self, graph: &Graph, options: &EngineOptions) -> Result<Box<dyn Engine>, GraphError> {
        Ok(Box::new(Faulty { engine: Cpu.engine(graph, options)?, fault: *self }))
    }
}

struct Faulty {
    engine: Box<dyn Engine>,
    fault: Fault,
}

impl Engine for Faulty {
    fn train_step(&mut self, batch: Batch<'_>, plan: &StepPlan<'_>) -> Result<StepStats, EngineError> {
        let classes = self.engine.outputs();
        match self.fault {
            Fault::None => self.engine.train_step(batch, plan),
            Fault::SummedLoss => {
                let stats = self.engine.train_step(batch, plan)?;
                Ok(StepStats { loss_sum: stats.loss_sum * stats.photographs as f64, ..stats })
            }
            Fault::DoubleSoftmax => {
                let outputs = self.predict(batch.images)?;
                let losses = outputs.chunks(classes).zip(batch.labels);
                let loss_sum = losses.map(|(row, &label)| cross_entropy(row, label as usize)).sum();
                Ok(StepStats { loss_sum, ..self.engine.train_step(batch, plan)? })
            }
            Fault::FrozenStatistics => {
                let before = self.engine.state();
                let stats = self.engine.train_step(batch, plan)?;
                let mut after = self.engine.state();
                for (name, tensor) in before.tensors {
                    if name.contains("running_") {
                        after.tensors.insert(name, tensor);
                    }
                }
                self.engine.restore(&after).unwrap();
                Ok(stats)
            }
            Fault::OtherNumbers => {
                let labels: Vec<u32> =
                    batch.labels.iter().map(|label| (label + 1) % classes as u32).collect();
                self.engine.train_step(Batch { labels: &labels, ..batch }, plan)
            }
        }
    }

    fn predict(&mut self, images: &[f32]) -> Result<Vec<f32>, EngineError> {
        let mut logits = self.engine.predict(images)?;
        if self.fault == Fault::DoubleSoftmax {
            for row in logits.chunks_mut(self.engine.outputs()) {
                let p = softmax(row);
                for (x, p) in row.iter_mut().zip(p) {
                    *x = p as f32;
                }
            }
        }
        Ok(logits)
    }

    fn estimate_statistics(&mut self, images: &[f32], batches: usize) -> Result<(), EngineError> {
        self.engine.estimate_statistics(images, batches)
    }

    fn state(&self) -> State {
        self.engine.state()
    }

    fn restore(&mut self, state: &State) -> Result<(), StateError> {
        self.engine.restore(state)
    }

    fn outputs(&self) -> usize {
        self.engine.outputs()
    }

    fn batch(&self) -> usize {
        self.engine.batch()
    }
}

fn recipe(epochs: u32) -> Recipe {
    let mut recipe = Recipe::scratch("baseline");
    recipe.preprocessing = Recipe::preprocessing("baseline", 32);
    recipe.phases[0].epochs = epochs;
    recipe.batch_size = BATCH;
    recipe
}

#[test]
fn explore() {
    let which = std::env::var("WHICH").unwrap_or_default();
    let per: usize = std::env::var("PER").map_or(40, |x| x.parse().unwrap());
    let epochs: u32 = std::env::var("EPOCHS").map_or(8, |x| x.parse().unwrap());
    let faults = [
        ("none", Fault::None),
        ("sum", Fault::SummedLoss),
        ("double", Fault::DoubleSoftmax),
        ("frozen", Fault::FrozenStatistics),
        ("numbers", Fault::OtherNumbers),
        ("rate", Fault::None),
        ("shuffled", Fault::None),
    ];
    for (name, fault) in faults {
        if !which.is_empty() && !which.split(',').any(|w| w == name) {
            continue;
        }
        let seeds: u64 = std::env::var("SEEDS").map_or(1, |x| x.parse().unwrap());
        for seed in 1..=seeds {
            let folder = tempfile::tempdir().unwrap();
            let photos = folder.path().join("photos");
            procedural::write_dataset(&photos, seed, per, 48).unwrap();
            if let Ok(v) = std::env::var("DROP") {
                for c in v.split(',') {
                    fs::remove_dir_all(photos.join(c)).unwrap();
                }
            }
            if name == "shuffled" {
                shuffle(&photos);
            }
            let mut recipe = recipe(epochs);
            recipe.seed = seed;
            if let Ok(v) = std::env::var("PEAK") {
                recipe.phases[0].learning_rate.peak = v.parse().unwrap();
            }
            if let Ok(v) = std::env::var("SIZE") {
                recipe.preprocessing = Recipe::preprocessing("baseline", v.parse().unwrap());
            }
            if std::env::var("PLAIN").is_ok() {
                recipe.phases[0].augment = foliar_vision::Augment::none();
            }
            if let Ok(v) = std::env::var("ADAM") {
                recipe.phases[0].learning_rate.peak = v.parse().unwrap();
                recipe.phases[0].optimizer = foliar_nn::Optimizer::AdamW {
                    beta1: 0.9,
                    beta2: 0.999,
                    weight_decay: 1e-2,
                    epsilon: 1e-8,
                };
            }
            if let Ok(v) = std::env::var("VAL") {
                recipe.data.validation = v.parse().unwrap();
            }
            if name == "rate" {
                recipe.phases[0].learning_rate.peak = 100.0;
                if std::env::var("CONST").is_ok() {
                    recipe.phases[0].learning_rate.schedule = Schedule::Constant;
                }
            }
            let data = Photographs::open(&photos, &recipe, &DataOptions::default(), &|_, _| {}).unwrap();
            let run = Run::create(&folder.path().join("run"), &recipe, &data).unwrap();
            let started = std::time::Instant::now();
            let outcome = train(&fault, &run, &data, &mut |_| ControlFlow::Continue(())).unwrap();
            println!("== {name} seed {seed} {:?} {:?} {:?}", outcome.reason, outcome.best, started.elapsed());
            println!(
                "{}",
                fs::read_to_string(run.dir.metrics())
                    .unwrap()
                    .lines()
                    .map(|l| l
                        .split(',')
                        .map(|x| x.chars().take(8).collect::<String>())
                        .collect::<Vec<_>>()
                        .join(" "))
                    .collect::<Vec<_>>()
                    .join("\n")
            );
            match read_log_path(run.dir.root()) {
                Ok(log) => {
                    println!("{:?}", log.facts);
                    for rows in 1..=epochs as usize {
                        let mut log = log.clone();
                        for series in &mut log.series {
                            series.points.truncate(rows);
                        }
                        let d = diagnose(&log, &Context::default());
                        if rows > 2
                            && rows < epochs as usize
                            && std::env::var("ALL").is_err()
                            && d.findings.iter().all(|f| f.severity == Severity::Note)
                        {
                            continue;
                        }
                        println!(
                            "  {rows}: {:?} {:?}",
                            d.findings.iter().map(|f| (f.id, f.severity)).collect::<Vec<_>>(),
                            d.scale.train.map(|s| (s.low, s.best, s.high))
                        );
                        if rows == epochs as usize {
                            println!("{}", d.findings[0].claim);
                        }
                    }
                }
                Err(error) => println!("{error}"),
            }
        }
    }
}

fn shuffle(photos: &Path) {
    let mut files: Vec<(PathBuf, &str)> = Vec::new();
    for class in procedural::CLASSES {
        if !photos.join(class).exists() {
            continue;
        }
        for entry in fs::read_dir(photos.join(class)).unwrap() {
            files.push((entry.unwrap().path(), class));
        }
    }
    files.sort();
    let mut state = 7_u64;
    for i in (1..files.len()).rev() {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let j = (state >> 33) as usize % (i + 1);
        let (a, b) = (files[i].1, files[j].1);
        files[i].1 = b;
        files[j].1 = a;
    }
    for (path, class) in files {
        let to = photos.join(class).join(format!("x{}", path.file_name().unwrap().to_str().unwrap()));
        fs::rename(path, to).unwrap();
    }
}
