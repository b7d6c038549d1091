//! Which values are computed again in the backward pass instead of waiting for it.
//!
//! The steps are cut into segments. What later segments read is kept; the rest of a segment is computed again, from what was
//! kept, just before its backward pass: about twice the root of the memory for one more forward pass (Chen, Xu, Zhang and
//! Guestrin 2016, "Training Deep Nets with Sublinear Memory Cost", section 3). The last segment goes backward at once. Batch
//! norms apply again what they did, so that every bit is the same.

use std::ops::Range;

use crate::program::{Program, ValueId};

/// Numbers of segments that are tried.
const COUNTS: [usize; 8] = [2, 3, 4, 6, 8, 12, 16, 24];

/// One operation of the backward pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BackwardOp {
    /// Computes a step's output again.
    Recompute(usize),
    /// Computes a step's gradients.
    Gradients(usize),
}

/// The steps in segments.
pub(crate) struct Segments {
    /// First step of each segment, and the number of steps.
    borders: Vec<usize>,
    /// For each value, whether it is computed again.
    recomputed: Vec<bool>,
}

impl Segments {
    /// One segment: nothing is computed again.
    pub(crate) fn whole(program: &Program) -> Self {
        Self::new(program, vec![0, program.steps.len()])
    }

    /// Segments of about equal size that are cut where few values are alive, in several numbers.
    pub(crate) fn choices(program: &Program) -> impl Iterator<Item = Self> {
        let alive = alive(program);
        let sizes: Vec<usize> =
            program.steps.iter().map(|step| program.values[step.output()].len()).collect();
        COUNTS.into_iter().map(move |count| Self::new(program, cut(&sizes, &alive, count)))
    }

    fn new(program: &Program, borders: Vec<usize>) -> Self {
        let mut segment_of_step = vec![0; program.steps.len()];
        for (segment, steps) in ranges(&borders).enumerate() {
            segment_of_step[steps].fill(segment);
        }
        let last = borders.len() - 2;
        let mut segment_of = vec![None; program.values.len()];
        let mut recomputed = vec![false; program.values.len()];
        for (step, &segment) in program.steps.iter().zip(&segment_of_step) {
            segment_of[step.output()] = Some(segment);
            recomputed[step.output()] = segment < last;
        }
        recomputed[program.logits] = false;
        for (step, &segment) in program.steps.iter().zip(&segment_of_step) {
            for value in step.inputs().chain(step.backward_inputs()) {
                if segment_of[value] != Some(segment) {
                    recomputed[value] = false;
                }
            }
        }
        Self { borders, recomputed }
    }

    /// Whether a value is computed again.
    pub(crate) fn is_recomputed(&self, value: ValueId) -> bool {
        self.recomputed[value]
    }

    /// The backward pass.
    pub(crate) fn backward_ops(&self, program: &Program) -> Vec<BackwardOp> {
        let mut backward_ops = Vec::new();
        for steps in ranges(&self.borders).collect::<Vec<_>>().into_iter().rev() {
            let mut wanted = vec![false; program.values.len()];
            for step in &program.steps[steps.clone()] {
                step.backward_inputs().into_iter().for_each(|value| wanted[value] = true);
            }
            let mut again: Vec<usize> = Vec::new();
            for index in steps.clone().rev() {
                let step = &program.steps[index];
                if wanted[step.output()] && self.is_recomputed(step.output()) {
                    step.inputs().for_each(|x| wanted[x] = true);
                    again.push(index);
                }
            }
            backward_ops.extend(again.into_iter().rev().map(BackwardOp::Recompute));
            backward_ops.extend(steps.rev().map(BackwardOp::Gradients));
        }
        backward_ops
    }
}

fn ranges(borders: &[usize]) -> impl Iterator<Item = Range<usize>> {
    borders.windows(2).map(|pair| pair[0]..pair[1])
}

/// For each step, the floats that it and later steps read of earlier ones.
fn alive(program: &Program) -> Vec<usize> {
    let mut last_reader = vec![0; program.values.len()];
    for (index, step) in program.steps.iter().enumerate() {
        step.inputs().for_each(|x| last_reader[x] = index);
    }
    let mut alive = vec![0; program.steps.len()];
    for (index, step) in program.steps.iter().enumerate() {
        let value = step.output();
        let readers = (index + 1).min(alive.len())..(last_reader[value] + 1).max(index + 1);
        alive[readers].iter_mut().for_each(|floats| *floats += program.values[value].len());
    }
    alive
}

/// Borders of about `count` segments of equal sums of `sizes`, each border where `alive` is least nearby.
fn cut(sizes: &[usize], alive: &[usize], count: usize) -> Vec<usize> {
    let total: usize = sizes.iter().sum();
    let mut before = 0;
    // Number of half segments that are whole before each step.
    let halves: Vec<usize> = sizes
        .iter()
        .map(|size| {
            let halves = 2 * count * before / total.max(1);
            before += size;
            halves
        })
        .collect();
    let mut borders = vec![0];
    for segment in 1..count {
        // From half a segment before the equal border to half a segment after it.
        let nearby = |step: &usize| (2 * segment - 1..=2 * segment).contains(&halves[*step]);
        let best = (1..sizes.len()).filter(nearby).min_by_key(|&step| alive[step]);
        borders.extend(best.filter(|&step| borders.last().is_some_and(|&last| last < step)));
    }
    borders.push(sizes.len());
    borders
}
