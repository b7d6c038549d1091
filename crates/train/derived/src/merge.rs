//! Several runs become one bundle.

use std::collections::BTreeSet;
use std::path::PathBuf;

use foliar_metrics::{Calibrated, Metrics, calibrate};
use foliar_model::{
    Bundle, FeatureSamples, OodDetector, Outputs, Provenance, TrainingDigests, Uncertainty, Validation,
    check_demands,
};
use foliar_nn::{Graph, StateDict};
use foliar_vision::{Digest, counted};

use crate::agreement;
use crate::common::Common;
use crate::division::{Division, with_limit_of};
use crate::ensemble::{Ensemble, Part, ensemble, obstacle};
use crate::error::DerivedError;
use crate::features::{self, Progress};
use crate::gain::MergeGain;
use crate::member::{Learned, Member};
use crate::soup;

/// Most training photographs from which batch norms get their statistics.
const STATISTICS: usize = 2048;

/// What is averaged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Average {
    /// The logits, each divided by its run's temperature: as many networks as there are different ones.
    #[default]
    Outputs,
    /// The weights, of runs that began with the same ones: one network.
    Weights,
}

/// Runs that have become one classifier.
#[derive(Clone, Debug)]
pub struct Merged {
    /// The classifier.
    pub bundle: Bundle,
    /// Against the runs.
    pub gain: MergeGain,
    /// Networks before the classifier.
    pub networks: usize,
    /// What a reader must know, in sentences.
    pub notes: Vec<String>,
}

/// A network with what its calibration rests on.
struct Built {
    graph: Graph,
    state: StateDict,
    networks: usize,
    /// The same network from states that have not learned from the photographs for validation, if that is another one; `None` inside if
    /// there is none any more.
    unseen: Option<Option<(Graph, StateDict)>>,
    common: Common,
    /// (n, C), of the common photographs, not calibrated.
    logits: Vec<f32>,
    calibrated: Calibrated,
    notes: Vec<String>,
}

/// Merges the runs in `folders`, which are left as they are. Uncertainty is fitted anew, on photographs that no run had
/// learned from when it predicted them. `progress` is told (photographs done, in all), once or several times.
///
/// # Errors
/// Runs that do not fit each other, or that share too few such photographs; the run and the reason are named.
pub fn merge(
    folders: &[PathBuf],
    average: Average,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Merged, DerivedError> {
    let mut members: Vec<Member> =
        folders.iter().map(|folder| Member::open(folder)).collect::<Result<_, _>>()?;
    agreement::check(&members)?;
    let classes = members[0].bundle.classes.clone();
    members.iter_mut().try_for_each(|member| member.follow(&classes))?;
    let built = match average {
        Average::Outputs => outputs(&members)?,
        Average::Weights => weights(&members, progress)?,
    };
    let Built { graph, state, networks, unseen, common, logits, calibrated, mut notes } = built;
    let preprocessing = &members[0].bundle.preprocessing;
    let calibration = calibrate(&logits, &common.labels, classes.len());
    let scale = (1.0 / calibration.temperature) as f32;
    let predictions = common.predictions(logits.iter().map(|logit| logit * scale).collect())?;
    let division = Division::of(&members);
    let features = division.features(&members, preprocessing, &graph, &state, progress)?;
    let mut uncertainty = Uncertainty::fit(&predictions, calibrated, &features)?;
    if let Some(unseen) = unseen {
        let detector = match unseen {
            Some((graph, state)) => {
                let features = division.features(&members, preprocessing, &graph, &state, progress)?;
                OodDetector::fit(&features).ok()
            }
            None => None,
        };
        uncertainty.ood = with_limit_of(uncertainty.ood, detector);
    }
    if uncertainty.ood.is_none() {
        notes.push(without_detector(&division, &features));
    }
    let validation = Validation { metrics: Metrics::new(&logits, &common.labels, &classes) };
    let of_runs = members
        .iter()
        .map(|member| Ok((member.folder().to_owned(), common.predictions_of(member)?)))
        .collect::<Result<_, DerivedError>>()?;
    let gain = MergeGain::of(of_runs, &predictions)?;
    let bundle = Bundle {
        provenance: provenance(&members),
        classes,
        preprocessing: preprocessing.clone(),
        graph,
        temperature: calibration.temperature,
        training_digests: members
            .iter()
            .fold(TrainingDigests::default(), |all, member| all.and(&member.bundle.training_digests)),
        validation: Some(validation),
        uncertainty: Some(uncertainty),
        outputs: Outputs::OneOf,
        state,
    };
    Ok(Merged { bundle, gain, networks, notes })
}

/// The mean of the outputs. Its predictions for the photographs of the runs are the means of theirs.
fn outputs(members: &[Member]) -> Result<Built, DerivedError> {
    let size = members[0].bundle.preprocessing.size as usize;
    for member in members {
        if let Some(what) = obstacle(&member.bundle.graph, size)? {
            return Err(member.refuse(format!("{what}; merge runs of other networks")));
        }
    }
    let why = "Train the runs on the same photos with a refit (--refit 5), or all with one split (--split, or one --seed)";
    let common = Common::of(members, |_| true, why)?;
    let joined = |states: &[&StateDict]| {
        let parts: Vec<Part<'_>> = members
            .iter()
            .zip(states)
            .map(|(member, state)| Part {
                graph: &member.bundle.graph,
                state,
                temperature: member.bundle.temperature,
                order: &member.order,
            })
            .collect();
        ensemble(&parts, size)
    };
    let states: Vec<&StateDict> = members.iter().map(|member| &member.bundle.state).collect();
    let Ensemble { graph, state, networks } = joined(&states)?;
    // What its readers refuse is not made.
    check_demands(&graph, size)?;
    let unseen = match members.iter().any(|member| member.learned == Learned::Everything) {
        false => None,
        true => Some(match unseen_states(members)? {
            Some(states) => {
                let Ensemble { graph, state, .. } = joined(&states.iter().collect::<Vec<_>>())?;
                Some((graph, state))
            }
            None => None,
        }),
    };
    let mut notes = Vec::new();
    if networks == 1 {
        notes.push(
            "the runs have the same frozen network, and only their classifiers are averaged".to_owned(),
        );
    }
    let refitted = members.iter().any(|member| member.is_refitted);
    let calibrated = if refitted { Calibrated::Refitted } else { Calibrated::Reused };
    let logits = common.mean_logits(members);
    Ok(Built { graph, state, networks, unseen, common, logits, calibrated, notes })
}

/// For each member a state of its network that has not learned from photographs for validation; `None` if a checkpoint is gone.
fn unseen_states(members: &[Member]) -> Result<Option<Vec<StateDict>>, DerivedError> {
    let mut states = Vec::new();
    for member in members {
        states.push(match member.learned {
            Learned::Nothing | Learned::Training => member.bundle.state.clone(),
            Learned::Everything => match member.run.last_checkpoint()? {
                Some(checkpoint) => checkpoint.state.outcome(),
                None => return Ok(None),
            },
        });
    }
    Ok(Some(states))
}

/// The mean of the weights, which predicts the photographs that every run held back.
fn weights(members: &[Member], progress: &mut Progress<'_>) -> Result<Built, DerivedError> {
    agreement::check_weights(members)?;
    if let Some(member) = members.iter().find(|member| member.is_refitted) {
        return Err(member.refuse(
            "its classifier has learned from its validation photos too (refit), so that there are none to calibrate a mean of weights on; \
             train the runs with --refit 0 and one split (--split, or folders train/ and val/), or average outputs (--average outputs)",
        ));
    }
    let preprocessing = &members[0].bundle.preprocessing;
    let graph = members[0].bundle.graph.clone();
    let states: Vec<(&StateDict, &[usize])> =
        members.iter().map(|member| (&member.bundle.state, &member.order[..])).collect();
    let mut state = soup::mean(&graph, &states);
    let mut notes = Vec::new();
    let plain: Vec<&StateDict> = states.iter().map(|(state, _)| *state).collect();
    if soup::statistics_differ(&plain) {
        let learned: Vec<Digest> = members[0].training.keys().copied().take(STATISTICS).collect();
        let images = features::images(members, preprocessing, &learned);
        if images.is_empty() {
            notes.push("the training photos are gone, so that statistics of batch norms are means of those of the runs".to_owned());
        } else {
            state = soup::with_statistics(&graph, state, preprocessing.size as usize, &images)?;
        }
    }
    let is_held_back = |digest: &Digest| members.iter().all(|member| member.validation.contains_key(digest));
    let held_back: Vec<Digest> =
        members[0].rows.keys().copied().filter(|digest| is_held_back(digest)).collect();
    let found = features::outputs(members, preprocessing, &graph, &state, &held_back, progress)?;
    let mut logits = Vec::new();
    let mut readable = BTreeSet::new();
    for (digest, outputs) in held_back.iter().zip(found) {
        if let Some(outputs) = outputs {
            readable.insert(*digest);
            logits.push((*digest, outputs.logits));
        }
    }
    let why = "The mean of weights is run on validation photos, which must be where they were: train the runs with one split (--split, or \
               folders train/ and val/)";
    let common = Common::of(members, |digest| readable.contains(digest), why)?;
    let kept: BTreeSet<&Digest> = common.photographs.iter().collect();
    let logits =
        logits.into_iter().filter(|(digest, _)| kept.contains(digest)).flat_map(|(_, row)| row).collect();
    Ok(Built {
        graph,
        state,
        networks: 1,
        unseen: None,
        common,
        logits,
        calibrated: Calibrated::Reused,
        notes,
    })
}

/// Why there is no detector.
fn without_detector(division: &Division, features: &FeatureSamples) -> String {
    let [training, validation] = [division.training.len(), division.validation.len()];
    let classes: BTreeSet<u32> = features.train_labels.iter().copied().collect();
    format!(
        "the classifier does not know photos unlike its training photos: of {} that all runs were trained on and {} that all held back, {} of \
         {} and {} could be read",
        counted(training, "photo", "photos"),
        validation,
        features.train_labels.len(),
        counted(classes.len(), "class", "classes"),
        features.validation_groups.len()
    )
}

/// How the merged classifier came about: its recipe is that of the first run.
fn provenance(members: &[Member]) -> Provenance {
    let first = &members[0].bundle.provenance;
    let mut learned: BTreeSet<&Digest> = BTreeSet::new();
    for member in members {
        learned.extend(member.training.keys());
        if member.is_refitted {
            learned.extend(member.validation.keys());
        }
    }
    let prints: Vec<&str> =
        members.iter().map(|member| member.bundle.provenance.data_fingerprint.as_str()).collect();
    let same = prints.iter().all(|print| *print == first.data_fingerprint);
    Provenance {
        foliar: env!("CARGO_PKG_VERSION").to_owned(),
        recipe: first.recipe.clone(),
        epoch: first.epoch,
        train_photographs: learned.len(),
        data_fingerprint: match same {
            true => first.data_fingerprint.clone(),
            false => blake3::hash(prints.concat().as_bytes()).to_hex().to_string(),
        },
        members: members.iter().map(|member| member.digest.to_string()).collect(),
    }
}
