"""A study that `foliar` exports is the same study in Optuna.

    python bench/test_optuna_import.py [Frozen]

Needs `pip install optuna`. Builds and runs foliar (PROFILE names Cargo's profile, release unless given). `Frozen` needs no
build: it loads the fixture that `cargo test -p foliar-study --test export` compares the export with.
"""
import json
import math
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import optuna

sys.path.insert(0, str(Path(__file__).parent))
import optuna_import  # noqa: E402

ROOT = Path(__file__).parent.parent
FIXTURE = ROOT / "crates/train/study/tests/fixtures/export.json"
TRIALS = 24


def cargo(*arguments):
    command = ["cargo", "run", "-q", "--profile", os.environ.get("PROFILE", "release"), *arguments]
    subprocess.run(command, cwd=ROOT, check=True)


class Imported(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        file, out = (str(Path(cls.folder.name) / name) for name in ("study.sqlite", "trials.json"))
        cargo("-p", "foliar-study", "--example", "sampled", "--", file, str(TRIALS))
        cargo("-p", "foliar-cli", "--", "study", "export", file, "--out", out)
        cls.exported = json.loads(Path(out).read_text(encoding="utf-8"))
        cls.study = optuna_import.load(out)
        cls.pairs = list(zip(cls.exported["trials"], cls.study.trials, strict=True))

    def test_every_trial_is_there_in_its_state(self):
        self.assertEqual(len(self.pairs), TRIALS)
        for trial, imported in self.pairs:
            self.assertEqual(imported.state.name, optuna_import.STATES[trial["state"]])
        states = {imported.state.name for _, imported in self.pairs}
        self.assertEqual(states, {"COMPLETE", "PRUNED", "FAIL"})

    def test_values_and_parameters_are_the_same_to_the_last_bit(self):
        for trial, imported in self.pairs:
            self.assertEqual(imported.value, trial["value"])
            self.assertEqual(imported.params, trial["params"])
            self.assertEqual(len(imported.intermediate_values), len(trial["intermediate"]))
            for point in trial["intermediate"]:
                value = imported.intermediate_values[point["epoch"]]
                self.assertTrue(value == point["value"] or (math.isnan(value) and point["value"] is None))

    def test_the_best_trial_is_the_best_measured_one(self):
        values = [trial["value"] for trial in self.exported["trials"] if trial["value"] is not None]
        self.assertEqual(self.study.best_value, min(values))
        self.assertEqual(self.study.direction, optuna.study.StudyDirection.MINIMIZE)

    def test_optuna_goes_on_from_it(self):
        distributions = self.study.best_trial.distributions
        trial = self.study.ask(distributions)
        self.assertEqual(set(trial.params), {parameter["name"] for parameter in self.exported["parameters"]})
        self.assertTrue(distributions["learning rate"].log and distributions["batch size"].log)
        self.study.tell(trial, 1.0)
        self.assertEqual(len(self.study.trials), TRIALS + 1)


class Frozen(unittest.TestCase):
    def test_the_fixture_is_imported(self):
        exported = json.loads(FIXTURE.read_text(encoding="utf-8"))
        study = optuna_import.load(FIXTURE)
        ended = [trial for trial in exported["trials"] if trial["state"] in optuna_import.STATES]
        self.assertEqual([trial.state.name for trial in study.trials], ["COMPLETE", "PRUNED", "FAIL", "FAIL", "FAIL"])
        self.assertEqual([trial.params for trial in study.trials], [trial["params"] for trial in ended])
        self.assertEqual([trial.value for trial in study.trials], [trial["value"] for trial in ended])
        self.assertEqual(study.best_trial.number, exported["best"])
        self.assertEqual(study.trials[0].intermediate_values, {1: 0.75, 1_000_001: 0.1 + 0.2})


if __name__ == "__main__":
    unittest.main()
