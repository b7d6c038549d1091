//! The folder for PyTorch: the network's tensors and no others, and a description that says what they are.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::bundle::bundle;
use common::graph::every_op;
use foliar_export::{Origin, WeightType, torch};
use foliar_nn::{Graph, Parameters, infer};
use foliar_vision::Preprocessing;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

#[test]
fn the_folder_holds_the_networks_tensors_and_no_others() {
    let bundle = bundle(every_op(3), Preprocessing::imagenet(33), 5);
    let shapes = infer(&bundle.graph, 1, 33, 33).unwrap();
    let parameters = Parameters::new(&bundle.graph, &shapes).unwrap().list;
    for weights in [WeightType::F32, WeightType::F16] {
        let files = torch(&bundle, &Origin::default(), weights).unwrap();
        assert_eq!(
            files.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            ["model.safetensors", "load.py", "config.json"]
        );
        let tensors = SafeTensors::deserialize(&files[0].1).unwrap();
        let (_, header) = SafeTensors::read_metadata(&files[0].1).unwrap();
        assert_eq!(header.metadata().as_ref().unwrap()["format"], "pt");
        assert_eq!(tensors.len(), parameters.len());
        for parameter in &parameters {
            let view = tensors.tensor(&parameter.name).unwrap();
            let halved = weights == WeightType::F16 && parameter.shape.len() > 1;
            assert_eq!(view.shape(), parameter.shape, "{}", parameter.name);
            assert_eq!(view.dtype(), if halved { Dtype::F16 } else { Dtype::F32 }, "{}", parameter.name);
            let own = &bundle.state.tensors[&parameter.name].data;
            let bytes: Vec<u8> = own.iter().flat_map(|value| value.to_le_bytes()).collect();
            assert!(halved || view.data() == bytes, "{}", parameter.name);
        }
        let config: Value = serde_json::from_slice(&files[2].1).unwrap();
        assert_eq!(config["label_names"], serde_json::json!(bundle.classes));
        assert_eq!(config["pretrained_cfg"]["input_size"], serde_json::json!([3, 33, 33]));
        assert_eq!(config["pretrained_cfg"]["mean"][0], 0.485);
        assert_eq!(config["pretrained_cfg"]["first_conv"], "same");
        assert_eq!(config["pretrained_cfg"]["classifier"], "fc");
        let graph: Graph = serde_json::from_value(config["foliar"]["graph"].clone()).unwrap();
        assert_eq!(graph, bundle.graph);
        assert_eq!(config["foliar"]["temperature"], 1.25);
    }
}
