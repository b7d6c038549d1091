//! `foliar summary`: what a network is and what it costs.

use std::io::{self, Write};

use foliar_nn::summary::{Memory, Summary, summarise};
use foliar_nn::{Optimizer, zoo};
use foliar_train::Recipe;
use serde_json::json;

use super::digits::grouped;
use crate::arguments::{OptimizerName, SummaryArguments};
use crate::exit::{Exit, UsageError};
use crate::output;

/// Batches of photographs that a run holds besides the one at work: those decoded ahead.
const WAITING_BATCHES: usize = 5;
/// What the program itself takes, whatever the network.
const PROGRAM_BYTES: usize = 20 << 20;

pub(crate) fn run(arguments: &SummaryArguments) -> anyhow::Result<Exit> {
    let default = Recipe::scratch(&arguments.model).image_size();
    let size = arguments.image_size.map_or(default, |size| size as usize);
    let optimizer = match arguments.optimizer {
        OptimizerName::Sgd => {
            Optimizer::Sgd { momentum: 0.9, dampening: 0.0, nesterov: false, weight_decay: 0.0 }
        }
        OptimizerName::Adamw => {
            Optimizer::AdamW { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
        }
    };
    if arguments.batch_size == 0 || arguments.classes < 2 || size < 32 {
        let message =
            "a summary needs --batch-size 1 or more, --classes 2 or more and --image-size 32 or more";
        return Err(UsageError(message.to_owned()).into());
    }
    let graph = zoo::build(&arguments.model, arguments.classes)?;
    let summary = summarise(&graph, arguments.batch_size, size, optimizer)?;
    let side = Recipe::preprocessing(&arguments.model, size as u32).store_side as usize;
    let loader = Waiting {
        batches: WAITING_BATCHES * arguments.batch_size * size * size * 3 * size_of::<f32>(),
        kept: arguments.photos.saturating_mul(side * side * 3),
    };
    let total = summary.training.total() + loader.batches + loader.kept + PROGRAM_BYTES;
    let mut out = output::stdout();
    if arguments.json {
        let document = document(arguments, size, &summary, loader, total);
        out.json(&document)?;
    } else {
        print(&mut out, arguments, size, &summary, loader, total)?;
    }
    Ok(Exit::Done)
}

/// Bytes of photographs that are not in the network.
#[derive(Clone, Copy)]
struct Waiting {
    /// Batches that were made ahead.
    batches: usize,
    /// Decoded photographs, square ones of the largest size that is kept.
    kept: usize,
}

fn print(
    out: &mut impl Write,
    arguments: &SummaryArguments,
    size: usize,
    summary: &Summary,
    loader: Waiting,
    total: usize,
) -> io::Result<()> {
    let SummaryArguments { model, classes, batch_size, .. } = arguments;
    writeln!(out, "{model}, {classes} classes, photos of {size} x {size} pixels\n")?;
    let width = summary.rows.iter().map(|row| row.name.len()).max().unwrap_or(0).max(5);
    writeln!(
        out,
        "{:width$}  {:19}  {:>15}  {:>12}  {:>13}",
        "layer", "op", "shape", "parameters", "multiply-adds"
    )?;
    for row in &summary.rows {
        let [h, w, c] = row.shape;
        let count = |number: usize| if number == 0 { "-".to_owned() } else { grouped(number as u64) };
        writeln!(
            out,
            "{:width$}  {:19}  {:>15}  {:>12}  {:>13}",
            row.name,
            row.op,
            format!("{h} x {w} x {c}"),
            count(row.parameters),
            count(row.multiply_adds)
        )?;
    }
    let Memory { activations, weights, work, checkpoint } = summary.training;
    writeln!(out, "\nparameters         {}", grouped(summary.parameters as u64))?;
    writeln!(out, "multiply-adds      {} per photo, forward pass", grouped(summary.multiply_adds as u64))?;
    writeln!(out, "training memory    {} with batches of {batch_size}", mebibytes(total))?;
    writeln!(
        out,
        "                   {} for activations and their gradients, {} for weights, gradients and optimiser,",
        mebibytes(activations),
        mebibytes(weights)
    )?;
    writeln!(
        out,
        "                   {} for saving them, {} for work space, {} for batches being loaded,",
        mebibytes(checkpoint),
        mebibytes(work + PROGRAM_BYTES),
        mebibytes(loader.batches)
    )?;
    writeln!(
        out,
        "                   {} for {} photos kept decoded (--photos)",
        mebibytes(loader.kept),
        grouped(arguments.photos as u64)
    )?;
    let saved = summary.training.total().saturating_sub(summary.low_memory.total());
    writeln!(
        out,
        "                   {} with --low-memory, which computes parts of the forward pass twice",
        mebibytes(total - saved)
    )?;
    writeln!(out, "prediction memory  {} with batches of {batch_size}", mebibytes(summary.prediction.total()))
}

fn mebibytes(bytes: usize) -> String {
    format!("{} MiB", grouped(bytes.div_ceil(1 << 20) as u64))
}

fn document(
    arguments: &SummaryArguments,
    size: usize,
    summary: &Summary,
    loader: Waiting,
    total: usize,
) -> serde_json::Value {
    let layers: Vec<serde_json::Value> = summary
        .rows
        .iter()
        .map(|row| {
            json!({
                "name": row.name, "op": row.op, "shape": row.shape,
                "parameters": row.parameters, "multiply_adds": row.multiply_adds,
            })
        })
        .collect();
    json!({
        "model": arguments.model,
        "classes": arguments.classes,
        "image_size": size,
        "batch_size": arguments.batch_size,
        "parameters": summary.parameters,
        "multiply_adds": summary.multiply_adds,
        "training_memory_bytes": {
            "total": total,
            "activations": summary.training.activations,
            "weights": summary.training.weights,
            "checkpoint": summary.training.checkpoint,
            "work": summary.training.work + PROGRAM_BYTES,
            "batches": loader.batches,
            "photographs": loader.kept,
        },
        "low_memory_training_bytes": total - summary.training.total() + summary.low_memory.total(),
        "prediction_memory_bytes": summary.prediction.total(),
        "layers": layers,
    })
}
