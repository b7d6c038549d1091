"""Compares what `foliar export` writes with what foliar computes.

    cargo run --release -p foliar-export --example networks -- FOLDER [SIZE]
    python bench/export.py networks FOLDER                      every network, both inputs, weights of both types, TFLite,
                                                                PyTorch; distances are for information: some drawn networks hardly
                                                                tell photos apart
    python bench/export.py photos RUN PHOTOS... [--count N]     a trained classifier on its photos, as PNG and as they are, as
                                                                ONNX and as TFLite
    python bench/export.py sizes RUN PHOTO                      one photo in odd sizes
    python bench/export.py speed RUN PHOTO                      time a photo, and of which size
    python bench/export.py runtimes RUN PHOTOS... [--count N] [--node-modules FOLDER]
                                                                the ONNX file in onnxruntime, OpenVINO, with FOLDER in onnxruntime-web,
                                                                and foliar, against each other and against PyTorch in double precision

The program is taken from the environment's FOLIAR, else `foliar`. Needs ai-edge-litert, onnx, onnxruntime, openvino, torch, torchvision,
timm, safetensors, NumPy and Pillow from PyPI.
"""

import argparse
import importlib.util
import json
import math
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from PIL import Image

sys.path.insert(0, str(Path(__file__).parent.parent / "crates/export/src/python"))
from photo import cropped, upright

FOLIAR = os.environ.get("FOLIAR", "foliar")
# What the exported files must keep. Single precision alone takes foliar and onnxruntime up to 8e-6 from the probabilities of float64,
# so one photo of a thousand may be beyond.
LOGITS, PROBABILITIES = 1e-4, 1e-5
TIMM = ("resnet18", "resnet34", "resnet50", "resnet101", "resnext50_32x4d", "densenet121")


def session(path, threads=1):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options)


def run(opened, values):
    name = opened.get_inputs()[0].name
    return dict(zip([output.name for output in opened.get_outputs()], opened.run(None, {name: values})))


def lite(path):
    """What the TFLite file says of pixels, (size, size, 3)."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(str(path), num_threads=2)
    signature = interpreter.get_signature_runner()
    # The interpreter must live as long as what runs in it.
    return lambda pixels, _=interpreter: {name: value[0] for name, value in signature(image=pixels[None]).items()}


def log_softmax(logits):
    logits = logits - logits.max()
    return logits - np.log(np.exp(logits).sum())


def difference(probabilities, row):
    """Largest difference of a logit, as a share of the largest logit."""
    logits = np.array(row["logits"], np.float64)
    found, expected = np.log(probabilities.astype(np.float64)), log_softmax(logits)
    return float(np.abs(found - expected).max() / max(np.abs(logits).max(), 1e-9))


def agrees(said, row):
    chosen = sorted(np.flatnonzero(said["set"]).tolist()) == sorted(row["set"])
    return chosen and int(said["answer"]) == row["answer"]


def networks(folder):
    failures = 0
    print("network              image  tensor  OpenVINO  distance  half: logits  LiteRT   half   distance  torch  strict into")
    for path in sorted(Path(folder).iterdir()):
        about = json.loads((path / "expected.json").read_text())
        rows, size = about["rows"], about["size"]
        for name in ("image", "tensor", "half"):
            onnx.checker.check_model(str(path / f"{name}.onnx"), full_check=True)
        photos = [
            np.fromfile(path / f"{index}.rgb", np.uint8).reshape(row["height"], row["width"], 3)
            for index, row in enumerate(rows)
        ]
        inputs = np.stack(
            [np.fromfile(path / f"{index}.f32", np.float32).reshape(size, size, 3) for index in range(len(rows))]
        ).transpose(0, 3, 1, 2)
        opened = session(path / "image.onnx", 2)
        singles = [run(opened, photo) for photo in photos]
        del opened
        batch = run(session(path / "tensor.onnx", 2), inputs)
        batches = [{name: value[index] for name, value in batch.items()} for index in range(len(rows))]
        half = run(session(path / "half.onnx", 2), inputs)["probabilities"]
        vino = openvino(path / "image.onnx", photos)
        worst = lambda said: max((difference(s["probabilities"], row) for s, row in zip(said, rows)), default=math.nan)
        errors = [worst(singles), worst(batches), worst(vino)]
        distance = max(
            abs(float(s["distance"]) / row["distance"] - 1) for s, row in zip(singles + batches, rows + rows)
        )
        halves = max(difference(p, row) for p, row in zip(half, rows))
        seen = [np.fromfile(path / f"{index}.u8", np.uint8).reshape(size, size, 3) for index in range(len(rows))]
        # Transformers have no TFLite file.
        lites = [lite(file) if file.exists() else None for file in tflite_files(path)]
        tflite, half_tflite = ([run(pixels) for pixels in seen] if run else [] for run in lites)
        lite_error, half_lite = worst(tflite), worst(half_tflite)
        lite_distance = max((abs(float(s["distance"]) / row["distance"] - 1) for s, row in zip(tflite, rows)), default=math.nan)
        equal = all(agrees(s, row) for s, row in zip(singles + batches + vino + tflite, rows * 4))
        torch_error, modules = pytorch(path / "torch", inputs, rows, about["temperature"])
        good = max(*errors, lite_error if tflite else 0.0, torch_error) < LOGITS and equal
        failures += not good
        print(
            f"{path.name:19} {errors[0]:7.1e} {errors[1]:7.1e}   {errors[2]:7.1e}   {distance:7.1e}"
            f"       {halves:7.1e}  {lite_error:7.1e} {half_lite:7.1e} {lite_distance:7.1e}  {torch_error:7.1e}  {', '.join(modules)}{'' if good else '  FAILED'}"
        )
    return failures


def tflite_files(path):
    return path / "model.tflite", path / "half.tflite"


def openvino(path, photos):
    import openvino as ov

    compiled = ov.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    names = [output.get_any_name() for output in compiled.outputs]
    return [dict(zip(names, compiled([photo]).values())) for photo in photos]


def pytorch(folder, inputs, rows, temperature):
    """Largest difference of the folder's own module and of others that load it strictly, and their names."""
    import timm
    import torch
    from safetensors.torch import load_file

    spec = importlib.util.spec_from_file_location("load", folder / "load.py")
    load = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(load)
    module, config = load.load(folder)
    state = load_file(folder / "model.safetensors")
    own = load.Network(config["foliar"]["graph"]["nodes"], state)
    own.load_state_dict(state, strict=True)
    modules = {"load.py": own.eval(), type(module).__module__.split(".")[0]: module}
    if config["architecture"] in TIMM:
        modules["timm"] = timm.create_model(f"local-dir:{folder}", pretrained=True).eval()
    modules = {("load.py" if name == "load" else name): module for name, module in modules.items()}
    error = 0.0
    for module in modules.values():
        with torch.no_grad():
            logits = module(torch.from_numpy(inputs.copy())).double() / temperature
        error = max(error, *(difference(p.softmax(0).numpy(), row) for p, row in zip(logits, rows)))
    return error, modules


def predictions(bundle, paths):
    """Rows of `foliar predict` for the photos at `paths`."""
    text = ""
    for start in range(0, len(paths), 500):
        command = [FOLIAR, "predict", bundle, *map(str, paths[start : start + 500]), "--format", "jsonl", "--all"]
        text += subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in text.splitlines()]


def compare(said_of, classes, paths, rows):
    """Differences of probabilities and distances for each photo, and the photos whose answer or set differs."""
    differences, distances, changed = [], [], []
    for path, row in zip(paths, rows):
        if "error" in row:
            continue
        said = said_of(path)
        expected = np.zeros(len(classes))
        for prediction in row["predictions"]:
            expected[classes.index(prediction["class"])] = prediction["probability"]
        differences.append(float(np.abs(said["probabilities"] - expected).max()))
        if "distance" in row and "distance" in said:
            distances.append(abs(float(said["distance"]) / row["distance"] - 1))
        answer = classes[said["answer"]] if said["answer"] >= 0 else None
        chosen = {name for name, inside in zip(classes, said.get("set", [])) if inside}
        if answer != row["answer"] or ("set" in row and chosen != set(row["set"])):
            changed.append(path)
    return differences, distances, changed


def export(bundle, folder, *options):
    """The exported ONNX file, as what it says of the photo at a path, and its classes."""
    path = Path(folder) / "model.onnx"
    subprocess.run([FOLIAR, "export", bundle, "--out", path, *options], check=True, capture_output=True)
    onnx.checker.check_model(str(path), full_check=True)
    opened = session(path)
    classes = json.loads(opened.get_modelmeta().custom_metadata_map["foliar"])["classes"]
    return lambda photo: run(opened, upright(photo)), classes


def export_tflite(bundle, folder, *options):
    """The same of the TFLite file."""
    path = Path(folder) / "model.tflite"
    command = [FOLIAR, "export", bundle, "--format", "tflite", "--out", path, *options]
    subprocess.run(command, check=True, capture_output=True)
    about = json.loads(zipfile.ZipFile(path).read("foliar.json"))
    run_tflite = lite(path)
    return lambda photo: run_tflite(cropped(upright(photo), about["preprocessing"])), about["classes"]


def photos(bundle, folders, count, risk):
    found = sorted(path for folder in folders for path in Path(folder).rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    found = found[:: max(1, -(-len(found) // count))]
    failures = 0
    with tempfile.TemporaryDirectory() as scratch:
        pngs = []
        for index, path in enumerate(found):
            pngs.append(Path(scratch) / f"{index}.png")
            Image.fromarray(upright(path)).save(pngs[-1], compress_level=1)
        for form, weights in [(export, "f32"), (export, "f16"), (export_tflite, "f32"), (export_tflite, "f16")]:
            said_of, classes = form(bundle, scratch, "--risk", risk, "--weights", weights)
            name = "ONNX" if form == export else "TFLite"
            for kind, paths in (("PNG", pngs), ("as they are", found)):
                command_rows = [json.loads(line) for line in predict_lines(bundle, paths, risk)]
                differences, distances, changed = compare(said_of, classes, paths, command_rows)
                one = max(1, len(differences) / 1000)
                far = sum(difference > PROBABILITIES for difference in differences)
                exact = kind == "PNG"
                good = weights == "f16" or (len(changed) <= (one if exact else 5 * one) and (not exact or far <= one))
                failures += not good
                print(
                    f"{name}, {weights}, {kind}: {len(differences)} photos, probabilities differ by {np.mean(differences):.1e} "
                    f"(largest {max(differences):.1e}), distances by a share of {max(distances, default=0):.1e}; "
                    f"another answer or set: {len(changed)}{'' if good else '  FAILED'}"
                )
                for path in changed[:5]:
                    print(f"  {path}")
    return failures


def runtimes(bundle, folders, count, modules):
    """How far probabilities are from float64, and from each other; of the same pixels."""
    import torch

    torch.set_num_threads(1)
    found = sorted(path for folder in folders for path in Path(folder).rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".png"))
    found = found[:: max(1, -(-len(found) // count))]
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        said_of, classes = export(bundle, scratch)
        command = [FOLIAR, "export", bundle, "--format", "torch", "--out", scratch / "torch"]
        subprocess.run(command, check=True, capture_output=True)
        spec = importlib.util.spec_from_file_location("load", scratch / "torch/load.py")
        load = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(load)
        module, config = load.load(scratch / "torch")
        module, about = module.double(), config["foliar"]["preprocessing"]
        mean, std = (np.array(about[name], np.float32).astype(float) for name in ("mean", "std"))
        pixels, pngs, pictures, exact = [], [], [], []
        for index, path in enumerate(found):
            pixels.append(upright(path))
            pngs.append(scratch / f"{index}.png")
            Image.fromarray(pixels[-1]).save(pngs[-1], compress_level=1)
            (scratch / f"{index}.rgb").write_bytes(pixels[-1].tobytes())
            height, width = pixels[-1].shape[:2]
            pictures.append({"file": str(scratch / f"{index}.rgb"), "height": height, "width": width})
            values = torch.from_numpy((cropped(pixels[-1], about) / 255 - mean) / std).permute(2, 0, 1)[None]
            with torch.no_grad():
                exact.append((module(values)[0] / config["foliar"]["temperature"]).softmax(0).numpy())
        said = {"foliar": np.zeros((len(found), len(classes)))}
        for place, row in enumerate(predictions(bundle, pngs)):
            for prediction in row["predictions"]:
                said["foliar"][place, classes.index(prediction["class"])] = prediction["probability"]
        said["onnxruntime"] = [said_of(path)["probabilities"] for path in pngs]
        said["OpenVINO"] = [values["probabilities"] for values in openvino(scratch / "model.onnx", pixels)]
        if modules:
            (scratch / "pixels.json").write_text(json.dumps(pictures))
            command = ["node", Path(__file__).with_name("runtimes.mjs"), modules, scratch / "model.onnx", scratch / "pixels.json"]
            lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
            said["onnxruntime-web"] = [json.loads(line) for line in lines]
    said = {name: np.array(values, float) for name, values in (said | {"float64": exact}).items()}
    names = list(said)
    print(f"{len(found)} photos; largest (mean) difference of a probability\n{'':16}" + "".join(f"{name:>20}" for name in names))
    for first in names[:-1]:
        apart = [np.abs(said[first] - said[second]).max(1) for second in names]
        print(f"{first:16}" + "".join(f"  {gap.max():8.1e} ({gap.mean():.1e})" for gap in apart))


def predict_lines(bundle, paths, risk):
    lines = []
    for start in range(0, len(paths), 500):
        command = [FOLIAR, "predict", bundle, *map(str, paths[start : start + 500])]
        command += ["--format", "jsonl", "--all", "--risk", risk]
        lines += subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    return lines


SIZES = [(1, 1), (1, 4000), (4000, 1), (2, 3), (15, 17), (224, 224), (256, 256), (337, 336), (336, 337), (500, 500)]
SIZES += [(640, 481), (1024, 768), (3000, 200), (4032, 3024), (3024, 4032), (9000, 6000)]


def sizes(bundle, photo):
    failures = 0
    noise = np.random.default_rng(1)
    original = Image.fromarray(upright(photo))
    with tempfile.TemporaryDirectory() as scratch:
        said_of, classes = export(bundle, scratch)
        paths = []
        for width, height in SIZES:
            pixels = np.asarray(original.resize((width, height), Image.BICUBIC)).astype(int)
            pixels = (pixels + noise.integers(-20, 21, (height, width, 1))).clip(0, 255).astype(np.uint8)
            paths.append(Path(scratch) / f"{width}x{height}.png")
            Image.fromarray(pixels).save(paths[-1], compress_level=1)
        special = {
            "grey": original.convert("L"),
            "palette": original.convert("P"),
            "alpha": Image.merge("RGBA", [*original.split(), original.convert("L")]),
            "turned": original,
        }
        for name, picture in special.items():
            paths.append(Path(scratch) / f"{name}.png")
            exif = Image.Exif()
            exif[0x0112] = 6 if name == "turned" else 1
            picture.save(paths[-1], exif=exif)
        for path, row in zip(paths, predictions(bundle, paths)):
            differences, distances, changed = compare(said_of, classes, [path], [row])
            good = not changed and max(differences) < 1e-4
            failures += not good
            print(
                f"{path.stem:10} probabilities {max(differences):.1e}, distance {max(distances, default=0):.1e}"
                f"{'' if good else '  FAILED'}"
            )
    return failures


def speed(bundle, photo):
    original = Image.fromarray(upright(photo))
    with tempfile.TemporaryDirectory() as scratch:
        export(bundle, scratch)
        opened = session(Path(scratch) / "model.onnx")
        for width, height in [(224, 224), (500, 500), (1600, 1200), (4032, 3024)]:
            pixels = np.asarray(original.resize((width, height)))
            print(f"{width} x {height}: {1000 * least_of_10(lambda: run(opened, pixels)):.0f} ms, one thread, the least of 10")
    return 0


def least_of_10(call):
    times = []
    for _ in range(10):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["networks", "photos", "sizes", "speed", "runtimes"])
    parser.add_argument("first", help="the folder of networks, or the run")
    parser.add_argument("photos", nargs="*")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--risk", default="0.1")
    parser.add_argument("--node-modules")
    arguments = parser.parse_args()
    if arguments.what == "networks":
        return networks(arguments.first)
    if arguments.what == "photos":
        return photos(arguments.first, arguments.photos, arguments.count, arguments.risk)
    if arguments.what == "runtimes":
        return runtimes(arguments.first, arguments.photos, arguments.count, arguments.node_modules)
    return {"sizes": sizes, "speed": speed}[arguments.what](arguments.first, arguments.photos[0])


if __name__ == "__main__":
    sys.exit(bool(main()))
