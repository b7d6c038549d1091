//! A run becomes a classifier for another place, from photographs without labels.

mod classes;
mod moments;
mod place;
mod proportions;
mod standing;

use std::collections::BTreeMap;
use std::path::Path;

use foliar_metrics::{Metrics, calibrate};
use foliar_model::{Bundle, FeatureSamples, OOD_SHARE, OodDetector, Provenance, Uncertainty, Validation};
use foliar_nn::{Cpu, Device as _, StateDict};
use foliar_vision::{Digest, counted};
use serde::Serialize;

use self::moments::Moments;
use self::place::Place;
use self::proportions::proportions;
use self::standing::Seen;
pub use self::standing::Standing;
use crate::common::Common;
use crate::division::{Division, spread, with_limit_of};
use crate::error::DerivedError;
use crate::features::{self, Progress};
use crate::member::{Learned, Member};
use crate::network::{BATCH, Network};
use crate::soup;

/// Most training photographs from which moments are taken.
const MOST: usize = 512;
/// Share of photographs that may still be unlike the training photographs for the new statistics to be kept: twice what is flagged of photographs
/// like them.
const STILL_UNLIKE: f64 = 2.0 * OOD_SHARE;
/// How often the statistics are found, each time with the shares of classes that the answers before tell.
const ROUNDS: usize = 3;

/// To which share of what it was the median distance must fall, for photographs that lie farther than is usual and for others.
fn closer(far: bool) -> f64 {
    if far { 0.9 } else { 0.8 }
}

/// What became of the statistics of the batch norms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Adaptation {
    /// They are those of the new photographs.
    Adapted,
    /// They stay: the new photographs would come little closer to the training photographs.
    NotNeeded,
    /// They stay: with those of the new photographs too, these lie farther from the training photographs than others of the same place do.
    StillUnlike,
    /// The network has no batch norms.
    NoBatchNorm,
    /// The run has no detector of unlike photographs, so that nothing tells whether it helps.
    NoDetector,
}

/// The classifier on photographs of the new place, before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AdaptReport {
    /// Photographs that were looked at, each content once.
    pub photographs: usize,
    /// Photographs in the folder from which the run had learned, which were left out.
    pub known: usize,
    /// Photographs that could not be read.
    pub broken: usize,
    /// The classes that the result tells apart.
    pub classes: Vec<String>,
    /// The distance beyond which one in four photographs of the training photographs' place lies: validation photographs of the run.
    pub usual_distance: Option<f64>,
    /// The run as it is, with these classes.
    pub before: Option<Standing>,
    /// With the statistics of the new photographs, whether they were kept or not.
    pub after: Option<Standing>,
    /// How many answers differ between the two.
    pub changed: usize,
    /// What became of it.
    pub adaptation: Adaptation,
}

/// What is found.
#[derive(Clone, Debug)]
pub struct Adapted {
    /// The classifier; `None` where nothing of the run would change.
    pub bundle: Option<Bundle>,
    /// What was seen.
    pub report: AdaptReport,
}

/// Looks with the run in `folder`, which is left as it is, at the photographs below `photographs`, whatever they show. Batch norms get
/// statistics under which these look as the training photographs did, if they do look so then. `among` names the classes that can occur, and
/// the others go; all stay if it is empty. Temperature, thresholds and prediction sets are those of the run; with fewer classes they are
/// fitted anew, on photographs of the run that its models had not learned from. `progress` is told (photographs done, in all).
///
/// # Errors
/// A run that cannot be used, classes that it does not have, a folder without photographs or with fewer than a batch norm needs.
pub fn adapt(
    folder: &Path,
    photographs: &Path,
    among: &[String],
    progress: &mut Progress<'_>,
) -> Result<Adapted, DerivedError> {
    let mut member = Member::open(folder)?;
    let restricted = !among.is_empty();
    if restricted {
        let classes = classes::chosen(&member.bundle.classes, among)?;
        member.restrict(&classes);
        refit(&mut member, progress)?;
    }
    let bundle = &member.bundle;
    let place = Place::read(photographs, bundle)?;
    let mut report = AdaptReport {
        photographs: place.photographs,
        known: place.known,
        broken: place.broken,
        classes: bundle.classes.clone(),
        usual_distance: None,
        before: None,
        after: None,
        changed: 0,
        adaptation: Adaptation::NoDetector,
    };
    let mut state = None;
    if let Some(detector) = bundle.uncertainty.as_ref().and_then(|uncertainty| uncertainty.ood.as_ref())
        && let Some(usual) = usual_distance(&member, progress)?
    {
        let before = see(bundle, &bundle.state, &place.images, detector)?;
        report.usual_distance = Some(usual);
        report.before = Some(before.standing.clone());
        report.adaptation = Adaptation::NoBatchNorm;
        if bundle.graph.has_batch_norm() {
            place.enough(photographs)?;
            let (candidate, after) = aligned(&member, &place, &before, detector, progress)?;
            let far = before.standing.distance > usual;
            let Standing { unlike, distance, .. } = after.standing;
            let still = unlike > STILL_UNLIKE || distance > usual;
            let little = distance > closer(far) * before.standing.distance;
            report.adaptation = match (still, little) {
                (true, false) => Adaptation::StillUnlike,
                (true, true) if far => Adaptation::StillUnlike,
                (_, true) => Adaptation::NotNeeded,
                (false, false) => Adaptation::Adapted,
            };
            report.changed = after.changed_from(&before);
            report.after = Some(after.standing);
            state = (report.adaptation == Adaptation::Adapted).then_some(candidate);
        }
    }
    if !restricted && state.is_none() {
        return Ok(Adapted { bundle: None, report });
    }
    let mut bundle = bundle.clone();
    bundle.provenance = Provenance { members: vec![member.digest.to_string()], ..bundle.provenance.clone() };
    if let Some(state) = state {
        bundle.state = state;
    }
    Ok(Adapted { bundle: Some(bundle), report })
}

/// Fits all that rests on the classes of `member` anew.
fn refit(member: &mut Member, progress: &mut Progress<'_>) -> Result<(), DerivedError> {
    let members = std::slice::from_ref(member);
    let why = "Name more classes";
    let common = Common::of(members, |_| true, why)?;
    let rows = common.photographs.iter().filter_map(|digest| member.rows.get(digest));
    let logits: Vec<f32> = rows.flat_map(|row| row.logits.iter().copied()).collect();
    let bundle = &member.bundle;
    let calibration = calibrate(&logits, &common.labels, bundle.classes.len());
    let scale = (1.0 / calibration.temperature) as f32;
    let predictions = common.predictions(logits.iter().map(|logit| logit * scale).collect())?;
    let calibrated = bundle.uncertainty.as_ref().map(|uncertainty| uncertainty.calibrated);
    let Some(calibrated) = calibrated else {
        return Err(member.refuse("its bundle promises nothing of its answers; train it again"));
    };
    let division = Division::of(members);
    let features =
        division.features(members, &bundle.preprocessing, &bundle.graph, &bundle.state, progress)?;
    let mut uncertainty = Uncertainty::fit(&predictions, calibrated, &features)?;
    if member.learned == Learned::Everything {
        uncertainty.ood =
            with_limit_of(uncertainty.ood, unseen(member, progress)?.map(|(detector, _)| detector));
    }
    let validation = Validation { metrics: Metrics::new(&logits, &common.labels, &bundle.classes) };
    let train_photographs = member.training.len();
    let bundle = &mut member.bundle;
    bundle.temperature = calibration.temperature;
    bundle.uncertainty = Some(uncertainty);
    bundle.validation = Some(validation);
    bundle.provenance.train_photographs = train_photographs;
    Ok(())
}

/// A detector whose network has not learned from the photographs for validation, and the features that it rests on, where a refit has made
/// that another network than that of the bundle; `None` if it is gone.
fn unseen(
    member: &Member,
    progress: &mut Progress<'_>,
) -> Result<Option<(OodDetector, FeatureSamples)>, DerivedError> {
    let Some(checkpoint) = member.run.last_checkpoint()? else { return Ok(None) };
    // Its classifier is that of all classes, and is of no effect on features.
    let state = member.with_own_classifier(checkpoint.state.outcome());
    let Bundle { preprocessing, graph, .. } = &member.bundle;
    let members = std::slice::from_ref(member);
    let features = Division::of(members).features(members, preprocessing, graph, &state, progress)?;
    Ok(OodDetector::fit(&features).ok().map(|detector| (detector, features)))
}

/// The relative distance beyond which one in four photographs for validation lies; `None` if none can be read any more.
fn usual_distance(member: &Member, progress: &mut Progress<'_>) -> Result<Option<f64>, DerivedError> {
    let Bundle { preprocessing, graph, state, uncertainty, .. } = &member.bundle;
    let mut distances: Vec<f64> = if member.learned == Learned::Everything {
        let Some((detector, features)) = unseen(member, progress)? else { return Ok(None) };
        let rows = features.validation.chunks_exact(features.width.max(1));
        rows.map(|row| detector.relative_distance(row)).collect()
    } else {
        let Some(detector) = uncertainty.as_ref().and_then(|uncertainty| uncertainty.ood.as_ref()) else {
            return Ok(None);
        };
        let members = std::slice::from_ref(member);
        let validation = Division::of(members).validation;
        let found = features::outputs(members, preprocessing, graph, state, &validation, progress)?;
        found.iter().flatten().map(|outputs| detector.relative_distance(&outputs.features)).collect()
    };
    distances.sort_by(f64::total_cmp);
    Ok(distances.get(distances.len() * 3 / 4).copied())
}

/// What the network of `bundle` with the tensors `state` says of `images`.
fn see(
    bundle: &Bundle,
    state: &StateDict,
    images: &[f32],
    detector: &OodDetector,
) -> Result<Seen, DerivedError> {
    let mut network = Network::new(&bundle.graph, state, bundle.preprocessing.size as usize)?;
    let outputs = network.outputs(images)?;
    Ok(Seen::of(&outputs, bundle.temperature, bundle.classes.len(), detector))
}

/// The network whose batch norms see the photographs of the place as they saw those of training that show the same classes. How frequent
/// classes are is told by the answers, which are better with each round.
fn aligned(
    member: &Member,
    place: &Place,
    before: &Seen,
    detector: &OodDetector,
    progress: &mut Progress<'_>,
) -> Result<(StateDict, Seen), DerivedError> {
    let bundle = &member.bundle;
    let size = bundle.preprocessing.size as usize;
    let of_classes = moments_of_classes(member, progress)?;
    let trained = of_classes.iter().map(|(shown, _)| *shown as f64).sum::<f64>().max(1.0);
    let training: Vec<f64> = of_classes.iter().map(|(shown, _)| *shown as f64 / trained).collect();
    let under = |shares: &[f64]| -> Result<(StateDict, Seen), DerivedError> {
        let mut moments = Moments::default();
        for ((_, of_class), share) in of_classes.iter().zip(shares) {
            moments.add(of_class, *share);
        }
        let centred = moments.centred(&bundle.graph, bundle.state.clone());
        let state = soup::with_statistics(&bundle.graph, centred, size, &place.images)?;
        let seen = see(bundle, &state, &place.images, detector)?;
        Ok((state, seen))
    };
    let mut found = under(&proportions(&before.probabilities, &training))?;
    for _ in 1..ROUNDS {
        found = under(&proportions(&found.1.probabilities, &training))?;
    }
    Ok(found)
}

/// For each class how many training photographs the run had of it, and what enters the batch norms for some of them.
fn moments_of_classes(
    member: &Member,
    progress: &mut Progress<'_>,
) -> Result<Vec<(usize, Moments)>, DerivedError> {
    let bundle = &member.bundle;
    let mut photographs: BTreeMap<&String, Vec<Digest>> = BTreeMap::new();
    for (digest, class) in &member.training {
        photographs.entry(class).or_default().push(*digest);
    }
    let most = (MOST / bundle.classes.len().max(1)).max(BATCH);
    let options = soup::observing(bundle.preprocessing.size as usize);
    let mut engine = Cpu.engine(&bundle.graph, &options)?;
    engine.restore(&bundle.state)?;
    let all = photographs.values().map(|of_class| of_class.len().min(most)).sum();
    let (mut found, mut done) = (Vec::new(), 0);
    for class in &bundle.classes {
        let of_class = photographs.remove(class).unwrap_or_default();
        let (shown, chosen) = (of_class.len(), spread(of_class, most));
        let mut moments = Moments::default();
        let length = bundle.preprocessing.len();
        let images = features::images(std::slice::from_ref(member), &bundle.preprocessing, &chosen);
        if images.is_empty() {
            return Err(member.refuse(format!(
                "none of its {} of {} can be read any more, and how they look is what the new ones are compared with; put them back where \
                 they were",
                counted(shown, "training photo", "training photos"),
                class
            )));
        }
        for batch in images.chunks(soup::BATCH * length) {
            moments
                .add_statistics(&engine.input_statistics(batch)?, batch.len() as f64 / images.len() as f64);
        }
        done += chosen.len();
        progress(done, all);
        found.push((shown, moments));
    }
    Ok(found)
}
