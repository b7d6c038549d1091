//! The few rows that windows see at a time, padded and ready in the cache.

use std::ops::Range;

use crate::axis::Meeting;
use crate::fusion::Source;
use crate::shape::Nhwc;

/// How the rows of a source stand in a band.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    /// The source.
    pub(super) source: Nhwc,
    /// Rows that are needed at a time.
    pub(super) slots: usize,
    /// Where a row's first pixel stands; pixels that fall outside of the padded row are left out.
    pub(super) first: isize,
    /// From a pixel to the next; zeros stand between.
    pub(super) step: usize,
    /// Pixels of a padded row.
    pub(super) pixels: usize,
    /// Whether rows come from memory, faster than they are asked for ahead of time: they are read in order first, which
    /// hardware foresees.
    pub(super) far: bool,
}

impl Layout {
    /// Floats that a band needs.
    pub(super) fn len(&self) -> usize {
        self.slots * self.pixels * self.source.c + self.source.w * self.source.c
    }

    /// Where whole rows stand, if their pixels are neighbours and all are inside.
    fn run(&self) -> Option<Range<usize>> {
        let first = usize::try_from(self.first).ok()?;
        let end = first + self.source.w;
        (self.step == 1 && end <= self.pixels).then(|| first * self.source.c..end * self.source.c)
    }
}

/// The rows of an image that the windows of one line see.
pub(super) struct Band<'a> {
    layout: Layout,
    rows: &'a mut [f32],
    /// A row before its pixels are moved apart.
    loose: &'a mut [f32],
    /// The first row that has not been asked for yet.
    next: usize,
}

impl<'a> Band<'a> {
    /// An empty band in `memory` of [`Layout::len`] floats.
    pub(super) fn new(layout: Layout, memory: &'a mut [f32]) -> Self {
        let (rows, loose) = memory.split_at_mut(layout.slots * layout.pixels * layout.source.c);
        rows.fill(0.0);
        Self { layout, rows, loose, next: 0 }
    }

    /// Begins another image.
    pub(super) fn clear(&mut self) {
        self.next = 0;
    }

    /// Brings in the rows of an image that `meeting` asks for. Later calls ask for the same or later rows.
    pub(super) fn reach(&mut self, source: &Source<'_>, image: usize, meeting: Meeting) {
        let Layout { source: Nhwc { h, w, c, .. }, slots, first, step, pixels, far } = self.layout;
        let places = places(meeting);
        for row in places.start.max(self.next)..places.end {
            let start = (image * h + row) * w * c;
            if far {
                source.touch(start..start + w * c);
            }
            let padded = &mut self.rows[row % slots * pixels * c..][..pixels * c];
            match self.layout.run() {
                Some(run) => source.write(start..start + w * c, &mut padded[run]),
                None => {
                    source.write(start..start + w * c, self.loose);
                    for (pixel, values) in self.loose.chunks_exact(c).enumerate() {
                        let place = first + (pixel * step) as isize;
                        if let Some(place) = usize::try_from(place).ok().filter(|&place| place < pixels) {
                            padded[place * c..][..c].copy_from_slice(values);
                        }
                    }
                }
            }
        }
        self.next = self.next.max(places.end);
    }

    /// What the next call of [`Self::reach`] brings in, about: as many rows as windows are apart.
    pub(super) fn following<'b>(&self, source: &Source<'b>, image: usize, rows: usize) -> [&'b [f32]; 2] {
        let Nhwc { h, w, c, .. } = self.layout.source;
        let start = (image * h + self.next) * w * c;
        source.needs(start..start + rows * w * c)
    }

    /// Pixels of a padded row.
    #[inline(always)]
    pub(super) fn pixels(&self) -> usize {
        self.layout.pixels
    }

    /// A padded row, one of those that were asked for last.
    #[inline(always)]
    pub(super) fn row(&self, row: usize) -> &[f32] {
        let len = self.layout.pixels * self.layout.source.c;
        &self.rows[row % self.layout.slots * len..][..len]
    }
}

/// The range of rows from the first to the last that is met.
fn places(meeting: Meeting) -> Range<usize> {
    let first = meeting.pairs().map(|(_, place)| place).min().unwrap_or_default();
    let end = meeting.pairs().map(|(_, place)| place + 1).max().unwrap_or_default();
    first..end
}
