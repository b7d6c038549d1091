"""The same work in foliar and in PyTorch on the CPU, in turn, and the ratio of their speeds.

    python -m pip install torch torchvision
    cargo build --release
    python bench/pytorch.py --model resnet50 --mode train --batch 16 --size 224 --threads 2 [--pairs 5] [--compile] [--json]

PyTorch runs eagerly, in float32 and channels_last; --compile adds torch.compile as a further column. Training is the forward
pass, cross-entropy, the backward pass and a step of SGD with momentum 0.9 and weight decay 1e-4, on both sides. Weights and
pixels are random. Images a second come from the median step; peak memory is that of the whole process.
"""
import argparse
import json
import statistics
import time

import pairs

MEBIBYTE = 1 << 20
WARM_UP, FEWEST = 2, 3


def measure(options: argparse.Namespace) -> dict:
    """PyTorch's side, in a process of its own."""
    import torch

    import networks

    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    model = networks.network(options.model, options.classes).to(memory_format=torch.channels_last)
    training = options.mode == "train"
    model.train(training)
    shape = (options.batch, 3, options.size, options.size)
    images = torch.empty(shape).uniform_(-2, 2).to(memory_format=torch.channels_last)
    labels = torch.randint(options.classes, (options.batch,))
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-4)
    run = torch.compile(model) if options.side == "compile" else model

    def train() -> None:
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(run(images), labels).backward()
        optimizer.step()

    @torch.inference_mode()
    def infer() -> None:
        run(images)

    step = train if training else infer
    for _ in range(WARM_UP):
        step()
    seconds, begin = [], time.perf_counter()
    while len(seconds) < FEWEST or time.perf_counter() - begin < options.seconds:
        start = time.perf_counter()
        step()
        seconds.append(time.perf_counter() - start)
    return {
        "images_per_second": options.batch / statistics.median(seconds),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "torch": torch.__version__,
    }


def compare(options: argparse.Namespace) -> dict:
    pairs.warn_if_busy(options.threads)
    work = ["--model", options.model, "--mode", options.mode, "--batch", options.batch, "--size", options.size]
    work += ["--threads", options.threads, "--classes", options.classes, "--seconds", options.seconds]
    commands = {"foliar": [options.foliar, "bench", *work, "--json"]}
    for side in ["eager", "compile"] if options.compile else ["eager"]:
        commands[side] = pairs.twin("pytorch.py", *work, "--side", side)
    shape = ["--model", options.model, "--classes", options.classes, "--image-size", options.size, "--json"]
    parameters = pairs.run([options.foliar, "summary", *shape]).document()["parameters"]
    sides = {side: {"images_per_second": [], "peak_memory_bytes": []} for side in commands}
    for number in range(options.pairs):
        for side, command in commands.items():
            finished = pairs.run(command, options.threads)
            document = finished.document()
            if document.get("parameters", parameters) != parameters:
                raise SystemExit(f"{side} has {document['parameters']} parameters, foliar {parameters}")
            sides[side]["images_per_second"].append(document["images_per_second"])
            sides[side]["peak_memory_bytes"].append(finished.peak_bytes)
        if not options.json:
            print_pair(number, sides)
    result = {"model": options.model, "mode": options.mode, "batch": options.batch, "size": options.size}
    result |= {"threads": options.threads, "classes": options.classes, "sides": sides, "ratios": {}}
    for side in list(commands)[1:]:
        speed = pairs.ratios(sides["foliar"]["images_per_second"], sides[side]["images_per_second"])
        memory = pairs.ratios(sides["foliar"]["peak_memory_bytes"], sides[side]["peak_memory_bytes"])
        result["ratios"][side] = {"speed": speed, "memory": memory}
    return result


def print_pair(number: int, sides: dict) -> None:
    if number == 0:
        print("pair  foliar images/s   MiB" + "".join(f"  {side:>8} images/s   MiB  ratio" for side in list(sides)[1:]))
    line = f"{number + 1:4}"
    ours = None
    for values in sides.values():
        rate, memory = values["images_per_second"][-1], values["peak_memory_bytes"][-1] // MEBIBYTE
        if ours is None:
            ours = rate
            line += f"  {rate:15.2f} {memory:5}"
        else:
            line += f"  {rate:17.2f} {memory:5}  {ours / rate:5.2f}"
    print(line, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="resnet50")
    parser.add_argument("--mode", choices=["train", "infer"], default="train")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--classes", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=5.0, help="least time that is measured in each process")
    parser.add_argument("--compile", action="store_true", help="torch.compile as a further column")
    parser.add_argument("--side", choices=["eager", "compile"], help=argparse.SUPPRESS)
    pairs.add_program(parser)
    options = parser.parse_args()
    if options.side:
        print(json.dumps(measure(options)))
        return
    result = compare(options)
    if options.json:
        print(json.dumps(result, indent=2))
        return
    for side, ratio in result["ratios"].items():
        print(f"foliar / {side}: speed {ratio['speed']['median']:.2f}, memory {ratio['memory']['median']:.2f} (medians)")


if __name__ == "__main__":
    main()
