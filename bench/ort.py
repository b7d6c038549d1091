"""The prediction of photographs in foliar and in onnxruntime, in turn, and the ratio of their times.

    python -m pip install onnxruntime numpy
    cargo build --release
    cargo run --release -p foliar-export --example networks -- FOLDER 224 mobilenet_v1_0.75
    python bench/ort.py FOLDER/mobilenet_v1_0.75/tensor.onnx [--batch 1] [--threads 1] [--pairs 5] [--json]

Both run the network that the file holds, foliar from its own zoo, on random pixels. What counts of a process is its median step and
the fastest tenth of its steps, which others on the machine disturb less. FOLIAR_ISA chooses foliar's instructions; onnxruntime
takes the best that the processor has.
"""
import argparse
import json
import statistics
import time
from pathlib import Path

import pairs

WARM_UP = 3


def steps(seconds: list[float]) -> dict:
    seconds = sorted(seconds)
    return {"median": 1e3 * statistics.median(seconds), "fast": 1e3 * seconds[len(seconds) // 10]}


def measure(options: argparse.Namespace) -> dict:
    """onnxruntime's side, in a process of its own."""
    import numpy
    import onnxruntime

    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads = options.threads
    settings.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(options.file, settings, providers=["CPUExecutionProvider"])
    name, size = session.get_inputs()[0].name, session.get_inputs()[0].shape[-1]
    images = numpy.random.default_rng(1).uniform(-2, 2, (options.batch, 3, size, size)).astype(numpy.float32)

    def step() -> None:
        session.run(["probabilities"], {name: images})

    for _ in range(WARM_UP):
        step()
    seconds, begin = [], time.perf_counter()
    while time.perf_counter() - begin < options.seconds:
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return steps(seconds) | {"size": size, "classes": session.get_outputs()[0].shape[-1]}


def compare(options: argparse.Namespace) -> dict:
    pairs.warn_if_busy(options.threads)
    model = options.model or Path(options.file).resolve().parent.name
    work = ["--batch", options.batch, "--threads", options.threads, "--seconds", options.seconds]
    theirs = pairs.twin("ort.py", options.file, *work, "--side")
    sides: dict[str, list[dict]] = {"foliar": [], "onnxruntime": []}
    for number in range(options.pairs):
        sides["onnxruntime"].append(pairs.run(theirs, options.threads).document())
        shape = ["--size", sides["onnxruntime"][0]["size"], "--classes", sides["onnxruntime"][0]["classes"]]
        command = [options.foliar, "bench", "--model", model, "--mode", "infer", *work, *shape, "--json"]
        document = pairs.run(command, options.threads).document()
        sides["foliar"].append(steps(document["step_seconds"]) | {"instructions": document["instructions"]})
        if not options.json:
            ours, others = sides["foliar"][-1], sides["onnxruntime"][-1]
            line = f"{number + 1:4}  foliar {ours['median']:8.2f} {ours['fast']:8.2f} ms"
            print(f"{line}  onnxruntime {others['median']:8.2f} {others['fast']:8.2f} ms", flush=True)
    result = {"model": model, "batch": options.batch, "threads": options.threads, "sides": sides, "ratios": {}}
    for key in ("median", "fast"):
        theirs, ours = ([row[key] for row in sides[side]] for side in ("onnxruntime", "foliar"))
        result["ratios"][key] = pairs.ratios(theirs, ours)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", help="an ONNX file with the input `tensor`; its folder has the network's name")
    parser.add_argument("--model", help="the network, unless the folder has its name")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=2.0, help="time that is measured in each process")
    parser.add_argument("--side", action="store_true", help=argparse.SUPPRESS)
    pairs.add_program(parser)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(measure(options)))
        return
    result = compare(options)
    if options.json:
        print(json.dumps(result, indent=2))
        return
    for key, ratio in result["ratios"].items():
        print(f"onnxruntime / foliar, {key} steps: {ratio['median']:.2f} (median of the pairs)")


if __name__ == "__main__":
    main()
