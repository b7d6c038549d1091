"""Compares every figure of `foliar-metrics` with scikit-learn's, torchmetrics', SciPy's and MAPIE's on shared predictions.

    python -m pip install numpy scipy scikit-learn mapie torch torchmetrics
    cargo build --release -p foliar-metrics --example metrics_of
    python bench/metrics.py [--keep FOLDER]

Draws predictions with several numbers of photographs and classes, with ties, with classes that do not occur or are never
called; has the example work out every figure; and prints the largest difference of each from the reference. Exits with 1 if
one is above its tolerance: 1e-6, but where the last column says otherwise. torchmetrics is left out where it is not installed.
"""
import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import sklearn.metrics as sk
from mapie.classification import SplitConformalClassifier
from mapie.metrics.calibration import expected_calibration_error
from mapie.metrics.classification import classification_coverage_score, classification_mean_width_score
from scipy import stats
from scipy.special import logsumexp, softmax
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.covariance import LedoitWolf

try:
    import torch
    import torchmetrics.functional.classification as tm
except ImportError:
    tm = None

EXAMPLE = Path(__file__).parent.parent / "target/release/examples/metrics_of"
# (photographs, classes, ties, classes that do not occur)
CASES = [(7, 2, False, 0), (60, 3, False, 0), (60, 3, True, 1), (400, 15, True, 0), (1000, 6, False, 2), (3000, 38, False, 0),
         (20000, 40, False, 0)]
ALPHAS = [0.05, 0.1, 0.2]


def part(random, count, classes, ties, absent):
    """Predictions that are overconfident, of groups of one to three photographs."""
    labels = random.integers(0, classes - absent, count)
    logits = random.normal(0, 1.5, (count, classes)) + 2.5 * np.eye(classes)[labels]
    if absent:
        logits[:, -1] = -20
    logits = (np.round(logits) if ties else logits).astype(np.float32)
    groups = np.sort(random.integers(0, count // 2 + 1, count))
    return {"logits": logits, "labels": labels, "groups": groups}


def draw(seed, count, classes, ties, absent):
    random = np.random.default_rng(seed)
    calibration = part(random, max(count // 2, 5), classes, ties, absent)
    calibration["groups"] = np.arange(len(calibration["labels"]))
    inside, outside = random.normal(0, 1, count), random.normal(1, 1, count // 2 + 1)
    train_labels = random.integers(0, 4, 300)
    mixing = random.normal(0, 1, (24, 24)) * np.linspace(0.05, 1, 24)
    features = lambda labels: (random.normal(0, 1, (len(labels), 24)) @ mixing + labels[:, None]).astype(np.float32)
    return {
        "classes": classes, "resamples": 2000, "alphas": ALPHAS, "calibration": calibration,
        "test": part(random, count, classes, ties, absent),
        "train_features": features(train_labels), "train_labels": train_labels,
        "test_features": features(random.integers(0, 4, 50)) + np.float32(0.5),
        "inside": np.round(inside, 1) if ties else inside, "outside": np.round(outside, 1) if ties else outside,
        "pairs": [(int(b), int(c)) for b, c in random.integers(0, 60, (10, 2))],
        "bounds": [(int(k), int(n), float(c)) for n, c in zip(random.integers(1, 500, 10), random.uniform(0.8, 0.999, 10))
                   for k in [random.integers(0, n)]],
    }


class Table:
    """The largest difference of each figure over all cases."""

    def __init__(self):
        self.rows = {}

    def add(self, name, reference, ours, theirs, tolerance=1e-6):
        ours, theirs = np.asarray(ours, float), np.asarray(theirs, float)
        difference = np.inf if ours.shape != theirs.shape else float(np.max(np.abs(ours - theirs), initial=0.0))
        compared, largest, _ = self.rows.get((name, reference), (0, 0.0, 0))
        largest = max(largest, difference) if not np.isnan(difference) else np.inf
        self.rows[name, reference] = (compared + ours.size, largest, tolerance)

    def print(self):
        print(f"{'figure':38} {'reference':34} {'numbers':>8} {'largest difference':>19}  tolerance")
        for (name, reference), (count, difference, tolerance) in self.rows.items():
            verdict = "" if difference <= tolerance else "  DISAGREES"
            print(f"{name:38} {reference:34} {count:8} {difference:19.1e}  {tolerance:.0e}{verdict}")
        return all(difference <= tolerance for _, difference, tolerance in self.rows.values())


def compare_scores(table, test, scores, classes):
    logits, labels = test["logits"].astype(np.float64), test["labels"]
    probabilities, calls, every = softmax(logits, axis=1), logits.argmax(1), np.arange(classes)
    value = lambda name: scores[name]["value"]
    table.add("accuracy", "sklearn accuracy_score", value("accuracy"), sk.accuracy_score(labels, calls))
    table.add("balanced accuracy", "sklearn balanced_accuracy_score", value("balanced_accuracy"),
              sk.balanced_accuracy_score(labels, calls))
    table.add("macro F1", "sklearn f1_score", value("macro_f1"), sk.f1_score(labels, calls, average="macro"))
    table.add("Matthews' correlation", "sklearn matthews_corrcoef", value("matthews"), sk.matthews_corrcoef(labels, calls))
    table.add("Cohen's kappa", "sklearn cohen_kappa_score", value("kappa"), sk.cohen_kappa_score(labels, calls))
    table.add("loss", "sklearn log_loss", value("loss"), sk.log_loss(labels, probabilities, labels=every))
    brier = sk.brier_score_loss(np.eye(classes)[labels] if classes > 2 else labels,
                                probabilities if classes > 2 else probabilities[:, 1], scale_by_half=False)
    table.add("Brier score", "sklearn brier_score_loss", value("brier"), brier)
    figures = sk.precision_recall_fscore_support(labels, calls, labels=every, zero_division=0)
    for name, theirs in zip(["precision", "recall", "f1"], figures):
        table.add(f"{name} of each class", "sklearn precision_recall_fscore",
                  [one[name]["value"] for one in scores["classes"]], theirs)
    for top in scores["top"]:
        # scikit-learn names the last of equals first: turned around, it names the first.
        theirs = sk.top_k_accuracy_score(classes - 1 - labels, logits[:, ::-1], k=top["k"], labels=every)
        table.add("top-k accuracy", "sklearn top_k_accuracy_score", top["accuracy"]["value"], theirs)
    if tm is not None:
        given, truth = torch.tensor(probabilities), torch.tensor(labels)
        theirs = tm.multiclass_calibration_error(given, truth, num_classes=classes, n_bins=15, norm="l1")
        table.add("calibration error, 15 equal widths", "torchmetrics calibration_error", value("calibration_error"), theirs)
        theirs = tm.multiclass_matthews_corrcoef(given, truth, num_classes=classes)
        table.add("Matthews' correlation", "torchmetrics matthews_corrcoef", value("matthews"), theirs)
        theirs = tm.multiclass_cohen_kappa(given, truth, num_classes=classes)
        table.add("Cohen's kappa", "torchmetrics cohen_kappa", value("kappa"), theirs)


def equal_mass(confidences, right, bins):
    """By definition: every photograph of a tie is as right as the tie is on average."""
    order = np.argsort(confidences)
    _, ties = np.unique(confidences, return_inverse=True)
    shared = (np.bincount(ties, right) / np.bincount(ties))[ties]
    parts = np.array_split(order, bins)
    return sum(abs((shared[p] - confidences[p]).sum()) for p in parts) / len(right)


def compare_calibration(table, test, result):
    probabilities = softmax(test["logits"].astype(np.float64), axis=1)
    confidences = probabilities.max(1)
    right = (test["logits"].argmax(1) == test["labels"]).astype(float)
    order = np.argsort(confidences)
    for entry in result["calibration_errors"]:
        (kind, bins), = entry["binning"].items()
        if kind == "equal_width":
            # MAPIE counts edges, not bins.
            theirs = expected_calibration_error(right, confidences, num_bins=bins + 1, split_strategy="uniform")
            table.add("calibration error, equal widths", "MAPIE expected_calibration_error", entry["error"], theirs)
        else:
            table.add("calibration error, equal masses", "numpy, by definition", entry["error"],
                      equal_mass(confidences, right, bins))
            if len(np.unique(confidences)) == len(confidences) >= bins:
                theirs = expected_calibration_error(right[order], confidences[order], num_bins=bins,
                                                    split_strategy="array split")
                table.add("calibration error, equal masses", "MAPIE, without ties", entry["error"], theirs)
        filled = [one for one in entry["bins"] if one["photographs"]]
        table.add("photographs in bins", "their number", sum(one["photographs"] for one in filled), len(right))
        gaps = sum(one["photographs"] * abs(one["accuracy"]["value"] - one["confidence"]) for one in filled) / len(right)
        table.add("reliability bins", "the error that follows", gaps, entry["error"])
    random = np.random.default_rng(0)
    drawn = [equal_mass(confidences, (random.random(len(right)) < confidences).astype(float), 15) for _ in range(300)]
    table.add("expected error if calibrated, relative", "numpy, other draws", result["excess"]["expected"] / np.mean(drawn), 1,
              tolerance=0.05)


class Given(ClassifierMixin, BaseEstimator):
    """A classifier whose inputs are the logits."""

    def __init__(self, classes=2):
        self.classes = classes
        self.classes_ = np.arange(classes)

    def fit(self, x, y):
        return self

    def predict_proba(self, x):
        return softmax(np.asarray(x, np.float64), axis=1)

    def predict(self, x):
        return self.predict_proba(x).argmax(1)

    def __sklearn_is_fitted__(self):
        return True


def mapie_sets(alpha, classes, logits, labels, test):
    classifier = SplitConformalClassifier(Given(classes), confidence_level=1 - alpha, conformity_score="lac", prefit=True)
    classifier.conformalize(logits, labels)
    return classifier.predict_set(test)[1][:, :, 0].astype(bool)


def defined_sets(own, alpha, calibration, test):
    """Sets by definition, and how far each class is from the threshold."""
    scores = 1 - softmax(calibration["logits"].astype(np.float64), axis=1)
    labels = calibration["labels"]
    truths = scores[np.arange(len(labels)), labels]

    def threshold(values):
        place = int(np.ceil((len(values) + 1) * (1 - alpha) - 1e-9))
        return np.sort(values)[place - 1] if place <= len(values) else 1

    thresholds = np.array([threshold(truths[labels == c] if own[c] else truths) for c in range(len(own))])
    distances = 1 - softmax(test["logits"].astype(np.float64), axis=1) - thresholds
    return (distances <= 1e-12) | (thresholds == 1), distances


def compare_sets(table, data, result):
    calibration, test, classes = data["calibration"], data["test"], data["classes"]
    for entry in result["sets"]:
        alpha, fitted, coverage = entry["alpha"], entry["fitted"], entry["coverage"]
        by_class = entry["conditioning"] == "class_conditional"
        name = "LAC sets, " + ("by class" if by_class else "overall")
        ours = np.zeros((len(test["labels"]), classes), bool)
        for row, members in zip(ours, entry["sets"]):
            row[members] = True
        own = np.array([by_class and (calibration["labels"] == c).sum() >= np.ceil(1 / alpha) - 1 for c in range(classes)])
        table.add("classes with a threshold of their own", "numpy", fitted["own"], own)
        theirs, distances = defined_sets(own, alpha, calibration, test)
        table.add(name, "numpy, by definition", ours, theirs)
        enough = alpha * (len(calibration["labels"]) + 1) >= 1
        if not by_class and enough:
            theirs = mapie_sets(alpha, classes, calibration["logits"], calibration["labels"], test["logits"])
            # MAPIE lets in what misses the threshold by 1e-8.
            near = (distances > 1e-12) & (distances < 1e-7)
            table.add(name, "MAPIE SplitConformalClassifier", ours | near, theirs | near)
        held = ours[np.arange(len(ours)), test["labels"]]
        table.add("coverage of sets", "MAPIE coverage_score", coverage["coverage"]["value"],
                  classification_coverage_score(test["labels"], ours[:, :, None])[0])
        table.add("mean size of sets", "MAPIE mean_width_score", coverage["mean_size"]["value"],
                  classification_mean_width_score(ours[:, :, None])[0])
        for c, of_class in enumerate(coverage["classes"]):
            if of_class["photographs"]:
                table.add("coverage of sets by class", "numpy", of_class["coverage"]["value"], held[test["labels"] == c].mean())


def compare_selection(table, test, result):
    probabilities = softmax(test["logits"].astype(np.float64), axis=1)
    confidences, wrong = probabilities.max(1), test["logits"].argmax(1) != test["labels"]
    # Ties that rounding of the softmax splits are none to either program.
    order = np.argsort(-confidences, kind="stable")
    _, ties = np.unique(confidences, return_inverse=True)
    shared = (np.bincount(ties, wrong) / np.bincount(ties))[ties]
    area = lambda errors: (errors.cumsum() / np.arange(1, len(errors) + 1)).mean()
    table.add("area under risk over coverage", "numpy, by definition", result["risk_area"], area(shared[order]))
    table.add("its excess", "numpy, by definition", result["risk_excess"], area(shared[order]) - area(np.sort(wrong)))
    if wrong.any() and not wrong.all():
        table.add("AUROC of errors", "sklearn roc_auc_score", result["auroc_of_errors"], sk.roc_auc_score(~wrong, confidences))


def compare_ood(table, data, result):
    table.add("energy", "scipy logsumexp", result["energies"], -logsumexp(data["test"]["logits"].astype(np.float64), axis=1))
    outside = np.r_[np.zeros(len(data["inside"])), np.ones(len(data["outside"]))]
    scores = np.r_[data["inside"], data["outside"]]
    table.add("AUROC inside against outside", "sklearn roc_auc_score", result["detection"]["auroc"]["value"],
              sk.roc_auc_score(outside, scores))
    features, labels = data["train_features"].astype(np.float64), data["train_labels"]
    means = np.array([features[labels == c].mean(0) for c in range(4)])
    fitted = LedoitWolf(assume_centered=True).fit(features - means[labels])
    table.add("shrinkage", "sklearn LedoitWolf", result["distance"]["shrinkage"], fitted.shrinkage_)
    theirs = np.min([fitted.mahalanobis(data["test_features"] - mean) for mean in means], axis=0) / features.shape[1]
    # The model is kept in 32 bits.
    table.add("distance of features, relative", "sklearn mahalanobis", result["distance"]["scores"] / theirs,
              np.ones(len(theirs)), tolerance=1e-5)


def compare_counts(table, data, result):
    # Signs of more than 20 photographs are flipped at random, 9,999 times.
    table.add("sign flips of independent photographs", "scipy binomtest (McNemar)", result["sign_flips"],
              [stats.binomtest(min(b, c), b + c).pvalue if b + c else 1 for b, c in data["pairs"]], tolerance=0.02)
    interval = lambda k, n: list(stats.binomtest(k, n).proportion_ci(method="wilson"))
    table.add("Wilson's interval", "scipy proportion_ci", result["wilson"], [interval(k, n) for k, n, _ in data["bounds"]])
    upper = lambda k, n, c: stats.binomtest(k, n, alternative="less").proportion_ci(c, method="exact").high
    table.add("Clopper and Pearson's upper bound", "scipy proportion_ci", result["upper_bounds"],
              [upper(*bound) for bound in data["bounds"]])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="where the predictions and figures are left as JSON")
    options = parser.parse_args()
    warnings.filterwarnings("ignore")
    table = Table()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for seed, case in enumerate(CASES):
            data = draw(seed, *case)
            path = folder / f"predictions-{seed}.json"
            path.write_text(json.dumps(data, default=lambda array: array.tolist()))
            finished = subprocess.run([EXAMPLE, path], capture_output=True, text=True)
            if finished.returncode != 0:
                sys.exit(f"{EXAMPLE.name} failed: {finished.stderr}")
            (folder / f"figures-{seed}.json").write_text(finished.stdout)
            result = json.loads(finished.stdout)
            count, classes = case[:2]
            print(f"{count:6} photographs, {classes:2} classes: all intervals in {result['seconds_of_intervals']:.2f} s")
            compare_scores(table, data["test"], result["scores"], classes)
            compare_calibration(table, data["test"], result)
            compare_sets(table, data, result)
            compare_selection(table, data["test"], result)
            compare_ood(table, data, result)
            compare_counts(table, data, result)
    sys.exit(0 if table.print() else 1)


if __name__ == "__main__":
    main()
