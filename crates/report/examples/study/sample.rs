//! A made-up study: a search that closes in on a bowl over rate and momentum, with a corner that diverges.

use std::f64::consts::{E, LN_10};

use foliar_report::study::*;
use foliar_report::{Estimate, Number, Scale};
use foliar_results::{
    Finding, FindingId, PairedComparison, PairedDifference, Rating, Severity, TestScores, Verdict,
};

/// A number in `0.0..1.0` that depends on `n` alone (Weyl, mixed).
fn noise(n: u64) -> f64 {
    let mixed = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    (mixed >> 11) as f64 / (1u64 << 53) as f64
}

/// Validation loss to be expected; none where training diverges.
fn loss(rate: f64, momentum: f64) -> Option<f64> {
    let effective = (rate / (1.0 - momentum) / 0.11).log10();
    let away = (-(1.0 - momentum).ln() - 2.2) / 2.5;
    (effective < 1.45).then_some(0.31 + 0.34 * effective * effective + 0.12 * away * away)
}

pub(crate) fn parameters(many: bool) -> Vec<Parameter> {
    let float = |name: &str, low, high, scale| Parameter {
        name: name.into(),
        domain: Domain::Float { low, high, scale },
    };
    let mut parameters =
        vec![float("learning rate", 1e-4, 1.0, Scale::Log), float("momentum", 0.0, 0.99, Scale::Momentum)];
    if many {
        let options = ["none", "flips and turns", "all"].map(String::from).to_vec();
        parameters.extend([
            Parameter {
                name: "batch size".into(),
                domain: Domain::Integer { low: 8, high: 128, scale: Scale::Log },
            },
            float("label smoothing", 0.0, 0.2, Scale::Linear),
            Parameter { name: "augmentation".into(), domain: Domain::Choice { options } },
        ]);
    }
    parameters
}

fn report(epoch: u32, value: f64) -> Report {
    Report { step: Step { fold: 0, epoch }, value }
}

fn trial(number: u64, many: bool) -> Trial {
    let spread = 0.45 / (1.0 + number as f64 / 30.0);
    let place = |key: u64, centre: f64| {
        let free = noise(number * 7 + key);
        if number < 12 { free } else { (centre + spread * (free - 0.5)).clamp(0.0, 1.0) }
    };
    let rate = (-4.0 * LN_10 + 4.0 * LN_10 * place(1, 0.52)).exp();
    let momentum = 1.0 - (-place(2, 0.5) * 100f64.ln()).exp();
    let mut params = vec![("learning rate", Value::Float(rate)), ("momentum", Value::Float(momentum))];
    let mut more = 0.0;
    if many {
        let batch = (8.0 * 16f64.powf(place(3, 0.4))).round();
        let smoothing = 0.2 * place(4, 0.35);
        let augmentation = ["none", "flips and turns", "all"][(noise(number * 7 + 5) * 2.999) as usize];
        more = 0.02 * (batch / 24.0).ln().abs() + 0.6 * (smoothing - 0.07).powi(2) * E;
        more += if augmentation == "none" { 0.07 } else { 0.0 };
        params.extend([
            ("batch size", Value::Integer(batch as i64)),
            ("label smoothing", Value::Float(smoothing)),
            ("augmentation", Value::Choice(augmentation.into())),
        ]);
    }
    let params: Params = params.into_iter().collect();
    let Some(end) = loss(rate, momentum) else {
        let curve = vec![report(1, f64::NAN)];
        return Trial { number, state: State::Infeasible, params, value: None, curve, seconds: Some(1.3) };
    };
    let end = end + more + 0.012 * (noise(number + 900) - 0.5);
    let at = |epoch: u32| {
        end + (2.3 - end) * (-0.45 * f64::from(epoch)).exp() + 0.01 * noise(number * 40 + u64::from(epoch))
    };
    let pruned = end > 0.62 && number > 5;
    let epochs = if pruned { 3 + (number % 3) as u32 * 2 } else { 15 };
    let point = |epoch| report(epoch, if epoch == 15 { end } else { at(epoch) });
    Trial {
        number,
        state: if pruned { State::Pruned } else { State::Finished },
        params,
        value: (!pruned).then_some(end),
        curve: (1..=epochs).map(point).collect(),
        seconds: Some(0.42 * f64::from(epochs) + noise(number)),
    }
}

fn surface(parameters: &[Parameter]) -> Surface {
    let (xs, ys) = (Surface::grid(&parameters[0], 41), Surface::grid(&parameters[1], 41));
    let values = ys.iter().flat_map(|&y| xs.iter().map(move |&x| loss(x, y)));
    Surface { x: "learning rate".into(), y: "momentum".into(), values: values.collect(), xs, ys }
}

fn cross_validation() -> CrossValidation {
    let means = [0.342, 0.341, 0.338, 0.333, 0.329, 0.334, 0.352, 0.47];
    let weight_decays = [0.0, 1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2];
    let candidates = weight_decays.into_iter().zip(means).enumerate().map(|(place, (weight_decay, mean))| {
        Candidate { weight_decay, mean: Some(mean), standard_error: 0.006 + 0.004 * noise(place as u64) }
    });
    CrossValidation { folds: 5, candidates: candidates.collect(), best: 4, chosen: 5 }
}

fn comparison(best: &Params) -> Comparison {
    let estimate = |value, low, high| Estimate { value, low, high };
    let tuned = best.iter().map(|(name, value)| (name, value.clone()));
    let untuned = [("learning rate", 1e-3), ("momentum", 0.9), ("weight decay", 1e-4)];
    let scores = PairedComparison {
        tuned: TestScores {
            loss: estimate(0.312, 0.274, 0.351),
            accuracy: estimate(0.903, 0.885, 0.919),
            macro_f1: estimate(0.896, 0.876, 0.914),
        },
        untuned: TestScores {
            loss: estimate(0.447, 0.408, 0.489),
            accuracy: estimate(0.861, 0.840, 0.879),
            macro_f1: estimate(0.848, 0.824, 0.869),
        },
        difference: PairedDifference {
            photographs: 1204,
            groups: 151,
            accuracy: estimate(0.042, 0.026, 0.058),
            accuracy_p_value: 0.0001,
            loss: estimate(-0.135, -0.168, -0.103),
            loss_p_value: 0.0001,
            macro_f1: estimate(0.048, 0.029, 0.066),
            only_first: 78,
            only_second: 27,
        },
    };
    Comparison {
        scores,
        tuned: tuned.chain([("weight decay", Value::Float(1e-3))]).collect(),
        untuned: untuned.into_iter().map(|(name, value)| (name, Value::Float(value))).collect(),
    }
}

fn verdict() -> Verdict {
    let finding = Finding {
        id: FindingId::FewPhotographs,
        severity: Severity::Note,
        claim: "There are few groups".into(),
        evidence: vec!["With so few groups, even the intervals are uncertain.".into()],
        advice: "Test on more photos, of more leaves.".into(),
    };
    Verdict {
        rating: Rating::Sound,
        summary: "Good on leaves that it has not seen: 90 % correct (88 to 92 of 100).".into(),
        findings: vec![finding],
    }
}

/// Forty trials over two parameters, or over five.
pub(crate) fn study(many: bool) -> StudyView {
    let parameters = parameters(many);
    let trials: Vec<Trial> = (0..40).map(|number| trial(number, many)).collect();
    let valued = trials.iter().filter_map(|trial| Some((trial, trial.value?)));
    let best = valued.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(trial, _)| trial);
    let importance = [(0.71, 0.83), (0.12, 0.24), (0.02, 0.05), (0.01, 0.02), (0.05, 0.06)];
    let importance = parameters.iter().zip(importance).map(|(parameter, (main, total))| Importance {
        name: parameter.name.clone(),
        main,
        total,
        length: 1.0,
    });
    StudyView {
        subject: "mobilenet_v1_0.75 on plantvillage-mini".into(),
        objective: Objective {
            name: "validation loss".into(),
            direction: Direction::Minimise,
            number: Number::Plain,
        },
        best: best.map(|trial| trial.number),
        repeats: vec![0.319, 0.309, 0.322, 0.313],
        surface: Some(surface(&parameters)),
        importance: importance.collect(),
        cross_validation: Some(cross_validation()),
        comparison: best.map(|trial| comparison(&trial.params)),
        against_default: best.map(|trial| comparison(&trial.params)),
        verdict: Some(verdict()),
        warnings: vec![
            "The best momentum, 0.988, lies at the upper end of its range, 0 to 0.99: the optimum may be beyond it.".into(),
        ],
        parameters,
        trials,
    }
}
