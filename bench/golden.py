"""Asks every exported form and the Python package for the rows of the golden set.

    cargo run --release -p foliar-cli --example golden -- FOLDER
    python bench/golden.py FOLDER

The program is taken from the environment's FOLIAR, else `foliar`. Needs ai-edge-litert, onnxruntime, torch, torchvision, safetensors,
NumPy and Pillow from PyPI. Here Pillow decodes, foliar in the rows: pixels of lossy WebPs and of colour profiles differ by a level or
two, and a JPEG of 12 megapixels is reduced in another way. What both decode to the same pixels must agree; the rest is bounded.
"""

import importlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent / "crates/export/src/python"))
from photo import cropped, upright

FOLIAR = shutil.which(os.environ.get("FOLIAR", "foliar"))
PYTHON = Path(__file__).parent.parent / "python"
# Largest difference of a probability: where the pixels are the same, and where they are not quite.
SAME, NEAR = 1e-5, 0.03
# Of these Pillow makes other pixels.
OTHER_PIXELS = ("colour-16.png", "lossy.webp", "p3.jpg", "phone.jpg")


def export(folder, *options):
    subprocess.run([FOLIAR, "export", folder / "model.foliar", *options], check=True, capture_output=True)


def image(folder, scratch):
    export(folder, "--out", scratch / "image.onnx")
    session = onnxruntime.InferenceSession(str(scratch / "image.onnx"))
    names = [output.name for output in session.get_outputs()]
    return lambda path: dict(zip(names, session.run(None, {"image": upright(path)})))


def tensor(folder, scratch):
    export(folder, "--out", scratch / "tensor.onnx", "--input", "tensor")
    session = onnxruntime.InferenceSession(str(scratch / "tensor.onnx"))
    names = [output.name for output in session.get_outputs()]
    about = json.loads(session.get_modelmeta().custom_metadata_map["foliar"])["preprocessing"]

    def said(path):
        pixels = cropped(upright(path), about).astype(np.float32)
        pixels = (pixels / 255 - np.float32(about["mean"])) / np.float32(about["std"])
        values = session.run(None, {"tensor": pixels.transpose(2, 0, 1)[None]})
        return dict(zip(names, (value[0] for value in values)))

    return said


def lite(folder, scratch):
    """The preprocessing that the TFLite file names, and what it says of pixels."""
    from ai_edge_litert.interpreter import Interpreter

    path = scratch / "model.tflite"
    if not path.exists():
        export(folder, "--format", "tflite", "--out", path)
    about = json.loads(zipfile.ZipFile(path).read("foliar.json"))["preprocessing"]
    interpreter = Interpreter(str(path))
    run = interpreter.get_signature_runner()
    # The interpreter must live as long as what runs in it.
    return about, lambda pixels, _=interpreter: {name: value[0] for name, value in run(image=pixels[None]).items()}


def tflite(folder, scratch):
    about, run = lite(folder, scratch)
    return lambda path: run(cropped(upright(path), about))


def torch(folder, scratch):
    import torch

    export(folder, "--format", "torch", "--out", scratch / "torch")
    load = module_of(scratch / "torch" / "load.py")
    module, config = load.load(scratch / "torch")

    def said(path):
        with torch.no_grad():
            logits = module(load.pixels(path, config))[0] / config["foliar"]["temperature"]
        return {"probabilities": logits.softmax(0).numpy()}

    return said


def java(folder, scratch):
    """The pixels of the lines for Android in docs/export.md, in the TFLite file."""
    if shutil.which("javac") is None:
        print("Java           not here")
        return None
    docs = (Path(__file__).parent.parent / "docs/export.md").read_text()
    lines = re.search(r"```java\n(/\*\* The input.*?)```", docs, re.DOTALL).group(1)
    (scratch / "Pixels.java").write_text(JAVA.replace("LINES", lines))
    subprocess.run(["javac", "-d", scratch, scratch / "Pixels.java"], check=True)
    about, run = lite(folder, scratch)

    def said(path):
        photo = upright(path)
        (scratch / "photo.rgb").write_bytes(photo.tobytes())
        numbers = [photo.shape[1], photo.shape[0], about["store_side"], about["resize_side"], about["size"]]
        command = ["java", "-cp", scratch, "Pixels", scratch / "photo.rgb", scratch / "pixels.rgb", *map(str, numbers)]
        subprocess.run(command, check=True)
        pixels = np.fromfile(scratch / "pixels.rgb", np.uint8).reshape(about["size"], about["size"], 3)
        return run(pixels)

    return said


JAVA = """
import java.nio.file.*;
class Pixels {
LINES
    public static void main(String[] of) throws Exception {
        int[] n = new int[5];
        for (int i = 0; i < 5; i++) n[i] = Integer.parseInt(of[i + 2]);
        byte[] rgb = Files.readAllBytes(Path.of(of[0]));
        int[] argb = new int[n[0] * n[1]];
        for (int i = 0; i < rgb.length; i++) argb[i / 3] |= (rgb[i] & 255) << 16 - i % 3 * 8;
        Files.write(Path.of(of[1]), input(argb, n[0], n[1], n[2], n[3], n[4]));
    }
}
"""


def module_of(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def compare(name, said_of, rows, classes, folder):
    """Prints how far one form is from the rows; gives whether it is too far."""
    worst, changed, faults = {True: 0.0, False: 0.0}, [], []
    for row in rows:
        path = folder / row["path"]
        try:
            said = said_of(path)
        except OSError as error:
            # Pillow refuses a JPEG whose end marker is missing, which foliar reads with a remark.
            if "error" not in row and "remarks" not in row:
                faults.append(f"{path.name}: {error}")
            continue
        if "error" in row:
            faults.append(f"{path.name} was read, and is: {row['error']}")
            continue
        expected = np.zeros(len(classes))
        for prediction in row["predictions"]:
            expected[classes.index(prediction["class"])] = prediction["probability"]
        same = path.name not in OTHER_PIXELS
        difference = float(np.abs(said["probabilities"] - expected).max())
        worst[same] = max(worst[same], difference)
        if difference > (SAME if same else NEAR):
            faults.append(f"{path.name}: a probability differs by {difference:.1e}")
        if "answer" not in said:
            continue
        answer = classes[said["answer"]] if said["answer"] >= 0 else None
        chosen = {name for name, inside in zip(classes, said["set"]) if inside}
        if answer != row["answer"] or chosen != set(row["set"]):
            changed.append(path.name)
            if same:
                faults.append(f"{path.name}: {answer} {sorted(chosen)} for {row['answer']} {sorted(row['set'])}")
    print(
        f"{name:14} same pixels {worst[True]:.1e}, other pixels {worst[False]:.1e}; "
        f"another answer or set: {', '.join(changed) or 'none'}"
    )
    for fault in faults:
        print(f"  FAILED {fault}")
    return bool(faults)


def examples(folder, scratch, rows, classes):
    """The programs beside the files, as a user runs them, print the same answers."""
    failed = False
    photos = [row for row in rows if "error" not in row and Path(row["path"]).suffix in (".png", ".jpg")]
    photos = [row for row in photos if Path(row["path"]).name not in OTHER_PIXELS and "remarks" not in row]
    paths = [str(folder / row["path"]) for row in photos]
    for program in ("image.onnx.py", "tensor.onnx.py", "model.tflite.py", "torch/load.py"):
        done = subprocess.run([sys.executable, scratch / program, *paths], capture_output=True, text=True)
        lines = done.stdout.splitlines()
        answers = [line.split("\t")[1] for line in lines]
        sets = [line.split("\t")[2:] for line in lines]
        # The module for PyTorch knows no "unknown".
        wanted = [
            row["predictions"][0]["class"] if program.startswith("torch") else row["answer"] or "unknown" for row in photos
        ]
        good = answers == wanted
        if program == "image.onnx.py":
            good &= [set(names) for names in sets] == [set(row["set"]) for row in photos]
        failed |= not good
        print(f"{program:16} {len(lines)} answers{'' if good else '  FAILED ' + done.stderr[-300:]}")
    return failed


def package(folder, scratch, rows):
    """The Python package of the wheel, laid out as `pip install --target` does."""
    shutil.copytree(PYTHON / "foliar", scratch / "site" / "foliar")
    (scratch / "site" / "bin").mkdir()
    (scratch / "site" / "bin" / "foliar").symlink_to(FOLIAR)
    sys.path.insert(0, str(scratch / "site"))
    found = importlib.import_module("foliar").predict([folder / "photos"], folder / "model.foliar", ["--all"])
    for row in found:
        row["path"] = str(Path(row["path"]).relative_to(folder))
    said = subprocess.run(
        [FOLIAR, "predict", "model.foliar", "photos", "--format", "jsonl", "--all"], cwd=folder, capture_output=True, text=True
    )
    program = [json.loads(line) for line in said.stdout.splitlines()]
    good = found == program and [row["path"] for row in found] == [row["path"] for row in rows]
    print(f"{'python/foliar':14} {len(found)} rows, {'those of the program' if good else 'others than the program: FAILED'}")
    return not good


def main():
    if len(sys.argv) != 2 or FOLIAR is None:
        sys.exit(__doc__)
    folder = Path(sys.argv[1]).resolve()
    rows = [json.loads(line) for line in (folder / "expected.jsonl").read_text().splitlines()]
    Image.MAX_IMAGE_PIXELS = None
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        image_of = image(folder, scratch)
        about = onnxruntime.InferenceSession(str(scratch / "image.onnx")).get_modelmeta().custom_metadata_map
        classes = json.loads(about["foliar"])["classes"]
        forms = {"ONNX image": image_of, "ONNX tensor": tensor(folder, scratch)}
        forms |= {"TFLite": tflite(folder, scratch), "PyTorch": torch(folder, scratch), "Java, TFLite": java(folder, scratch)}
        for name, said_of in forms.items():
            failed |= said_of is not None and compare(name, said_of, rows, classes, folder)
        failed |= examples(folder, scratch, rows, classes)
        failed |= package(folder, scratch, rows)
    return failed


if __name__ == "__main__":
    sys.exit(main())
