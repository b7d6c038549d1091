//! Lays buffers with known lifetimes out in one arena.
//!
//! Two buffers that are alive at the same time never overlap; others may share their place. Largest first, each at the
//! lowest offset that is free for its whole life: the "greedy by size" rule of Pisarchyk and Lee 2020, "Efficient Memory
//! Management for Deep Neural Net Inference".

use std::ops::{Range, RangeInclusive};

use crate::error::GraphError;

/// Buffers start at multiples of this many values: one cache line.
const ALIGNMENT: usize = 16;

/// A buffer to be placed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    /// Number of values.
    pub(crate) len: usize,
    /// First and last moment at which it is used.
    pub(crate) life: RangeInclusive<usize>,
}

/// Where each buffer lies, in the order of the requests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layout {
    pub(crate) places: Vec<Range<usize>>,
    /// Values that the arena must hold.
    pub(crate) len: usize,
}

/// Places all `requests`.
pub(crate) fn lay_out(requests: &[Request]) -> Layout {
    let mut order: Vec<usize> = (0..requests.len()).collect();
    order.sort_by_key(|&index| (std::cmp::Reverse(requests[index].len), index));
    let mut places = vec![0..0; requests.len()];
    let mut placed: Vec<usize> = Vec::with_capacity(requests.len());
    let mut total = 0;
    for index in order {
        let request = &requests[index];
        let mut neighbours: Vec<Range<usize>> = placed
            .iter()
            .filter(|&&other| overlap(&requests[other].life, &request.life))
            .map(|&other| places[other].clone())
            .collect();
        neighbours.sort_by_key(|place| place.start);
        let mut start = 0;
        for neighbour in neighbours {
            if start + request.len <= neighbour.start {
                break;
            }
            start = start.max(neighbour.end.next_multiple_of(ALIGNMENT));
        }
        places[index] = start..start + request.len;
        total = total.max(places[index].end);
        placed.push(index);
    }
    Layout { places, len: total }
}

fn overlap(a: &RangeInclusive<usize>, b: &RangeInclusive<usize>) -> bool {
    a.start() <= b.end() && b.start() <= a.end()
}

/// Slices of the arena at places that the plan keeps apart.
pub(crate) fn disjoint<const N: usize>(arena: &mut [f32], places: [Range<usize>; N]) -> [&mut [f32]; N] {
    match arena.get_disjoint_mut(places) {
        Ok(slices) => slices,
        Err(error) => unreachable!("the memory plan broke its promise: {error}"),
    }
}

/// Asks the allocator for so many floats and gives them back: what it refuses would end the process later.
pub(crate) fn check_memory(floats: usize) -> Result<(), GraphError> {
    let refused = Vec::<f32>::new().try_reserve_exact(floats).is_err();
    if refused { Err(GraphError::Memory { mib: floats.saturating_mul(4) >> 20 }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use foliar_random::Random;

    #[test]
    fn living_buffers_never_overlap() {
        let mut random = Random::seeded(1);
        let mut below = |limit: u32| (random.bits32() % limit) as usize;
        for _ in 0..200 {
            let requests: Vec<Request> = (0..40)
                .map(|_| {
                    let start = below(30);
                    Request { len: 1 + below(1000), life: start..=start + below(10) }
                })
                .collect();
            let layout = lay_out(&requests);
            for (i, a) in requests.iter().enumerate() {
                assert_eq!(layout.places[i].len(), a.len);
                assert!(layout.places[i].end <= layout.len);
                assert_eq!(layout.places[i].start % ALIGNMENT, 0);
                for (j, b) in requests.iter().enumerate().skip(i + 1) {
                    let (p, q) = (&layout.places[i], &layout.places[j]);
                    assert!(!overlap(&a.life, &b.life) || p.end <= q.start || q.end <= p.start);
                }
            }
        }
    }

    #[test]
    fn buffers_that_never_meet_share_their_place() {
        let requests = [Request { len: 100, life: 0..=1 }, Request { len: 100, life: 2..=3 }];
        assert_eq!(lay_out(&requests).len, 100);
    }
}
