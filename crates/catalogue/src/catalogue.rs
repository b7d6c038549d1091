//! The table of weight files: torchvision's, from `torchvision.models.*_Weights` of version 0.29, and DINOv2's backbones.

use crate::error::CatalogueError;

/// The preprocessing that a network was trained with: `(RGB / 255 - mean) / std` of the central square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Input {
    /// Length of the shorter side after resizing, before the central crop, in pixels.
    pub resize: u32,
    /// Side of the central crop, in pixels.
    pub crop: u32,
    /// Mean of red, green and blue, on a scale of 0 to 1.
    pub mean: [f32; 3],
    /// Standard deviation of red, green and blue, on a scale of 0 to 1.
    pub std: [f32; 3],
}

/// One weight file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// Name of the entry. The default entry of a model has the model's name.
    pub name: &'static str,
    /// The model that it belongs to.
    pub model: &'static str,
    /// Name of the file.
    pub file: &'static str,
    /// URL of its folder, without a trailing slash.
    pub folder: &'static str,
    /// As many hexadecimal digits of its SHA-256 as are known: all 64, or the first eight, which torchvision puts into the
    /// file's name. The others were written down independently of each other by at least two public projects that use the
    /// file.
    pub sha256_prefix: &'static str,
    /// Its size in MiB (1,048,576 bytes), rounded to three decimals.
    pub mebibytes: f64,
    /// Licence.
    pub licence: &'static str,
    /// The preprocessing that its published accuracy was measured with.
    pub input: Input,
    /// Published top-1 accuracy on ImageNet's validation images, in percent. Of a file without a classifier, that of a linear
    /// classifier on its features.
    pub top1: f64,
    /// Number of classes; 0 for a file without a classifier.
    pub classes: usize,
}

impl Entry {
    /// URL of the file: on its authors' server, or in the folder with URL `mirror`.
    pub fn url(&self, mirror: Option<&str>) -> String {
        format!("{}/{}", mirror.unwrap_or(self.folder).trim_end_matches('/'), self.file)
    }
}

const FOLDER: &str = "https://download.pytorch.org/models";
const LICENCE: &str = "BSD-3-Clause, as torchvision; ImageNet's terms of use may apply too";

/// An entry of torchvision's ImageNet classifiers, which all have the same mean and standard deviation, and but for some that
/// are named with [`at`] the same crop.
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

/// Where DINOv2's files are.
const DINOV2_FOLDERS: [&str; 2] = [
    "https://dl.fbaipublicfiles.com/dinov2/dinov2_vits14",
    "https://dl.fbaipublicfiles.com/dinov2/dinov2_vitb14",
];

/// An entry of DINOv2's backbones, which bears the model's name and has no classifier.
const fn dinov2(
    model: &'static str,
    folder: &'static str,
    (file, sha256_prefix): (&'static str, &'static str),
    mebibytes: f64,
    top1: f64,
) -> Entry {
    Entry {
        name: model,
        folder,
        licence: "Apache-2.0",
        classes: 0,
        ..torchvision(model, model, (file, sha256_prefix), mebibytes, 256, top1)
    }
}

/// The entry with another crop.
const fn at(crop: u32, entry: Entry) -> Entry {
    Entry { input: Input { crop, ..entry.input }, ..entry }
}

/// All files. Those of one model are together, its default first.
#[rustfmt::skip]
pub const CATALOGUE: [Entry; 37] = [
    torchvision("resnet18", "resnet18", ("resnet18-f37072fd.pth", "f37072fd47e89c5e827621c5baffa7500819f7896bbacec160b1a16c560e07ec"), 44.661, 256, 69.758),
    torchvision("resnet34", "resnet34", ("resnet34-b627a593.pth", "b627a593bcbe140c234610266fe4f8ae95ea42fc881d091c9b6052e6b1d0590f"), 83.275, 256, 73.314),
    torchvision("resnet50", "resnet50", ("resnet50-11ad3fa6.pth", "11ad3fa62ca79e40addfd354a8ec4b7c75143b3038b8d2a807fbc68deab379ca"), 97.790, 232, 80.858),
    torchvision("resnet50-v1", "resnet50", ("resnet50-0676ba61.pth", "0676ba61b6795bbe1773cffd859882e5e297624d384b6993f7c9e683e722fb8a"), 97.781, 256, 76.130),
    torchvision("resnet101", "resnet101", ("resnet101-cd907fc2.pth", "cd907fc2a0de2292b2ba2b27d2216bc672d84632d1cf20058d01c0c03b5e020e"), 170.530, 232, 81.886),
    torchvision("resnet101-v1", "resnet101", ("resnet101-63fe2227.pth", "63fe2227b86e8f1f2063f43a75c84d195911b6a0eace650907dd3dc62dd49a0a"), 170.511, 256, 77.374),
    torchvision("mobilenet_v2", "mobilenet_v2", ("mobilenet_v2-7ebf99e0.pth", "7ebf99e03e254b273379b23edca7ec0da9f48273b23a332b93c1c99d49e86e8f"), 13.598, 232, 72.154),
    torchvision("mobilenet_v2-v1", "mobilenet_v2", ("mobilenet_v2-b0353104.pth", "b03531047ffacf1e2488318dcd2aba1126cde36e3bfe1aa5cb07700aeeee9889"), 13.555, 256, 71.878),
    torchvision("efficientnet_b0", "efficientnet_b0", ("efficientnet_b0_rwightman-7f5810bc.pth", "7f5810bc96def8f7552d5b7e68d53c4786f81167d28291b21c0d90e1fca14934"), 20.451, 256, 77.692),
    torchvision("densenet121", "densenet121", ("densenet121-a639ec97.pth", "a639ec97d7c33b07ae66f0b5fb7d0192f95a3b11b7576c66c0126c2a727c4395"), 30.845, 256, 74.434),
    torchvision("vgg16_bn", "vgg16_bn", ("vgg16_bn-6c64b313.pth", "6c64b313"), 527.866, 256, 73.360),
    torchvision("squeezenet1_0", "squeezenet1_0", ("squeezenet1_0-b66bff10.pth", "b66bff10"), 4.778, 256, 58.092),
    torchvision("mobilenet_v3_small", "mobilenet_v3_small", ("mobilenet_v3_small-047dcff4.pth", "047dcff4"), 9.829, 256, 67.668),
    torchvision("mobilenet_v3_large", "mobilenet_v3_large", ("mobilenet_v3_large-5c1a4163.pth", "5c1a4163"), 21.107, 232, 75.274),
    torchvision("mobilenet_v3_large-v1", "mobilenet_v3_large", ("mobilenet_v3_large-8738ca79.pth", "8738ca79"), 21.114, 256, 74.042),
    at(240, torchvision("efficientnet_b1", "efficientnet_b1", ("efficientnet_b1-c27df63c.pth", "c27df63c"), 30.136, 255, 79.838)),
    at(240, torchvision("efficientnet_b1-v1", "efficientnet_b1", ("efficientnet_b1_rwightman-bac287d4.pth", "bac287d4"), 30.134, 256, 78.642)),
    at(288, torchvision("efficientnet_b2", "efficientnet_b2", ("efficientnet_b2_rwightman-c35c1473.pth", "c35c1473"), 35.174, 288, 80.608)),
    at(300, torchvision("efficientnet_b3", "efficientnet_b3", ("efficientnet_b3_rwightman-b3899882.pth", "b3899882"), 47.184, 320, 82.008)),
    at(384, torchvision("efficientnet_v2_s", "efficientnet_v2_s", ("efficientnet_v2_s-dd5fe13b.pth", "dd5fe13b"), 82.704, 384, 84.228)),
    torchvision("regnet_y_400mf", "regnet_y_400mf", ("regnet_y_400mf-e6988f5f.pth", "e6988f5f"), 16.806, 232, 75.804),
    torchvision("regnet_y_400mf-v1", "regnet_y_400mf", ("regnet_y_400mf-c65dace8.pth", "c65dace8"), 16.806, 256, 74.046),
    torchvision("regnet_y_800mf", "regnet_y_800mf", ("regnet_y_800mf-58fc7688.pth", "58fc7688"), 24.774, 232, 78.828),
    torchvision("regnet_y_800mf-v1", "regnet_y_800mf", ("regnet_y_800mf-1b27b58c.pth", "1b27b58c"), 24.774, 256, 76.420),
    torchvision("regnet_y_1_6gf", "regnet_y_1_6gf", ("regnet_y_1_6gf-0d7bc02a.pth", "0d7bc02a"), 43.152, 232, 80.876),
    torchvision("regnet_y_1_6gf-v1", "regnet_y_1_6gf", ("regnet_y_1_6gf-b11a554e.pth", "b11a554e"), 43.152, 256, 77.950),
    torchvision("regnet_y_3_2gf", "regnet_y_3_2gf", ("regnet_y_3_2gf-9180c971.pth", "9180c971"), 74.567, 232, 81.982),
    torchvision("regnet_y_3_2gf-v1", "regnet_y_3_2gf", ("regnet_y_3_2gf-b5a9779c.pth", "b5a9779c"), 74.567, 256, 78.948),
    torchvision("resnext50_32x4d", "resnext50_32x4d", ("resnext50_32x4d-1a0047aa.pth", "1a0047aa"), 95.833, 232, 81.198),
    torchvision("resnext50_32x4d-v1", "resnext50_32x4d", ("resnext50_32x4d-7cdf4587.pth", "7cdf4587"), 95.789, 256, 77.618),
    torchvision("convnext_tiny", "convnext_tiny", ("convnext_tiny-983f1562.pth", "983f1562536e84ff750a1576fb08e54de751dbf2e17c0d8a4a13704341fdcd3d"), 109.119, 236, 82.520),
    torchvision("convnext_small", "convnext_small", ("convnext_small-0c510722.pth", "0c510722adfd92966a2bd72b92f785ca05966bbac03cafe2f7a90b1f54bfab9a"), 191.703, 230, 83.616),
    torchvision("vit_b_16", "vit_b_16", ("vit_b_16-c867db91.pth", "c867db91d3e12c6cbadabb610d73c24a546bf82d8c03a9fea34f43a712ddb0e9"), 330.285, 256, 81.072),
    dinov2("dinov2_vits14", DINOV2_FOLDERS[0], ("dinov2_vits14_pretrain.pth", "b938bf1bc15cd2ec0feacfe3a1bb553fe8ea9ca46a7e1d8d00217f29aef60cd9"), 84.193, 81.1),
    dinov2("dinov2_vits14_reg4", DINOV2_FOLDERS[0], ("dinov2_vits14_reg4_pretrain.pth", "f433177089a681826f849f194ece3bb48f4d63fb38d32fc837e3dc7a4e5641fb"), 84.202, 80.9),
    dinov2("dinov2_vitb14", DINOV2_FOLDERS[1], ("dinov2_vitb14_pretrain.pth", "0b8b82f85de91b424aded121c7e1dcc2b7bc6d0adeea651bf73a13307fad8c73"), 330.332, 84.5),
    dinov2("dinov2_vitb14_reg4", DINOV2_FOLDERS[1], ("dinov2_vitb14_reg4_pretrain.pth", "73182a088cf94833c94b1666d1c99e02fe87e2007bff57b564fb6206e25dba71"), 330.347, 84.6),
];

/// The entry with this name or file name.
///
/// # Errors
/// There is none. The error lists the known names.
pub fn find(name: &str) -> Result<&'static Entry, CatalogueError> {
    CATALOGUE.iter().find(|entry| entry.name == name || entry.file == name).ok_or_else(|| {
        let known: Vec<&str> = CATALOGUE.iter().map(|entry| entry.name).collect();
        CatalogueError::Unknown { name: name.to_owned(), known: known.join(", ") }
    })
}

/// The default entry for a model, if there is one.
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
            // DINOv2's names have no digits: there the whole digest is known.
            let digits = digits_of_name(entry.file);
            assert_eq!(digits.is_none(), entry.classes == 0, "{}", entry.name);
            assert!(entry.sha256_prefix.starts_with(digits.unwrap_or("")), "{}", entry.name);
            assert!([digits.map_or(64, str::len), 64].contains(&entry.sha256_prefix.len()), "{}", entry.name);
            let hexadecimal = |digit: char| matches!(digit, '0'..='9' | 'a'..='f');
            assert!(entry.sha256_prefix.chars().all(hexadecimal), "{}", entry.name);
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
