//! Colours as their ICC profile means them, brought to sRGB.
//!
//! | symbol | meaning |
//! | --- | --- |
//! | tone curve | from a stored level to an amount of light, one a channel |
//! | matrix | from amounts of the profile's red, green and blue light to those of sRGB, over CIE XYZ (D50) |
//!
//! A picture without a profile, and one whose profile changes no colour by more than [`UNSEEN`] levels, keeps its bytes. Profiles
//! of three curves and a matrix (Display P3, Adobe RGB and most others) are applied here; those of tables by `moxcms`.
//! What lies outside sRGB is cut off. Source: ICC.1:2022, sections 8.3.3 and 10.18; IEC 61966-2-1.

mod curve;
mod matrix;

use std::cell::RefCell;
use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};

use self::matrix::MatrixShaper;
use super::guard::guarded;
use crate::problem::Reason;

/// Levels of 255 by which a profile may change colours and still count as sRGB: writers round its numbers differently.
const UNSEEN: u8 = 2;

/// What the numbers of a picture mean.
#[derive(Clone, Default)]
pub(super) enum Colours {
    /// sRGB, or nothing is said.
    #[default]
    Srgb,
    /// Three curves and a matrix.
    Shaper(Arc<MatrixShaper>),
    /// Tables, from RGB to RGB.
    Tables(Arc<Transform8BitExecutor>),
    /// A profile that cannot be used; colours are taken for sRGB.
    Unknown,
}

/// How many channels a picture has in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channels {
    /// One: levels of grey.
    Grey,
    /// Red, green and blue.
    Rgb,
    /// Inks. Their profiles are not used.
    Cmyk,
}

thread_local! {
    /// The profile that was met last: photos of one camera share theirs.
    static LAST: RefCell<Option<(Vec<u8>, Channels, Colours)>> = const { RefCell::new(None) };
}

impl Colours {
    /// The meaning that an ICC profile gives to pixels of so many channels.
    pub(super) fn of_profile(profile: Option<&[u8]>, channels: Channels) -> Self {
        let Some(profile) = profile else { return Self::Srgb };
        LAST.with_borrow_mut(|last| {
            if let Some((bytes, of, colours)) = last
                && *of == channels
                && bytes.as_slice() == profile
            {
                return colours.clone();
            }
            let colours = guarded(|| Ok(read(profile, channels))).ok().flatten().unwrap_or(Self::Unknown);
            *last = Some((profile.to_vec(), channels, colours.clone()));
            colours
        })
    }

    /// Display P3, which phones name by a number in the place of a profile.
    #[cfg(test)]
    pub(super) fn display_p3() -> Self {
        of(&ColorProfile::new_display_p3(), Channels::Rgb).unwrap_or_default()
    }

    /// Primaries and transfer function by their numbers in ITU-T H.273, for pictures without a profile. Those that are not known
    /// here are taken for sRGB.
    pub(super) fn of_code_points(primaries: u16, transfer: u16) -> Self {
        const GAMMA_OF_SCREENS: [u16; 4] = [1, 6, 13, 14];
        let profile = match primaries {
            12 => ColorProfile::new_display_p3(),
            9 if GAMMA_OF_SCREENS.contains(&transfer) => ColorProfile::new_bt2020(),
            _ => return Self::Srgb,
        };
        of(&profile, Channels::Rgb).unwrap_or_default()
    }

    /// What a reader should know.
    pub(super) fn remark(&self) -> Option<Reason> {
        matches!(self, Self::Unknown).then_some(Reason::ColourProfile)
    }

    /// Brings RGB pixels to sRGB.
    pub(super) fn convert(&self, pixels: &mut [u8]) {
        match self {
            Self::Srgb | Self::Unknown => {}
            Self::Shaper(shaper) => shaper.convert(pixels),
            Self::Tables(tables) => {
                // The two lengths are equal, which is all that it checks.
                let stored = pixels.to_vec();
                let _ = tables.transform(&stored, pixels);
            }
        }
    }
}

fn read(profile: &[u8], channels: Channels) -> Option<Colours> {
    of(&ColorProfile::new_from_slice(profile).ok()?, channels)
}

fn of(profile: &ColorProfile, channels: Channels) -> Option<Colours> {
    let colours = match (channels, profile.color_space) {
        (Channels::Grey, DataColorSpace::Gray) => {
            Colours::Shaper(Arc::new(MatrixShaper::grey(profile.gray_trc.as_ref()?)?))
        }
        // A grey picture in the space of an RGB profile, which is what `channels` of a grey JPEG may come with.
        (Channels::Rgb | Channels::Grey, DataColorSpace::Rgb) => match MatrixShaper::of(profile) {
            Some(shaper) => Colours::Shaper(Arc::new(shaper)),
            None => Colours::Tables(
                profile
                    .create_transform_8bit(
                        Layout::Rgb,
                        &ColorProfile::new_srgb(),
                        Layout::Rgb,
                        TransformOptions::default(),
                    )
                    .ok()?,
            ),
        },
        _ => return None,
    };
    Some(if is_unseen(&colours, channels) { Colours::Srgb } else { colours })
}

/// Whether no colour of a grid is changed by more than [`UNSEEN`].
fn is_unseen(colours: &Colours, channels: Channels) -> bool {
    const STEPS: [u8; 9] = [0, 32, 64, 96, 128, 160, 192, 224, 255];
    let mut stored = Vec::with_capacity(STEPS.len().pow(3) * 3);
    for red in STEPS {
        if channels == Channels::Grey {
            stored.extend([red; 3]);
            continue;
        }
        for green in STEPS {
            STEPS.iter().for_each(|&blue| stored.extend([red, green, blue]));
        }
    }
    let mut converted = stored.clone();
    colours.convert(&mut converted);
    stored.iter().zip(&converted).all(|(a, b)| a.abs_diff(*b) <= UNSEEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn converted(profile: &ColorProfile, pixel: [u8; 3]) -> [u8; 3] {
        let colours = Colours::of_profile(Some(&profile.encode().unwrap()), Channels::Rgb);
        let mut pixels = pixel;
        colours.convert(&mut pixels);
        pixels
    }

    #[test]
    fn srgb_keeps_its_bytes() {
        let profile = ColorProfile::new_srgb().encode().unwrap();
        assert!(matches!(Colours::of_profile(Some(&profile), Channels::Rgb), Colours::Srgb));
        assert!(matches!(Colours::of_profile(None, Channels::Rgb), Colours::Srgb));
    }

    /// Display P3 against littlecms (Pillow 13), Adobe RGB against its definition.
    #[test]
    fn wide_spaces_come_to_their_known_values() {
        for (profile, pixel, expected) in [
            (ColorProfile::new_display_p3(), [128, 128, 128], [128, 128, 128]),
            (ColorProfile::new_display_p3(), [60, 140, 50], [0, 142, 31]),
            (ColorProfile::new_display_p3(), [180, 120, 60], [190, 117, 45]),
            (ColorProfile::new_adobe_rgb(), [60, 140, 50], [0, 141, 36]),
            (ColorProfile::new_adobe_rgb(), [180, 120, 60], [199, 121, 53]),
        ] {
            let found = converted(&profile, pixel);
            let near = found.iter().zip(expected).all(|(a, b)| a.abs_diff(b) <= 1);
            assert!(near, "{pixel:?} of {:?}: {found:?} and not {expected:?}", profile.description);
        }
    }

    #[test]
    fn what_is_no_profile_is_said() {
        for bytes in [&b""[..], b"no profile", &[0; 200]] {
            assert!(Colours::of_profile(Some(bytes), Channels::Rgb).remark().is_some());
        }
    }

    #[test]
    fn numbers_name_display_p3() {
        let (mut by_number, mut by_name) = ([60, 140, 50], [60, 140, 50]);
        Colours::of_code_points(12, 13).convert(&mut by_number);
        Colours::display_p3().convert(&mut by_name);
        assert_eq!(by_number, by_name);
        assert!(matches!(Colours::of_code_points(1, 13), Colours::Srgb));
    }
}
