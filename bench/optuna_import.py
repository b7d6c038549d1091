"""Loads the trials of `foliar study export FILE --out trials.json` into an Optuna study.

    python bench/optuna_import.py trials.json [sqlite:///optuna.db]

Trials that have not ended are left out. Optuna has no scale of momentum: there it is linear.
"""
import json
import math
import sys
from pathlib import Path

import optuna

STATES = {"finished": "COMPLETE", "pruned": "PRUNED", "infeasible": "FAIL", "failed": "FAIL", "abandoned": "FAIL"}
#: Optuna counts steps in one row: a later fold of a cross-validation comes after every epoch of an earlier one.
FOLD = 1_000_000


def load(path, storage=None):
    exported = json.loads(Path(path).read_text(encoding="utf-8"))
    distributions = {
        parameter["name"]: optuna.distributions.json_to_distribution(json.dumps(parameter["distribution"]))
        for parameter in exported["parameters"]
    }
    study = optuna.create_study(direction=exported["direction"].replace("ise", "ize"), storage=storage)
    for trial in exported["trials"]:
        if trial["state"] in STATES:
            steps = {
                FOLD * point["fold"] + point["epoch"]: math.nan if point["value"] is None else point["value"]
                for point in trial["intermediate"]
            }
            study.add_trial(optuna.trial.create_trial(
                state=optuna.trial.TrialState[STATES[trial["state"]]],
                value=trial["value"],
                params=trial["params"],
                distributions=distributions,
                intermediate_values=steps,
                user_attrs={key: trial[key] for key in ("number", "state", "seed", "seconds")},
            ))
    return study


if __name__ == "__main__":
    study = load(*sys.argv[1:3])
    print(f"{len(study.trials)} trials, best {study.best_value} with {study.best_params}")
