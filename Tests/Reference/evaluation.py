#!/usr/bin/env python3
"""Writes Tests/Fixtures/evaluation.safetensors: logits and labels, what scikit-learn says of them, and what its scalers make of data.

    python Tests/Reference/evaluation.py

Logits are f32; everything is computed from them in double precision. The calibration error, which scikit-learn does not have, is that of
Guo et al. 2017, "On calibration of modern neural networks", equation 3, with 15 bins (i/15, (i+1)/15].
"""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from sklearn import metrics
from sklearn.preprocessing import MinMaxScaler, StandardScaler

FILE = Path(__file__).resolve().parents[1] / "Fixtures" / "evaluation.safetensors"


def softmax(logits: np.ndarray) -> np.ndarray:
    x = logits.astype(np.float64)
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def calibration(probabilities: np.ndarray, labels: np.ndarray) -> float:
    sureness, predicted = probabilities.max(axis=1), probabilities.argmax(axis=1)
    total = 0.0
    for i in range(15):
        here = (sureness > i / 15) & (sureness <= (i + 1) / 15)
        if here.any():
            total += here.mean() * abs((predicted[here] == labels[here]).mean() - sureness[here].mean())
    return total


def measures(probabilities: np.ndarray, labels: np.ndarray, top: int) -> dict:
    classes = list(range(probabilities.shape[1]))
    predicted = probabilities.argmax(axis=1)
    precision, recall, f1, count = metrics.precision_recall_fscore_support(labels, predicted, labels=classes, zero_division=0)
    macro = metrics.precision_recall_fscore_support(labels, predicted, average="macro", zero_division=0)
    auc = [
        metrics.roc_auc_score(labels == c, probabilities[:, c]) if 0 < (labels == c).sum() < len(labels) else None for c in classes
    ]
    known = [a for a in auc if a is not None]
    loss = metrics.log_loss(labels, probabilities, labels=classes)
    return {
        "accuracy": metrics.accuracy_score(labels, predicted),
        "top": metrics.top_k_accuracy_score(labels, probabilities, k=top, labels=classes) if len(classes) > top else None,
        "cross_entropy": loss, "perplexity": float(np.exp(loss)), "calibration": calibration(probabilities, labels),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "count": count.tolist(),
        "iou": metrics.jaccard_score(labels, predicted, labels=classes, average=None, zero_division=0).tolist(),
        "macro": [float(macro[0]), float(macro[1]), float(macro[2])],
        "macro_iou": metrics.jaccard_score(labels, predicted, average="macro", zero_division=0),
        "auc": auc, "mean_auc": auc[1] if len(classes) == 2 else float(np.mean(known)),
        "confusion": metrics.confusion_matrix(labels, predicted, labels=classes).tolist(),
    }


def main() -> None:
    random = np.random.default_rng(6)
    tensors, expected = {}, {}

    def case(name: str, logits: np.ndarray, labels: np.ndarray, top: int) -> None:
        tensors[f"{name}.logits"], tensors[f"{name}.labels"] = logits.astype(np.float32), labels.astype(np.int64)
        probabilities = softmax(tensors[f"{name}.logits"])
        expected[name] = measures(probabilities, labels, top)

    # Six classes of which one is no label but predicted, and one is neither; logits are on a grid, so that there are equal ones
    # among rows, though none within a row.
    labels = random.integers(0, 4, 300)
    logits = np.round(random.normal(size=(300, 6)) * 16) / 16 + 2 * np.eye(6)[labels] + np.arange(6) / 1024
    logits[:, 5] = -9
    case("many", logits, labels, 2)
    labels = random.integers(0, 2, 120)
    case("two", random.normal(size=(120, 2)) + 0.7 * np.eye(2)[labels], labels, 2)

    # One logit for both classes.
    labels = random.integers(0, 2, 90)
    single = np.round((random.normal(size=90) + labels - 0.4) * 8).astype(np.float32) / 8 + np.float32(1 / 32)
    tensors["one.logits"], tensors["one.labels"] = single, labels.astype(np.float32)
    both = softmax(np.stack([np.zeros(90, np.float32), single], axis=1))
    expected["one"] = measures(both, labels, 2)

    # Channels with means far from 0, one of which is the same everywhere.
    data = (random.normal(size=(700, 4)) * [1, 0.001, 50, 0] + [0, 1000, -3, 7]).astype(np.float32)
    tensors["scaled.data"] = data
    standard, extremes = StandardScaler().fit(data[:500].astype(np.float64)), MinMaxScaler().fit(data[:500].astype(np.float64))
    expected["z_score"] = {"subtract": standard.mean_.tolist(), "divide": standard.scale_.tolist()}
    expected["min_max"] = {"subtract": extremes.data_min_.tolist(), "divide": (1 / extremes.scale_).tolist()}
    save_file(tensors, FILE, metadata={"expected": json.dumps(expected)})


if __name__ == "__main__":
    main()
