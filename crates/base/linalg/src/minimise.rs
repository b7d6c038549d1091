//! Minimisation of a smooth function, everywhere or within a box.
//!
//! | symbol | shape | meaning |
//! | --- | --- | --- |
//! | `x`, `g` | `[d]` | point and gradient |
//! | `s = x' - x`, `y = g' - g` | `[d]` | a step and the gradient's change, the last `MEMORY` kept |
//! | free | | coordinates that are not held at a bound by the gradient |
//!
//! Limited-memory BFGS on the free coordinates, with a backtracking search along the path projected into the box: Nocedal and
//! Wright, Numerical Optimization (2006), algorithms 7.4 and 3.1; Bertsekas, "Projected Newton methods" (1982).

use std::collections::VecDeque;

use crate::dot;

const MEMORY: usize = 8;

/// When to stop, and the length of the first step.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Calls of the function.
    pub evaluations: usize,
    /// Largest free gradient component that counts as a minimum.
    pub gradient: f64,
    /// Stop once a step lowers the value by less than this.
    pub decrease: f64,
    /// Length of the first step.
    pub first_step: f64,
}

/// Minimises `function` from `start`, within `bounds` if there are any; returns the best point and its value. `function` writes its
/// gradient and returns its value. Points whose value is not finite are never accepted.
///
/// # Panics
/// If `bounds` has another length than `start`.
pub fn minimise(
    start: &[f64],
    bounds: Option<&[(f64, f64)]>,
    limits: Limits,
    mut function: impl FnMut(&[f64], &mut [f64]) -> f64,
) -> (Vec<f64>, f64) {
    assert!(bounds.is_none_or(|bounds| bounds.len() == start.len()), "one pair of bounds per coordinate");
    let mut point = start.to_vec();
    project(&mut point, bounds);
    let mut gradient = vec![0.0; point.len()];
    let mut value = function(&point, &mut gradient);
    let mut used = 1;
    let mut memory: VecDeque<(Vec<f64>, Vec<f64>, f64)> = VecDeque::new();
    while used < limits.evaluations && value.is_finite() {
        let free: Vec<bool> = (0..point.len())
            .map(|axis| {
                let Some((low, high)) = bounds.map(|bounds| bounds[axis]) else { return true };
                !((point[axis] <= low && gradient[axis] > 0.0)
                    || (point[axis] >= high && gradient[axis] < 0.0))
            })
            .collect();
        let steepest: Vec<f64> =
            gradient.iter().zip(&free).map(|(&slope, &free)| if free { -slope } else { 0.0 }).collect();
        if steepest.iter().all(|slope| slope.abs() <= limits.gradient) {
            break;
        }
        let mut direction = quasi_newton(&steepest, &memory);
        for (component, &free) in direction.iter_mut().zip(&free) {
            *component = if free { *component } else { 0.0 };
        }
        if memory.is_empty() || dot(&direction, &gradient) >= 0.0 {
            memory.clear();
            let length = dot(&steepest, &steepest).sqrt();
            direction = steepest.iter().map(|component| component * limits.first_step / length).collect();
        }

        let mut share = 1.0;
        let mut accepted = None;
        while used < limits.evaluations && accepted.is_none() && share > 1e-12 {
            let mut next: Vec<f64> = point.iter().zip(&direction).map(|(x, d)| x + share * d).collect();
            project(&mut next, bounds);
            let step: Vec<f64> = next.iter().zip(&point).map(|(to, from)| to - from).collect();
            let slope = dot(&gradient, &step);
            let mut next_gradient = vec![0.0; point.len()];
            let next_value = function(&next, &mut next_gradient);
            used += 1;
            if next_value <= value + 1e-4 * slope && next_value.is_finite() {
                accepted = Some((next, step, next_value, next_gradient));
            } else {
                // Minimum of the parabola through value, slope and next value, kept within a tenth and a half.
                let parabola = -0.5 * slope / (next_value - value - slope);
                share *= if parabola.is_finite() { parabola.clamp(0.1, 0.5) } else { 0.1 };
            }
        }
        let Some((next, step, next_value, next_gradient)) = accepted else {
            if memory.is_empty() {
                break;
            }
            memory.clear();
            continue;
        };
        let change: Vec<f64> = next_gradient.iter().zip(&gradient).map(|(to, from)| to - from).collect();
        let curvature = dot(&step, &change);
        if curvature > 1e-12 * dot(&change, &change) {
            memory.push_back((step, change, 1.0 / curvature));
            if memory.len() > MEMORY {
                memory.pop_front();
            }
        }
        let decrease = value - next_value;
        (point, value, gradient) = (next, next_value, next_gradient);
        if decrease < limits.decrease {
            break;
        }
    }
    (point, value)
}

fn project(point: &mut [f64], bounds: Option<&[(f64, f64)]>) {
    for (coordinate, &(low, high)) in point.iter_mut().zip(bounds.into_iter().flatten()) {
        *coordinate = coordinate.clamp(low, high);
    }
}

/// The two-loop recursion: an approximate inverse Hessian times `steepest`.
fn quasi_newton(steepest: &[f64], memory: &VecDeque<(Vec<f64>, Vec<f64>, f64)>) -> Vec<f64> {
    let mut direction = steepest.to_vec();
    let mut weights = Vec::with_capacity(memory.len());
    for (step, change, inverse) in memory.iter().rev() {
        let weight = inverse * dot(step, &direction);
        for (component, change) in direction.iter_mut().zip(change) {
            *component -= weight * change;
        }
        weights.push(weight);
    }
    if let Some((_, change, inverse)) = memory.back() {
        let scale = 1.0 / (inverse * dot(change, change));
        for component in &mut direction {
            *component *= scale;
        }
    }
    for ((step, change, inverse), weight) in memory.iter().zip(weights.iter().rev()) {
        let correction = weight - inverse * dot(change, &direction);
        for (component, step) in direction.iter_mut().zip(step) {
            *component += correction * step;
        }
    }
    direction
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { evaluations: 400, gradient: 1e-9, decrease: 0.0, first_step: 0.1 };

    fn rosenbrock(x: &[f64], gradient: &mut [f64]) -> f64 {
        let (valley, rest) = (x[1] - x[0] * x[0], 1.0 - x[0]);
        gradient.copy_from_slice(&[-400.0 * x[0] * valley - 2.0 * rest, 200.0 * valley]);
        100.0 * valley * valley + rest * rest
    }

    #[test]
    fn finds_a_minimum_inside() {
        let (point, value) = minimise(&[-1.2, 1.0], Some(&[(-2.0, 2.0); 2]), LIMITS, rosenbrock);
        assert!(value < 1e-14 && (point[0] - 1.0).abs() < 1e-6, "{point:?} {value}");
    }

    #[test]
    fn needs_no_bounds() {
        let (point, value) = minimise(&[-1.2, 1.0], None, LIMITS, rosenbrock);
        assert!(value < 1e-14 && (point[0] - 1.0).abs() < 1e-6, "{point:?} {value}");
    }

    #[test]
    fn finds_a_minimum_at_a_bound() {
        // With x at most 0.5 the minimum is at (0.5, 0.25).
        let (point, value) = minimise(&[-1.2, 1.0], Some(&[(-2.0, 0.5), (-2.0, 2.0)]), LIMITS, rosenbrock);
        assert!((value - 0.25).abs() < 1e-9, "{point:?} {value}");
        assert_eq!(point[0], 0.5);
        assert!((point[1] - 0.25).abs() < 1e-6);
    }

    #[test]
    fn a_start_outside_is_projected_and_a_wall_is_not_crossed() {
        let wall = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = -1.0;
            if x[0] > 0.7 { f64::NAN } else { -x[0] }
        };
        let (point, _) = minimise(&[-3.0], Some(&[(0.0, 1.0)]), LIMITS, wall);
        assert!((0.69..=0.7).contains(&point[0]), "{point:?}");
    }

    #[test]
    fn never_calls_more_often_than_allowed() {
        let mut calls = 0;
        let limits = Limits { evaluations: 7, ..LIMITS };
        minimise(&[-1.2, 1.0], Some(&[(-2.0, 2.0); 2]), limits, |x, gradient| {
            calls += 1;
            rosenbrock(x, gradient)
        });
        assert_eq!(calls, 7);
    }
}
