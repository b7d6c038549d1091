"""Cuts a folder of photographs into two that share no leaf.

    python bench/holdout.py PHOTOS OUT [--share 0.2]

PHOTOS holds one folder per class. Photographs of one leaf carry adjacent numbers of one source, as in PlantVillage's
`UUID___SOURCE NUMBER.jpg`; so each source of each class is sorted by number and its tail goes to OUT/holdout, the rest to
OUT/train. Photographs whose source has fewer than five are taken together, by name. Files are copied. Needs nothing but
Python.
"""
import argparse
import re
import shutil
from collections import defaultdict
from pathlib import Path


def key(path: Path) -> tuple[str, int]:
    """(source, number) of a photograph; photographs without a number sort by name."""
    name = path.stem.split("___")[-1]
    match = re.search(r"^(.*?)(\d+)\D*$", name)
    return (match.group(1), int(match.group(2))) if match else (name, 0)


def by_source(folder: Path) -> dict[str | None, list[Path]]:
    """Photographs of a class by source, each in the order of its numbers; those of small sources together, by name."""
    sources = defaultdict(list)
    for path in folder.iterdir():
        sources[key(path)[0]].append(path)
    few = [source for source, paths in sources.items() if len(paths) < 5]
    if few:
        sources[None] = [path for source in few for path in sources.pop(source)]
    return {source: sorted(paths, key=key) for source, paths in sources.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--share", type=float, default=0.2)
    options = parser.parse_args()
    counts = {"train": 0, "holdout": 0}
    for folder in sorted(path for path in options.photos.iterdir() if path.is_dir()):
        for paths in by_source(folder).values():
            cut = len(paths) - round(options.share * len(paths))
            for part, chosen in (("train", paths[:cut]), ("holdout", paths[cut:])):
                target = options.out / part / folder.name
                target.mkdir(parents=True, exist_ok=True)
                for path in chosen:
                    shutil.copyfile(path, target / path.name)
                counts[part] += len(chosen)
    print(counts)


if __name__ == "__main__":
    main()
