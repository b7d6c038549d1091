//! A prediction is a function of the network and the photograph: the same bits alone and among others, on any number of
//! threads, with every instruction set.
//!
//! The instruction set is chosen for the whole process, so this is the only test of its file.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use foliar_nn::isa::{self, Isa};
use foliar_nn::{CpuEngine, Engine, EngineOptions, PredictionEngine, Statistics, zoo};

const SIZE: usize = 40;
const IMAGE: usize = SIZE * SIZE * 3;
/// Networks that every instruction set computes: dense, depthwise, grouped and joined convolutions.
const FEW: [&str; 6] =
    ["resnet18", "mobilenet_v2", "squeezenet1_0", "efficientnet_b0", "mobilenet_v3_small", "regnet_y_400mf"];

fn images(count: usize) -> Vec<f32> {
    (0..count * IMAGE).map(|index| (index * 7919 % 2003) as f32 / 1001.0 - 1.0).collect()
}

/// The two engines that predict.
enum Subject {
    Trained(Box<CpuEngine>),
    Predicting(PredictionEngine),
}

impl Subject {
    /// Both, for a network with the same weights.
    fn both(model: &str, batch: usize) -> [Self; 2] {
        let options = EngineOptions {
            image_size: SIZE,
            batch,
            seed: 1,
            optimizer: None,
            average: None,
            statistics: Statistics::Batch,
        };
        let graph = zoo::build(model, 3).unwrap();
        let engine = CpuEngine::new(&graph, options).unwrap();
        let predicting = PredictionEngine::new(&graph, &engine.state(), SIZE, batch).unwrap();
        [Self::Trained(Box::new(engine)), Self::Predicting(predicting)]
    }

    /// The bits of the logits of each photograph.
    fn predict(&mut self, images: &[f32], threads: usize) -> Vec<Vec<u32>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let logits = pool.install(|| match self {
            Self::Trained(engine) => engine.predict(images).unwrap(),
            Self::Predicting(engine) => engine.predict(images).unwrap(),
        });
        logits.chunks_exact(3).map(|row| row.iter().map(|value| value.to_bits()).collect()).collect()
    }
}

#[test]
fn a_prediction_is_the_same_bits_in_any_batch() {
    for wanted in [Isa::Avx512, Isa::Avx2, Isa::Portable] {
        if isa::select(wanted) != wanted {
            continue;
        }
        for model in zoo::MODELS {
            let is_large = ["vit_b", "vitb", "dinov2_vits14_reg4", "convnext_small"]
                .iter()
                .any(|part| model.contains(part));
            if is_large || wanted != isa::detected() && !FEW.contains(&model) {
                continue;
            }
            let images = images(17);
            for (mut many, mut one) in Subject::both(model, 17).into_iter().zip(Subject::both(model, 1)) {
                let expected = many.predict(&images, 1);
                let cases: &[_] = match many {
                    Subject::Trained(_) => &[(17, 2), (17, 3), (16, 2), (5, 3), (2, 1), (1, 2)],
                    // It takes few photographs at a time, whatever their number.
                    Subject::Predicting(_) => &[(17, 3), (5, 2), (1, 2)],
                };
                for &(count, threads) in cases {
                    let found = many.predict(&images[..count * IMAGE], threads);
                    assert_eq!(
                        found,
                        expected[..count],
                        "{model}, batch of {count}, {threads} threads, {wanted:?}"
                    );
                }
                let last = one.predict(&images[16 * IMAGE..], 1);
                assert_eq!(last, expected[16..], "{model}, planned for one, {wanted:?}");
            }
        }
    }
}
