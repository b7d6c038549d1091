"""Compares foliar's classifier of several labels with PyTorch's BCEWithLogitsLoss, on the same frozen features.

    python bench/multilabel.py PHOTOS TABLE WEIGHTS OUT [--foliar PROGRAM] [--seeds 1 2 3]

TABLE has the columns `image` and `labels`, with labels separated by blanks. For each seed a fifth of the photos of each combination
of labels is held out, drawn by the content of the files. foliar trains on the rest with its defaults and is evaluated on the held-out
photos. PyTorch learns a linear layer on the features that foliar kept of the same training photos: standardised, Adam with rate
1e-3, batches of 32, 100 epochs, which did best of the numbers in EPOCHS and RATES on a fifth of the training photos; a label is called
from a probability of a half, and, in the second row, from the threshold with the best F1 on the fifth. Needs PyTorch, NumPy and blake3.
"""
import argparse
import csv
import json
import os
import random
import shutil
import struct
import subprocess
from collections import defaultdict
from pathlib import Path

import blake3
import numpy
import torch

RATES = [1e-2, 1e-3]
EPOCHS = [30, 100, 300]


def rows_of(table: Path) -> list[tuple[str, list[str]]]:
    with table.open() as file:
        return [(row["image"], row["labels"].split()) for row in csv.DictReader(file)]


def features(folder: Path) -> dict[bytes, numpy.ndarray]:
    """Rows of the kept features by their keys."""
    found = {}
    for path in folder.rglob("*.features"):
        content = path.read_bytes()
        assert content[:8] == b"foliarF1"
        count, width = struct.unpack("<QQ", content[8:24])
        begin = -(-(64 + 32 * count) // 64) * 64
        values = numpy.frombuffer(content, "<f4", count * width, begin).reshape(count, width)
        found |= {content[64 + 32 * place:96 + 32 * place]: values[place] for place in range(count)}
    return found


def key(photo: Path) -> bytes:
    digest = blake3.blake3(photo.read_bytes()).digest()
    return blake3.blake3(digest, derive_key_context="foliar feature row 2").digest()


def held_out(photos: Path, rows: list, seed: int) -> set[str]:
    """A fifth of the photos of each combination, drawn by content."""
    combinations = defaultdict(list)
    for name, labels in rows:
        combinations[tuple(sorted(labels))].append(name)
    chosen = set()
    for names in combinations.values():
        digest = {name: blake3.blake3((photos / name).read_bytes() + bytes([seed])).digest() for name in names}
        names = sorted(names, key=digest.get)
        chosen |= set(names[: round(len(names) / 5)])
    return chosen


def scores(shown: numpy.ndarray, called: numpy.ndarray) -> dict[str, float]:
    hits, both = (shown & called), shown.sum(1) + called.sum(1)
    by_photo = numpy.where(both == 0, 1.0, 2 * hits.sum(1) / numpy.maximum(both, 1))
    by_label = 2 * hits.sum(0) / numpy.maximum(shown.sum(0) + called.sum(0), 1)
    return {"mean_f1": float(by_photo.mean()), "macro_f1": float(by_label[shown.sum(0) > 0].mean())}


def fit(x: torch.Tensor, y: torch.Tensor, rate: float, epochs: int, seed: int) -> torch.nn.Linear:
    torch.manual_seed(seed)
    layer = torch.nn.Linear(x.shape[1], y.shape[1])
    optimizer = torch.optim.Adam(layer.parameters(), lr=rate)
    loss = torch.nn.BCEWithLogitsLoss()
    for _ in range(epochs):
        for batch in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            loss(layer(x[batch]), y[batch]).backward()
            optimizer.step()
    return layer


def pytorch(x: numpy.ndarray, y: numpy.ndarray, unseen: numpy.ndarray, shown: numpy.ndarray, seed: int) -> dict:
    mean, deviation = x.mean(0), x.std(0) + 1e-6
    x, unseen = (torch.tensor((part - mean) / deviation, dtype=torch.float32) for part in (x, unseen))
    y = torch.tensor(y, dtype=torch.float32)
    order = list(range(len(x)))
    random.Random(seed).shuffle(order)
    few, most = order[: len(order) // 5], order[len(order) // 5 :]
    best = None
    for rate in RATES:
        for epochs in EPOCHS:
            layer = fit(x[most], y[most], rate, epochs, seed)
            with torch.no_grad():
                logits = layer(x[few])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, y[few]).item()
            if best is None or loss < best[0]:
                best = (loss, rate, epochs, torch.sigmoid(logits).numpy())
    _, rate, epochs, probabilities = best
    thresholds = []
    for label in range(y.shape[1]):
        truth = y[few][:, label].numpy() > 0.5
        tried = sorted(set(probabilities[:, label]) | {0.5})
        f1 = [2 * (truth & (probabilities[:, label] >= t)).sum() / max(truth.sum() + (probabilities[:, label] >= t).sum(), 1) for t in tried]
        thresholds.append(tried[int(numpy.argmax(f1))])
    layer = fit(x, y, rate, epochs, seed)
    with torch.no_grad():
        final = torch.sigmoid(layer(unseen)).numpy()
    return {"chosen": [rate, epochs], "half": scores(shown, final >= 0.5), "thresholds": scores(shown, final >= numpy.array(thresholds))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("photos", "table", "weights", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--foliar", default="foliar")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    options = parser.parse_args()
    rows = rows_of(options.table)
    names = sorted({label for _, labels in rows for label in labels})
    matrix = {name: numpy.array([label in labels for label in names]) for name, labels in rows}
    options.out.mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"FOLIAR_CACHE": str(options.out.resolve() / "cache")}

    def foliar(*arguments: object) -> str:
        command = [options.foliar, *map(str, arguments)]
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert done.returncode in (0, 1), command
        return done.stdout

    whole = options.out / "whole"
    if not whole.exists():
        foliar("train", options.photos, "--labels", options.table, "--multi-label", "--weights", options.weights, "--out", whole)
    kept = features(options.out / "cache")
    results = []
    for seed in options.seeds:
        apart = held_out(options.photos, rows, seed)
        place = options.out / f"seed{seed}"
        # What an interrupted measurement has trained is used again.
        begun = (place / "run/model.foliar").exists()
        if not begun:
            shutil.rmtree(place, ignore_errors=True)
        for part in ("train", "holdout") if not begun else ():
            chosen = [(name, labels) for name, labels in rows if (name in apart) == (part == "holdout")]
            (place / part).mkdir(parents=True)
            for name, _ in chosen:
                shutil.copyfile(options.photos / name, place / part / Path(name).name)
            lines = [f"{Path(name).name},{' '.join(labels)}\n" for name, labels in chosen]
            (place / part / "labels.csv").write_text("image,labels\n" + "".join(lines))
        run = place / "run"
        begun or foliar("train", place / "train", "--labels", place / "train/labels.csv", "--multi-label", "--weights", options.weights, "--seed", seed, "--out", run)
        report = json.loads(foliar("evaluate", run, "--data", place / "holdout", "--labels", place / "holdout/labels.csv", "--json"))
        ours = {name: report["scores"][name]["value"] for name in ("mean_f1", "macro_f1")}
        part = lambda keep: [name for name, _ in rows if (name in apart) == keep and key(options.photos / name) in kept]
        stacked = lambda names: numpy.stack([kept[key(options.photos / name)] for name in names])
        shown = lambda names: numpy.stack([matrix[name] for name in names])
        train, test = part(False), part(True)
        theirs = pytorch(stacked(train), shown(train), stacked(test), shown(test), seed)
        result = {"seed": seed, "train": len(train), "holdout": len(test), "foliar": ours, "pytorch": theirs}
        results.append(result)
        print(json.dumps(result), flush=True)
    for name in ("mean_f1", "macro_f1"):
        mean = lambda value: sum(map(value, results)) / len(results)
        print(f"{name}: foliar {mean(lambda r: r['foliar'][name]):.3f}, PyTorch {mean(lambda r: r['pytorch']['half'][name]):.3f}, "
              f"with thresholds {mean(lambda r: r['pytorch']['thresholds'][name]):.3f}")


if __name__ == "__main__":
    main()
