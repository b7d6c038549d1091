"""The prediction of photographs in foliar, in onnxruntime and in PyTorch, in turn, and the ratios of their times.

    python -m pip install onnxruntime onnx torch torchvision timm
    cargo build --release
    python bench/ort.py [--models mobilenet_v2 resnet18 ...] [--batch 1] [--threads 1] [--pairs 5] [--torch] [--json]

A network has random weights and sees random pixels. foliar runs its own; the ONNX file is the bare network, without resizing and without
softmax, that PyTorch exports in evaluation mode: the same layers on the same shapes, with the batch norms in it. onnxruntime folds
them when it opens the file, as foliar does. What counts of a process is its median step and the fastest tenth of its steps, which
others on the machine disturb less. FOLIAR_ISA chooses foliar's instructions; onnxruntime and PyTorch take the best that the processor
has, and onnxruntime cannot be told otherwise: against foliar with AVX2, on a processor that has more, it is a bound. --torch adds eager
PyTorch in channels_last. (The file is not called onnxruntime.py, or Python would take it for the package.)
"""
import argparse
import json
import math
import statistics
import tempfile
import time
import warnings
from pathlib import Path

import pairs

WARM_UP, FEWEST = 3, 3
MODELS = ["mobilenet_v1_0.75", "mobilenet_v2", "mobilenet_v3_large", "resnet18", "resnet50", "efficientnet_b0"]
MODELS += ["vit_small_patch16_224"]


def steps(seconds: list[float]) -> dict:
    seconds = sorted(seconds)
    return {"median": 1e3 * statistics.median(seconds), "fast": 1e3 * seconds[len(seconds) // 10]}


def timed(step, least: float) -> dict:
    for _ in range(WARM_UP):
        step()
    seconds, begin = [], time.perf_counter()
    while len(seconds) < FEWEST or time.perf_counter() - begin < least:
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return steps(seconds)


def export(model: str, options: argparse.Namespace, file: Path) -> None:
    """Writes the network as an ONNX file."""
    import torch

    import networks

    network = networks.network(model, options.classes).eval()
    image = torch.zeros(1, 3, options.size, options.size)
    axes = {"images": {0: "batch"}, "logits": {0: "batch"}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network, (image,), str(file), dynamo=False, input_names=["images"], output_names=["logits"], dynamic_axes=axes
        )


def onnxruntime_side(model: str, options: argparse.Namespace) -> dict:
    import numpy
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    file = str(options.folder / f"{model}.onnx")
    session = onnxruntime.InferenceSession(file, settings, providers=["CPUExecutionProvider"])
    shape = (options.batch, 3, options.size, options.size)
    images = numpy.random.default_rng(1).uniform(-2, 2, shape).astype(numpy.float32)
    return timed(lambda: session.run(["logits"], {"images": images}), options.seconds)


def torch_side(model: str, options: argparse.Namespace) -> dict:
    import torch

    import networks

    torch.set_num_threads(options.threads)
    network = networks.network(model, options.classes).to(memory_format=torch.channels_last).eval()
    shape = (options.batch, 3, options.size, options.size)
    images = torch.empty(shape).uniform_(-2, 2).to(memory_format=torch.channels_last)
    with torch.inference_mode():
        return timed(lambda: network(images), options.seconds)


def compare(model: str, options: argparse.Namespace) -> dict:
    """The times of each side and the ratios to foliar's, of one network."""
    file = options.folder / f"{model}.onnx"
    if not file.exists():
        pairs.run(pairs.twin("ort.py", *work(model, options), "--side", "export"))
    ours = [options.foliar, "bench", "--mode", "infer", "--model", model, "--batch", options.batch, "--size", options.size]
    ours += ["--threads", options.threads, "--classes", options.classes, "--seconds", options.seconds, "--json"]
    commands = {side: pairs.twin("ort.py", *work(model, options), "--side", side) for side in others(options)}
    sides: dict[str, list[dict]] = {side: [] for side in ["foliar", *commands]}
    instructions = None
    for _ in range(options.pairs):
        document = pairs.run(ours, options.threads).document()
        instructions = document["instructions"]
        sides["foliar"].append(steps(document["step_seconds"]))
        for side, command in commands.items():
            sides[side].append(pairs.run(command, options.threads).document())
    result = {"model": model, "instructions": instructions, "sides": sides, "ratios": {}}
    for side in commands:
        column = {key: [[row[key] for row in sides[name]] for name in (side, "foliar")] for key in ("median", "fast")}
        result["ratios"][side] = {key: pairs.ratios(*values) for key, values in column.items()}
    return result


def others(options: argparse.Namespace) -> list[str]:
    return ["onnxruntime", "torch"] if options.torch else ["onnxruntime"]


def work(model: str, options: argparse.Namespace) -> list:
    shape = ["--batch", options.batch, "--size", options.size, "--classes", options.classes]
    return ["--models", model, *shape, "--threads", options.threads, "--seconds", options.seconds, "--folder", options.folder]


def print_line(result: dict) -> None:
    line = f"{result['model']:24}"
    for side, rows in result["sides"].items():
        median, fast = (statistics.median(row[key] for row in rows) for key in ("median", "fast"))
        line += f"  {side} {median:8.2f} {fast:8.2f} ms"
    for side, ratio in result["ratios"].items():
        line += f"  {side} / foliar {ratio['median']['median']:.2f} {ratio['fast']['median']:.2f}"
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=MODELS)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.0, help="time that is measured in each process")
    parser.add_argument("--torch", action="store_true", help="PyTorch as a further column")
    parser.add_argument("--folder", type=Path, help="where the ONNX files are kept for the next call [a temporary folder]")
    parser.add_argument("--side", choices=["export", "onnxruntime", "torch"], help=argparse.SUPPRESS)
    pairs.add_program(parser)
    options = parser.parse_args()
    if options.side:
        model = options.models[0]
        if options.side == "export":
            export(model, options, options.folder / f"{model}.onnx")
            return
        print(json.dumps({"onnxruntime": onnxruntime_side, "torch": torch_side}[options.side](model, options)))
        return
    pairs.warn_if_busy(options.threads)
    with tempfile.TemporaryDirectory() as temporary:
        options.folder = options.folder or Path(temporary)
        options.folder.mkdir(parents=True, exist_ok=True)
        results = []
        for model in options.models:
            results.append(compare(model, options))
            if not options.json:
                print_line(results[-1])
    if options.json:
        print(json.dumps(results, indent=2))
        return
    for side in others(options):
        for key in ("median", "fast"):
            mean = math.prod(result["ratios"][side][key]["median"] for result in results) ** (1 / len(results))
            print(f"{side} / foliar, {key} steps: {mean:.2f} (geometric mean)")


if __name__ == "__main__":
    main()
