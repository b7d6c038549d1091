"""What `--augment background` is worth on photographs of other places.

    python bench/places.py LAB PLACE... --weights FILE [--seeds 3] [--augment background,colour,flips,turns,crop ...] [--views N]

LAB holds one folder per class with one leaf on a plain backdrop in each photograph; each PLACE holds photographs of some of its
classes taken elsewhere, under the same names. For each seed `foliar train` learns from all of LAB as it does by default, and with
each list of augmentations; `foliar evaluate` measures on each PLACE. A last column is the hold-out of LAB itself (see holdout.py), on
which a classifier of the rest of LAB is measured. Prints a table of means over the seeds with the lowest and the highest in
brackets. Needs nothing but Python and `foliar` on the PATH or in FOLIAR.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import mean

FIGURES = ["accuracy", "mean recall", "calibration error", "flagged"]


def call(*words: object) -> str:
    found = subprocess.run([os.environ.get("FOLIAR", "foliar"), *map(str, words)], capture_output=True, text=True)
    if found.returncode not in (0, 3):
        raise SystemExit(found.stderr)
    return found.stdout


def figures(run: Path, photos: Path) -> list[float]:
    """As FIGURES says, of a run on photographs that it has not learned from."""
    found = json.loads(call("evaluate", run, "--data", photos, "--json"))
    recall, error = found["balanced_accuracy"]["value"], found["calibration"]["error"]
    return [found["accuracy"]["value"], recall, error, found["ood"]["flagged_inside"]["value"]]


def measure(options: argparse.Namespace, lists: list[str], out: Path) -> dict[tuple[str, str], list[list[float]]]:
    """Figures of each seed by (augmentations, place)."""
    call_holdout = [sys.executable, Path(__file__).with_name("holdout.py"), options.lab, out / "cut"]
    subprocess.run(call_holdout, check=True, capture_output=True)
    measured: dict[tuple[str, str], list[list[float]]] = {}
    for seed in range(1, options.seeds + 1):
        for augment in lists:
            more = ["--augment", augment] if augment else []
            if augment and options.views:
                more += ["--augmented-views", options.views]
            for photos, places in ((options.lab, options.places), (out / "cut" / "train", [out / "cut" / "holdout"])):
                run = out / f"run-{seed}-{augment}-{photos.name}"
                call("train", photos, "--weights", options.weights, "--seed", seed, "--out", run, *more)
                for place in places:
                    measured.setdefault((augment, place.name), []).append(figures(run, place))
    return measured


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lab", type=Path)
    parser.add_argument("places", type=Path, nargs="+", metavar="PLACE")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--views", type=int)
    parser.add_argument("--augment", nargs="+", default=["background", "background,colour,flips,turns,crop"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measured = measure(options, ["", *options.augment], Path(name))
    print("| place | augmentations |", " | ".join(FIGURES), "|")
    print("| --- | --- |" + " ---: |" * len(FIGURES))
    for (augment, place), rows in sorted(measured.items(), key=lambda item: item[0][1]):
        words = [f"{mean(column):.3f} ({min(column):.3f} to {max(column):.3f})" for column in zip(*rows)]
        print(f"| {place} | {augment or 'none'} |", " | ".join(words), "|")


if __name__ == "__main__":
    main()
