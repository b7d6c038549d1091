//! The hyperparameters that can be tuned, and their meaning in a recipe.
//!
//! | name | scale | default range | changes |
//! | --- | --- | --- | --- |
//! | `learning-rate` | log | 1/100 to 100 times the recipe's | peak rate of the last phase |
//! | `momentum` | `-ln(1 - m)` | 0 to 0.99 | momentum, or AdamW's first decay, of the last phase |
//! | `batch-size` | log | 8 to 128 | photos per step |
//! | `label-smoothing` | linear | 0 to 0.2 | part of the target probability spread over all classes |
//! | `augmentation` | linear | 0 to 1 | 0: no augmentation; 1: as in the recipe; between: probability and strength in proportion |
//! | `stages` | linear | 1 to all | number of network stages that the last phase trains, counted from the classifier |
//!
//! Tuning changes the last phase of the recipe. An earlier phase that trains only the classifier keeps its own rate.

use std::fmt;
use std::str::FromStr;

use foliar_bayes::{Domain, Parameter, Params, Scale, Value};
use foliar_nn::{Optimizer, zoo};
use foliar_train::{Freeze, Phase, Recipe};
use foliar_vision::Augment;

use crate::error::TuneError;

/// A hyperparameter that can be tuned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tunable {
    /// Peak learning rate.
    LearningRate,
    /// Momentum.
    Momentum,
    /// Photos per step.
    BatchSize,
    /// Part of the target probability that is spread over all classes.
    LabelSmoothing,
    /// Strength of augmentation.
    Augmentation,
    /// Number of stages that are trained.
    Stages,
}

impl Tunable {
    /// All tunable hyperparameters.
    pub const ALL: [Tunable; 6] = [
        Tunable::LearningRate,
        Tunable::Momentum,
        Tunable::BatchSize,
        Tunable::LabelSmoothing,
        Tunable::Augmentation,
        Tunable::Stages,
    ];

    /// Its name on the command line and in the study.
    pub fn name(self) -> &'static str {
        match self {
            Tunable::LearningRate => "learning-rate",
            Tunable::Momentum => "momentum",
            Tunable::BatchSize => "batch-size",
            Tunable::LabelSmoothing => "label-smoothing",
            Tunable::Augmentation => "augmentation",
            Tunable::Stages => "stages",
        }
    }

    /// The search parameter for `recipe`, with the given `range` or the default one.
    ///
    /// # Errors
    /// The range is invalid, or the parameter has no effect in this recipe.
    pub fn parameter(self, recipe: &Recipe, range: Option<[f64; 2]>) -> Result<Parameter, TuneError> {
        let refuse = |problem: String| TuneError::plan(self.name(), problem);
        let phase = last(recipe)?;
        let [low, high] = match range {
            Some(range) => range,
            None => self.usual(recipe, phase)?,
        };
        if !(low < high && low.is_finite() && high.is_finite()) {
            return Err(refuse(format!("a range must be LOW:HIGH with LOW below HIGH, not {low}:{high}")));
        }
        let within = |least: f64, most: f64| {
            let words = || refuse(format!("its range must lie within {least} to {most}, not {low}:{high}"));
            if low >= least && high <= most { Ok(()) } else { Err(words()) }
        };
        let float = |scale| Parameter::float(self.name(), low, high, scale);
        let integer = |scale| Parameter::integer(self.name(), low.ceil() as i64, high.floor() as i64, scale);
        Ok(match self {
            Tunable::LearningRate => {
                within(f64::MIN_POSITIVE, 1e30)?;
                float(Scale::Log)
            }
            Tunable::Momentum => {
                within(0.0, 1.0 - 1e-6)?;
                float(Scale::Momentum)
            }
            Tunable::BatchSize => {
                within(2.0, 65_536.0)?;
                integer(Scale::Log)
            }
            Tunable::LabelSmoothing => {
                within(0.0, 0.999)?;
                float(Scale::Linear)
            }
            Tunable::Augmentation => {
                within(0.0, 1.0)?;
                if phase.is_cached() || phase.augment == Augment::none() {
                    return Err(refuse(
                        "this recipe does not augment photos in each epoch; use --recipe fine or --augment"
                            .into(),
                    ));
                }
                float(Scale::Linear)
            }
            Tunable::Stages => {
                within(1.0, stages(recipe)? as f64)?;
                if phase.is_cached() {
                    return Err(refuse(
                        "this recipe trains only the classifier, on features that are computed once; use --recipe fine".into(),
                    ));
                }
                integer(Scale::Linear)
            }
        })
    }

    fn usual(self, recipe: &Recipe, phase: &Phase) -> Result<[f64; 2], TuneError> {
        let peak = phase.learning_rate.peak;
        Ok(match self {
            Tunable::LearningRate => [peak / 100.0, peak * 100.0],
            // Nesterov's method needs momentum.
            Tunable::Momentum => match phase.optimizer {
                Optimizer::Sgd { nesterov: true, .. } => [0.1, 0.99],
                _ => [0.0, 0.99],
            },
            Tunable::BatchSize => [8.0, 128.0],
            Tunable::LabelSmoothing => [0.0, 0.2],
            Tunable::Augmentation => [0.0, 1.0],
            Tunable::Stages => [1.0, stages(recipe)? as f64],
        })
    }

    /// Its value in `recipe`, if it has one.
    pub(crate) fn value(self, recipe: &Recipe) -> Option<Value> {
        let phase = recipe.phases.last()?;
        Some(match self {
            Tunable::LearningRate => Value::Float(phase.learning_rate.peak),
            Tunable::Momentum => Value::Float(match phase.optimizer {
                Optimizer::Sgd { momentum, .. } => momentum,
                Optimizer::AdamW { beta1, .. } => beta1,
            }),
            Tunable::BatchSize => Value::Integer(recipe.batch_size as i64),
            Tunable::LabelSmoothing => Value::Float(f64::from(recipe.loss.label_smoothing)),
            Tunable::Augmentation => Value::Float(1.0),
            Tunable::Stages => {
                let frozen = match phase.freeze {
                    Freeze::None => 0,
                    Freeze::Stages(count) => count,
                    Freeze::Backbone => return None,
                };
                Value::Integer(stages(recipe).ok()?.checked_sub(frozen)? as i64)
            }
        })
    }

    fn put(self, value: &Value, recipe: &mut Recipe) {
        let all = stages(recipe).unwrap_or(0);
        let (batch_size, loss) = (&mut recipe.batch_size, &mut recipe.loss);
        let Some(phase) = recipe.phases.last_mut() else { return };
        let number = match value {
            Value::Float(value) => *value,
            Value::Integer(value) => *value as f64,
            Value::Choice(_) => return,
        };
        match self {
            Tunable::LearningRate => phase.learning_rate.peak = number,
            Tunable::Momentum => match &mut phase.optimizer {
                Optimizer::Sgd { momentum, .. } => *momentum = number,
                Optimizer::AdamW { beta1, .. } => *beta1 = number,
            },
            Tunable::BatchSize => *batch_size = number as usize,
            Tunable::LabelSmoothing => loss.label_smoothing = number as f32,
            Tunable::Augmentation => phase.augment = weakened(&phase.augment, number),
            Tunable::Stages => {
                phase.freeze = match all.saturating_sub(number as usize) {
                    0 => Freeze::None,
                    frozen => Freeze::Stages(frozen),
                }
            }
        }
    }
}

impl fmt::Display for Tunable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Tunable {
    type Err = TuneError;

    fn from_str(text: &str) -> Result<Self, TuneError> {
        Tunable::ALL.into_iter().find(|tunable| tunable.name() == text).ok_or_else(|| {
            let names = Tunable::ALL.map(Tunable::name).join(", ");
            TuneError::plan(text, format!("unknown hyperparameter; tunable are {names}"))
        })
    }
}

/// `recipe` with the values of `params`.
pub(crate) fn apply(params: &Params, recipe: &Recipe) -> Recipe {
    let mut changed = recipe.clone();
    for tunable in Tunable::ALL {
        if let Some(value) = params.get(tunable.name()) {
            tunable.put(value, &mut changed);
        }
    }
    changed.head = changed.usual_head();
    changed
}

/// The values of `parameters` in `recipe`; none if a value is missing or lies outside its range.
pub(crate) fn own(parameters: &[Parameter], recipe: &Recipe) -> Option<Params> {
    let value = |parameter: &Parameter| {
        let tunable: Tunable = parameter.name.parse().ok()?;
        let value = tunable.value(recipe)?;
        let inside = match (&parameter.domain, &value) {
            (Domain::Float { low, high, .. }, Value::Float(value)) => (low..=high).contains(&value),
            (Domain::Integer { low, high, .. }, Value::Integer(value)) => (low..=high).contains(&value),
            _ => false,
        };
        inside.then(|| (parameter.name.clone(), value))
    };
    parameters.iter().map(value).collect()
}

/// `recipe` with weight decay `decay` in its last phase.
pub(crate) fn with_weight_decay(mut recipe: Recipe, decay: f64) -> Recipe {
    if let Some(phase) = recipe.phases.last_mut() {
        match &mut phase.optimizer {
            Optimizer::Sgd { weight_decay, .. } | Optimizer::AdamW { weight_decay, .. } => {
                *weight_decay = decay
            }
        }
    }
    recipe.head = recipe.usual_head();
    recipe
}

pub(crate) fn last(recipe: &Recipe) -> Result<&Phase, TuneError> {
    recipe.phases.last().ok_or_else(|| TuneError::plan("recipe", "it has no phase"))
}

/// Number of stages of the recipe's network.
fn stages(recipe: &Recipe) -> Result<usize, TuneError> {
    let graph = zoo::build(&recipe.model, 2).map_err(foliar_train::TrainError::from)?;
    Ok(graph.stages().map_err(foliar_train::TrainError::from)?.len())
}

/// `augment` with probabilities and extents multiplied by `strength`, from 0 to 1.
fn weakened(augment: &Augment, strength: f64) -> Augment {
    let mut weak = augment.clone();
    for probability in [
        &mut weak.horizontal_flip,
        &mut weak.vertical_flip,
        &mut weak.transposition,
        &mut weak.crop.probability,
        &mut weak.rotation.probability,
        &mut weak.colour.probability,
        &mut weak.erasing.probability,
        &mut weak.background.probability,
        &mut weak.trivial,
    ] {
        *probability *= strength;
    }
    weak.crop.scale[0] = 1.0 - (1.0 - weak.crop.scale[0]) * strength;
    weak.crop.scale[0] = weak.crop.scale[0].min(weak.crop.scale[1]);
    weak.rotation.degrees *= strength;
    weak
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipes_own_parameters_change_nothing() {
        let recipe = Recipe::fine("baseline");
        let parameters: Vec<Parameter> =
            Tunable::ALL.iter().map(|tunable| tunable.parameter(&recipe, None).unwrap()).collect();
        let params = own(&parameters, &recipe).unwrap();
        assert_eq!(params.len(), 6);
        assert_eq!(apply(&params, &recipe), recipe);
    }

    #[test]
    fn every_parameter_changes_the_last_phase_only() {
        let recipe = Recipe::fine("baseline");
        let params: Params = [
            ("learning-rate", Value::Float(0.5)),
            ("momentum", Value::Float(0.25)),
            ("batch-size", Value::Integer(9)),
            ("label-smoothing", Value::Float(0.125)),
            ("augmentation", Value::Float(0.0)),
            ("stages", Value::Integer(2)),
        ]
        .into_iter()
        .collect();
        let changed = with_weight_decay(apply(&params, &recipe), 0.75);
        assert_eq!(changed.phases[0], recipe.phases[0]);
        assert_eq!((changed.batch_size, changed.loss.label_smoothing), (9, 0.125));
        let phase = &changed.phases[1];
        assert_eq!((phase.learning_rate.peak, phase.freeze), (0.5, Freeze::Stages(3)));
        let Optimizer::Sgd { momentum, weight_decay, .. } = phase.optimizer else { panic!() };
        assert_eq!((momentum, weight_decay), (0.25, 0.75));
        assert_eq!(phase.augment.horizontal_flip, 0.0);
        assert_eq!(phase.augment.crop.scale, [1.0, 1.0]);
        changed.validate().unwrap();
    }

    #[test]
    fn ranges_and_recipes_without_effect_are_refused() {
        let quick = Recipe::quick("baseline");
        for (tunable, range, expected) in [
            (Tunable::LearningRate, Some([1.0, 0.1]), "LOW below HIGH"),
            (Tunable::LearningRate, Some([0.0, 0.1]), "within"),
            (Tunable::Momentum, Some([0.5, 1.0]), "within 0 to"),
            (Tunable::Augmentation, None, "--recipe fine"),
            (Tunable::Stages, None, "--recipe fine"),
            (Tunable::Stages, Some([1.0, 9.0]), "within 1 to 5"),
        ] {
            let error = tunable.parameter(&quick, range).unwrap_err().to_string();
            assert!(error.starts_with(tunable.name()) && error.contains(expected), "{error}");
        }
        assert!("dropout".parse::<Tunable>().unwrap_err().to_string().contains("momentum, batch-size"));
    }
}
