//! The processor's limit: multiply-adds that wait for nothing, neither for memory nor for each other.
//!
//! Each of `CHAINS` sums takes the result of its last multiply-add into the next one. A processor that begins two a
//! cycle and needs four cycles for each is busy with eight chains; more are there for those that need longer, and few
//! enough that all stay in registers.

use std::hint::black_box;

use crate::isa::level::{ChannelGroup, Level};
use crate::isa::vector::Vector;

/// Sums that do not wait for each other.
const CHAINS: usize = 12;
/// Floats a round and chain, the lanes of the widest vector.
const LANES: usize = 16;

/// Multiply-adds of `rounds` rounds of [`run`].
pub const fn multiply_adds(rounds: usize) -> usize {
    rounds * CHAINS * LANES
}

/// Computes for `rounds` rounds on this thread, with the instruction set in use. Time it, with enough rounds for a
/// millisecond or more, on every thread that the arithmetic of interest may use.
pub fn run(rounds: usize) {
    let mut sum = 0.0;
    chains(rounds, &mut sum);
    black_box(sum);
}

multiversion!(
    fn chains(rounds: usize, sum: &mut f32) = chains_body
);

#[inline(always)]
fn chains_body<L: Level>(level: L, rounds: usize, sum: &mut f32) {
    level.for_each_group(LANES, &mut Chains { rounds, sum });
}

struct Chains<'a> {
    rounds: usize,
    sum: &'a mut f32,
}

impl<L: Level> ChannelGroup<L> for Chains<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, _: usize) {
        // Every sum tends to addend / (1 - factor) = 1: no overflow, and none of the small numbers that are slow.
        let factor = V::splat(level, black_box(0.75));
        let addend = V::splat(level, black_box(0.25));
        let mut sums = [V::splat(level, black_box(0.0)); CHAINS];
        for _ in 0..self.rounds {
            for sum in &mut sums {
                *sum = sum.mul_add(factor, addend);
            }
        }
        let mut lanes = [0.0; LANES];
        for sum in sums {
            sum.store(&mut lanes[..V::LANES]);
            *self.sum += lanes[0];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chain_is_computed() {
        let mut sum = 0.0;
        chains(100, &mut sum);
        // One group of lanes for the widest vectors, more for narrower ones.
        let groups = sum / CHAINS as f32;
        assert!(
            (groups - groups.round()).abs() < 1e-3 && (1..=LANES).contains(&(groups.round() as usize)),
            "{sum}"
        );
        assert_eq!(multiply_adds(2), 2 * CHAINS * LANES);
    }
}
