//! What the scans of a JPEG hold of the picture.
//!
//! Each scan carries some of the coefficients of some components. A sequential picture is complete when every component was in a
//! scan, a progressive one when every coefficient has come to its last bit.

use crate::problem::Reason;

/// A colour component of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) name: u8,
    /// Blocks of 8 x 8 samples in a unit of an interleaved scan, across and down: 1 to 4.
    pub(super) sampling: (u32, u32),
}

impl Component {
    /// The component that three bytes of a frame header declare.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let &[name, sampling, _] = bytes else { return None };
        let sampling = (u32::from(sampling >> 4), u32::from(sampling & 15));
        let is_valid = (1..=4).contains(&sampling.0) && (1..=4).contains(&sampling.1);
        is_valid.then_some(Self { name, sampling })
    }
}

/// The scans so far.
#[derive(Default)]
pub(super) struct Scans {
    /// Units between two restart markers, 0 for none.
    pub(super) restart_interval: u16,
    count: usize,
    /// A bit for each coefficient of each component that was in a scan.
    begun: [u64; 4],
    /// The same, to the last bit.
    finished: [u64; 4],
}

impl Scans {
    /// Number of scans.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Takes note of a scan by the content of its header and the number of restart markers in its data.
    ///
    /// # Errors
    /// [`Reason::Damaged`], and [`Reason::Truncated`] if there are too few restarts for the number of units.
    pub(super) fn add(
        &mut self,
        header: &[u8],
        restarts: u64,
        size: (u16, u16),
        components: &[Component],
    ) -> Result<(), Reason> {
        let damaged = || Reason::damaged("a scan has no proper header");
        let (&number, rest) = header.split_first().ok_or_else(damaged)?;
        let (selectors, rest) = rest.split_at_checked(2 * usize::from(number)).ok_or_else(damaged)?;
        let &[first, last, approximation] = rest.first_chunk().ok_or_else(damaged)?;
        if first > last || last > 63 || number == 0 {
            return Err(damaged());
        }
        let coefficients = (u64::MAX >> (63 - last)) & (u64::MAX << first);
        let mut chosen = Vec::with_capacity(4);
        for selector in selectors.chunks_exact(2) {
            let place = components.iter().position(|component| component.name == selector[0]);
            let place = place.ok_or_else(damaged)?;
            chosen.push(components[place]);
            self.begun[place] |= coefficients;
            if approximation & 15 == 0 {
                self.finished[place] |= coefficients;
            }
        }
        self.count += 1;
        let interval = u64::from(self.restart_interval);
        if interval > 0 && restarts + 1 < units(size, &chosen, components).div_ceil(interval) {
            return Err(Reason::Truncated);
        }
        Ok(())
    }

    /// Whether every component has been in a scan.
    pub(super) fn are_begun(&self, components: &[Component]) -> bool {
        self.begun.iter().take(components.len()).all(|begun| begun & 1 == 1)
    }

    /// Whether every coefficient has come to its last bit.
    pub(super) fn are_finished(&self, components: &[Component]) -> bool {
        self.finished.iter().take(components.len()).all(|&finished| finished == u64::MAX)
    }

    /// Refuses a picture that is gone over more often than any encoder does, which takes time and no bytes.
    ///
    /// # Errors
    /// [`Reason::Damaged`].
    pub(super) fn check_work(&self, pixels: u64) -> Result<(), Reason> {
        const USUAL: usize = 24;
        const MOST_WORK: u64 = 2_000_000_000;
        if self.count > USUAL && self.count as u64 * pixels > MOST_WORK {
            return Err(Reason::Damaged { detail: format!("it has {} scans", self.count) });
        }
        Ok(())
    }
}

/// Number of units in a scan of the `chosen` components: blocks if it is one, else groups of blocks of all of them.
fn units((width, height): (u16, u16), chosen: &[Component], all: &[Component]) -> u64 {
    let most = |side: fn(&Component) -> u32| all.iter().map(side).max().unwrap_or(1);
    let (across, down) = (most(|component| component.sampling.0), most(|component| component.sampling.1));
    let (width, height) = (u32::from(width), u32::from(height));
    let (columns, rows) = match chosen {
        [one] => (
            (width * one.sampling.0).div_ceil(across).div_ceil(8),
            (height * one.sampling.1).div_ceil(down).div_ceil(8),
        ),
        _ => (width.div_ceil(8 * across), height.div_ceil(8 * down)),
    };
    u64::from(columns) * u64::from(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn components() -> Vec<Component> {
        [[1, 0x22, 0], [2, 0x11, 1], [3, 0x11, 1]].iter().filter_map(|bytes| Component::of(bytes)).collect()
    }

    #[test]
    fn a_scan_of_one_component_counts_its_own_blocks() {
        let all = components();
        assert_eq!(units((100, 50), &all, &all), 7 * 4);
        assert_eq!(units((100, 50), &all[..1], &all), 13 * 7);
        assert_eq!(units((100, 50), &all[1..2], &all), 7 * 4);
    }

    #[test]
    fn progressive_scans_add_up() {
        let all = components();
        let mut scans = Scans::default();
        let mut add = |header: &[u8]| {
            scans.add(header, 0, (100, 50), &all).map(|()| (scans.are_begun(&all), scans.are_finished(&all)))
        };
        assert_eq!(add(&[3, 1, 0, 2, 0, 3, 0, 0, 0, 1]), Ok((true, false)));
        assert_eq!(add(&[3, 1, 0, 2, 0, 3, 0, 0, 0, 0x10]), Ok((true, false)));
        for component in 1..=3 {
            assert_eq!(add(&[1, component, 0, 1, 5, 0]), Ok((true, false)));
            assert_eq!(add(&[1, component, 0, 6, 63, 0]), Ok((true, component == 3)));
        }
        assert!(add(&[1, 9, 0, 0, 63, 0]).is_err() && add(&[]).is_err() && add(&[1, 1, 0, 9, 3, 0]).is_err());
    }

    #[test]
    fn restarts_are_counted() {
        let all = components();
        let mut scans = Scans { restart_interval: 7, ..Scans::default() };
        let header = [3, 1, 0, 2, 0, 3, 0, 0, 63, 0];
        assert_eq!(scans.add(&header, 2, (100, 50), &all), Err(Reason::Truncated));
        assert_eq!(scans.add(&header, 3, (100, 50), &all), Ok(()));
    }

    #[test]
    fn endless_passes_are_refused() {
        let scans = Scans { count: 200, ..Scans::default() };
        assert!(scans.check_work(1_000_000).is_ok() && scans.check_work(100_000_000).is_err());
    }
}
