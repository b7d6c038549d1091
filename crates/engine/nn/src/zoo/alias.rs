//! What other programs call the networks, and which network is nearest to one that is not here.

use super::MODELS;

/// The network that `name` means: its own name, in any case and with hyphens; timm's and Hugging Face's, such as
/// `resnet50.a1_in1k` and `mobilenetv2_100`. `None` if it is no network of [`super::MODELS`].
#[must_use]
pub fn known_as(name: &str) -> Option<&'static str> {
    let own = |wanted: &str| MODELS.into_iter().find(|model| squashed(model) == squashed(wanted));
    // Names of ours hold points: mobilenet_v1_0.25.
    own(name).or_else(|| match architecture(name).as_str() {
        "mobilenetv2_100" => Some("mobilenet_v2"),
        "regnety_004" => Some("regnet_y_400mf"),
        "regnety_016" => Some("regnet_y_1_6gf"),
        "regnety_032" => Some("regnet_y_3_2gf"),
        "vit_base_patch16_224" => Some("vit_b_16"),
        "vit_s_16" => Some("vit_small_patch16_224"),
        "vit_small_patch14_dinov2" | "dinov2_small" => Some("dinov2_vits14"),
        "vit_base_patch14_dinov2" | "dinov2_base" => Some("dinov2_vitb14"),
        "vit_small_patch14_reg4_dinov2" | "dinov2_vits14_reg" | "dinov2_with_registers_small" => {
            Some("dinov2_vits14_reg4")
        }
        "vit_base_patch14_reg4_dinov2" | "dinov2_vitb14_reg" | "dinov2_with_registers_base" => {
            Some("dinov2_vitb14_reg4")
        }
        other => own(other),
    })
}

/// A name without what programs write differently.
fn squashed(name: &str) -> String {
    name.to_lowercase().replace(['-', '_'], "")
}

/// The network that is most like the one called `name`, by its family; `None` for a family that is not here.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    let plain = architecture(name);
    known_as(name).or_else(|| {
        let families = [
            ("mobilenetv3_small", "mobilenet_v3_small"),
            ("mobilenet_v3_small", "mobilenet_v3_small"),
            ("mobilenetv3", "mobilenet_v3_large"),
            ("mobilenet_v3", "mobilenet_v3_large"),
            ("mobilenet", "mobilenet_v2"),
            ("efficientnet_b1", "efficientnet_b1"),
            ("efficientnet_b2", "efficientnet_b2"),
            ("efficientnet_b3", "efficientnet_b3"),
            ("efficientnet_b4", "efficientnet_b3"),
            ("efficientnet_b5", "efficientnet_b3"),
            ("efficientnetv2", "efficientnet_v2_s"),
            ("efficientnet_v2", "efficientnet_v2_s"),
            ("efficientnet", "efficientnet_b0"),
            ("regnet", "regnet_y_800mf"),
            ("densenet", "densenet121"),
            ("vgg", "vgg16_bn"),
            ("squeezenet", "squeezenet1_0"),
            ("mnasnet", "mobilenet_v2"),
            ("resnet", "resnet50"),
            ("resnext", "resnext50_32x4d"),
            ("resnest", "resnet50"),
            ("convnext", "convnext_tiny"),
            ("dinov2", "dinov2_vits14"),
            ("deit", "vit_small_patch16_224"),
            ("vit_b", "vit_b_16"),
            ("vit", "vit_small_patch16_224"),
        ];
        let (_, model) = families.into_iter().find(|(family, _)| plain.contains(family))?;
        let depth =
            |model: &&str| plain.contains(model.trim_start_matches(|letter: char| !letter.is_ascii_digit()));
        let resnets = ["resnet101", "resnet50", "resnet34", "resnet18"];
        Some(resnets.into_iter().filter(|_| model == "resnet50").find(depth).unwrap_or(model))
    })
}

/// The architecture of a name such as `timm/resnet50.a1_in1k`, in lower case with underscores.
fn architecture(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.split('.').next().unwrap_or(last).to_lowercase().replace('-', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_other_programs_are_known() {
        for (name, model) in [
            ("resnet50", "resnet50"),
            ("ResNet-50", "resnet50"),
            ("resnet50.a1_in1k", "resnet50"),
            ("timm/resnet18.fb_swsl_ig1b_ft_in1k", "resnet18"),
            ("mobilenetv2_100", "mobilenet_v2"),
            ("mobilenetv2_100.ra_in1k", "mobilenet_v2"),
            ("mobilenet_v1_0.25", "mobilenet_v1_0.25"),
            ("densenet121.ra_in1k", "densenet121"),
            ("efficientnet_b0.ra_in1k", "efficientnet_b0"),
            ("vgg16_bn.tv_in1k", "vgg16_bn"),
            ("regnety_016.tv2_in1k", "regnet_y_1_6gf"),
            ("resnext50_32x4d.a1h_in1k", "resnext50_32x4d"),
            ("efficientnet_b2.ra_in1k", "efficientnet_b2"),
            ("MobileNetV3Large", "mobilenet_v3_large"),
            ("convnext_tiny.fb_in22k_ft_in1k", "convnext_tiny"),
            ("timm/convnext_small.fb_in1k", "convnext_small"),
            ("vit_base_patch16_224.augreg2_in21k_ft_in1k", "vit_b_16"),
            ("vit_small_patch16_224.augreg_in1k", "vit_small_patch16_224"),
            ("vit_s_16", "vit_small_patch16_224"),
            ("vit_small_patch14_dinov2.lvd142m", "dinov2_vits14"),
            ("facebook/dinov2-base", "dinov2_vitb14"),
            ("dinov2_vits14_reg", "dinov2_vits14_reg4"),
            ("vit_base_patch14_reg4_dinov2.lvd142m", "dinov2_vitb14_reg4"),
        ] {
            assert_eq!(known_as(name), Some(model), "{name}");
        }
        for name in [
            "resnet50d",
            "tf_efficientnet_b0",
            "mobilenetv3_large_100",
            "regnety_008",
            "resnet",
            "",
            "swin_tiny_patch4_window7_224",
        ] {
            assert_eq!(known_as(name), None, "{name}");
        }
    }

    #[test]
    fn the_nearest_is_of_the_same_family() {
        for (name, model) in [
            ("mobilenetv3_large_100", Some("mobilenet_v3_large")),
            ("mobilenetv3_small_075", Some("mobilenet_v3_small")),
            ("tf_efficientnet_b3.ns_jft_in1k", Some("efficientnet_b3")),
            ("tf_efficientnetv2_m.in21k", Some("efficientnet_v2_s")),
            ("regnetx_008", Some("regnet_y_800mf")),
            ("resnet101d", Some("resnet101")),
            ("seresnext50_32x4d", Some("resnext50_32x4d")),
            ("wide_resnet50_2", Some("resnet50")),
            ("resnet152", Some("resnet50")),
            ("resnet34d", Some("resnet34")),
            ("vgg19", Some("vgg16_bn")),
            ("convnext_base.fb_in1k", Some("convnext_tiny")),
            ("vit_base_patch32_clip_224", Some("vit_b_16")),
            ("vit_large_patch14_dinov2", Some("dinov2_vits14")),
            ("deit_tiny_patch16_224", Some("vit_small_patch16_224")),
            ("swin_tiny_patch4_window7_224", None),
        ] {
            assert_eq!(nearest(name), model, "{name}");
        }
    }
}
