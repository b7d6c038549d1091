"""Writes what PyTorch computes for ConvNeXt and vision transformers, as JSON: the figures that the engine's test is held against.

    python bench/transformer_reference.py --out crates/engine/nn/tests/fixtures/transformers.json

As `torchvision_reference.py`, whose drawn weights, images and figures these are; classifiers, layer scale and learned tokens are
drawn too. Vision transformers have two of their twelve blocks and ConvNeXt one block a stage, so that files and tests are
small; DINOv2's are timm's, with DINOv2's names. The gradients are there one by one, each as its norm and its product with
drawn numbers. The file ends with position embeddings that PyTorch resampled.
"""
import argparse
import json
import math
import re

import numpy as np
import timm
import torch
import torchvision
from timm.models.vision_transformer import VisionTransformer
from torchvision.models.convnext import CNBlockConfig, ConvNeXt

from torchvision_reference import CLASSES, FLOAT32_RUNS, relative, uniform

BATCH, LEARNING_RATE = 3, 1e-3
# Side of the images, and seed.
CASES = {
    "convnext_tiny": (64, 1),
    "vit_b_16": (64, 1),
    "vit_small_patch16_224": (64, 2),
    "dinov2_vits14": (70, 1),
    "dinov2_vits14_reg4": (56, 1),
}
# Patches a side before and after, and channels.
GRIDS = [(3, 5, 2), (5, 3, 2), (14, 16, 3), (37, 16, 3)]


def build(arch: str, size: int) -> torch.nn.Module:
    if arch == "convnext_tiny":
        widths = [96, 192, 384, 768]
        blocks = [CNBlockConfig(width, after, 1) for width, after in zip(widths, [*widths[1:], None])]
        return ConvNeXt(blocks, num_classes=CLASSES)
    if arch == "vit_b_16":
        return torchvision.models.VisionTransformer(size, 16, 2, 12, 768, 3072, num_classes=CLASSES)
    usual = dict(img_size=size, embed_dim=384, depth=2, num_heads=6, num_classes=CLASSES)
    if arch == "vit_small_patch16_224":
        return VisionTransformer(patch_size=16, **usual)
    # timm adds the class token's own position to it; here as in DINOv2 all tokens but the registers have one.
    return VisionTransformer(patch_size=14, init_values=1.0, **usual)


class WithRegisters(torch.nn.Module):
    """timm's network with registers behind the class token, as DINOv2 puts them in."""

    def __init__(self, network: VisionTransformer, count: int):
        super().__init__()
        for name, child in network.named_children():
            self.add_module(name, child)
        self.cls_token, self.pos_embed = network.cls_token, network.pos_embed
        self.register_tokens = torch.nn.Parameter(torch.zeros(1, count, network.embed_dim))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.patch_embed(x)
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1) + self.pos_embed
        x = torch.cat([x[:, :1], self.register_tokens.expand(len(x), -1, -1), x[:, 1:]], 1)
        return self.head(self.norm(self.blocks(x))[:, 0])


def scaled(name: str, shape: torch.Size, u: np.ndarray) -> np.ndarray:
    if re.search(r"(class_token|cls_token|register_tokens|pos_embed|pos_embedding)$", name):
        return 0.5 * u
    if re.search(r"(layer_scale|gamma)$", name):
        return 0.4 + 0.2 * u
    if len(shape) == 4:
        return u * math.sqrt(3.0) * math.sqrt(2.0 / (shape[1] * shape[2] * shape[3]))
    if len(shape) == 2:
        return u * math.sqrt(3.0 / shape[1])
    return 1.0 + 0.2 * u if name.endswith("weight") else 0.1 * u


def network(arch: str, size: int, seed: int, dtype: torch.dtype) -> torch.nn.Module:
    model = build(arch, size)
    if arch.endswith("reg4"):
        model = WithRegisters(model, 4)
    model = model.to(dtype)
    for name, parameter in model.named_parameters():
        numbers = scaled(name, parameter.shape, uniform(seed, name, parameter.numel()))
        parameter.data.copy_(torch.from_numpy(numbers).reshape(parameter.shape))
    return model


def run(arch: str, size: int, seed: int, dtype: torch.dtype, noise: int = 0) -> dict:
    """All figures; the last bits of the images are altered unless `noise` is 0."""
    model = network(arch, size, seed, dtype)
    count = BATCH * 3 * size * size
    images = 2.0 * uniform(seed, "images", count)
    if noise:
        images *= 1.0 + 2.0**-23 * np.sign(uniform(noise, "noise", count))
    images = torch.from_numpy(images.reshape(BATCH, 3, size, size)).to(dtype)
    labels = torch.from_numpy(((uniform(seed, "labels", BATCH) + 1.0) / 2.0 * CLASSES).astype(np.int64))

    def logits():
        model.eval()
        with torch.no_grad():
            return model(images).flatten().tolist()

    figures = {"eval_logits_before": logits()}
    model.train()
    loss = torch.nn.functional.cross_entropy(model(images), labels)
    loss.backward()
    figures["loss"] = [loss.item()]
    gradients = {name: p.grad.double().flatten().numpy() for name, p in model.named_parameters()}
    figures["gradient_norm"] = {name: float(np.linalg.norm(g)) for name, g in gradients.items()}
    # How far the gradient goes in a drawn direction, of the norm of the gradient's own.
    figures["gradient_along"] = {
        name: float(g @ uniform(seed, f"along {name}", len(g))) for name, g in gradients.items()
    }
    torch.optim.SGD(model.parameters(), LEARNING_RATE).step()
    figures["eval_logits_after"] = logits()
    return figures


def grids() -> list:
    found = []
    for before, after, channels in GRIDS:
        grid = uniform(1, f"grid {before} {after}", before * before * channels)
        grid = torch.from_numpy(grid.astype(np.float32)).reshape(1, before, before, channels).permute(0, 3, 1, 2)
        resized = torch.nn.functional.interpolate(grid, (after, after), mode="bicubic", antialias=before > after)
        found.append({"from": before, "to": after, "channels": channels,
                      "values": resized.permute(0, 2, 3, 1).flatten().tolist()})
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--out", required=True)
    arguments = arguments.parse_args()
    cases = []
    for arch, (size, seed) in CASES.items():
        reference = run(arch, size, seed, torch.float64)
        runs = [run(arch, size, seed, torch.float32, noise) for noise in range(FLOAT32_RUNS)]
        errors = {figure: max(relative(found[figure], reference[figure]) for found in runs) for figure in reference}
        print(arch, {figure: f"{error:.1e}" for figure, error in errors.items()}, flush=True)
        cases.append({"arch": arch, "classes": CLASSES, "batch": BATCH, "size": size, "seed": seed,
                      "learning_rate": LEARNING_RATE, "torch": torch.__version__,
                      "torchvision": torchvision.__version__, "timm": timm.__version__,
                      "reference": reference, "float32_error": errors})
    with open(arguments.out, "w", encoding="utf-8") as file:
        json.dump({"cases": cases, "grids": grids()}, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
