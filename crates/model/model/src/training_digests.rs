//! Which photographs a classifier has seen in training, so that a later evaluation can leave them out.

use foliar_vision::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes kept of each digest: among a million photographs, a false match has a probability below 1e-26.
const BYTES: usize = 16;

/// Digests of the contents of the photographs that a classifier was trained, tuned or calibrated on. Names and folders do not
/// matter: a photograph is found wherever it lies.
///
/// Stored as one string of hexadecimal digits, 32 a photograph, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrainingDigests {
    ascending: Vec<[u8; BYTES]>,
}

impl TrainingDigests {
    /// Of photographs with these digests, in any order.
    pub fn new<'a>(digests: impl IntoIterator<Item = &'a Digest>) -> Self {
        let mut ascending: Vec<[u8; BYTES]> = digests.into_iter().map(beginning).collect();
        ascending.sort_unstable();
        ascending.dedup();
        Self { ascending }
    }

    /// With those of another classifier too.
    #[must_use]
    pub fn and(mut self, others: &Self) -> Self {
        self.ascending.extend(&others.ascending);
        self.ascending.sort_unstable();
        self.ascending.dedup();
        self
    }

    /// Whether a photograph with this digest is among them.
    #[must_use]
    pub fn contains(&self, digest: &Digest) -> bool {
        self.ascending.binary_search(&beginning(digest)).is_ok()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ascending.len()
    }

    /// Whether there are none: the bundle cannot tell.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ascending.is_empty()
    }
}

fn beginning(digest: &Digest) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes.iter_mut().zip(digest.0).for_each(|(to, from)| *to = from);
    bytes
}

impl Serialize for TrainingDigests {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(2 * BYTES * self.ascending.len());
        for byte in self.ascending.iter().flatten() {
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
            }
        }
        serializer.serialize_str(&text)
    }
}

impl<'de> Deserialize<'de> for TrainingDigests {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || serde::de::Error::custom("the digests of training photos are not hexadecimal digits");
        let digits: Option<Vec<u8>> =
            text.chars().map(|letter| letter.to_digit(16).map(|digit| digit as u8)).collect();
        let digits = digits.filter(|digits| digits.len() % (2 * BYTES) == 0).ok_or_else(wrong)?;
        let digest = |digits: &[u8]| {
            let mut bytes = [0; BYTES];
            bytes
                .iter_mut()
                .zip(digits.chunks_exact(2))
                .for_each(|(byte, pair)| *byte = pair[0] << 4 | pair[1]);
            bytes
        };
        let mut ascending: Vec<[u8; BYTES]> = digits.chunks_exact(2 * BYTES).map(digest).collect();
        ascending.sort_unstable();
        Ok(Self { ascending })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_found_again_and_nothing_else() {
        let digests: Vec<Digest> = (0..200u8).map(|number| Digest::of(&[number])).collect();
        let set = TrainingDigests::new(digests.iter().step_by(2));
        let text = serde_json::to_string(&set).unwrap();
        assert_eq!(text.len(), 100 * 32 + 2);
        let read: TrainingDigests = serde_json::from_str(&text).unwrap();
        assert_eq!(read, set);
        for (number, digest) in digests.iter().enumerate() {
            assert_eq!(read.contains(digest), number % 2 == 0);
        }
        let others = TrainingDigests::new(digests.iter().skip(1).step_by(2));
        assert_eq!(set.clone().and(&others).and(&set), TrainingDigests::new(&digests));
        for damaged in ["\"abc\"", "\"zz\"", "\"é\"", "7"] {
            assert!(serde_json::from_str::<TrainingDigests>(damaged).is_err(), "{damaged}");
        }
    }
}
