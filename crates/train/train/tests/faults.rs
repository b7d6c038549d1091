//! A fault planted in a real training run is found in what the run leaves behind, and a sound run is left in peace.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use foliar_doctor::{Diagnosis, Id, Reduction, RunSetup, ScaleEstimate, Severity, diagnose};
use foliar_logread::{Metric, RunLog, read_log_path};
use foliar_metrics::{cross_entropy, softmax};
use foliar_nn::{
    Batch, Cpu, Device, Engine, EngineError, EngineOptions, Graph, GraphError, Optimizer, StateDict,
    StateError, StepConfig, StepStats,
};
use foliar_train::{DataOptions, OpenedWeights, Photographs, Recipe, Run, train};
use tempfile::TempDir;

/// Photographs a step.
const BATCH: usize = 16;
/// What logits are multiplied by where a loss rewards certainty.
const CERTAINTY: f32 = 10.0;

/// What is wrong with the program that trains.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    None,
    /// The sum of each batch's losses is taken for its mean.
    SummedLoss,
    /// The network ends in a softmax and the loss begins with one. Such a loss pays for certainty whatever the truth, which
    /// the true one does not: instead of another gradient, the outputs are made surer.
    DoubleSoftmax,
    /// Batch norms train with the statistics of the batch, but keep the running ones that they began with.
    FrozenStatistics,
    /// Training numbers the classes in another order than validation.
    OtherOrder,
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
    fn train_step(&mut self, batch: Batch<'_>, plan: &StepConfig<'_>) -> Result<StepStats, EngineError> {
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
            Fault::OtherOrder => {
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
                row.iter_mut().for_each(|logit| *logit *= CERTAINTY);
                let probabilities = softmax(row);
                row.iter_mut().zip(probabilities).for_each(|(output, p)| *output = p as f32);
            }
        }
        Ok(logits)
    }

    fn estimate_statistics(&mut self, images: &[f32], batches: usize) -> Result<(), EngineError> {
        self.engine.estimate_statistics(images, batches)
    }

    fn input_statistics(&mut self, images: &[f32]) -> Result<StateDict, EngineError> {
        self.engine.input_statistics(images)
    }

    fn state(&self) -> StateDict {
        self.engine.state()
    }

    fn restore(&mut self, state: &StateDict) -> Result<(), StateError> {
        self.engine.restore(state)
    }

    fn outputs(&self) -> usize {
        self.engine.outputs()
    }

    fn batch(&self) -> usize {
        self.engine.batch()
    }
}

/// 400 drawn leaves of 5 classes.
fn leaves() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    foliar_synth::write_dataset(&folder.path().join("photos"), 1, 80, 48).unwrap();
    folder
}

/// A recipe that learns most of [`leaves`] in ten epochs of a second or less.
fn recipe() -> Recipe {
    let mut recipe = Recipe::scratch("baseline");
    recipe.preprocessing = Recipe::preprocessing("baseline", 48);
    recipe.batch_size = BATCH;
    recipe.data.validation = 0.3;
    recipe.phases[0].epochs = 10;
    recipe.phases[0].learning_rate.peak = 0.002;
    recipe.phases[0].optimizer =
        Optimizer::AdamW { beta1: 0.9, beta2: 0.999, weight_decay: 0.01, epsilon: 1e-8 };
    recipe
}

/// Trains with the fault, and reads what the run has left in `folder`, as a log of which nobody knows that its losses are means.
fn log_of(fault: Fault, recipe: &Recipe, folder: &Path) -> RunLog {
    let photographs =
        Photographs::open(&folder.join("photos"), recipe, &DataOptions::default(), &|_, _| {}).unwrap();
    let run = Run::create(&folder.join("run"), recipe, &photographs).unwrap();
    train(&fault, &run, &photographs, &mut |_| ControlFlow::Continue(())).unwrap();
    let mut log = read_log_path(run.dir.root()).unwrap();
    log.facts.foliar = false;
    log
}

fn judge(log: &RunLog) -> Diagnosis {
    diagnose(log, &RunSetup::default())
}

/// What the diagnosis warns of.
fn warnings(diagnosis: &Diagnosis) -> Vec<Id> {
    let serious = diagnosis.findings.iter().filter(|finding| finding.severity > Severity::Note);
    serious.map(|finding| finding.id).collect()
}

/// What is warned of at the end of any epoch, while the run goes on.
fn warnings_on_the_way(log: &RunLog) -> BTreeSet<Id> {
    let epochs = log.series.iter().map(|series| series.points.len()).max().unwrap_or(0);
    (1..=epochs)
        .flat_map(|epochs| {
            let mut so_far = log.clone();
            so_far.series.iter_mut().for_each(|series| series.points.truncate(epochs));
            warnings(&judge(&so_far))
        })
        .collect()
}

#[track_caller]
fn assert_holds(estimate: Option<ScaleEstimate>, factor: f64) {
    let estimate = estimate.unwrap();
    assert!(estimate.low <= factor && factor <= estimate.high, "{factor} is not in {estimate:?}");
}

#[test]
fn a_sound_run_is_left_in_peace_until_sums_are_printed() {
    let folder = leaves();
    let mut log = log_of(Fault::None, &recipe(), folder.path());
    assert_eq!(warnings_on_the_way(&log), BTreeSet::new());
    let diagnosis = judge(&log);
    assert_eq!(diagnosis.findings[0].id, Id::Healthy, "{diagnosis:?}");
    assert_holds(diagnosis.scale.train, 1.0);
    assert_holds(diagnosis.scale.val, 1.0);

    let losses = log.series.iter_mut().filter(|series| series.metric == Metric::Loss);
    losses.flat_map(|series| &mut series.points).for_each(|point| point.value *= BATCH as f64);
    assert_eq!(warnings_on_the_way(&log), BTreeSet::from([Id::LossScaled]));
    let scale = judge(&log).scale;
    assert_holds(scale.train, BATCH as f64);
    assert_holds(scale.val, BATCH as f64);
    assert_eq!(scale.val.unwrap().reduction, Some(Reduction::BatchSum));
}

#[test]
fn a_sum_in_the_place_of_the_training_mean() {
    let folder = leaves();
    let log = log_of(Fault::SummedLoss, &recipe(), folder.path());
    assert_eq!(warnings_on_the_way(&log), BTreeSet::from([Id::LossScaled]));
    let scale = judge(&log).scale;
    assert_holds(scale.train, BATCH as f64);
    assert_holds(scale.val, 1.0);
    assert_eq!(scale.train.unwrap().reduction, Some(Reduction::BatchSum));
}

#[test]
fn a_softmax_too_many() {
    let folder = leaves();
    // Of a network that is often wrong the losses would say nothing.
    let mut recipe = recipe();
    recipe.phases[0].epochs = 16;
    let log = log_of(Fault::DoubleSoftmax, &recipe, folder.path());
    assert_eq!(warnings_on_the_way(&log), BTreeSet::from([Id::DoubleSoftmax]));
    assert_eq!(warnings(&judge(&log)), [Id::DoubleSoftmax]);
}

#[test]
fn classes_in_another_order() {
    let folder = leaves();
    let log = log_of(Fault::OtherOrder, &recipe(), folder.path());
    assert_eq!(warnings(&judge(&log)), [Id::WorseThanChance]);
}

/// Every photograph is put into the folder of a class drawn by lot.
#[test]
fn shuffled_labels() {
    let folder = leaves();
    shuffle(&folder.path().join("photos"));
    let log = log_of(Fault::None, &recipe(), folder.path());
    assert_eq!(warnings(&judge(&log)), [Id::AtChance]);
    assert_eq!(warnings_on_the_way(&log), BTreeSet::from([Id::AtChance]));
}

#[test]
fn a_learning_rate_of_a_hundred() {
    let folder = leaves();
    let mut recipe = recipe();
    recipe.phases[0].learning_rate.peak = 100.0;
    let log = log_of(Fault::None, &recipe, folder.path());
    assert_eq!(warnings(&judge(&log)), [Id::Diverged]);
}

/// Weights are trained on, on photographs that are scaled otherwise, by a program that leaves the running statistics frozen.
#[test]
fn frozen_statistics_in_training_mode() {
    let (folder, others) = (leaves(), tempfile::tempdir().unwrap());
    foliar_synth::write_dataset(&others.path().join("photos"), 2, 80, 48).unwrap();
    let mut recipe = recipe();
    log_of(Fault::None, &recipe, others.path());
    let bundle = others.path().join("run/model.foliar");
    recipe.weights = Some(OpenedWeights::read(&bundle, None).unwrap().examine(&recipe.model).unwrap().0);
    recipe.preprocessing.mean = [0.0; 3];
    recipe.preprocessing.std = [1.0; 3];
    let log = log_of(Fault::FrozenStatistics, &recipe, folder.path());
    assert_eq!(warnings(&judge(&log)).first(), Some(&Id::TrainEvalMismatch));
}

fn shuffle(photographs: &Path) {
    let files = |class| fs::read_dir(photographs.join(class)).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = foliar_synth::CLASSES.into_iter().flat_map(files).collect();
    files.sort_by_key(|file| blake3::hash(file.file_name().unwrap().as_encoded_bytes()).to_hex());
    let classes = foliar_synth::CLASSES.iter().cycle();
    for (number, (file, class)) in files.iter().zip(classes).enumerate() {
        fs::rename(file, photographs.join(class).join(format!("leaf-{}.jpg", number * 7))).unwrap();
    }
}
