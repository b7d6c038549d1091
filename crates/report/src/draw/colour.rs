//! Colours: the palette of Okabe and Ito ("Color Universal Design", 2008), which the common kinds of colour blindness can
//! tell apart, with lighter siblings of the same hues where the page is dark.

use plotters::style::RGBColor;

use crate::frame::Theme;

/// Red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rgb(pub(crate) u8, pub(crate) u8, pub(crate) u8);

impl Rgb {
    /// The colour a share `t` (clamped to `0..=1`) of the way to `other`.
    pub(crate) fn towards(self, other: Self, t: f64) -> Self {
        let t = t.clamp(0.0, 1.0);
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * t).round() as u8;
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }

    /// Relative luminance after WCAG 2.2, `0.0..=1.0`.
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Black or white, whichever contrasts more with this colour.
    pub(crate) fn ink_on_it(self) -> Self {
        if self.luminance() > 0.194 { Self(0x10, 0x14, 0x18) } else { Self(0xFF, 0xFF, 0xFF) }
    }

    /// As SVG writes it: `#0072b2`.
    pub(crate) fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

impl From<Rgb> for RGBColor {
    fn from(colour: Rgb) -> Self {
        RGBColor(colour.0, colour.1, colour.2)
    }
}

/// The colours of a theme.
#[derive(Debug)]
pub(crate) struct Palette {
    pub(crate) page: Rgb,
    /// Titles and names.
    pub(crate) ink: Rgb,
    /// Tick labels, notes, reference lines.
    pub(crate) muted: Rgb,
    /// Axis lines.
    pub(crate) rule: Rgb,
    /// Grid lines and empty cells.
    pub(crate) grid: Rgb,
    hues: [Rgb; 7],
    /// Ends of the colour ramps of "right" and "wrong", strongest last.
    pub(crate) right: [Rgb; 2],
    pub(crate) wrong: [Rgb; 2],
}

impl Palette {
    pub(crate) fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Light => &LIGHT,
            Theme::Dark => &DARK,
        }
    }

    /// The colour of a series: 0 blue, 1 vermilion, 2 green, 3 purple, 4 orange, 5 sky blue, 6 grey, then again.
    pub(crate) fn hue(&self, index: usize) -> Rgb {
        self.hues[index % self.hues.len()]
    }

    /// A step of a colour ramp: hardly more than the page at a strength of 0, the ramp's end at 1.
    pub(crate) fn shade(&self, ramp: [Rgb; 2], strength: f64) -> Rgb {
        if strength < 0.5 {
            self.page.towards(ramp[0], 0.25).towards(ramp[0], strength * 2.0)
        } else {
            ramp[0].towards(ramp[1], strength * 2.0 - 1.0)
        }
    }
}

static LIGHT: Palette = Palette {
    page: Rgb(0xFF, 0xFF, 0xFF),
    ink: Rgb(0x1A, 0x1F, 0x24),
    muted: Rgb(0x5C, 0x65, 0x6E),
    rule: Rgb(0x9A, 0xA3, 0xAC),
    grid: Rgb(0xE8, 0xEB, 0xEE),
    hues: [
        Rgb(0x00, 0x72, 0xB2),
        Rgb(0xD5, 0x5E, 0x00),
        Rgb(0x00, 0x9E, 0x73),
        Rgb(0xB8, 0x5C, 0x93),
        Rgb(0xD9, 0x93, 0x00),
        Rgb(0x3A, 0xA0, 0xD8),
        Rgb(0x6B, 0x6F, 0x76),
    ],
    right: [Rgb(0x4F, 0xA3, 0xD9), Rgb(0x00, 0x4C, 0x80)],
    wrong: [Rgb(0xF0, 0x9A, 0x4E), Rgb(0xA8, 0x40, 0x00)],
};

static DARK: Palette = Palette {
    page: Rgb(0x12, 0x16, 0x1B),
    ink: Rgb(0xEC, 0xEF, 0xF2),
    muted: Rgb(0xA3, 0xAD, 0xB8),
    rule: Rgb(0x5D, 0x67, 0x72),
    grid: Rgb(0x26, 0x2D, 0x35),
    hues: [
        Rgb(0x5A, 0xB4, 0xF0),
        Rgb(0xF5, 0x82, 0x3C),
        Rgb(0x2E, 0xC4, 0x96),
        Rgb(0xDE, 0x92, 0xBE),
        Rgb(0xF0, 0xB8, 0x35),
        Rgb(0x9C, 0xD9, 0xFA),
        Rgb(0xB4, 0xBA, 0xC2),
    ],
    right: [Rgb(0x1B, 0x6F, 0xA8), Rgb(0x8F, 0xD0, 0xFA)],
    wrong: [Rgb(0xB0, 0x54, 0x14), Rgb(0xFF, 0xC0, 0x85)],
};

#[cfg(test)]
mod tests {
    use super::*;

    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let (a, b) = (a.luminance(), b.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn text_and_lines_stand_out_from_the_page() {
        for palette in [&LIGHT, &DARK] {
            assert!(contrast(palette.ink, palette.page) > 12.0);
            assert!(contrast(palette.muted, palette.page) > 4.5, "WCAG AA for small text");
            for hue in palette.hues {
                assert!(contrast(hue, palette.page) > 2.4, "{}", hue.hex());
            }
        }
    }

    #[test]
    fn ink_is_readable_on_every_step_of_the_ramps() {
        for palette in [&LIGHT, &DARK] {
            for ramp in [palette.right, palette.wrong] {
                for step in 0..=10 {
                    let cell = ramp[0].towards(ramp[1], f64::from(step) / 10.0);
                    assert!(contrast(cell.ink_on_it(), cell) > 4.2, "{}", cell.hex());
                }
            }
        }
    }
}
