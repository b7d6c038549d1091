//! A bundle that answers for photos whose bytes are in memory.

use std::path::Path;

use foliar_explain::{Explainer, Method, overlay};
use foliar_model::{Answer, Bundle, Predictor, Row};
use foliar_vision::{Digest, Limits, Reason, Resizer, Rgb, photo_of_bytes, portable_name, reduce};
use serde::Serialize;

/// An opened bundle.
pub struct Session {
    predictor: Predictor,
    /// Made when the first explanation is asked for: it holds the weights a second time.
    explainer: Option<Explainer>,
    resizer: Resizer,
}

/// What is said of a photo.
#[derive(Debug, Serialize)]
pub struct Answered<'a> {
    /// As `foliar predict --format jsonl --all` writes it.
    pub row: Row<'a>,
    /// [Code](Reason::code) of what is wrong with the photo, where something is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// Whether the classifier was trained, tuned or calibrated on this very file.
    pub learned: bool,
}

/// A photo that waits for its answer.
pub(crate) struct Photo {
    /// How it is called.
    name: String,
    /// Upright, its shorter side reduced as the bundle says.
    pub(crate) picture: Rgb,
    remarks: Vec<&'static str>,
    learned: bool,
}

impl Session {
    /// Opens the bytes of a bundle, to answer at the target error rate `risk`.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    pub fn open(bundle: Vec<u8>, risk: f64) -> Result<Self, String> {
        let mut predictor =
            Predictor::new(Bundle::from_bytes(bundle)?, 1).map_err(|error| error.to_string())?;
        predictor.set_risk(risk).map_err(|error| error.to_string())?;
        Ok(Self { predictor, explainer: None, resizer: Resizer::default() })
    }

    /// The photo in a file of this `name`.
    pub(crate) fn read(&mut self, name: &str, bytes: &[u8]) -> Result<Photo, Reason> {
        let side = self.predictor.bundle().preprocessing.store_side;
        let path = (!name.is_empty()).then(|| Path::new(name));
        let loaded = photo_of_bytes(path, bytes, side, &Limits::default(), &mut self.resizer)?;
        Ok(Photo {
            name: shown(name),
            picture: loaded.picture,
            remarks: loaded.remarks.iter().map(Reason::code).collect(),
            learned: self.predictor.bundle().training_digests.contains(&Digest::of(bytes)),
        })
    }

    /// The photo of upright pixels that the browser has decoded: `width` x `height` times red, green, blue and opacity. It is drawn
    /// over white.
    pub(crate) fn take_pixels(
        &mut self,
        name: &str,
        [width, height]: [u32; 2],
        rgba: &[u8],
    ) -> Result<Photo, Reason> {
        Limits::default().check_dimensions(width, height)?;
        if rgba.len() as u64 != 4 * u64::from(width) * u64::from(height) {
            return Err(Reason::Truncated);
        }
        let over_white = |pixel: &[u8]| -> [u8; 3] {
            let opacity = u32::from(pixel[3]);
            std::array::from_fn(|channel| {
                ((u32::from(pixel[channel]) * opacity + 255 * (255 - opacity) + 127) / 255) as u8
            })
        };
        let rgb = Rgb::new(width, height, rgba.chunks_exact(4).flat_map(over_white).collect());
        let side = self.predictor.bundle().preprocessing.store_side;
        let picture = reduce(&rgb, side, &mut self.resizer).into_owned();
        Ok(Photo { name: shown(name), picture, remarks: Vec::new(), learned: false })
    }

    /// What the classifier says of a photo.
    pub(crate) fn predict(&mut self, photo: &Photo) -> Answered<'_> {
        let predicted = self.predictor.predict(std::slice::from_ref(&photo.picture));
        let classes = &self.predictor.bundle().classes;
        let result = match predicted.map(|mut predictions| predictions.pop()) {
            Ok(Some(prediction)) => Answer::new(&prediction, classes.len(), classes),
            Ok(None) => Err("the network gave no answer".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        let code = result.is_err().then_some("network");
        let row = Row { path: photo.name.clone(), result, remarks: photo.remarks.clone() };
        Answered { row, code, learned: photo.learned }
    }

    /// Where in a photo the evidence for the class at this place lies, drawn over it.
    pub(crate) fn explain(&mut self, photo: &Photo, class: usize) -> Result<Rgb, String> {
        let explainer = match &mut self.explainer {
            Some(explainer) => explainer,
            empty => {
                let bundle = self.predictor.bundle();
                let classifier = foliar_explain::Classifier {
                    graph: &bundle.graph,
                    state: &bundle.state,
                    preprocessing: &bundle.preprocessing,
                    temperature: bundle.temperature,
                };
                let explainer =
                    Explainer::new(classifier, Method::GradCam).map_err(|error| error.to_string())?;
                empty.insert(explainer)
            }
        };
        let explanation =
            explainer.explain(&photo.picture, Some(class)).map_err(|error| error.to_string())?;
        Ok(overlay(&photo.picture, &explanation))
    }
}

/// The row of a photo that cannot be read.
pub(crate) fn refused(name: &str, reason: &Reason) -> Answered<'static> {
    let row = Row { path: shown(name), result: Err(reason.to_string()), remarks: Vec::new() };
    Answered { row, code: Some(reason.code()), learned: false }
}

fn shown(name: &str) -> String {
    portable_name(Path::new(name))
}

#[cfg(test)]
pub(crate) mod tests {
    use foliar_explain::png;
    use foliar_model::{Precision, Provenance, TrainingDigests};
    use foliar_nn::{CpuEngine, Engine, EngineOptions, Statistics, zoo};
    use foliar_vision::Preprocessing;

    use super::*;

    /// A classifier with drawn weights that has learned from the photo [`leaf`].
    pub(crate) fn bundle() -> Bundle {
        let graph = zoo::build("baseline", 3).unwrap();
        let options = EngineOptions {
            image_size: 32,
            batch: 1,
            seed: 5,
            optimizer: None,
            average: None,
            statistics: Statistics::Batch,
        };
        Bundle {
            classes: ["rust", "healthy", "blight"].map(str::to_owned).to_vec(),
            preprocessing: Preprocessing::imagenet(32),
            state: CpuEngine::new(&graph, options).unwrap().state(),
            graph,
            provenance: Provenance {
                foliar: "0".into(),
                recipe: serde_json::Value::Null,
                epoch: 1,
                train_photographs: 1,
                data_fingerprint: "none".into(),
                members: Vec::new(),
            },
            temperature: 1.5,
            training_digests: TrainingDigests::new([&Digest::of(&leaf())]),
            validation: None,
            uncertainty: None,
            outputs: foliar_model::Outputs::OneOf,
        }
    }

    fn drawn() -> Rgb {
        let leaf = foliar_synth::draw(1, 2, 3, 90);
        Rgb::new(leaf.width(), leaf.height(), leaf.into_raw())
    }

    pub(crate) fn leaf() -> Vec<u8> {
        png(&drawn()).unwrap()
    }

    fn session(precision: Precision) -> Session {
        Session::open(bundle().to_bytes(precision).unwrap(), 0.1).unwrap()
    }

    #[test]
    fn a_photo_is_answered_as_by_the_program() {
        let mut session = session(Precision::Single);
        let photo = session.read("leaf.png", &leaf()).unwrap();
        let answered = serde_json::to_value(session.predict(&photo)).unwrap();
        let mut predictor = Predictor::new(bundle(), 16).unwrap();
        let prediction = predictor.predict(std::slice::from_ref(&photo.picture)).unwrap().remove(0);
        for (row, (class, probability)) in
            answered["row"]["predictions"].as_array().unwrap().iter().zip(prediction.top(3))
        {
            assert_eq!(row["class"], bundle().classes[class].as_str());
            assert_eq!(row["probability"], probability);
        }
        assert_eq!(answered["row"]["path"], "leaf.png");
        assert_eq!(answered["learned"], true, "it was trained on this file");
        assert!(answered.get("code").is_none());
    }

    #[test]
    fn pixels_of_a_browser_are_drawn_over_white_and_answered_alike() {
        let mut session = session(Precision::Half);
        let picture = drawn();
        let rgba: Vec<u8> =
            picture.pixels.chunks_exact(3).flat_map(|rgb| [rgb[0], rgb[1], rgb[2], 255]).collect();
        let photo = session.take_pixels("leaf", [picture.width, picture.height], &rgba).unwrap();
        let file = session.read("leaf", &leaf()).unwrap();
        assert_eq!(photo.picture, file.picture);
        assert!(!session.predict(&photo).learned, "its file is not known");
        let clear = session.take_pixels("", [2, 1], &[0, 0, 0, 0, 10, 20, 30, 255]).unwrap();
        assert_eq!(clear.picture.pixels, [255, 255, 255, 10, 20, 30]);
        assert!(session.take_pixels("", [2, 2], &[0; 4]).is_err());
        assert!(session.take_pixels("", [0, 0], &[]).is_err());
    }

    #[test]
    fn a_heat_map_is_as_large_as_the_photo() {
        let mut session = session(Precision::Single);
        let photo = session.read("", &leaf()).unwrap();
        let heat = session.explain(&photo, 1).unwrap();
        assert_eq!((heat.width, heat.height), (photo.picture.width, photo.picture.height));
        assert_ne!(heat.pixels, photo.picture.pixels);
        assert!(session.explain(&photo, 3).is_err(), "there are three classes");
    }

    #[test]
    fn what_is_no_photo_or_bundle_is_refused_in_words() {
        let mut session = session(Precision::Single);
        let Err(reason) = session.read("a\u{1b}.jpg", b"no picture") else { panic!("it is text") };
        let row = serde_json::to_value(refused("a\u{1b}.jpg", &reason)).unwrap();
        assert_eq!(row["code"], "not-a-picture");
        assert!(row["row"]["error"].is_string() && !row["row"]["path"].as_str().unwrap().contains('\u{1b}'));
        assert!(Session::open(b"none".to_vec(), 0.1).is_err());
    }
}
