//! One line of an image from the rows of a band: where the multiply-adds are.
//!
//! Windows of three columns have loops of their own, which keep weights (and the sums of their gradient) in
//! registers and make several pixels at a time, so that a value that neighbouring windows share is loaded once.

use std::ops::Range;

use super::band::Band;
use crate::axis::Meeting;
use crate::isa;
use crate::isa::level::{ChannelGroup, Level};
use crate::isa::vector::Vector;
use crate::prefetch::Prefetch;

/// Pixels made at a time.
const PIXELS: usize = 4;

/// Where the rows are that a line meets.
#[derive(Clone, Copy)]
pub(super) enum Rows<'a> {
    /// In a band, with zeros around them.
    Padded(&'a Band<'a>),
    /// In an image, as they are.
    Plain {
        image: &'a [f32],
        /// Pixels of a row.
        width: usize,
        /// Pixels of zeros that are thought before a row, and after it as many as there must be.
        pad: usize,
    },
}

/// The rows that a line meets, and their weights.
#[derive(Clone, Copy)]
pub(super) struct Taps<'a> {
    pub(super) rows: Rows<'a>,
    /// Which tap meets which row.
    pub(super) meeting: Meeting,
    pub(super) kernel: [usize; 2],
    /// (kernel height, kernel width, channel)
    pub(super) weight: &'a [f32],
    /// What later lines read.
    pub(super) ahead: &'a Prefetch<'a>,
}

/// The pixels that a row has.
#[derive(Clone, Copy)]
struct Span {
    /// Zeros before the first one.
    first: usize,
    pixels: usize,
}

impl Span {
    /// The place in the row of pixel `pixel`, counted from the first zero, if it is one of the row's.
    #[inline(always)]
    fn place(&self, pixel: usize) -> Option<usize> {
        pixel.checked_sub(self.first).filter(|&place| place < self.pixels)
    }

    /// The columns in which a window of `across` columns from `pixel` on, counted from the first zero, sees pixels of the row.
    #[inline(always)]
    fn columns(&self, pixel: usize, across: usize) -> Range<usize> {
        let start = self.first.saturating_sub(pixel).min(across);
        let end = (self.first + self.pixels).saturating_sub(pixel).min(across);
        start..end.max(start)
    }

    /// The place of the first of `count` pixels from `pixel` on, if all are the row's.
    #[inline(always)]
    fn run(&self, pixel: usize, count: usize) -> Option<usize> {
        pixel.checked_sub(self.first).filter(|place| place + count <= self.pixels)
    }
}

/// What the sums of a line begin and end with.
#[derive(Clone, Copy)]
pub(super) struct Ends<'a> {
    /// One value for each channel; zeros if there is none.
    pub(super) bias: Option<&'a [f32]>,
    /// The least and the greatest value that is written.
    pub(super) range: [f32; 2],
}

impl<'a> Ends<'a> {
    /// Sums as they are.
    pub(super) const PLAIN: Self = Self { bias: None, range: [f32::NEG_INFINITY, f32::INFINITY] };

    /// What the sums of a group of channels begin with, and the range of each.
    #[inline(always)]
    fn of<L: Level, V: Vector<L>>(&self, level: L, channel: usize) -> (V, [V; 2]) {
        let start = self.bias.map_or(V::splat(level, 0.0), |bias| V::load(level, &bias[channel..]));
        (start, self.range.map(|value| V::splat(level, value)))
    }
}

/// Steps that a line of so many pixels and channels is made in, at least.
pub(super) fn steps(pixels: usize, channels: usize) -> usize {
    pixels.div_ceil(PIXELS) * channels.div_ceil(isa::selected().lanes())
}

impl<'a> Taps<'a> {
    fn channels(&self) -> usize {
        self.weight.len() / (self.kernel[0] * self.kernel[1])
    }

    /// Each row and where the weights of its taps begin.
    #[inline(always)]
    fn rows(&self) -> impl Iterator<Item = (&'a [f32], usize)> {
        let (rows, across, channels) = (self.rows, self.weight.len() / self.kernel[0], self.channels());
        self.meeting.pairs().map(move |(tap, place)| {
            let row = match rows {
                Rows::Padded(band) => band.row(place),
                Rows::Plain { image, width, .. } => &image[place * width * channels..][..width * channels],
            };
            (row, tap * across)
        })
    }

    /// Pixels of a row, and the number that its first one has among those with the zeros before it.
    #[inline(always)]
    fn span(&self) -> Span {
        match self.rows {
            Rows::Padded(band) => Span { first: 0, pixels: band.pixels() },
            Rows::Plain { width, pad, .. } => Span { first: pad, pixels: width },
        }
    }

    /// [`Self::rows`] if there are `H` of them.
    #[inline(always)]
    fn exactly<const H: usize>(&self) -> [(&'a [f32], usize); H] {
        let mut rows = [(&[][..], 0); H];
        rows.iter_mut().zip(self.rows()).for_each(|(place, row)| *place = row);
        rows
    }
}

multiversion!(
    /// A line of the output; its pixel p sees the pixels from `p * step` on.
    pub(super) fn forward_line(taps: Taps<'_>, step: usize, ends: Ends<'_>, y: &mut [f32]) = forward_line_body
);

#[inline(always)]
fn forward_line_body<L: Level>(level: L, taps: Taps<'_>, step: usize, ends: Ends<'_>, y: &mut [f32]) {
    match (taps.kernel[1], taps.meeting.count, step) {
        (3, 2, 1) => forward_three::<L, 2, 1>(level, taps, ends, y),
        (3, 3, 1) => forward_three::<L, 3, 1>(level, taps, ends, y),
        (3, 2, 2) => forward_three::<L, 2, 2>(level, taps, ends, y),
        (3, 3, 2) => forward_three::<L, 3, 2>(level, taps, ends, y),
        _ => level.for_each_group(taps.channels(), &mut ForwardAny { taps, step, mirrored: false, ends, y }),
    }
}

#[inline(always)]
fn forward_three<L: Level, const H: usize, const S: usize>(
    level: L,
    taps: Taps<'_>,
    ends: Ends<'_>,
    y: &mut [f32],
) {
    let channels = taps.channels();
    let work = &mut ForwardThree::<H, S> {
        rows: taps.exactly(),
        span: taps.span(),
        weight: taps.weight,
        ahead: taps.ahead,
        channels,
        ends,
        y,
    };
    level.for_each_group(channels, work);
}

multiversion!(
    /// A line of the input's gradient, whose pixel p sees the pixels from p on, under mirrored taps. Adds the
    /// products with the line `x` of the input to the gradient of the weights.
    pub(super) fn backward_line(taps: Taps<'_>, x: &[f32], dx: &mut [f32], dweight: &mut [f32]) = backward_line_body
);

#[inline(always)]
fn backward_line_body<L: Level>(level: L, taps: Taps<'_>, x: &[f32], dx: &mut [f32], dweight: &mut [f32]) {
    match (taps.kernel[1], taps.meeting.count) {
        (3, 1) => backward_three::<L, 1>(level, taps, x, dx, dweight),
        (3, 2) => backward_three::<L, 2>(level, taps, x, dx, dweight),
        (3, 3) => backward_three::<L, 3>(level, taps, x, dx, dweight),
        _ => {
            let channels = taps.channels();
            let mut gradient = ForwardAny { taps, step: 1, mirrored: true, ends: Ends::PLAIN, y: dx };
            level.for_each_group(channels, &mut gradient);
            level.for_each_group(channels, &mut WeightsAny { taps, x, dweight });
        }
    }
}

#[inline(always)]
fn backward_three<L: Level, const H: usize>(
    level: L,
    taps: Taps<'_>,
    x: &[f32],
    dx: &mut [f32],
    dweight: &mut [f32],
) {
    let channels = taps.channels();
    let work = &mut BackwardThree::<H> {
        rows: taps.exactly(),
        weight: taps.weight,
        ahead: taps.ahead,
        channels,
        x,
        dx,
        dweight,
    };
    level.for_each_group(channels, work);
}

/// Whether several pixels are made at a time: with the wide vectors, which hold nearly all channels. The few that are left
/// over are not worth the code.
const fn is_wide<L: Level, V: Vector<L>>() -> bool {
    2 * V::LANES >= <L::Widest as Vector<L>>::LANES
}

/// `H` rows under windows of three columns that are `S` pixels apart.
struct ForwardThree<'a, const H: usize, const S: usize> {
    rows: [(&'a [f32], usize); H],
    span: Span,
    weight: &'a [f32],
    ahead: &'a Prefetch<'a>,
    channels: usize,
    ends: Ends<'a>,
    y: &'a mut [f32],
}

impl<L: Level, const H: usize, const S: usize> ChannelGroup<L> for ForwardThree<'_, H, S> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let mut weights = [[V::splat(level, 0.0); 3]; H];
        for (&(_, taps), weights) in self.rows.iter().zip(&mut weights) {
            for (tap, weight) in weights.iter_mut().enumerate() {
                *weight = V::load(level, &self.weight[taps + tap * self.channels + channel..]);
            }
        }
        let ends = self.ends.of(level, channel);
        let pixels = self.y.len() / self.channels;
        let mut pixel = 0;
        while pixel < pixels {
            let run = self.span.run(pixel * S, (PIXELS - 1) * S + 3);
            match run.filter(|_| const { is_wide::<L, V>() } && pixel + PIXELS <= pixels) {
                Some(place) => {
                    self.pixels(level, channel, pixel, place, &weights, &ends);
                    pixel += PIXELS;
                }
                None => {
                    self.pixel(level, channel, pixel, &weights, &ends);
                    pixel += 1;
                }
            }
        }
    }
}

impl<const H: usize, const S: usize> ForwardThree<'_, H, S> {
    /// Several pixels from `pixel` on, whose windows see those from `place` on.
    #[inline(always)]
    fn pixels<L: Level, V: Vector<L>>(
        &mut self,
        level: L,
        channel: usize,
        pixel: usize,
        place: usize,
        weights: &[[V; 3]; H],
        &(start, [low, high]): &(V, [V; 2]),
    ) {
        self.ahead.prefetch();
        let places = Places::new(self.y, self.channels, pixel, PIXELS, channel);
        let mut sums = [start; PIXELS];
        for (&(row, _), weights) in self.rows.iter().zip(weights) {
            let values = Columns::new(row, self.channels, place, (PIXELS - 1) * S + 3, channel);
            for column in 0..(PIXELS - 1) * S + 3 {
                // SAFETY: `column` is below the number of columns, and the lanes are those of a group of
                // channels.
                let value = unsafe { values.get::<L, V>(level, column) };
                for (p, sum) in sums.iter_mut().enumerate() {
                    if column >= p * S && column < p * S + 3 {
                        *sum = value.mul_add(weights[column - p * S], *sum);
                    }
                }
            }
        }
        for (p, sum) in sums.into_iter().enumerate() {
            // SAFETY: `p` is below the number of pixels, and the lanes are those of a group of channels.
            unsafe { places.put(p, sum.clamp(low, high)) };
        }
    }

    /// One pixel, whose window may reach beyond the rows.
    #[inline(always)]
    fn pixel<L: Level, V: Vector<L>>(
        &mut self,
        level: L,
        channel: usize,
        pixel: usize,
        weights: &[[V; 3]; H],
        &(start, [low, high]): &(V, [V; 2]),
    ) {
        self.ahead.prefetch();
        let seen: [Option<usize>; 3] = std::array::from_fn(|column| self.span.place(pixel * S + column));
        let mut sum = start;
        for (&(row, _), weights) in self.rows.iter().zip(weights) {
            for (place, &weight) in seen.iter().zip(weights) {
                if let &Some(place) = place {
                    sum = V::load(level, &row[place * self.channels + channel..]).mul_add(weight, sum);
                }
            }
        }
        sum.clamp(low, high).store(&mut self.y[pixel * self.channels + channel..]);
    }
}

/// A group of channels of neighbouring pixels.
struct Columns {
    start: *const f32,
    channels: usize,
}

impl Columns {
    /// `count` pixels of a row from `first` on, the channels from `channel` on.
    ///
    /// # Panics
    ///
    /// If the row has fewer pixels.
    #[inline(always)]
    fn new(row: &[f32], channels: usize, first: usize, count: usize, channel: usize) -> Self {
        let pixels = &row[first * channels..][..count * channels];
        Self { start: pixels[channel..].as_ptr(), channels }
    }

    /// # Safety
    ///
    /// `column` is below the number of pixels, and there are `V::LANES` channels from the group's first on.
    #[inline(always)]
    unsafe fn get<L: Level, V: Vector<L>>(&self, level: L, column: usize) -> V {
        // SAFETY: the caller's promise keeps the lanes within the pixel, and `new` saw that the row has it.
        unsafe { V::read(level, self.start.add(column * self.channels)) }
    }
}

/// Where a group of channels of neighbouring pixels goes. Whether there is room is known before anything is computed: a
/// check between two pixels would part the arithmetic of one from that of the other.
struct Places {
    start: *mut f32,
    channels: usize,
}

impl Places {
    /// `count` pixels of a line from `first` on, the channels from `channel` on.
    ///
    /// # Panics
    ///
    /// If the line has fewer pixels.
    #[inline(always)]
    fn new(line: &mut [f32], channels: usize, first: usize, count: usize, channel: usize) -> Self {
        let pixels = &mut line[first * channels..][..count * channels];
        Self { start: pixels[channel..].as_mut_ptr(), channels }
    }

    /// # Safety
    ///
    /// `pixel` is below the number of pixels, there are `V::LANES` channels from the group's first on, and nothing else
    /// has touched the line since [`Self::new`].
    #[inline(always)]
    unsafe fn put<L: Level, V: Vector<L>>(&self, pixel: usize, value: V) {
        // SAFETY: the caller's promise keeps the lanes within the pixel, and `new` saw that the line has it.
        unsafe { value.write(self.start.add(pixel * self.channels)) }
    }
}

/// `H` rows of the output's gradient under mirrored windows of three columns.
struct BackwardThree<'a, const H: usize> {
    rows: [(&'a [f32], usize); H],
    weight: &'a [f32],
    ahead: &'a Prefetch<'a>,
    channels: usize,
    x: &'a [f32],
    dx: &'a mut [f32],
    dweight: &'a mut [f32],
}

impl<L: Level, const H: usize> ChannelGroup<L> for BackwardThree<'_, H> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let mut weights = [[V::splat(level, 0.0); 3]; H];
        let mut sums = weights;
        for (&(_, taps), weights) in self.rows.iter().zip(&mut weights) {
            for (tap, weight) in weights.iter_mut().enumerate() {
                *weight = V::load(level, &self.weight[taps + (2 - tap) * self.channels + channel..]);
            }
        }
        let pixels = self.dx.len() / self.channels;
        let mut pixel = 0;
        if const { L::REGISTERS > 16 && is_wide::<L, V>() } {
            while pixel + PIXELS <= pixels {
                self.pixels::<L, V, PIXELS>(level, channel, pixel, &weights, &mut sums);
                pixel += PIXELS;
            }
        }
        while pixel < pixels {
            self.pixels::<L, V, 1>(level, channel, pixel, &weights, &mut sums);
            pixel += 1;
        }
        for (&(_, taps), sums) in self.rows.iter().zip(sums) {
            for (tap, sum) in sums.into_iter().enumerate() {
                let total = &mut self.dweight[taps + (2 - tap) * self.channels + channel..];
                V::load(level, total).add(sum).store(total);
            }
        }
    }
}

impl<const H: usize> BackwardThree<'_, H> {
    /// `P` pixels from `pixel` on.
    #[inline(always)]
    fn pixels<L: Level, V: Vector<L>, const P: usize>(
        &mut self,
        level: L,
        channel: usize,
        pixel: usize,
        weights: &[[V; 3]; H],
        sums: &mut [[V; 3]; H],
    ) {
        self.ahead.prefetch();
        let places = Places::new(self.dx, self.channels, pixel, P, channel);
        let inputs = Columns::new(self.x, self.channels, pixel, P, channel);
        let mut gradients = [V::splat(level, 0.0); P];
        let mut x = gradients;
        for (p, x) in x.iter_mut().enumerate() {
            // SAFETY: `p` is below the number of columns, and the lanes are those of a group of channels.
            *x = unsafe { inputs.get(level, p) };
        }
        for ((&(row, _), weights), sums) in self.rows.iter().zip(weights).zip(&mut *sums) {
            let values = Columns::new(row, self.channels, pixel, P + 2, channel);
            for column in 0..P + 2 {
                // SAFETY: `column` is below the number of columns, and the lanes are those of a group of
                // channels.
                let value = unsafe { values.get::<L, V>(level, column) };
                for (p, gradient) in gradients.iter_mut().enumerate() {
                    if column >= p && column < p + 3 {
                        *gradient = value.mul_add(weights[column - p], *gradient);
                        sums[column - p] = value.mul_add(x[p], sums[column - p]);
                    }
                }
            }
        }
        for (p, gradient) in gradients.into_iter().enumerate() {
            // SAFETY: `p` is below the number of pixels, and the lanes are those of a group of channels.
            unsafe { places.put(p, gradient) };
        }
    }
}

/// Any window.
struct ForwardAny<'a> {
    taps: Taps<'a>,
    /// Pixels from one window to the next.
    step: usize,
    /// Whether the taps of a row are taken from right to left.
    mirrored: bool,
    ends: Ends<'a>,
    y: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for ForwardAny<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let ends = self.ends.of(level, channel);
        let pixels = self.y.len() / self.taps.channels();
        let mut pixel = 0;
        if const { is_wide::<L, V>() } {
            while pixel + PIXELS <= pixels {
                self.pixels::<L, V, PIXELS>(level, channel, pixel, &ends);
                pixel += PIXELS;
            }
        }
        while pixel < pixels {
            self.pixels::<L, V, 1>(level, channel, pixel, &ends);
            pixel += 1;
        }
    }
}

impl ForwardAny<'_> {
    /// `P` pixels from `pixel` on. The products of each are added up row by row, from left to right: with its neighbours' in
    /// the columns that all of their windows see, and by itself in those before and after.
    #[inline(always)]
    fn pixels<L: Level, V: Vector<L>, const P: usize>(
        &mut self,
        level: L,
        channel: usize,
        pixel: usize,
        &(start, [low, high]): &(V, [V; 2]),
    ) {
        let (channels, across, step) = (self.taps.channels(), self.taps.kernel[1], self.step);
        let span = self.taps.span();
        let seen: [_; P] = std::array::from_fn(|p| span.columns((pixel + p) * step, across));
        let first = seen.iter().map(|columns| columns.start).max().unwrap_or(0);
        let end = seen.iter().map(|columns| columns.end).min().unwrap_or(0).max(first);
        let places = Places::new(self.y, channels, pixel, P, channel);
        let mut sums = [start; P];
        for (row, taps) in self.taps.rows() {
            let values = Columns::new(row, channels, 0, span.pixels, channel);
            let weights = Columns::new(&self.taps.weight[taps..], channels, 0, across, channel);
            // SAFETY: the tap is below the number of columns, and the lanes are those of a group of channels.
            let weight = |column: usize| unsafe {
                weights.get::<L, V>(level, if self.mirrored { across - 1 - column } else { column })
            };
            // SAFETY: the window of pixel `p` sees a pixel of the row in each of its `seen` columns.
            let value = |p: usize, column: usize| unsafe {
                values.get::<L, V>(level, (pixel + p) * step + column - span.first)
            };
            for p in 0..P {
                for column in seen[p].start..first.min(seen[p].end) {
                    sums[p] = value(p, column).mul_add(weight(column), sums[p]);
                }
            }
            for column in first..end {
                let weight = weight(column);
                for (p, sum) in sums.iter_mut().enumerate() {
                    *sum = value(p, column).mul_add(weight, *sum);
                }
            }
            for p in 0..P {
                for column in end.max(seen[p].start)..seen[p].end {
                    sums[p] = value(p, column).mul_add(weight(column), sums[p]);
                }
            }
        }
        for (p, sum) in sums.into_iter().enumerate() {
            // SAFETY: `p` is below the number of pixels, and the lanes are those of a group of channels.
            unsafe { places.put(p, sum.clamp(low, high)) };
        }
    }
}

/// The gradient of the weights of any window.
struct WeightsAny<'a> {
    taps: Taps<'a>,
    x: &'a [f32],
    dweight: &'a mut [f32],
}

impl<L: Level> ChannelGroup<L> for WeightsAny<'_> {
    #[inline(always)]
    fn run<V: Vector<L>>(&mut self, level: L, channel: usize) {
        let (channels, across) = (self.taps.channels(), self.taps.kernel[1]);
        for (row, taps) in self.taps.rows() {
            for column in 0..across {
                let mut sum = V::splat(level, 0.0);
                for (pixel, x) in self.x.chunks_exact(channels).enumerate() {
                    let value = V::load(level, &row[(pixel + column) * channels + channel..]);
                    sum = value.mul_add(V::load(level, &x[channel..]), sum);
                }
                let total = &mut self.dweight[taps + (across - 1 - column) * channels + channel..];
                V::load(level, total).add(sum).store(total);
            }
        }
    }
}
