"""Measures Optuna's samplers for the test `crates/train/bayes/tests/optuna.rs`.

    python bench/optuna_fixture.py [--cache FILE]

Needs `pip install optuna torch scipy`. Writes `crates/train/bayes/tests/fixtures/optuna.json`: the simple regret of each
sampler on functions with a known minimum, one value per seed, and the versions that were used. `cargo test` compares
foliar's regret with the medians and needs no Python. Functions, budgets and noise are those of `bench/bayes.py`. With
`--cache` finished runs are kept, one line of JSON per run, and not repeated.
"""
import argparse
import importlib.metadata
import json
import platform
from pathlib import Path

import bayes

SEEDS = 11
FAST = ("RandomSampler", "TPESampler")
#: Function, whether noise is added, and samplers. GPSampler takes about a second per trial beyond two dimensions.
CASES = (
    ("branin", False, (*FAST, "GPSampler")),
    ("branin", True, (*FAST, "GPSampler")),
    ("rosenbrock4", False, FAST),
    ("hartmann6", False, FAST),
    ("hartmann6", True, FAST),
    ("ackley5", False, FAST),
)
OUT = Path(__file__).parent.parent / "crates/train/bayes/tests/fixtures/optuna.json"


def runs(sampler, function, noise, known, cache):
    for seed in range(SEEDS):
        key = (sampler, function, bayes.BUDGETS[function], seed, noise, 0.0)
        if key not in known:
            known[key] = bayes.optuna_run(sampler, function, bayes.BUDGETS[function], seed, noise, 0.0)
            if cache:
                with cache.open("a") as file:
                    file.write(json.dumps({"key": key, "run": known[key]}) + "\n")
        yield known[key]["regret"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path)
    cache = parser.parse_args().cache
    known = {}
    if cache and cache.exists():
        for line in cache.read_text().splitlines():
            entry = json.loads(line)
            known[tuple(entry["key"])] = entry["run"]
    cases = []
    for function, noisy, samplers in CASES:
        noise = bayes.NOISE[function] if noisy else 0.0
        regrets = {sampler: list(runs(sampler, function, noise, known, cache)) for sampler in samplers}
        cases.append({"function": function, "trials": bayes.BUDGETS[function], "noise": noise, "regrets": regrets})
    versions = {name: importlib.metadata.version(name) for name in ("optuna", "torch", "scipy", "numpy")}
    document = {"versions": {"python": platform.python_version(), **versions}, "seeds": list(range(SEEDS)), "cases": cases}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
