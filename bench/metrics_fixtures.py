"""Freezes what scikit-learn, SciPy and MAPIE say of small seeded predictions, for `cargo test -p foliar-metrics`.

    python -m pip install numpy scipy scikit-learn mapie
    python bench/metrics_fixtures.py

Writes crates/eval/metrics/tests/fixtures/*.json: the predictions under `input`, the references under `expected`. `bench/metrics.py`
compares many more and larger cases with the build at hand.
"""
import json
import warnings
from pathlib import Path

import numpy as np
import sklearn.metrics as sk
from mapie.metrics.calibration import expected_calibration_error
from scipy import stats
from scipy.special import logsumexp, softmax
from sklearn.covariance import LedoitWolf

from metrics import defined_sets, equal_mass, mapie_sets, part

FOLDER = Path(__file__).parent.parent / "crates/eval/metrics/tests/fixtures"
# (photographs, classes, ties, classes that do not occur)
CASES = [(9, 2, False, 0), (60, 3, True, 1), (80, 5, False, 0), (120, 8, False, 2)]
ALPHAS = [0.1, 0.2]


def rounded(values, digits=3):
    return np.round(np.asarray(values, np.float64), digits).astype(np.float32)


def scores_of(logits, labels, classes):
    wide, every = logits.astype(np.float64), np.arange(classes)
    probabilities, calls = softmax(wide, axis=1), logits.argmax(1)
    precision, recall, f1, _ = sk.precision_recall_fscore_support(labels, calls, labels=every, zero_division=0)
    one_hot = np.eye(classes)[labels]
    return {
        "accuracy": sk.accuracy_score(labels, calls),
        "balanced_accuracy": sk.balanced_accuracy_score(labels, calls),
        "macro_f1": sk.f1_score(labels, calls, labels=np.unique(labels), average="macro"),
        "matthews": sk.matthews_corrcoef(labels, calls),
        "kappa": sk.cohen_kappa_score(labels, calls),
        "loss": sk.log_loss(labels, probabilities, labels=every),
        "brier": float(((probabilities - one_hot) ** 2).sum(1).mean()),
        "precision": precision, "recall": recall, "f1": f1,
        # scikit-learn names the last of equals first: turned around, it names the first.
        "top": {str(k): sk.top_k_accuracy_score(classes - 1 - labels, logits[:, ::-1], k=k, labels=every)
                for k in [2, 3, 5] if k < classes},
    }


def calibration_of(logits, labels):
    confidences = softmax(logits.astype(np.float64), axis=1).max(1)
    right = (logits.argmax(1) == labels).astype(float)
    # MAPIE counts edges, not bins.
    widths = {str(bins): expected_calibration_error(right, confidences, num_bins=bins + 1, split_strategy="uniform")
              for bins in [5, 15]}
    masses = {str(bins): equal_mass(confidences, right, bins) for bins in [5, 15]}
    wrong = 1 - right
    order = np.argsort(-confidences, kind="stable")
    _, ties = np.unique(confidences, return_inverse=True)
    shared = (np.bincount(ties, wrong) / np.bincount(ties))[ties]
    area = lambda errors: float((errors.cumsum() / np.arange(1, len(errors) + 1)).mean())
    return {"equal_width": widths, "equal_mass": masses, "risk_area": area(shared[order]),
            "risk_excess": area(shared[order]) - area(np.sort(wrong)),
            "auroc_of_errors": sk.roc_auc_score(right, confidences) if 0 < right.sum() < len(right) else 0.5}


def sets_of(calibration, test, classes):
    entries = []
    for alpha in ALPHAS:
        for conditional in [False, True]:
            own = np.array([conditional and (calibration["labels"] == c).sum() >= np.ceil(1 / alpha) - 1
                            for c in range(classes)])
            sets, distances = defined_sets(own, alpha, calibration, test)
            # MAPIE lets in what misses the threshold by 1e-8.
            clear = not np.any((distances > 1e-12) & (distances < 1e-7))
            if not conditional and clear and len(calibration["labels"]) > 1 / alpha:
                theirs = mapie_sets(alpha, classes, calibration["logits"], calibration["labels"], test["logits"])
                assert (sets == theirs).all(), "MAPIE disagrees with the definition"
            entries.append({"alpha": alpha, "conditioning": "class_conditional" if conditional else "marginal",
                            "sets": [np.flatnonzero(row) for row in sets]})
    return entries


def case(seed, count, classes, ties, absent):
    random = np.random.default_rng(seed)
    test, calibration = part(random, count, classes, ties, absent), part(random, count, classes, ties, absent)
    for one in (test, calibration):
        one["logits"] = rounded(one["logits"])
    calibration["groups"] = np.arange(count)
    return {
        "input": {"classes": classes, "test": test, "calibration": calibration},
        "expected": {"scores": scores_of(test["logits"], test["labels"], classes),
                     "calibration": calibration_of(test["logits"], test["labels"]),
                     "energies": -logsumexp(test["logits"].astype(np.float64), axis=1),
                     "sets": sets_of(calibration, test, classes)},
    }


def out_of_distribution(seed):
    random = np.random.default_rng(seed)
    inside, outside = random.normal(0, 1, 60).round(1), random.normal(1, 1, 40).round(1)
    truth, scores = np.r_[np.zeros(60), np.ones(40)], np.r_[inside, outside]
    width, labels = 6, random.integers(0, 3, 80)
    mixing = random.normal(0, 1, (width, width)) * np.linspace(0.05, 1, width)
    features = lambda labels: rounded(random.normal(0, 1, (len(labels), width)) @ mixing + labels[:, None], 4)
    train, test = features(labels), features(random.integers(0, 3, 12))
    means = np.array([train.astype(np.float64)[labels == c].mean(0) for c in range(3)])
    fitted = LedoitWolf(assume_centered=True).fit(train - means[labels])
    return {
        "input": {"in_distribution": inside, "ood": outside, "width": width, "features": train, "labels": labels,
                  "test_features": test},
        "expected": {"auroc": sk.roc_auc_score(truth, scores), "shrinkage": fitted.shrinkage_,
                     "distances": np.min([fitted.mahalanobis(test - mean) for mean in means], axis=0) / width},
    }


def counts(seed):
    random = np.random.default_rng(seed)
    pairs = random.integers(0, 60, (8, 2))
    trials = random.integers(1, 500, 8)
    bounds = [(int(random.integers(0, n)), int(n), float(c.round(4))) for n, c in zip(trials, random.uniform(0.8, 0.999, 8))]
    upper = lambda k, n, c: stats.binomtest(k, n, alternative="less").proportion_ci(c, method="exact").high
    # All 2^n signs.
    samples = [random.normal(0.3, 1, n).round(3) for n in (9, 9, 14)]
    flips = lambda d: stats.permutation_test((d,), np.mean, permutation_type="samples", n_resamples=np.inf).pvalue
    return {
        "input": {"pairs": pairs, "bounds": bounds, "differences": samples},
        "expected": {
            "mcnemar": [stats.binomtest(int(min(b, c)), int(b + c)).pvalue if b + c else 1 for b, c in pairs],
            "wilson": [list(stats.binomtest(k, n).proportion_ci(method="wilson")) for k, n, _ in bounds],
            "upper_bounds": [upper(*bound) for bound in bounds],
            "sign_flips": [flips(sample) for sample in samples],
        },
    }


def plain(value):
    """JSON of numpy's values; floats of 32 bits with no more digits than they have."""
    if isinstance(value, np.ndarray) and value.dtype == np.float32:
        return [float(str(one)) for one in value] if value.ndim == 1 else [plain(row) for row in value]
    return value.tolist()


def main() -> None:
    warnings.filterwarnings("ignore")
    FOLDER.mkdir(parents=True, exist_ok=True)
    files = {f"predictions-{seed}": case(seed, *one) for seed, one in enumerate(CASES)}
    files |= {"out-of-distribution": out_of_distribution(7), "counts": counts(8)}
    for name, value in files.items():
        (FOLDER / f"{name}.json").write_text(json.dumps(value, default=plain, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
