"""How honest a classifier is about itself, over many divisions of a folder into train and hold-out that share no leaf.

    python bench/coverage.py PHOTOS --model NAME --weights FILE [--seeds 20] [--share 0.5] [--other FOLDER ...]

PHOTOS holds one folder per class. Each source of each class (see holdout.py) is sorted by number and cut into runs of ten
neighbours; for each seed the runs of a share are drawn as the hold-out. `foliar train` learns from the rest, and `foliar
evaluate` measures on the hold-out: calibration error and its excess over chance, coverage and size of prediction sets, errors
among the answers, and how well leaves are told from drawn things and from photographs of OTHER folders. Needs nothing but
Python and `foliar` on the PATH or in FOLIAR.
"""
import argparse
import json
import os
import random
import subprocess
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import mean

from holdout import by_source

RUN = 10


def runs(folder: Path) -> list[list[Path]]:
    """Photographs of a class in runs of neighbours; those of small sources together, by name."""
    cut = []
    for _, paths in sorted(by_source(folder).items(), key=lambda item: str(item[0])):
        cut += [paths[begin : begin + RUN] for begin in range(0, len(paths), RUN)]
    return cut


def divide(photos: Path, out: Path, share: float, seed: int) -> None:
    """Links the photographs into out/train and out/holdout."""
    for folder in sorted(path for path in photos.iterdir() if path.is_dir()):
        drawn = runs(folder)
        random.Random(f"{seed} {folder.name}").shuffle(drawn)
        held_back = max(1, round(share * len(drawn)))
        for index, run in enumerate(drawn):
            target = out / ("holdout" if index < held_back else "train") / folder.name
            target.mkdir(parents=True, exist_ok=True)
            for path in run:
                (target / path.name).symlink_to(path.resolve())


def measure(options: argparse.Namespace, seed: int) -> dict:
    foliar = os.environ.get("FOLIAR", "foliar")
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        divide(options.photos, out, options.share, seed)
        train = [foliar, "train", out / "train", "--model", options.model, "--weights", options.weights]
        subprocess.run([*train, "--seed", str(seed), "--out", out / "run"], check=True, capture_output=True)
        command = [foliar, "evaluate", out / "run", "--data", out / "holdout", "--json"]
        for folder in options.other:
            command += ["--ood", folder]
        found = subprocess.run(command, capture_output=True)
        if found.returncode not in (0, 3):
            raise SystemExit(found.stderr.decode())
        return json.loads(found.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--model", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--other", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    columns = defaultdict(list)
    print("seed  photos  accuracy  ECE (by chance; excess)          coverage  size  answered  wrong  inside flagged  AUROC")
    for seed in range(options.seeds):
        found = measure(options, seed)
        calibration, sets, selective = found["calibration"], found["prediction_sets"], found["selective"]
        low, high = calibration["excess"]["low"], calibration["excess"]["high"]
        aurocs = {group["name"]: group["distance_auroc"]["value"] for group in found["ood"]["sets"]}
        wrong = selective["error"]["value"] if selective["error"] else float("nan")
        row = {
            "photographs": found["photographs"],
            "accuracy": found["accuracy"]["value"],
            "ece": calibration["error"],
            "excess_holds_0": low <= 0 <= high,
            "coverage": sets["coverage"]["value"],
            "size": sets["size"]["value"],
            "answered": selective["answered"]["value"],
            "wrong": wrong,
            "flagged": found["ood"]["flagged_inside"]["value"],
            **{f"AUROC against {Path(name).name}": auroc for name, auroc in aurocs.items()},
        }
        for name, value in row.items():
            columns[name].append(value)
        print(
            f"{seed:4}  {row['photographs']:6}  {row['accuracy']:8.3f}  {row['ece']:.3f}"
            f" ({calibration['error_if_perfect']:.3f}; {low:+.3f} to {high:+.3f})  {row['coverage']:8.3f}"
            f"  {row['size']:4.2f}  {row['answered']:8.3f}  {wrong:5.3f}  {row['flagged']:14.3f}"
            f"  {' '.join(f'{auroc:.3f}' for auroc in aurocs.values())}",
            flush=True,
        )
    for name, values in columns.items():
        print(f"{name:28}  mean {mean(values):.3f}  {min(values):.3f} to {max(values):.3f}")


if __name__ == "__main__":
    main()
