"""What scikit-learn's LogisticRegression finds, for the tests of `foliar-logistic`.

    python -m pip install numpy scikit-learn
    python bench/logistic_fixture.py --out crates/train/logistic/tests/fixtures/scikit_learn.json

Features are drawn, of very different means and spreads, and standardised here by the photographs as they count. For each strength
λ the objective `Σ w ℓ / W + λ/2 ‖B‖²` at scikit-learn's minimum is kept, with `C = 1 / (λ W)`, and the probabilities there.
"""
import argparse
import json
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    rng = np.random.default_rng(7)
    count, width, classes = 48, 7, 3
    labels = np.arange(count) % classes
    features = rng.normal(size=(count, width)) + 0.8 * rng.normal(size=(classes, width))[labels]
    features = features * [1, 30, 0.02, 1, 5, 0.3, 1] + [0, 400, 0.5, -3, 0, 0, 9]
    features = np.float32(np.round(features, 4))
    weights = np.where(rng.random(count) < 0.2, 0.0, np.round(rng.uniform(0.5, 2.0, count), 2)).astype(np.float32)
    total = weights.sum(dtype=float)
    exact = features.astype(float)
    mean = (weights[:, None] * exact).sum(0) / total
    deviation = np.sqrt((weights[:, None] * (exact - mean) ** 2).sum(0) / total)
    scaled = (exact - mean) / deviation
    solutions = []
    for strength in [1.0, 0.1, 0.003]:
        model = LogisticRegression(C=1 / (strength * total), tol=1e-10, max_iter=100000)
        model.fit(scaled, labels, sample_weight=weights.astype(float))
        probabilities = model.predict_proba(scaled)
        losses = -np.log(probabilities[np.arange(count), labels])
        objective = (weights * losses).sum() / total + strength / 2 * (model.coef_**2).sum()
        solutions.append({"strength": strength, "objective": objective, "probabilities": np.round(probabilities, 9).tolist()})
    found = {"classes": classes, "labels": labels.tolist(), "weights": weights.tolist(),
             "features": features.astype(float).round(4).tolist(), "solutions": solutions}
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
