"""Compares foliar's tuner with Optuna's on functions whose minimum is known.

    python bench/bayes.py [--functions branin,sgd] [--seeds 20] [--variants plain,shift,noise,both] [--cache FILE]

Needs `pip install optuna torch`; builds and runs `cargo run --release -p foliar-bayes --example regret` beside it. Prints
the median (quartiles) of the simple regret: the noiseless value, less the minimum, of the hyperparameters that the sampler
proposes after the budget is spent. Optuna proposes the trial with the best observed value, foliar the one with
the best posterior mean. `reached` is the regret of the best hyperparameters that were tried, whether or not the sampler knew.

The functions, their boxes and the shift are those of `crates/train/bayes/examples/regret/`. With `--cache` results are kept, one
line of JSON per run, and runs found there are not repeated: Optuna's GPSampler takes about half a second a trial.
"""
import argparse
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

BUDGETS = {"branin": 30, "hartmann6": 60, "ackley5": 60, "rosenbrock4": 60, "sgd": 30}
#: A tenth of the function's standard deviation over its box; for sgd the noise it always has.
NOISE = {"branin": 5.0, "hartmann6": 0.04, "ackley5": 0.08, "rosenbrock4": 35000.0, "sgd": 0.005}
SHIFT = 0.3
ALWAYS_NOISY = {"sgd"}

BOXES = {
    "branin": [(-5.0, 10.0), (0.0, 15.0)],
    "hartmann6": [(0.0, 1.0)] * 6,
    "ackley5": [(-32.768, 32.768)] * 5,
    "rosenbrock4": [(-5.0, 10.0)] * 4,
    "sgd": [(-5.0, 1.0), (0.0, -math.log(0.001))],  # log10 of the rate, -log(1 - momentum)
}
OPTIMA = {
    "branin": [math.pi, 2.275],
    "hartmann6": [0.20168952, 0.15001069, 0.47687398, 0.27533243, 0.31165162, 0.65730054],
    "ackley5": [0.0] * 5,
    "rosenbrock4": [1.0] * 4,
    "sgd": [-0.7008589, 2.51273766],
}
MINIMA = {"branin": 0.39788735772973816, "hartmann6": -3.32236801141551, "ackley5": 0.0, "rosenbrock4": 0.0,
          "sgd": 0.1121877268614172}


def branin(x):
    a, b = x
    inner = b - 5.1 / (4 * math.pi**2) * a * a + 5 / math.pi * a - 6
    return inner * inner + 10 * (1 - 1 / (8 * math.pi)) * math.cos(a) + 10


def hartmann6(x):
    weights = (1.0, 1.2, 3.0, 3.2)
    scales = ((10, 3, 17, 3.5, 1.7, 8), (0.05, 10, 17, 0.1, 8, 14), (3, 3.5, 1.7, 10, 17, 8), (17, 8, 0.05, 10, 0.1, 14))
    centres = ((1312, 1696, 5569, 124, 8283, 5886), (2329, 4135, 8307, 3736, 1004, 9991),
               (2348, 1451, 3522, 2883, 3047, 6650), (4047, 8828, 8732, 5743, 1091, 381))
    return -sum(
        weight * math.exp(-sum(s * (v - c / 1e4) ** 2 for s, v, c in zip(scale, x, centre)))
        for weight, scale, centre in zip(weights, scales, centres)
    )


def ackley5(x):
    root = math.sqrt(sum(v * v for v in x) / len(x))
    waves = sum(math.cos(2 * math.pi * v) for v in x) / len(x)
    return -20 * math.exp(-0.2 * root) - math.exp(waves) + 20 + math.e


def rosenbrock4(x):
    return sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in zip(x, x[1:]))


def sgd(x):
    """Expected validation loss after 120 steps of heavy-ball gradient descent on eight curvatures with gradient noise:
    the exact recursion of the second moments of weight and velocity. None where it diverges."""
    rate, momentum = 10.0 ** x[0], 1 - math.exp(-x[1])
    loss = total = 0.0
    for direction in range(8):
        curvature = 10.0 ** (-3 * direction / 7)
        ww, wv, vv = 1.0, 0.0, 0.0
        for _ in range(120):
            pull = rate * curvature
            vv_next = momentum**2 * vv - 2 * momentum * pull * wv + pull**2 * ww + rate**2 * 0.01 * curvature
            cross = momentum * wv - pull * ww
            ww, wv, vv = ww + 2 * cross + vv_next, cross + vv_next, vv_next
            if not ww < 20:
                return None
        loss += math.sqrt(curvature) * ww
        total += math.sqrt(curvature)
    return 0.1 + 0.5 * loss / total


def splitmix(state):
    mask = (1 << 64) - 1
    state = (state + 0x9E3779B97F4A7C15) & mask
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & mask
    return state ^ (state >> 31)


def translation(function, shift, seed):
    """What to subtract from a point: moves the optimum by up to `shift` widths, reflected into the inner 90 % of the box."""
    moved = []
    for axis, ((low, high), optimum) in enumerate(zip(BOXES[function], OPTIMA[function])):
        if shift == 0:
            moved.append(0.0)
            continue
        uniform = (splitmix(seed * 1000 + axis) >> 11) / 2.0**53
        width = high - low
        target = (optimum - low) / width + shift * (2 * uniform - 1)
        while not 0.05 <= target <= 0.95:
            target = 0.1 - target if target < 0.05 else 1.9 - target
        moved.append(low + width * target - optimum)
    return moved


def optuna_run(sampler_name, function, trials, seed, noise, shift):
    import random
    import warnings

    import optuna

    warnings.filterwarnings("ignore")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    draws, move, truth = random.Random(seed), translation(function, shift, seed), {}
    sampler = {
        "GPSampler": lambda: optuna.samplers.GPSampler(seed=seed, deterministic_objective=noise == 0),
        "TPESampler": lambda: optuna.samplers.TPESampler(seed=seed),
        "RandomSampler": lambda: optuna.samplers.RandomSampler(seed=seed),
    }[sampler_name]()

    def objective(trial):
        x = [trial.suggest_float(f"x{axis}", low, high) for axis, (low, high) in enumerate(BOXES[function])]
        value = globals()[function]([a - b for a, b in zip(x, move)])
        if value is None:
            return math.inf  # a failed trial would be forgotten and asked again
        truth[trial.number] = value - MINIMA[function]
        return value + noise * draws.gauss(0, 1)

    study = optuna.create_study(sampler=sampler)
    started = time.perf_counter()
    study.optimize(objective, n_trials=trials)
    seconds = (time.perf_counter() - started) / trials
    return {"regret": truth.get(study.best_trial.number, math.inf), "reached": min(truth.values()), "seconds": seconds}


def foliar_runs(function, trials, seeds, noise, shift):
    command = ["cargo", "run", "--release", "--quiet", "-p", "foliar-bayes", "--example", "regret", "--", function,
               str(trials), str(seeds), "--noise", str(noise), "--shift", str(shift), "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["runs"]


def quartiles(values):
    values = sorted(values)

    def quantile(share):
        place = share * (len(values) - 1)
        below = math.floor(place)
        above = min(below + 1, len(values) - 1)
        return values[below] if values[below] == values[above] else (
            values[below] + (place - below) * (values[above] - values[below]))

    return f"{quantile(0.5):.3g} ({quantile(0.25):.2g}, {quantile(0.75):.2g})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--functions", default=",".join(BUDGETS))
    parser.add_argument("--variants", default="plain,shift,noise,both")
    parser.add_argument("--samplers", default="foliar,GPSampler,TPESampler")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--cache", type=Path)
    options = parser.parse_args()
    known = {}
    if options.cache and options.cache.exists():
        for line in options.cache.read_text().splitlines():
            entry = json.loads(line)
            known[tuple(entry["key"])] = entry["run"]

    def cached(sampler, function, seed, noise, shift):
        key = (sampler, function, BUDGETS[function], seed, noise, shift)
        if key not in known:
            known[key] = optuna_run(sampler, function, BUDGETS[function], seed, noise, shift)
            if options.cache:
                with options.cache.open("a") as file:
                    file.write(json.dumps({"key": key, "run": known[key]}) + "\n")
        return known[key]

    print("| function | trials | noise | shift | sampler | regret | reached | ms a trial |")
    print("| --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |")
    for variant in options.variants.split(","):
        for function in options.functions.split(","):
            noise = NOISE[function] if variant in ("noise", "both") or function in ALWAYS_NOISY else 0.0
            shift = SHIFT if variant in ("shift", "both") else 0.0
            if function in ALWAYS_NOISY and variant in ("noise", "both"):
                continue
            for sampler in options.samplers.split(","):
                if sampler == "foliar":
                    runs = foliar_runs(function, BUDGETS[function], options.seeds, noise, shift)
                else:
                    runs = [cached(sampler, function, seed, noise, shift) for seed in range(options.seeds)]
                milliseconds = 1000 * sum(run["seconds"] for run in runs) / len(runs)
                print(f"| {function} | {BUDGETS[function]} | {noise:g} | {shift:g} | {sampler} "
                      f"| {quartiles([run['regret'] for run in runs])} | {quartiles([run['reached'] for run in runs])} "
                      f"| {milliseconds:.1f} |")
                sys.stdout.flush()


if __name__ == "__main__":
    main()
