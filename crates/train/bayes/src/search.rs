//! The maximum of the acquisition function over the space.
//!
//! Scores quasi-random candidates in the whole cube and normal ones around the best observed points, then improves the best
//! candidates by gradient ascent. Integers and choices, where the function is flat or jumps, are then improved one at a time.
//! The result is a point of the space, with valid integers and options.

use crate::acquisition::Acquisition;
use crate::gp::Moments;
use crate::random::sobol;
use crate::{Domain, Space};
use foliar_linalg::{Limits, minimise};
use foliar_random::Random;

/// Quasi-random candidates.
const GLOBAL: u64 = 256;
/// Candidates around each of the best points.
const LOCAL: usize = 24;
/// Standard deviations of local candidates, in unit coordinates, in turn.
const RADII: [f64; 4] = [0.2, 0.05, 0.0125, 0.003];
/// Candidates that are improved by gradient ascent.
const CLIMBERS: usize = 6;
/// Evaluations of the acquisition function in one ascent.
const CLIMB: usize = 40;
/// Options of a choice or steps of an integer that are tried one by one; larger domains try neighbours only.
const LISTED: usize = 16;

/// A point of the space and its acquisition value.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Unit coordinates.
    pub(crate) point: Vec<f64>,
    /// The acquisition value there.
    pub(crate) value: f64,
}

/// The best point found. `best` holds the unit coordinates of the best observed points, best first.
pub(crate) fn maximise(
    acquisition: &Acquisition,
    space: &Space,
    best: &[Vec<f64>],
    stream: &mut Random,
) -> Found {
    let mut moments = Moments::default();
    let mut scored: Vec<Found> = candidates(space, best, stream)
        .into_iter()
        .map(|point| Found { value: acquisition.value(&point, &mut moments), point })
        .collect();
    scored.sort_by(|left, right| right.value.total_cmp(&left.value));

    let bounds = vec![(0.0, 1.0); space.dimensions()];
    let limits = Limits { evaluations: CLIMB, gradient: 1e-6, decrease: 1e-7, first_step: 0.02 };
    let mut winner: Option<Found> = None;
    for start in climbers(scored) {
        let (point, _) = minimise(&start.point, Some(&bounds), limits, |point, gradient| {
            let value = acquisition.value_with_gradient(point, gradient, &mut moments);
            gradient.iter_mut().for_each(|slope| *slope = -*slope);
            -value
        });
        let point = space.snap(&point);
        let found = Found { value: acquisition.value(&point, &mut moments), point };
        let found = improve_cells(acquisition, space, found, &mut moments);
        if winner.as_ref().is_none_or(|winner| found.value > winner.value) {
            winner = Some(found);
        }
    }
    winner.unwrap_or_else(|| Found { point: vec![0.5; space.dimensions()], value: f64::NEG_INFINITY })
}

fn candidates(space: &Space, best: &[Vec<f64>], stream: &mut Random) -> Vec<Vec<f64>> {
    let dimensions = space.dimensions();
    let seed = stream.bits32();
    let mut points: Vec<Vec<f64>> =
        (0..GLOBAL).map(|index| space.snap_cells(&sobol(index, dimensions, seed))).collect();
    for centre in best {
        for turn in 0..LOCAL {
            let radius = RADII[turn % RADII.len()];
            let moved: Vec<f64> = centre
                .iter()
                .zip(space.parameters())
                .map(|(coordinate, parameter)| match parameter.domain {
                    // An option has no neighbours: one in four candidates draws a new one.
                    Domain::Choice { .. } if stream.uniform() < 0.25 => stream.uniform(),
                    Domain::Choice { .. } => *coordinate,
                    _ => (coordinate + radius * stream.normal()).clamp(0.0, 1.0),
                })
                .collect();
            points.push(space.snap_cells(&moved));
        }
    }
    points
}

/// The best of `scored`, each at some distance from those before it.
fn climbers(scored: Vec<Found>) -> Vec<Found> {
    let mut chosen: Vec<Found> = Vec::with_capacity(CLIMBERS);
    for found in scored {
        let near = |other: &Found| {
            let squares = other.point.iter().zip(&found.point).map(|(a, b)| (a - b) * (a - b));
            squares.sum::<f64>() < 0.05 * 0.05
        };
        if chosen.len() < CLIMBERS && !chosen.iter().any(near) {
            chosen.push(found);
        }
    }
    chosen
}

/// Tries other values of integers and choices, one parameter at a time, until none is better.
fn improve_cells(acquisition: &Acquisition, space: &Space, mut found: Found, moments: &mut Moments) -> Found {
    loop {
        let before = found.value;
        for (axis, parameter) in space.parameters().iter().enumerate() {
            let Some(cells) = parameter.cells() else { continue };
            let here = found.point[axis];
            let others: Vec<f64> = if cells <= LISTED {
                (0..cells).map(|cell| (cell as f64 + 0.5) / cells as f64).collect()
            } else {
                vec![here - 1.0 / cells as f64, here + 1.0 / cells as f64]
            };
            for coordinate in others {
                let mut point = found.point.clone();
                point[axis] = coordinate;
                let point = space.snap(&point);
                let value = acquisition.value(&point, moments);
                if value > found.value {
                    found = Found { point, value };
                }
            }
        }
        if found.value <= before {
            return found;
        }
    }
}
