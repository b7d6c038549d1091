"""How long trials that do nothing take in a study that processes share in PostgreSQL: foliar against Optuna, in turn, on one server.

    cargo build --release -p foliar-study --example empty_trials
    pip install optuna psycopg2-binary
    python bench/study_storage.py postgres://USER:PASSWORD@HOST/DATABASE [--trials 1000] [--workers 8] [--pairs 3] [--model]

Both choose points without a model (Optuna's RandomSampler, foliar's quasi-random start), or with `--model` each with its usual one.
The times are from the start of the first process to the end of the last one. Prints one row a pair, and the median of the ratios.
"""

import argparse
import math
import os
import statistics
import subprocess
import sys
import time

PROGRAM = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release", "examples", "empty_trials")


def storage(url):
    import optuna

    return optuna.storages.RDBStorage(url.replace("postgres://", "postgresql+psycopg2://", 1))


def optuna_worker(url, name, trials, model):
    import optuna
    from optuna.study import MaxTrialsCallback
    from optuna.trial import TrialState

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = None if model else optuna.samplers.RandomSampler()
    study = optuna.load_study(study_name=name, storage=storage(url), sampler=sampler)

    def objective(trial):
        rate = trial.suggest_float("rate", 1e-4, 1.0, log=True)
        trial.suggest_float("momentum", 0.0, 0.99)
        return math.log(rate / 0.01) ** 2

    study.optimize(objective, callbacks=[MaxTrialsCallback(trials, states=(TrialState.COMPLETE,))])


def optuna_seconds(url, name, workers, trials, model):
    """Optuna's loop may run a few trials too many, one for each worker at most; the time is scaled to `trials`."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(study_name=name, storage=storage(url), direction="minimize")
    command = [sys.executable, __file__, url, "--optuna-worker", name, "--trials", str(trials)]
    began = time.monotonic()
    children = [subprocess.Popen(command + (["--model"] if model else [])) for _ in range(workers)]
    assert all(child.wait() == 0 for child in children)
    return (time.monotonic() - began) * trials / len(study.trials)


def foliar_seconds(url, name, workers, trials, model):
    command = [PROGRAM, url, name, str(workers), str(trials)] + (["model"] if model else [])
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--model", action="store_true")
    parser.add_argument("--optuna-worker", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.optuna_worker:
        return optuna_worker(given.url, given.optuna_worker, given.trials, given.model)
    own = f"{os.getpid()}-{int(time.time())}"
    ratios = []
    print(f"{given.trials} trials by {given.workers} processes\n  foliar   Optuna   ratio")
    for pair in range(given.pairs):
        measured = given.workers, given.trials, given.model
        ours = foliar_seconds(given.url, f"bench-{own}-{pair}", *measured)
        theirs = optuna_seconds(given.url, f"bench-{own}-{pair}", *measured)
        ratios.append(ours / theirs)
        print(f"{ours:6.2f} s {theirs:6.2f} s {ratios[-1]:7.3f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.3f}")


if __name__ == "__main__":
    main()
