//! The table of files, after torchvision 0.29: `torchvision.models.*_Weights`.

use crate::error::CatalogueError;

/// How images were prepared that a network saw in training: `(RGB / 255 - mean) / std` of the central square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input {
    /// What the shorter side is brought to before the central crop, in pixels.
    pub resize: u32,
    /// Side of the central crop, in pixels.
    pub crop: u32,
    /// Mean of red, green and blue, as a share of 255.
    pub mean: [f32; 3],
    /// Standard deviation of red, green and blue, as a share of 255.
    pub std: [f32; 3],
}

/// One weight file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// What it is asked for by; the model's name, for its first choice.
    pub name: &'static str,
    /// The network that it belongs to.
    pub model: &'static str,
    /// Name of the file.
    pub file: &'static str,
    /// Address of the folder that it is in, without a slash at its end.
    pub folder: &'static str,
    /// The first hexadecimal digits of its SHA-256, as the file's name has them.
    pub sha256_prefix: &'static str,
    /// Its size in units of 1,048,576 bytes, rounded to three digits after the point.
    pub mebibytes: f64,
    /// Terms of use.
    pub licence: &'static str,
    /// The preprocessing that its published accuracy was measured with.
    pub input: Input,
    /// Published share of ImageNet's validation images whose first guess is right, in percent.
    pub top1: f64,
    /// Number of classes.
    pub classes: usize,
}

impl Entry {
    /// Where the file is fetched from: torchvision's server, or a `mirror`, the address of a folder.
    pub fn url(&self, mirror: Option<&str>) -> String {
        format!("{}/{}", mirror.unwrap_or(self.folder).trim_end_matches('/'), self.file)
    }
}

const FOLDER: &str = "https://download.pytorch.org/models";
const LICENCE: &str = "BSD-3-Clause as torchvision; ImageNet's own terms may bear on what it is used for";

/// An entry of torchvision's ImageNet classifiers, which all share their colours and their crop.
const fn torchvision(
    name: &'static str,
    model: &'static str,
    (file, sha256_prefix): (&'static str, &'static str),
    mebibytes: f64,
    resize: u32,
    top1: f64,
) -> Entry {
    Entry {
        name,
        model,
        file,
        folder: FOLDER,
        sha256_prefix,
        mebibytes,
        licence: LICENCE,
        input: Input { resize, crop: 224, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
        top1,
        classes: 1000,
    }
}

/// All files, those of one model together, its first choice first.
#[rustfmt::skip]
pub const CATALOGUE: [Entry; 12] = [
    torchvision("resnet18", "resnet18", ("resnet18-f37072fd.pth", "f37072fd"), 44.661, 256, 69.758),
    torchvision("resnet34", "resnet34", ("resnet34-b627a593.pth", "b627a593"), 83.275, 256, 73.314),
    torchvision("resnet50", "resnet50", ("resnet50-11ad3fa6.pth", "11ad3fa6"), 97.790, 232, 80.858),
    torchvision("resnet50-v1", "resnet50", ("resnet50-0676ba61.pth", "0676ba61"), 97.781, 256, 76.130),
    torchvision("resnet101", "resnet101", ("resnet101-cd907fc2.pth", "cd907fc2"), 170.530, 232, 81.886),
    torchvision("resnet101-v1", "resnet101", ("resnet101-63fe2227.pth", "63fe2227"), 170.511, 256, 77.374),
    torchvision("mobilenet_v2", "mobilenet_v2", ("mobilenet_v2-7ebf99e0.pth", "7ebf99e0"), 13.598, 232, 72.154),
    torchvision("mobilenet_v2-v1", "mobilenet_v2", ("mobilenet_v2-b0353104.pth", "b0353104"), 13.555, 256, 71.878),
    torchvision("efficientnet_b0", "efficientnet_b0", ("efficientnet_b0_rwightman-7f5810bc.pth", "7f5810bc"), 20.451, 256, 77.692),
    torchvision("densenet121", "densenet121", ("densenet121-a639ec97.pth", "a639ec97"), 30.845, 256, 74.434),
    torchvision("vgg16_bn", "vgg16_bn", ("vgg16_bn-6c64b313.pth", "6c64b313"), 527.866, 256, 73.360),
    torchvision("squeezenet1_0", "squeezenet1_0", ("squeezenet1_0-b66bff10.pth", "b66bff10"), 4.778, 256, 58.092),
];

/// The entry of this name or of this file.
///
/// # Errors
/// There is none; the error lists those that there are.
pub fn find(name: &str) -> Result<&'static Entry, CatalogueError> {
    CATALOGUE.iter().find(|entry| entry.name == name || entry.file == name).ok_or_else(|| {
        let known: Vec<&str> = CATALOGUE.iter().map(|entry| entry.name).collect();
        CatalogueError::Unknown { name: name.to_owned(), known: known.join(", ") }
    })
}

/// The first choice for a model, if the catalogue has any.
pub fn for_model(model: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.model == model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::digits_of_name;

    #[test]
    fn the_table_is_consistent() {
        for (index, entry) in CATALOGUE.iter().enumerate() {
            assert_eq!(digits_of_name(entry.file), Some(entry.sha256_prefix), "{}", entry.name);
            assert!(entry.file.starts_with(entry.model), "{}", entry.name);
            assert!(entry.name.starts_with(entry.model), "{}", entry.name);
            assert!(entry.input.resize >= entry.input.crop && entry.top1 < 100.0);
            assert!(
                CATALOGUE[..index].iter().all(|other| other.name != entry.name && other.file != entry.file)
            );
            assert_eq!(for_model(entry.model).unwrap().name, entry.model);
            assert_eq!(find(entry.file).unwrap(), find(entry.name).unwrap());
        }
        let error = find("resnet5").unwrap_err().to_string();
        assert!(error.contains("resnet50-v1, resnet101"), "{error}");
        assert_eq!(for_model("baseline"), None);
    }

    #[test]
    fn mirrors_replace_the_folder() {
        let entry = find("resnet50").unwrap();
        assert_eq!(entry.url(None), "https://download.pytorch.org/models/resnet50-11ad3fa6.pth");
        assert_eq!(entry.url(Some("http://host:80/a/")), "http://host:80/a/resnet50-11ad3fa6.pth");
    }
}
