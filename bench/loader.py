"""The input pipeline: JPEG files to augmented batches, in foliar and in torchvision with Pillow, in turn.

    python -m pip install torch torchvision pillow
    cargo build --release
    python bench/loader.py PHOTOS [--size 224] [--threads 1] [--pairs 5] [--json]

PHOTOS holds one folder per class. They are measured as 256-pixel JPEGs and as 12-megapixel ones, both made from PHOTOS: the
large ones are enlarged and get a camera's noise, without which they would be far smaller than a camera's files. Both sides
do foliar's default augmentation: random resized crop, flips, transposition, rotation by up to 20 degrees for half of them,
normalisation. Files are in the system's cache; nothing decoded is kept.
"""
import argparse
import json
import random
import tempfile
import time
from pathlib import Path

import pairs

SIZES = {"256 pixels": (256, 256), "12 megapixels": (4000, 3000)}
QUALITY = 92
# Standard deviation of the noise, of 255.
NOISE = 3.0
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def make(photos: Path, folder: Path, shape: tuple[int, int], count: int) -> None:
    """Writes `count` of the photographs as JPEG files of `shape`."""
    import numpy as np
    from PIL import Image

    every = sorted(path for path in photos.glob("*/*") if path.suffix.lower() in {".jpg", ".jpeg", ".png"})
    chosen = random.Random(1).sample(every, min(count, len(every)))
    generator = np.random.default_rng(1)
    for number, path in enumerate(chosen):
        picture = Image.open(path).convert("RGB").resize(shape, Image.Resampling.BICUBIC)
        if shape[0] > 1000:
            noise = generator.normal(0, NOISE, (shape[1], shape[0], 3))
            picture = Image.fromarray((np.asarray(picture) + noise).clip(0, 255).astype("uint8"))
        target = folder / path.parent.name / f"{number}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        picture.save(target, quality=QUALITY)


def measure(folder: Path, options: argparse.Namespace) -> dict:
    """torchvision's side, in a process of its own."""
    import torch
    from PIL import Image
    from torchvision import datasets, transforms

    torch.set_num_threads(1)
    turn = transforms.RandomRotation(20, transforms.InterpolationMode.BILINEAR)
    transpose = transforms.Lambda(lambda image: image.transpose(Image.Transpose.TRANSPOSE))
    varied = transforms.Compose([
        transforms.RandomResizedCrop(options.size, scale=(0.35, 1.0), ratio=(3 / 4, 4 / 3)),
        transforms.RandomHorizontalFlip(),
        transforms.RandomVerticalFlip(),
        transforms.RandomApply([transpose], 0.5),
        transforms.RandomApply([turn], 0.5),
        transforms.ToTensor(),
        transforms.Normalize(MEAN, DEVIATION),
    ])
    # One worker is the process itself, as with foliar's one thread no other waits.
    workers = 0 if options.threads == 1 else options.threads
    data = datasets.ImageFolder(folder, varied)
    loader = torch.utils.data.DataLoader(data, options.batch, shuffle=True, num_workers=workers)
    epoch = lambda: sum(len(labels) for _, labels in loader)
    epoch()
    images, begin = 0, time.perf_counter()
    while images == 0 or time.perf_counter() - begin < options.seconds:
        images += epoch()
    return {"images_per_second": images / (time.perf_counter() - begin)}


def compare(options: argparse.Namespace) -> dict:
    pairs.warn_if_busy(options.threads)
    result = {}
    for name, shape in SIZES.items():
        with tempfile.TemporaryDirectory() as folder:
            count = options.photographs if shape[0] < 1000 else min(options.photographs, 24)
            make(options.photos, Path(folder), shape, count)
            bytes_each = sum(path.stat().st_size for path in Path(folder).glob("*/*")) // count
            if not options.json:
                print(f"{name}, {bytes_each // 1000} kB a file")
            result[name] = {"bytes_each": bytes_each, **turns(Path(folder), options)}
    return result


def turns(folder: Path, options: argparse.Namespace) -> dict:
    work = ["--size", options.size, "--batch", options.batch, "--threads", options.threads, "--seconds", options.seconds]
    ours = [options.foliar, "bench", "--mode", "load", "--model", "resnet50", "--data", folder, *work, "--json"]
    theirs = pairs.twin("loader.py", options.photos, *work, "--measure", folder)
    rates = {"foliar": [], "torchvision": []}
    for number in range(options.pairs):
        for side, command in (("foliar", ours), ("torchvision", theirs)):
            rates[side].append(pairs.run(command, options.threads).document()["images_per_second"])
        if not options.json:
            first, second = rates["foliar"][-1], rates["torchvision"][-1]
            line = f"{number + 1:4}  foliar {first:8.1f} images/s  torchvision {second:8.1f} images/s"
            print(f"{line}  ratio {first / second:5.2f}", flush=True)
    result = {"images_per_second": rates, "ratio": pairs.ratios(rates["foliar"], rates["torchvision"])}
    if not options.json:
        print(f"      median ratio {result['ratio']['median']:.2f}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5.0, help="least time that is measured in each process")
    parser.add_argument("--photographs", type=int, default=512, help="of 256 pixels; of 12 megapixels there are 24")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    pairs.add_program(parser)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options)))
        return
    result = compare(options)
    if options.json:
        print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
