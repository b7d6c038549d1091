"""Trains foliar's `baseline` in PyTorch with the same recipe on the same photographs, for comparison.

    python -m pip install torch torchvision pillow
    python bench/baseline.py TRAIN HOLDOUT --split RUN/split.csv --seed 1 [--epochs 20] [--size 128] [--threads 2]

TRAIN and HOLDOUT hold one folder per class; `split.csv` comes from the run of foliar to compare with, so that both train
and validate on the very same photographs. Prints the accuracy on HOLDOUT of the best epoch by validation, as foliar
chooses it.
"""
import argparse
import copy
import csv
import math
import random
import time
from pathlib import Path

import torch
import torchvision.transforms.v2 as transforms
from PIL import Image
from torch import nn

CHANNELS = [32, 64, 128, 256, 256]


def network(classes: int) -> nn.Module:
    layers, inputs = [], 3
    for index, channels in enumerate(CHANNELS):
        layers += [nn.Conv2d(inputs, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels), nn.ReLU()]
        if index + 1 < len(CHANNELS):
            layers.append(nn.MaxPool2d(2))
        inputs = channels
    model = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes))
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return model


class Varied:
    """foliar's default augmentation: crop, flips, transposition, small rotation."""

    def __init__(self, size: int):
        self.crop = transforms.RandomResizedCrop(size, scale=(0.35, 1.0), ratio=(3 / 4, 4 / 3), antialias=True)
        self.flips = transforms.Compose([transforms.RandomHorizontalFlip(), transforms.RandomVerticalFlip()])

    def __call__(self, image: torch.Tensor) -> torch.Tensor:
        if random.random() < 0.5:
            image = self.tilt(image, random.uniform(-20, 20))
        image = self.flips(self.crop(image))
        if random.random() < 0.5:
            image = image.transpose(-1, -2)
        return normal(image)

    @staticmethod
    def tilt(image: torch.Tensor, degrees: float) -> torch.Tensor:
        height, width = image.shape[-2:]
        border = [width // 4, height // 4]
        padded = transforms.functional.pad(image, border, padding_mode="reflect")
        turned = transforms.functional.rotate(padded, degrees, transforms.InterpolationMode.BILINEAR)
        return transforms.functional.center_crop(turned, [height, width])


def normal(image: torch.Tensor) -> torch.Tensor:
    return transforms.functional.normalize(image.float() / 255, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


def picture(path: Path) -> torch.Tensor:
    return transforms.functional.pil_to_tensor(Image.open(path).convert("RGB"))


def central(image: torch.Tensor, size: int) -> torch.Tensor:
    side = round(size / 0.875)
    resized = transforms.functional.resize(image, [side], antialias=True)
    return normal(transforms.functional.center_crop(resized, [size, size]))


@torch.no_grad()
def measure(model: nn.Module, images: torch.Tensor, labels: torch.Tensor) -> tuple[float, float]:
    model.eval()
    logits = torch.cat([model(part) for part in images.split(32)])
    loss = nn.functional.cross_entropy(logits, labels).item()
    return (logits.argmax(1) == labels).double().mean().item(), loss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("holdout", type=Path)
    parser.add_argument("--split", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    random.seed(options.seed)
    torch.set_num_threads(options.threads)

    rows = list(csv.DictReader(options.split.open()))
    classes = sorted({row["class"] for row in rows})
    part = lambda name: [(options.train / row["path"], classes.index(row["class"])) for row in rows if row["split"] == name]
    held = [(path, index) for index, name in enumerate(classes) for path in sorted((options.holdout / name).iterdir())]
    train = [(picture(path), label) for path, label in part("train")]
    fixed = lambda items: (
        torch.stack([central(picture(path), options.size) for path, _ in items]).to(memory_format=torch.channels_last),
        torch.tensor([label for _, label in items]),
    )
    validation, holdout = fixed(part("val")), fixed(held)

    model = network(len(classes)).to(memory_format=torch.channels_last)
    sgd = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9, weight_decay=5e-4)
    batches = math.ceil(len(train) / 32)
    schedule = torch.optim.lr_scheduler.OneCycleLR(sgd, 0.1, total_steps=batches * options.epochs, cycle_momentum=False)
    vary, best, began = Varied(options.size), (0.0, 0.0), time.time()
    for epoch in range(options.epochs):
        model.train()
        order, total = torch.randperm(len(train)).tolist(), 0.0
        for chosen in (order[index::batches] for index in range(batches)):
            images = torch.stack([vary(train[i][0]) for i in chosen]).contiguous(memory_format=torch.channels_last)
            loss = nn.functional.cross_entropy(model(images), torch.tensor([train[i][1] for i in chosen]))
            sgd.zero_grad()
            loss.backward()
            sgd.step()
            schedule.step()
            total += loss.item() * len(chosen)
        accuracy, loss = measure(model, *validation)
        if (accuracy, -loss) > best:
            best, kept = (accuracy, -loss), copy.deepcopy(model.state_dict())
        print(f"epoch {epoch + 1:2} train loss {total / len(train):.3f} val loss {loss:.3f} val acc {accuracy:.3f}", flush=True)
    seconds = time.time() - began
    model.load_state_dict(kept)
    accuracy, loss = measure(model, *holdout)
    print(f"seed {options.seed} holdout accuracy {accuracy:.4f} loss {loss:.4f} seconds {seconds:.0f}")


if __name__ == "__main__":
    main()
