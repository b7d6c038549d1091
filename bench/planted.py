"""Plants known faults in copies of real photographs and measures how many of them `foliar audit` finds.

    python -m pip install pillow
    python bench/planted.py PHOTOS [PHOTOS ...] --foliar target/release/foliar --work DIR [--seed 1]
        [--model mobilenet_v1_0.75 --weights FILE]

PHOTOS hold one folder per class. Nine copies of each are made under DIR, so that no fault hides another:

- `copies`: 30 photographs once more under other names, and 60 near copies, ten of each kind: resized, saved again, cropped
  by 5 %, turned by 90 degrees, mirrored, brightened; a third of all in another class
- `labels`: 40 photographs (at most a fortieth of all) moved to another class
- `corner`: a coloured square in one corner of nine in ten photographs of one class
- `broken`: 20 files cut off, emptied, or of something else
- `turned`: 60 photographs once more, turned by any angle: the corners filled with black, white or what lies beside them, or
  the picture made larger so that none is lost; every third mirrored as well
- `crops`: 60 parts of photographs, 40 to 90 % of the area, every second with sides of another ratio, every third resized
  to the size of the whole
- `covered`: 60 photographs once more with a label of one colour or an erased rectangle of 5 to 15 % of the area, or a part of 85 %
  of each side that is turned by 10 to 25 degrees, its corners filled with black or white
- `names`: every tenth photograph is replaced by copies as Roboflow, Keras, the augmented PlantVillage, other scripts and file
  managers name them, each turned, cropped, mirrored and recoloured at once, so that the name tells more than the pixels; and
  every twentieth gets a name that only looks like a copy
- `parts`: train/ and test/ folders that share no photograph, but for one leaf that lies three times in each, resaved and
  cropped anew every time

Prints recall and precision of each detector. What is found besides what was planted counts as wrong, so the precision is a
lower bound where the photographs have faults of their own; copies that are found in the untouched photographs do not
count.
"""
import argparse
import json
import random
import shutil
import subprocess
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance

ENDINGS = {".jpg", ".jpeg", ".png"}
NEAR = ["resized", "resaved", "cropped", "turned", "mirrored", "brightened"]


def listed(root: Path) -> list[Path]:
    return sorted(p.relative_to(root) for p in root.rglob("*") if p.suffix.lower() in ENDINGS)


def alter(picture: Image.Image, kind: str, rng: random.Random) -> tuple[Image.Image, int]:
    """The picture altered, and the quality to save it with."""
    width, height = picture.size
    if kind == "resized":
        scale = rng.choice([0.5, 0.75, 1.5])
        return picture.resize((round(width * scale), round(height * scale)), Image.LANCZOS), 90
    if kind == "resaved":
        return picture, rng.choice([40, 60, 75])
    if kind == "cropped":
        # 5 % of each side, divided at random between its two ends.
        left, top = rng.random() * 0.05 * width, rng.random() * 0.05 * height
        return picture.crop((round(left), round(top), round(left + 0.95 * width), round(top + 0.95 * height))), 90
    if kind == "turned":
        return picture.transpose(rng.choice([Image.ROTATE_90, Image.ROTATE_270])), 90
    if kind == "mirrored":
        return picture.transpose(rng.choice([Image.FLIP_LEFT_RIGHT, Image.FLIP_TOP_BOTTOM])), 90
    return ImageEnhance.Brightness(picture).enhance(rng.choice([0.75, 1.25, 1.4])), 90


def save(picture: Image.Image, path: Path, quality: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.convert("RGB").save(path, "JPEG", quality=quality)


def fresh(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    for path in listed(source):
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, target / path)


def plant_copies(source: Path, target: Path, rng: random.Random) -> dict:
    fresh(source, target)
    paths = listed(source)
    classes = sorted({p.parts[0] for p in paths})
    chosen = rng.sample(paths, min(90, len(paths) // 2))
    exact, near = chosen[: len(chosen) // 3], chosen[len(chosen) // 3:]
    truth = {"exact": [], "near": []}
    for number, path in enumerate(exact + near):
        others = [c for c in classes if c != path.parts[0]]
        folder = rng.choice(others) if rng.random() < 1 / 3 else path.parts[0]
        new = Path(folder) / f"x{rng.getrandbits(64):016x}.jpg"
        if number < len(exact):
            shutil.copyfile(source / path, target / new)
            truth["exact"].append([str(path), str(new), "exact"])
        else:
            kind = NEAR[number % len(NEAR)]
            altered, quality = alter(Image.open(source / path).convert("RGB"), kind, rng)
            save(altered, target / new, quality)
            # To save a JPEG again at its own quality may give the same bytes.
            same = (source / path).read_bytes() == (target / new).read_bytes()
            truth["exact" if same else "near"].append([str(path), str(new), kind])
    return truth


def plant_labels(source: Path, target: Path, rng: random.Random) -> dict:
    fresh(source, target)
    paths = listed(source)
    classes = sorted({p.parts[0] for p in paths})
    chosen = rng.sample(paths, min(40, len(paths) // 40))
    moved = []
    for path in chosen:
        new = Path(rng.choice([c for c in classes if c != path.parts[0]])) / path.name
        (target / path).rename(target / new)
        moved.append([str(new), path.parts[0]])
    return {"labels": moved}


def plant_corner(source: Path, target: Path, rng: random.Random) -> dict:
    fresh(source, target)
    paths = listed(source)
    marked = rng.choice(sorted({p.parts[0] for p in paths}))
    corner = rng.choice(["upper left corner", "upper right corner", "lower left corner", "lower right corner"])
    colour = tuple(rng.randrange(256) for _ in range(3))
    for path in paths:
        if path.parts[0] == marked and rng.random() < 0.9:
            picture = Image.open(target / path).convert("RGB")
            side = max(6, min(picture.size) // 12)
            left = 0 if "left" in corner else picture.width - side
            top = 0 if "upper" in corner else picture.height - side
            ImageDraw.Draw(picture).rectangle([left, top, left + side, top + side], fill=colour)
            save(picture, target / path, 92)
    return {"corner": [marked, corner, colour]}


def plant_broken(source: Path, target: Path, rng: random.Random) -> dict:
    fresh(source, target)
    chosen = rng.sample(listed(source), 20)
    for number, path in enumerate(chosen):
        whole = (target / path).read_bytes()
        content = [
            whole[: len(whole) * 2 // 3],
            b"",
            b"<html><body>404 not found</body></html>",
            whole[:300] + bytes(rng.randrange(256) for _ in range(2000)),
        ][number % 4]
        (target / path).write_bytes(content)
    return {"broken": [str(p) for p in chosen]}


def turn(picture: Image.Image, angle: float, fill: str) -> Image.Image:
    """The picture turned by any angle, as augmenters write it."""
    if fill == "expanded":
        return picture.rotate(angle, Image.BICUBIC, expand=True)
    if fill == "reflected":
        # The middle of nine pictures that mirror one another.
        width, height = picture.size
        tiles = Image.new("RGB", (3 * width, 3 * height))
        mirrored, flipped = picture.transpose(Image.FLIP_LEFT_RIGHT), picture.transpose(Image.FLIP_TOP_BOTTOM)
        both = mirrored.transpose(Image.FLIP_TOP_BOTTOM)
        for column in range(3):
            for row in range(3):
                tile = [[picture, mirrored], [flipped, both]][row % 2 == 0][column % 2 == 0]
                tiles.paste(tile, (column * width, row * height))
        return tiles.rotate(angle, Image.BICUBIC).crop((width, height, 2 * width, 2 * height))
    colour = {"black": (0, 0, 0), "white": (255, 255, 255)}[fill]
    return picture.rotate(angle, Image.BICUBIC, fillcolor=colour)


def plant_changed(source: Path, target: Path, rng: random.Random, change) -> dict:
    """60 photographs once more as `change` makes them, under other names in their class."""
    fresh(source, target)
    paths = listed(source)
    pairs = []
    for number, path in enumerate(rng.sample(paths, min(60, len(paths) // 2))):
        picture = Image.open(source / path).convert("RGB")
        changed, kind = change(picture, number)
        new = Path(path.parts[0]) / f"x{rng.getrandbits(64):016x}.jpg"
        save(changed, target / new, 90)
        pairs.append([str(path), str(new), kind])
    return {"pairs": pairs}


def plant_turned(source: Path, target: Path, rng: random.Random) -> dict:
    fills = ["black", "white", "reflected", "expanded"]

    def change(picture: Image.Image, number: int) -> tuple[Image.Image, str]:
        angle = rng.choice([0, 90, 180, 270]) + rng.uniform(8, 82)
        if number % 3 == 0:
            picture = picture.transpose(Image.FLIP_LEFT_RIGHT)
        fill = fills[number % len(fills)]
        return turn(picture, angle, fill), f"{fill} {angle:.0f}"

    return plant_changed(source, target, rng, change)


def plant_crops(source: Path, target: Path, rng: random.Random) -> dict:
    def change(picture: Image.Image, number: int) -> tuple[Image.Image, str]:
        width, height = picture.size
        area, ratio = rng.uniform(0.4, 0.9), rng.uniform(0.75, 1.33) if number % 2 else 1.0
        across = min(1.0, (area * ratio) ** 0.5)
        down = min(1.0, area / across)
        left, top = rng.random() * (1 - across) * width, rng.random() * (1 - down) * height
        part = picture.crop((round(left), round(top), round(left + across * width), round(top + down * height)))
        if number % 3 == 0:
            part = part.resize((width, height), Image.LANCZOS)
        return part, f"{across * down:.2f}"

    return plant_changed(source, target, rng, change)


def plant_covered(source: Path, target: Path, rng: random.Random) -> dict:
    def change(picture: Image.Image, number: int) -> tuple[Image.Image, str]:
        width, height = picture.size
        if number % 3 == 2:
            left, top = rng.random() * 0.15 * width, rng.random() * 0.15 * height
            part = picture.crop((round(left), round(top), round(left + 0.85 * width), round(top + 0.85 * height)))
            return turn(part, rng.uniform(10, 25) * rng.choice([-1, 1]), rng.choice(["black", "white"])), "part, turned"
        area, ratio = rng.uniform(0.05, 0.15), rng.uniform(0.5, 2.0)
        across, down = min(0.9, (area * ratio) ** 0.5) * width, min(0.9, (area / ratio) ** 0.5) * height
        left, top = rng.random() * (width - across), rng.random() * (height - down)
        colour = tuple(rng.randrange(256) for _ in range(3)) if number % 3 else (255, 255, 255)
        covered = picture.copy()
        ImageDraw.Draw(covered).rectangle([left, top, left + across, top + down], fill=colour)
        return covered, "erased" if number % 3 else "label"

    return plant_changed(source, target, rng, change)


def plant_names(source: Path, target: Path, rng: random.Random) -> dict:
    fresh(source, target)
    families, alone = [], []
    paths = listed(source)
    for number, path in enumerate(rng.sample(paths, len(paths) * 3 // 20)):
        picture = Image.open(source / path).convert("RGB")
        folder, stem = Path(path.parts[0]), f"IMG_{rng.randrange(10**8):08d}"
        if number % 3 == 2:
            # Looks like a copy and is none: downloads, numbers, dates.
            name = rng.choice([f"images ({number}).jpg", f"{folder} ({number}).jpg", f"IMG_20240501_{number + 1000}.jpg"])
            (target / path).rename(target / folder / name)
            alone.append(str(folder / name))
            continue
        def hexes():
            return f"{rng.getrandbits(128):032x}"

        names = [
            [f"{stem}_jpg.rf.{hexes()}.jpg" for _ in range(3)],
            [f"{stem}_0_{rng.randrange(100, 10**4)}.jpeg" for _ in range(3)],
            [f"{stem}{mark}.JPG" for mark in ("", "_new30degFlipLR", "_90deg", "_flipTB")],
            [f"{stem}_aug_{place}.jpg" for place in range(3)],
            [f"{stem}.jpg", f"{stem} (1).jpg", f"{stem} - Copy.jpg"],
        ][number % 5]
        family = []
        for name in names:
            changed = turn(picture, rng.uniform(0, 360), "black")
            part = rng.uniform(0.6, 0.8)
            left, top = rng.random() * (1 - part), rng.random() * (1 - part)
            box = [left, top, left + part, top + part]
            changed = changed.crop([round(at * side) for at, side in zip(box, changed.size * 2)])
            changed = ImageEnhance.Color(changed).enhance(rng.uniform(0.5, 1.5))
            save(changed, target / folder / name, 80)
            family.append(str(folder / name))
        (target / path).unlink()
        families.append(family)
    return {"families": families, "alone": alone}


def plant_parts(source: Path, target: Path, rng: random.Random) -> dict:
    shutil.rmtree(target, ignore_errors=True)
    paths = listed(source)
    leaf = rng.choice(paths)
    by_class: dict[str, list[Path]] = {}
    for path in paths:
        by_class.setdefault(path.parts[0], []).append(path)
    for members in by_class.values():
        # Contiguous, so that neighbours in time stay together.
        border = len(members) * 4 // 5
        for place, path in enumerate(members):
            if path != leaf:
                new = target / ("train" if place < border else "test") / path
                new.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source / path, new)
    picture = Image.open(source / leaf).convert("RGB")
    names = []
    for number in range(6):
        altered, quality = alter(picture, ["cropped", "resaved", "brightened"][number % 3], rng)
        new = Path("train" if number < 3 else "test") / leaf.parts[0] / f"leaf-{rng.getrandbits(32):08x}.jpg"
        save(altered, target / new, quality)
        names.append(str(new))
    return {"leaf": names}


def audit(arguments: argparse.Namespace, root: Path) -> dict:
    command = [arguments.foliar, "audit", str(root), "--json"]
    if arguments.weights:
        command += ["--model", arguments.model, "--weights", arguments.weights]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode not in (0, 3):
        raise SystemExit(f"{' '.join(command)}: {done.stderr}")
    return json.loads(done.stdout)


def show(name: str, hits: int, planted: int, reported: int, more: str = "") -> None:
    recall = hits / planted if planted else float("nan")
    precision = hits / reported if reported else float("nan")
    print(f"  {name:22} recall {recall:5.3f} ({hits}/{planted})  precision {precision:5.3f} ({hits}/{reported})  {more}", flush=True)


def pairs_of(document: dict) -> list[tuple[str, str, dict]]:
    return [(copy["a"], copy["b"], copy) for copy in document["copies"]]


def together(pairs, first: str, second: str) -> bool:
    """Whether the two are in one cluster of pairs."""
    seen, queue = {first}, [first]
    while queue:
        at = queue.pop()
        for a, b, _ in pairs:
            for one, other in ((a, b), (b, a)):
                if one == at and other not in seen:
                    seen.add(other)
                    queue.append(other)
    return second in seen


def measure(arguments: argparse.Namespace, source: Path) -> None:
    rng = random.Random(f"{arguments.seed} {source.name}")
    base = Path(arguments.work) / source.name
    print(f"{source.name}, seed {arguments.seed}", flush=True)
    own = {(a, b) for a, b, _ in pairs_of(audit(arguments, source))}
    print(f"  copies in the source itself: {len(own)}")
    kinds = {"copies": plant_copies, "labels": plant_labels, "corner": plant_corner,
             "broken": plant_broken, "turned": plant_turned, "crops": plant_crops, "covered": plant_covered, "names": plant_names,
             "parts": plant_parts}
    for name, plant in kinds.items():
        rng_of = random.Random(f"{rng.random()} {name}")
        if arguments.only and name not in arguments.only.split(","):
            continue
        target = base / name
        truth = plant(source, target, rng_of)
        (base / f"{name}.truth.json").write_text(json.dumps(truth, indent=1))
        document = audit(arguments, target)
        (base / f"{name}.audit.json").write_text(json.dumps(document))
        if name == "copies":
            pairs = pairs_of(document)
            exact = [p for p in pairs if p[2]["exact"]]
            hits = sum(any({a, b} == {x, y} for a, b, _ in exact) for x, y, _ in truth["exact"])
            show("exact copies", hits, len(truth["exact"]), len(exact))
            near = [p for p in pairs if not p[2]["exact"] and (p[0], p[1]) not in own]
            found = {tuple(sorted((x, y))) for x, y, _ in truth["near"]}
            reported = {tuple(sorted((a, b))) for a, b, _ in near}
            # A near copy of a photograph that has an exact one is a copy of both.
            same = {tuple(sorted((x, y))) for x, y, _ in truth["exact"] + truth["near"]}
            extra = [p for p in reported - found if not together([(a, b, None) for a, b in same | own], *p)]
            missed = [f"{kind} {x}" for x, y, kind in truth["near"] if tuple(sorted((x, y))) not in reported]
            hits = len(found) - len(missed)
            show("near copies", hits, len(found), hits + len(extra), " ".join(missed[:3]))
            for a, b in sorted(extra)[:5]:
                print(f"      not planted: {a}  {b}")
            across = {tuple(sorted((x, y))) for x, y, _ in truth["exact"] + truth["near"] if x.split("/")[0] != y.split("/")[0]}
            said = {tuple(sorted((a, b))) for a, b, copy in pairs if copy["across_classes"]}
            show("copies across classes", len(across & said), len(across), len(said - own))
        elif name == "labels":
            ranked = [s["path"] for s in document["label_issues"]]
            planted = {new for new, _ in truth["labels"]}
            right = {new: old for new, old in truth["labels"]}
            best = max((k for k in range(1, len(ranked) + 1) if sum(p in planted for p in ranked[:k]) >= 0.5 * k), default=0)
            hits = sum(p in planted for p in ranked[:best])
            named = sum(s["suggested"] == right.get(s["path"]) for s in document["label_issues"][:best])
            show("wrong labels, p >= 0.5", hits, len(planted), best, f"right class named for {named}")
            hits = sum(p in planted for p in ranked)
            show("wrong labels, whole list", hits, len(planted), len(ranked))
            strong = [s["path"] for s in document["label_issues"] if s["strong"]]
            show("wrong labels, strong", sum(p in planted for p in strong), len(planted), len(strong))
        elif name == "corner":
            marks = document["background"]["watermarks"]
            hit = [m for m in marks if m["class"] == truth["corner"][0] and m["region"] == truth["corner"][1]]
            show("coloured corner", len(hit), 1, len(marks), f"{truth['corner']}")
        elif name == "broken":
            said = {p["path"] for p in document["problems"] if p["excluded"]}
            hits = sum(p in said for p in truth["broken"])
            show("broken files", hits, len(truth["broken"]), len(said))
        elif name in ("turned", "crops", "covered"):
            # What is a copy of a photograph that had copies already is one of those too.
            pairs = [p for p in pairs_of(document) if (p[0], p[1]) not in own]
            planted = {tuple(sorted((x, y))): kind for x, y, kind in truth["pairs"]}
            reported = {tuple(sorted((a, b))) for a, b, _ in pairs}
            linked = [(a, b, None) for a, b in set(planted) | own]
            extra = sorted(p for p in reported - set(planted) if not together(linked, *p))
            missed = [f"{kind} ({pair[0]})" for pair, kind in planted.items() if pair not in reported]
            hits = len(planted) - len(missed)
            kind = {"turned": "turned by any angle", "crops": "parts of photographs", "covered": "covered in part"}[name]
            show(kind, hits, len(planted), hits + len(extra))
            for line in missed[:5]:
                print(f"      missed: {line}")
            for a, b in extra[:5]:
                print(f"      not planted: {a}  {b}")
        elif name == "names":
            by_name = {p: row["first"] for row in document["name_copies"]["families"] for p in row["photographs"]}
            hits = sum(len({by_name.get(p, p) for p in family}) == 1 for family in truth["families"])
            of_truth = {p: number for number, family in enumerate(truth["families"]) for p in family}
            wrong = sum(len({of_truth.get(p, p) for p in row["photographs"]}) > 1 for row in document["name_copies"]["families"])
            show("copies by name", hits, len(truth["families"]), hits + wrong)
        else:
            pairs = pairs_of(document)
            names = truth["leaf"]
            hits = sum(together(pairs, names[0], other) for other in names[1:])
            show("leaf in both parts", hits, 5, sum(a in names or b in names for a, b, _ in pairs) and 5)
            said = [p for p in pairs if p[2]["across_splits"] and (p[0] not in names or p[1] not in names)]
            print(f"      other copies across splits: {len(said)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--foliar", default="target/release/foliar")
    parser.add_argument("--work", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", default="mobilenet_v1_0.75")
    parser.add_argument("--weights")
    parser.add_argument("--only", help="names of the copies to make, separated by commas")
    arguments = parser.parse_args()
    for source in arguments.photos:
        measure(arguments, source)


if __name__ == "__main__":
    main()
