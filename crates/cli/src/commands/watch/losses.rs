//! The photos that a run is most wrong about.

use std::path::{Path, PathBuf};

use foliar_metrics::arg_max;
use foliar_runlog::RunDir;
use foliar_train::{OutOfFoldRow, Run};
use foliar_vision::{Digest, Task, path_of_name};

/// Photos that are shown.
const SHOWN: usize = 12;

/// A photo with its loss.
pub(super) struct Lossy {
    pub(super) file: PathBuf,
    pub(super) digest: Option<Digest>,
    pub(super) name: String,
    pub(super) class: String,
    pub(super) predicted: String,
    /// Cross-entropy in nats, before calibration.
    pub(super) loss: f64,
}

/// Those with the greatest loss among the photos that the run has not learned from, of classes in the order of its outputs.
pub(super) fn greatest(dir: &RunDir, classes: &[String]) -> anyhow::Result<Vec<Lossy>> {
    let run = Run::open(dir.root())?;
    if run.task() == Task::MultiLabel {
        anyhow::bail!("photos show several labels; `foliar report` lists those with wrong ones");
    }
    let mut rows: Vec<(f64, OutOfFoldRow)> =
        run.out_of_fold(classes)?.into_iter().filter_map(|row| Some((loss(&row, classes)?, row))).collect();
    rows.sort_by(|(a, first), (b, second)| b.total_cmp(a).then_with(|| first.path.cmp(&second.path)));
    rows.truncate(SHOWN);
    let lossy = |(loss, row): (f64, OutOfFoldRow)| {
        Some(Lossy {
            file: file(&run.data_root, &row.path)?,
            digest: run.digest(&row.path).copied(),
            predicted: classes.get(arg_max(&row.logits))?.clone(),
            name: row.path,
            class: row.class,
            loss,
        })
    };
    Ok(rows.into_iter().filter_map(lossy).collect())
}

fn file(root: &Path, name: &str) -> Option<PathBuf> {
    Some(root.join(path_of_name(name)?))
}

fn loss(row: &OutOfFoldRow, classes: &[String]) -> Option<f64> {
    let own = f64::from(*row.logits.get(classes.iter().position(|class| *class == row.class)?)?);
    let largest = row.logits.iter().copied().map(f64::from).fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = row.logits.iter().map(|&logit| (f64::from(logit) - largest).exp()).sum();
    Some(largest + sum.ln() - own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_cross_entropies() {
        let classes = ["a", "b"].map(str::to_owned);
        let of = |class: &str, logits: [f32; 2]| {
            loss(&OutOfFoldRow { path: "x".into(), class: class.into(), logits: logits.to_vec() }, &classes)
        };
        assert!((of("a", [0.0, 0.0]).unwrap() - 2.0_f64.ln()).abs() < 1e-12);
        assert!((of("b", [1000.0, 0.0]).unwrap() - 1000.0).abs() < 1e-9);
        assert_eq!(of("c", [0.0, 0.0]), None);
    }
}
