"""One photograph, from the start of a process to its class: foliar and a Python script with the same network, in turn.

    python -m pip install torch torchvision pillow
    cargo build --release
    target/release/foliar train PHOTOS --model resnet18 --epochs 1 --out RUN
    python bench/cold.py RUN/model.foliar PHOTO [--threads 2] [--pairs 5] [--json]

The bundle's weights are first saved as PyTorch saves them, which is not timed. Then both programs start, read their weights
and the photograph, and say what it shows. They must agree on the class; the files are in the system's cache.
"""
import argparse
import json
import statistics
import struct
import tempfile
from pathlib import Path

import pairs


def predict(weights: Path, photo: Path, threads: int) -> dict:
    """The script that foliar is compared with, in a process of its own."""
    import torch
    from PIL import Image
    from torchvision.transforms import v2

    import networks

    torch.set_num_threads(threads)
    saved = torch.load(weights, weights_only=True)
    model = networks.network(saved["model"], len(saved["classes"]), same=True)
    model.load_state_dict(saved["state"])
    model.eval()
    prepare = v2.Compose([
        v2.Resize(saved["resize_side"], antialias=True),
        v2.CenterCrop(saved["size"]),
        v2.ToImage(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize(saved["mean"], saved["std"]),
    ])
    with torch.inference_mode():
        logits = model(prepare(Image.open(photo).convert("RGB")).unsqueeze(0))[0]
    probability, index = torch.softmax(logits / saved["temperature"], 0).max(0)
    return {"class": saved["classes"][index], "probability": probability.item()}


def convert(bundle: Path, to: Path) -> None:
    """Saves a bundle as PyTorch saves a state. A bundle is a safetensors file: the length of a JSON header as eight bytes,
    the header, and the numbers."""
    import torch

    data = bundle.read_bytes()
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    (document,) = header.pop("__metadata__").values()
    content = json.loads(document)["content"]
    state = {}
    # What a bundle knows of its own limits is no part of the network.
    for name, tensor in ((name, tensor) for name, tensor in header.items() if not name.startswith("caution.")):
        start, end = (8 + length + offset for offset in tensor["data_offsets"])
        state[name] = torch.frombuffer(bytearray(data[start:end]), dtype=torch.float32).reshape(tensor["shape"])
    preprocessing = content["preprocessing"]
    saved = {name: preprocessing[name] for name in ("resize_side", "size", "mean", "std")}
    saved |= {"model": content["graph"]["name"], "classes": content["classes"], "temperature": content["temperature"]}
    for name in [name for name in state if name.endswith("running_mean")]:
        state[name.replace("running_mean", "num_batches_tracked")] = torch.tensor(0)
    torch.save(saved | {"state": state}, to)


def compare(options: argparse.Namespace, weights: Path) -> dict:
    pairs.warn_if_busy(options.threads)
    pairs.run(pairs.twin("cold.py", options.bundle, options.photo, "--convert", weights))
    threads = ["--threads", options.threads]
    ours = [options.foliar, "predict", options.bundle, options.photo, *threads, "--format", "jsonl", "--top", 1]
    theirs = pairs.twin("cold.py", options.bundle, options.photo, *threads, "--weights", weights)
    # Once each, so that the files are in the system's cache.
    pairs.run(ours), pairs.run(theirs, options.threads)
    result = {"foliar": [], "pytorch": []}
    for number in range(options.pairs):
        first, second = pairs.run(ours, options.threads), pairs.run(theirs, options.threads)
        answer, other = first.document()["predictions"][0], second.document()
        if answer["class"] != other["class"]:
            raise SystemExit(f"foliar says {answer}, PyTorch {other}")
        result["foliar"].append({"seconds": first.seconds, "peak_memory_bytes": first.peak_bytes})
        result["pytorch"].append({"seconds": second.seconds, "peak_memory_bytes": second.peak_bytes})
        if not options.json:
            ratio = second.seconds / first.seconds
            print(f"{number + 1:4}  foliar {first.seconds:7.3f} s  PyTorch {second.seconds:7.3f} s  ratio {ratio:6.1f}")
    seconds = {side: [run["seconds"] for run in runs] for side, runs in result.items()}
    memory = {side: statistics.median(run["peak_memory_bytes"] for run in runs) for side, runs in result.items()}
    return {
        "runs": result,
        "speed": pairs.ratios(seconds["pytorch"], seconds["foliar"]),
        "memory": memory["foliar"] / memory["pytorch"],
        "answers": {"foliar": answer, "pytorch": other},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--weights", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--convert", type=Path, help=argparse.SUPPRESS)
    pairs.add_program(parser)
    options = parser.parse_args()
    if options.convert:
        convert(options.bundle, options.convert)
    elif options.weights:
        print(json.dumps(predict(options.weights, options.photo, options.threads)))
    else:
        with tempfile.TemporaryDirectory() as folder:
            result = compare(options, Path(folder) / "weights.pth")
        if options.json:
            print(json.dumps(result, indent=2))
        else:
            print(f"foliar is {result['speed']['median']:.1f} times as fast (median), with {result['memory']:.2f} of the memory")
            print(json.dumps(result["answers"]))


if __name__ == "__main__":
    main()
