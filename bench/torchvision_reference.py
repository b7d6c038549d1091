"""Writes what PyTorch computes for networks of torchvision, as JSON: the figures that the engine's test is held against.

    python bench/torchvision_reference.py --out crates/engine/nn/tests/fixtures/torchvision.json

Weights, images and labels are pure functions of (seed, name, index), so no weight file is needed. For each network the file
holds the logits in evaluation mode; the loss and the norms of the gradient, by part, of one training step; and the logits in
evaluation mode after that step. Everything is computed in float64 ("reference"); beside it stands the largest relative error
that PyTorch makes in float32 ("float32_error") over several runs whose images differ in the last bit. Dropout and stochastic
depth are off, and the momentum of every batch norm is PyTorch's default. Networks that stand in the file already and are not
among those computed stay as they are.
"""
import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
import torchvision

GOLDEN = 0x9E3779B97F4A7C15
LOW_64 = (1 << 64) - 1
LEARNING_RATE = 1e-3
CLASSES, BATCH, FLOAT32_RUNS = 5, 4, 6
# Side of the images, seed, and how far the shifts of batch norms keep values from 0. Where an activation lies so near its
# kink that rounding decides on which side, gradients jump. A shift of 2.5 opens or closes whole channels, so that none does.
# Additions of residuals would undo that, and ResNet and SqueezeNet have few activations, so that there the seed is enough;
# EfficientNet has no kinks.
CASES = {
    "resnet18": (64, 5, 0.0),
    "mobilenet_v2": (64, 1, 2.5),
    "squeezenet1_0": (64, 2, 0.0),
    "vgg16_bn": (64, 1, 2.5),
    "densenet121": (64, 1, 2.5),
    "efficientnet_b0": (64, 1, 0.0),
    "efficientnet_b1": (64, 1, 0.0),
    "efficientnet_b2": (64, 1, 0.0),
    "efficientnet_b3": (64, 1, 0.0),
    "efficientnet_v2_s": (64, 1, 0.0),
    "mobilenet_v3_small": (64, 1, 0.0),
    "mobilenet_v3_large": (64, 1, 0.0),
    "regnet_y_400mf": (64, 1, 2.5),
    "regnet_y_800mf": (64, 1, 2.5),
    "regnet_y_1_6gf": (64, 1, 2.5),
    "regnet_y_3_2gf": (64, 1, 2.5),
    "resnext50_32x4d": (64, 1, 2.5),
}


def fnv1a(text: str) -> int:
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & LOW_64
    return value


def uniform(seed: int, name: str, count: int) -> np.ndarray:
    """`count` numbers in [-1, 1): the upper 24 bits of splitmix64 at fnv1a(name) + seed and index times the golden ratio."""
    z = np.arange(1, count + 1, dtype=np.uint64)
    with np.errstate(over="ignore"):
        z *= np.uint64(GOLDEN)
        z += np.uint64((fnv1a(name) + seed * GOLDEN) & LOW_64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z ^= z >> np.uint64(shift)
            z *= np.uint64(factor)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float64) / (1 << 23) - 1.0


def scaled(name: str, shape: torch.Size, u: np.ndarray, shift: float) -> np.ndarray:
    """Numbers of a size that keeps activations in range, for a parameter of this name and shape; `shift` is that of a batch
    norm's bias, and 0 for other parameters."""
    if len(shape) == 4:  # the variance of He et al. 2015, by fan out
        return u * math.sqrt(3.0) * math.sqrt(2.0 / (shape[0] * shape[2] * shape[3]))
    if len(shape) == 2:
        return u / math.sqrt(shape[1])
    return 0.3 + 0.1 * u if name.endswith("weight") else 0.1 * u + np.copysign(shift, u)


def network(arch: str, seed: int, shift: float, dtype: torch.dtype) -> torch.nn.Module:
    torch.set_default_dtype(dtype)
    model = getattr(torchvision.models, arch)(weights=None, num_classes=CLASSES)
    torch.set_default_dtype(torch.float32)
    buffers = dict(model.named_buffers())
    for name, parameter in model.named_parameters():
        own_shift = shift if name.removesuffix("bias") + "running_mean" in buffers else 0.0
        numbers = scaled(name, parameter.shape, uniform(seed, name, parameter.numel()), own_shift)
        parameter.data.copy_(torch.from_numpy(numbers).reshape(parameter.shape))
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if isinstance(module, torchvision.ops.StochasticDepth):
            module.p = 0.0
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = 0.1
    return model


def part(name: str) -> str:
    """The first two words of a parameter's name."""
    return ".".join(name.split(".")[:2])


def norms(tensors) -> dict:
    squares = {}
    for name, tensor in tensors:
        squares[part(name)] = squares.get(part(name), 0.0) + tensor.double().square().sum().item()
    return {name: math.sqrt(square) for name, square in squares.items()}


def run(arch: str, size: int, seed: int, shift: float, dtype: torch.dtype, noise: int = 0) -> dict:
    """All figures; the last bits of the images are altered unless `noise` is 0."""
    model = network(arch, seed, shift, dtype)
    count = BATCH * 3 * size * size
    images = 2.0 * uniform(seed, "images", count)
    if noise:
        images *= 1.0 + 2.0**-23 * np.sign(uniform(noise, "noise", count))
    images = images.reshape(BATCH, 3, size, size)
    images = torch.from_numpy(images).to(dtype)
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
    figures["gradient_norm"] = norms((name, p.grad) for name, p in model.named_parameters())
    figures["running_norm"] = norms((name, b) for name, b in model.named_buffers() if b.dim() == 1)
    torch.optim.SGD(model.parameters(), LEARNING_RATE).step()
    figures["eval_logits_after"] = logits()
    return figures


def relative(found, expected) -> float:
    """‖found − expected‖ / ‖expected‖, 0 where there is nothing to compare."""
    if isinstance(expected, dict):
        found, expected = [found[k] for k in expected], list(expected.values())
    if not expected:
        return 0.0
    found, expected = np.asarray(found), np.asarray(expected)
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--out", required=True)
    arguments.add_argument("--only", nargs="*", default=list(CASES), help="networks to compute")
    arguments = arguments.parse_args()
    cases = {}
    if Path(arguments.out).exists():
        cases = {case["arch"]: case for case in json.loads(Path(arguments.out).read_text(encoding="utf-8"))}
    for arch in arguments.only:
        size, seed, shift = CASES[arch]
        reference = run(arch, size, seed, shift, torch.float64)
        runs = [run(arch, size, seed, shift, torch.float32, noise) for noise in range(FLOAT32_RUNS)]
        errors = {figure: max(relative(found[figure], reference[figure]) for found in runs) for figure in reference}
        print(arch, {figure: f"{error:.1e}" for figure, error in errors.items()}, flush=True)
        cases[arch] = {"arch": arch, "classes": CLASSES, "batch": BATCH, "size": size, "seed": seed, "norm_shift": shift,
                      "learning_rate": LEARNING_RATE, "torch": torch.__version__, "torchvision": torchvision.__version__,
                      "reference": reference, "float32_error": errors}
    with open(arguments.out, "w", encoding="utf-8") as file:
        json.dump([cases[arch] for arch in CASES if arch in cases], file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
