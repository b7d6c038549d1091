"""What a teacher is worth to a small network, with all labels and with half of them.

    python bench/teacher.py TRAIN HOLDOUT --teacher RUN [--model baseline] [--epochs 30] [--seeds 2] [--options ...]

TRAIN and HOLDOUT hold one folder per class; RUN is a classifier that has not learned from HOLDOUT (see holdout.py for both). For
each seed the network learns from random weights: from the labels of TRAIN, from labels and teacher, from the labels of half of TRAIN (every
other block of ten photos of a class, so that leaves stay together), from those and the teacher, and from those, the teacher, and the other half
without its labels. Nothing is validated, since the teacher has learned from TRAIN: the last epoch is kept. Prints accuracy, loss and
macro F1 on HOLDOUT. Needs nothing but Python and `foliar` on the PATH or in FOLIAR.
"""
import argparse
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from statistics import mean

BLOCK = 10
FIGURES = ["accuracy", "loss", "macro_f1"]


def call(*words: object) -> str:
    found = subprocess.run([os.environ.get("FOLIAR", "foliar"), *map(str, words)], capture_output=True, text=True)
    if found.returncode not in (0, 3):
        raise SystemExit(found.stderr)
    return found.stdout


def halves(train: Path, out: Path) -> tuple[Path, Path]:
    """Half of the photographs in folders of classes, and the others in one folder without."""
    labelled, unlabelled = out / "labelled", out / "unlabelled"
    unlabelled.mkdir()
    for folder in sorted(path for path in train.iterdir() if path.is_dir()):
        (labelled / folder.name).mkdir(parents=True)
        for place, photo in enumerate(sorted(folder.iterdir())):
            has_label = place // BLOCK % 2 == 0
            target = labelled / folder.name / photo.name if has_label else unlabelled / f"{folder.name}-{photo.name}"
            shutil.copyfile(photo, target)
    return labelled, unlabelled


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("train", type=Path)
    parser.add_argument("holdout", type=Path)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--model", default="baseline")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--options", nargs="*", default=[], help="more options of every run, without their dashes: batch-size=16")
    options = parser.parse_args()
    more = [f"--{option}" for option in options.options]
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        labelled, unlabelled = halves(options.train, out)
        teacher = ["--teacher", options.teacher]
        students = {
            "all labels": (options.train, []),
            "all labels, teacher": (options.train, teacher),
            "half of the labels": (labelled, []),
            "half of the labels, teacher": (labelled, teacher),
            "half of the labels, teacher, the others without": (labelled, [*teacher, "--unlabelled", unlabelled]),
        }
        print("| learned from |", " | ".join(FIGURES), "|")
        print("| --- |" + " ---: |" * len(FIGURES), flush=True)
        for student, (photos, words) in students.items():
            rows = []
            for seed in range(1, options.seeds + 1):
                run = out / f"run-{len(list(out.iterdir()))}"
                fixed = ["--recipe", "scratch", "--model", options.model, "--epochs", options.epochs, "--validation", 0]
                call("train", photos, *fixed, "--seed", seed, "--out", run, *words, *more)
                found = json.loads(call("evaluate", run, "--data", options.holdout, "--json"))
                rows.append([found[figure]["value"] for figure in FIGURES])
            words = [f"{mean(column):.3f} ({min(column):.3f} to {max(column):.3f})" for column in zip(*rows)]
            print(f"| {student} |", " | ".join(words), "|", flush=True)


if __name__ == "__main__":
    main()
