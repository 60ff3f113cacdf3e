#!/usr/bin/env python3
"""Prints what learning does in the small manifests of manifests/basics, in double precision.

    python Tests/Reference/learning_examples.py

Regressions are solved by numpy (least squares) and by Newton's method; the perceptron by its own rule. Chapter 7 of "Mathematical
Foundations of Neural Networks", volume 1, prints W2 after two steps of momentum as [0.6919, 0.7890, 0.8758], of which the last is
wrong, and the normalised number as -0.848, which is -0.847: tests take theirs from here.
"""

import json
from pathlib import Path

import numpy as np

FOLDER = Path(__file__).resolve().parents[2] / "manifests" / "basics"


def values(name: str) -> dict:
    inputs = json.loads((FOLDER / f"{name}.json").read_text())["train"]["data"]["inputs"]
    return {key: np.array(feed["values"], dtype=np.float64) for key, feed in inputs.items()}


def show(name: str, value) -> None:
    print(f"  {name:<28} {np.array2string(np.asarray(value), precision=10, separator=', ')}")


def with_ones(x: np.ndarray) -> np.ndarray:
    return np.hstack([x, np.ones((len(x), 1))])


def perceptron() -> None:
    data = values("perceptron")
    x, t = with_ones(data["x"]), data["side"][:, 0]
    w, mistakes, epochs = np.zeros(3), [], 0
    while True:
        before = len(mistakes)
        for i in range(len(x)):
            if t[i] * (w @ x[i]) <= 0:
                w = w + t[i] * x[i]
                mistakes.append((epochs + 1, i))
        epochs += 1
        if len(mistakes) == before:
            break
    separator = np.array([1, 1, -3.5])
    gamma, radius = (t * (x @ separator)).min() / np.linalg.norm(separator), np.linalg.norm(x, axis=1).max()
    print("perceptron")
    show("w, b", w)
    show("mistakes", len(mistakes))
    show("epochs", epochs)
    show("gamma of [1, 1, -3.5], R", [gamma, radius])
    show("(R / gamma)^2", (radius / gamma) ** 2)


def linear_regression() -> None:
    data = values("linear-regression")
    x = with_ones(data["x"])
    solution = np.linalg.lstsq(x, data["target"][:, 0], rcond=None)[0]
    print("linear regression")
    show("w, b", solution)
    show("loss", np.mean((x @ solution - data["target"][:, 0]) ** 2))


def logistic_regression() -> None:
    data = values("logistic-regression")
    x, t = with_ones(data["hours"]), data["passed"][:, 0]
    w = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        w = w - np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x, x.T @ (p - t))
    p = 1 / (1 + np.exp(-x @ w))
    print("logistic regression")
    show("w, b", w)
    show("loss", -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p)))


def softmax_regression() -> None:
    data = values("softmax-regression")
    x, t = with_ones(data["x"]), np.eye(3)[data["class"].astype(int)]
    w = np.zeros((3, 3))  # [class, feature]
    for _ in range(100):
        logits = x @ w.T
        p = np.exp(logits - logits.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        gradient = ((p - t).T @ x).reshape(-1)
        hessian = np.zeros((9, 9))
        for row, probability in zip(x, p):
            hessian += np.kron(np.diag(probability) - np.outer(probability, probability), np.outer(row, row))
        # Adding the same to all classes changes nothing; the pseudoinverse does not.
        w = w - (np.linalg.pinv(hessian, rcond=1e-10) @ gradient).reshape(3, 3)
    print("softmax regression")
    for c in range(3):
        show(f"w, b of class {c}", w[c])
    show("loss", -np.mean((t * np.log(p)).sum(1)))
    show("accuracy", np.mean(p.argmax(1) == data["class"]))


def chapter7() -> None:
    g1, g2 = values("momentum")["x"]
    w = np.array([0.7, 0.8, 0.9])
    v1 = g1
    v2 = 0.9 * v1 + g2
    print("chapter 7")
    show("momentum: w1", w - 0.1 * v1)
    show("momentum: v2", v2)
    show("momentum: w2", w - 0.1 * v1 - 0.1 * v2)
    show("at rate 0.5: w", w - 0.5 * g1)
    show("L2: penalty", 0.01 * (0.91 + 1.94))
    show("L2: w after a step", w - 0.1 * (g1 + 0.02 * w))
    z = values("batch-norm")["z"][:, 0]
    show("batch norm: z", (z - z.mean()) / np.sqrt(z.var() + 1e-5))
    show("batch norm: running", [0.1 * z.mean(), 0.9 + 0.1 * z.var(ddof=1)])
    h, w2 = np.array([0.1, 0.25, 0.4]), np.array([0.7, 0.8, 0.9])
    show("dropout: z", 0.1 + 2 * (h * [1, 0, 1]) @ w2)
    show("dropout: mean, deviation", [0.1 + h @ w2, np.sqrt(np.sum((h * w2) ** 2))])


def vanishing() -> None:
    x, target = np.array([0.5, 1.0]), np.array([0.25, 1.5])
    outputs = [x]
    for _ in range(10):
        outputs.append(1 / (1 + np.exp(-outputs[-1])))
    gradient = 2 * (outputs[-1] - target)
    for y in outputs[:0:-1]:
        gradient = gradient * y * (1 - y)
    print("vanishing gradient")
    show("sigmoid: by z1", gradient)
    show("sigmoid: of the bound", np.abs(gradient) / (np.abs(2 * (outputs[-1] - target)) * 0.25**10))
    show("relu: by z1", 2 * (x - target))


if __name__ == "__main__":
    perceptron()
    linear_regression()
    logistic_regression()
    softmax_regression()
    chapter7()
    vanishing()
