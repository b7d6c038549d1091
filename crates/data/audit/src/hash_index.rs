//! Finds all hashes within a Hamming distance of a query without looking at most of them.
//!
//! Multi-index hashing (Norouzi, Punjani and Fleet, *Fast search in Hamming space with multi-index hashing*, 2012). A hash
//! is cut into M = 4 parts of 16 bits. Two hashes that differ in at most r = M q + a bits agree, in one of the first a + 1
//! parts, up to q bits, or in one of the others up to q - 1 (their section 3.1). So each part has a table of its 65,536
//! values, and a query looks up the few values that are near its own.

use crate::fingerprint::Hash;

/// Parts of a hash.
const PARTS: usize = 4;
/// Bits of a part.
const BITS: u32 = 16;

/// An index of hashes for searches by Hamming distance.
#[derive(Clone, Debug)]
pub struct HashIndex {
    hashes: Vec<Hash>,
    tables: Vec<Table>,
    radius: u32,
    /// For each part, the changes of its bits that a query has to try.
    changes: Vec<Vec<u16>>,
}

/// The indices of hashes by the value of one part.
#[derive(Clone, Debug)]
struct Table {
    /// Where in `places` those of each value begin; one more at the end.
    begins: Vec<u32>,
    places: Vec<u32>,
}

impl HashIndex {
    /// An index for queries of `radius` bits, 0 to 63.
    #[must_use]
    pub fn new(hashes: Vec<Hash>, radius: u32) -> Self {
        let (quotient, rest) = (radius / PARTS as u32, radius as usize % PARTS);
        let most = |part: usize| if part <= rest { Some(quotient) } else { quotient.checked_sub(1) };
        let changes = (0..PARTS)
            .map(|part| {
                let most = most(part);
                let few = |change: &u16| most.is_some_and(|most| change.count_ones() <= most);
                (0..=u16::MAX).filter(few).collect()
            })
            .collect();
        let tables = (0..PARTS).map(|part| Table::new(&hashes, part)).collect();
        Self { hashes, tables, radius, changes }
    }

    /// Appends the indices of all hashes within the radius of `query` to `found`, ascending, each once.
    pub fn near(&self, query: Hash, found: &mut Vec<usize>) {
        let begin = found.len();
        for (part, (table, changes)) in self.tables.iter().zip(&self.changes).enumerate() {
            let own = value(query, part);
            for change in changes {
                let near = table.places(own ^ change).iter().map(|&place| place as usize);
                found.extend(near.filter(|&place| self.hashes[place].distance(query) <= self.radius));
            }
        }
        found[begin..].sort_unstable();
        let mut kept = begin;
        for place in begin..found.len() {
            if place == begin || found[place] != found[kept - 1] {
                found[kept] = found[place];
                kept += 1;
            }
        }
        found.truncate(kept);
    }
}

impl Table {
    fn new(hashes: &[Hash], part: usize) -> Self {
        let mut begins = vec![0_u32; (1 << BITS) + 1];
        hashes.iter().for_each(|&hash| begins[usize::from(value(hash, part)) + 1] += 1);
        for value in 0..1 << BITS {
            begins[value + 1] += begins[value];
        }
        let mut next = begins.clone();
        let mut places = vec![0; hashes.len()];
        for (place, &hash) in hashes.iter().enumerate() {
            let slot = &mut next[usize::from(value(hash, part))];
            places[*slot as usize] = place as u32;
            *slot += 1;
        }
        Self { begins, places }
    }

    fn places(&self, value: u16) -> &[u32] {
        let value = usize::from(value);
        &self.places[self.begins[value] as usize..self.begins[value + 1] as usize]
    }
}

/// One part of a hash: every fourth bit, so that each part has low and high frequencies.
fn value(hash: Hash, part: usize) -> u16 {
    // Gathers the bits at multiples of four.
    let mut bits = (hash.0 >> part) & 0x1111_1111_1111_1111;
    bits = (bits | bits >> 3) & 0x0303_0303_0303_0303;
    bits = (bits | bits >> 6) & 0x000F_000F_000F_000F;
    bits = (bits | bits >> 12) & 0x0000_00FF_0000_00FF;
    (bits | bits >> 24) as u16
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_hold_every_bit_once() {
        for bit in 0..64 {
            let values: Vec<u16> = (0..PARTS).map(|part| value(Hash(1 << bit), part)).collect();
            assert_eq!(values.iter().map(|value| value.count_ones()).sum::<u32>(), 1, "bit {bit}");
            assert_eq!(values[bit % PARTS], 1 << (bit / PARTS));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn it_finds_what_a_look_at_all_finds(
            seeds in prop::collection::vec((any::<u64>(), prop::collection::vec(0..64_u32, 0..16)), 1..60),
            radius in 0..14_u32,
        ) {
            // Hashes in pairs, the second a few bits from the first.
            let hashes: Vec<Hash> = seeds
                .iter()
                .flat_map(|(bits, changed)| {
                    let other = changed.iter().fold(*bits, |other, place| other ^ (1 << place));
                    [Hash(*bits), Hash(other)]
                })
                .collect();
            let index = HashIndex::new(hashes.clone(), radius);
            for &query in &hashes {
                let mut found = vec![usize::MAX];
                index.near(query, &mut found);
                let all: Vec<usize> =
                    (0..hashes.len()).filter(|&place| hashes[place].distance(query) <= radius).collect();
                prop_assert_eq!(&found[1..], &all[..]);
            }
        }
    }
}
