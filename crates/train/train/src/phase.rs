//! One part of a training run: what is trained, for how long, and how.

use std::fmt;
use std::str::FromStr;

use foliar_nn::{Graph, GraphError, NodeId, Optimizer, Statistics};
use foliar_vision::{Augment, Mixing, counted};
use serde::{Deserialize, Serialize};

use crate::error::{TrainError, check};
use crate::schedule::LearningRate;

/// Which part of the network keeps its weights and its running statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Freeze {
    /// None of it.
    None,
    /// The first so many stages, 1 or more; see [`Graph::stages`].
    Stages(usize),
    /// Everything but the classifier.
    Backbone,
}

/// A word that names no frozen part.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no part to freeze; there are `none`, `backbone`, and `stage:1` and so on")]
pub struct FreezeError(String);

impl Freeze {
    /// The last frozen node of `graph`; `None` if nothing is frozen.
    ///
    /// # Errors
    /// More stages than the network has.
    pub fn cut(self, graph: &Graph) -> Result<Option<NodeId>, GraphError> {
        match self {
            Freeze::None => Ok(None),
            Freeze::Backbone => Ok(Some(graph.backbone())),
            Freeze::Stages(count) => {
                let stages = graph.stages()?;
                match count.checked_sub(1).and_then(|index| stages.get(index)) {
                    Some(&end) => Ok(Some(end)),
                    None => Err(GraphError::Malformed {
                        node: graph.name.clone(),
                        what: format!("stage:{count} cannot be frozen, the stages are 1 to {}", stages.len()),
                    }),
                }
            }
        }
    }
}

impl fmt::Display for Freeze {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Freeze::None => f.write_str("none"),
            Freeze::Stages(count) => write!(f, "stage:{count}"),
            Freeze::Backbone => f.write_str("backbone"),
        }
    }
}

impl FromStr for Freeze {
    type Err = FreezeError;

    fn from_str(text: &str) -> Result<Self, FreezeError> {
        let stages = || text.strip_prefix("stage:")?.parse().ok().filter(|&count| count > 0);
        match text {
            "none" => Ok(Freeze::None),
            "backbone" => Ok(Freeze::Backbone),
            _ => stages().map(Freeze::Stages).ok_or_else(|| FreezeError(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Freeze {
    type Error = FreezeError;

    fn try_from(text: String) -> Result<Self, FreezeError> {
        text.parse()
    }
}

impl From<Freeze> for String {
    fn from(freeze: Freeze) -> String {
        freeze.to_string()
    }
}

/// One part of a training run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Passes over the training photographs, at least 1.
    pub epochs: u32,
    /// What keeps its weights.
    pub freeze: Freeze,
    /// How many variants of each photograph there are: the photograph as it is and, beyond 1, variations of it, of which
    /// each epoch sees the next. What the frozen part makes of them is computed once and kept. `None` varies photographs
    /// anew in every epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub augmented_views: Option<u32>,
    /// What the learning rate is multiplied by from each stage of the network to the one before it, above 0 and at most 1;
    /// the classifier has the whole rate (discriminative fine-tuning, Howard and Ruder 2018, section 3.2).
    pub stage_decay: f64,
    /// Decay of a moving average of the weights, which is then what is validated and kept, in [0, 1); `None` keeps none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<f64>,
    /// What batch norms normalise with while training.
    pub statistics: Statistics,
    /// How weights are updated.
    pub optimizer: Optimizer,
    /// How fast.
    pub learning_rate: LearningRate,
    /// How training photographs are varied.
    pub augment: Augment,
    /// How they are mixed with each other, after that.
    #[serde(default, skip_serializing_if = "Mixing::is_none")]
    pub mixing: Mixing,
}

impl Phase {
    /// The learning rate of batch `batch` of an epoch of `steps` batches, both from 0.
    pub(crate) fn rate(&self, steps: usize, epoch: u32, batch: usize) -> f64 {
        let steps = steps as u64;
        self.learning_rate.at(u64::from(epoch) * steps + batch as u64, steps * u64::from(self.epochs))
    }

    /// Checks every number against its range.
    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        let (momentum, weight_decay) = match self.optimizer {
            Optimizer::Sgd { momentum, weight_decay, nesterov, dampening } => {
                check("dampening", dampening, (0.0..=1.0).contains(&dampening), "0 to 1")?;
                let bare = nesterov && (momentum <= 0.0 || dampening != 0.0);
                check("momentum", momentum, !bare, "above 0, without dampening, for Nesterov's method")?;
                (momentum, weight_decay)
            }
            Optimizer::AdamW { beta1, beta2, weight_decay, epsilon } => {
                check("beta2", beta2, (0.0..1.0).contains(&beta2), "0 or more and below 1")?;
                check("epsilon", epsilon, epsilon > 0.0 && epsilon.is_finite(), "above 0")?;
                (beta1, weight_decay)
            }
        };
        let LearningRate { peak, warmup, .. } = self.learning_rate;
        let (decay, average) = (self.stage_decay, self.average.unwrap_or(0.0));
        check("epochs", f64::from(self.epochs), self.epochs >= 1, "1 or more")?;
        check("learning rate", peak, peak > 0.0 && peak.is_finite(), "above 0")?;
        check("warm-up", warmup, (0.0..1.0).contains(&warmup), "0 or more and below 1")?;
        check("momentum", momentum, (0.0..1.0).contains(&momentum), "0 or more and below 1")?;
        check("weight decay", weight_decay, weight_decay >= 0.0 && weight_decay.is_finite(), "0 or more")?;
        check("stage decay", decay, decay > 0.0 && decay <= 1.0, "above 0, at most 1")?;
        check("average", average, (0.0..1.0).contains(&average), "0 or more and below 1")?;
        if let Some(augmented_views) = self.augmented_views {
            check(
                "augmented views",
                augmented_views.into(),
                (1..=1000).contains(&augmented_views),
                "1 to 1000",
            )?;
            check(
                "augmented views",
                augmented_views.into(),
                self.freeze != Freeze::None,
                "absent unless a part is frozen",
            )?;
        }
        if self.is_cached() && !self.mixing.is_none() {
            let what = "mixup and CutMix mix photos, and this recipe learns from kept features of photos: give --recipe fine or scratch, \
                        and leave --augmented-views out";
            return Err(TrainError::Conflict { what });
        }
        self.mixing.check()?;
        Ok(self.augment.check()?)
    }

    /// What is done, in a few words.
    pub fn describe(&self) -> String {
        let part = match self.freeze {
            Freeze::None => "the whole network".to_owned(),
            Freeze::Backbone => "the classifier on a frozen network".to_owned(),
            Freeze::Stages(count) => format!("what follows stage {count}, which is frozen"),
        };
        let kept = match self.augmented_views {
            Some(1) if self.is_cached() => ", with features that are computed once".to_owned(),
            Some(views) => {
                format!(", with features of {views} views of each photo that are computed once")
            }
            None => String::new(),
        };
        format!("{} of {part}{kept}", counted(self.epochs as usize, "epoch", "epochs"))
    }

    /// Whether what the frozen part computes is kept and read again.
    pub fn is_cached(&self) -> bool {
        self.freeze != Freeze::None && self.augmented_views.is_some()
    }

    /// What the learning rate of each node of `graph` is multiplied by; `None` if all have the whole rate.
    ///
    /// # Errors
    /// A malformed graph.
    pub(crate) fn rate_factors(&self, graph: &Graph) -> Result<Option<Vec<f64>>, GraphError> {
        if self.stage_decay == 1.0 {
            return Ok(None);
        }
        let stages = graph.stage_of_nodes()?;
        let head = stages.iter().max().copied().unwrap_or(0);
        let factor = |&stage: &usize| self.stage_decay.powi((head - stage) as i32);
        Ok(Some(stages.iter().map(factor).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foliar_nn::zoo;

    #[test]
    fn words_for_frozen_parts_are_read_as_they_are_written() {
        for freeze in [Freeze::None, Freeze::Backbone, Freeze::Stages(3)] {
            assert_eq!(freeze.to_string().parse(), Ok(freeze));
        }
        for wrong in ["", "stage", "stage:0", "stage:-1", "all", "Backbone"] {
            assert!(wrong.parse::<Freeze>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn too_many_stages_are_refused_with_their_number() {
        let graph = zoo::build("resnet18", 3).unwrap();
        let error = Freeze::Stages(9).cut(&graph).unwrap_err().to_string();
        assert!(error.contains("1 to 5"), "{error}");
    }
}
