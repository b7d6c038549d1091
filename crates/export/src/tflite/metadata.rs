//! What a TFLite file says of itself: `TFLITE_METADATA` (`metadata_schema.fbs` of TensorFlow Lite Support) and the files behind it.
//!
//! | table | slots |
//! | --- | --- |
//! | `ModelMetadata` | name 0, description 1, version 2, subgraph_metadata 3, license 5, associated_files 6, min_parser_version 7 |
//! | `SubGraphMetadata` | input_tensor_metadata 2, output_tensor_metadata 3 |
//! | `TensorMetadata` | name 0, description 1, content 3, process_units 4, stats 5, associated_files 6 |
//! | `Content` | content_properties_type 0, content_properties 1 |
//! | `ImageProperties` | color_space 0, default_size 1 |
//! | `ImageSize` | width 0, height 1 |
//! | `ProcessUnit` | options_type 0, options 1 |
//! | `NormalizationOptions` | mean 0, std 1 |
//! | `Stats` | max 0, min 1 |
//! | `AssociatedFile` | name 0, description 1, type 2 |

use crate::description::Description;
use crate::flatbuffer::{Field, Table};

/// A class a line, in the order of the probabilities.
pub(super) const LABELS: &str = "labels.txt";
/// All that is known of the classifier.
pub(super) const DOCUMENT: &str = "foliar.json";

/// Types of a file, of a content and of options in the schema.
const DESCRIPTIONS: u8 = 1;
const AXIS_LABELS: u8 = 2;
const VALUE_LABELS: u8 = 3;
const FEATURE: u8 = 1;
const IMAGE: u8 = 2;
const RGB: u8 = 1;
const NORMALISATION: u8 = 1;

/// An output: name, what it is, and whether its numbers stand for classes or name one.
pub(super) struct Output {
    pub(super) name: &'static str,
    pub(super) description: &'static str,
    pub(super) labels: Labels,
}

/// What labels have to do with an output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Labels {
    None,
    /// Each number belongs to a class.
    Axis,
    /// The number is the place of a class.
    Value,
}

/// The bytes of `TFLITE_METADATA`.
pub(super) fn metadata(
    description: &Description<'_>,
    network: &str,
    size: usize,
    outputs: &[Output],
) -> Vec<u8> {
    let file = |name: &str, what: &str, kind: u8| {
        Table::new().text(0, name).text(1, what).with(2, Field::Byte(kind))
    };
    let content = |kind: u8, properties: Table| {
        let content = Table::new().with(0, Field::Byte(kind)).with(1, Field::Table(properties));
        Field::Table(content)
    };
    // Pixels are taken as they are: the operators normalise them.
    let unchanged = Table::new().with(0, Field::Floats(vec![0.0])).with(1, Field::Floats(vec![1.0]));
    let unit = Table::new().with(0, Field::Byte(NORMALISATION)).with(1, Field::Table(unchanged));
    let range = Table::new().with(0, Field::Floats(vec![255.0])).with(1, Field::Floats(vec![0.0]));
    let side = Table::new().int(0, size).int(1, size);
    let image = Table::new().with(0, Field::Byte(RGB)).with(1, Field::Table(side));
    let input = Table::new()
        .text(0, "image")
        .text(
            1,
            format!("one photo, RGB, upright, reduced and cropped to {size} x {size} as {DOCUMENT} says"),
        )
        .with(3, content(IMAGE, image))
        .tables(4, [unit])
        .with(5, Field::Table(range));
    let outputs = outputs.iter().map(|output| {
        let table = Table::new()
            .text(0, output.name)
            .text(1, output.description)
            .with(3, content(FEATURE, Table::new()));
        match output.labels {
            Labels::None => table,
            Labels::Axis => table.tables(6, [file(LABELS, "the classes in their order", AXIS_LABELS)]),
            Labels::Value => table.tables(6, [file(LABELS, "the classes by their place", VALUE_LABELS)]),
        }
    });
    let graph = Table::new().tables(2, [input]).tables(3, outputs);
    let document = "classes, preprocessing, thresholds, figures, digests and licence, as JSON";
    Table::new()
        .text(0, network)
        .text(1, description.sentence())
        .text(2, env!("CARGO_PKG_VERSION"))
        .tables(3, [graph])
        .text(5, description.licence())
        .tables(6, [file(DOCUMENT, document, DESCRIPTIONS)])
        .text(7, "1.0.0")
        .into_file(*b"M001")
}

/// What `labels.txt` holds. A line is a class, so control characters in its name become spaces.
pub(super) fn labels(classes: &[String]) -> String {
    let line = |class: &String| class.replace(char::is_control, " ") + "\n";
    classes.iter().map(line).collect()
}
