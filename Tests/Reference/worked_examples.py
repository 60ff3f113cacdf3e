#!/usr/bin/env python3
"""Prints the two worked examples of "Mathematical Foundations of Neural Networks", volume 1, in double precision.

    python Tests/Reference/worked_examples.py

Chapter 6 is a 2-3-1 network, differentiated by hand; chapter 10 is a graph in which one value has two consumers. Some
numbers printed in chapter 6 are wrong; manifests and tests take theirs from here.
"""

import numpy as np

# Chapter 6: ReLU hidden layer, sigmoid output, binary cross-entropy averaged over the four samples.
X = np.array([[0.5, 0.2], [0.9, 0.8], [0.1, 0.3], [0.8, 0.9]])  # [sample, input]
Y = np.array([0.0, 1.0, 0.0, 1.0])
START = {
    "W1": np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]]),  # [hidden, input]
    "b1": np.array([0.01, 0.02, 0.03]),
    "W2": np.array([[0.7, 0.8, 0.9]]),  # [output, hidden]
    "b2": np.array([0.1]),
}
RATE = 0.1


def forward(weights: dict) -> dict:
    z1 = X @ weights["W1"].T + weights["b1"]
    a1 = np.maximum(z1, 0)
    z2 = (a1 @ weights["W2"].T + weights["b2"])[:, 0]
    y = 1 / (1 + np.exp(-z2))
    losses = -(Y * np.log(y) + (1 - Y) * np.log(1 - y))
    return {"z1": z1, "a1": a1, "z2": z2, "y": y, "losses": losses, "loss": losses.mean()}


def sample_gradients(weights: dict, values: dict) -> dict:
    """The gradient of each sample's own loss, with the sample as the first axis."""
    delta2 = (values["y"] - Y)[:, None]
    delta1 = delta2 @ weights["W2"] * (values["z1"] > 0)
    return {"W1": delta1[:, :, None] * X[:, None], "b1": delta1, "W2": delta2[:, :, None] * values["a1"][:, None], "b2": delta2}


def batch_gradients(weights: dict, values: dict) -> dict:
    return {name: each.mean(0) for name, each in sample_gradients(weights, values).items()}


def show(name: str, value: np.ndarray) -> None:
    for place, number in np.ndenumerate(np.asarray(value)):
        index = "".join(f"[{i}]" for i in place)
        print(f"  {name + index:<20} {number:.10f}")


def check_gradients(weights: dict, gradients: dict, step: float = 1e-6) -> None:
    """Central differences of the batch loss, so that the table does not rest on the formulas above alone."""
    for name, gradient in gradients.items():
        for place in np.ndindex(gradient.shape):
            ends = []
            for sign in (1, -1):
                moved = {key: value.copy() for key, value in weights.items()}
                moved[name][place] += sign * step
                ends.append(forward(moved)["loss"])
            assert abs((ends[0] - ends[1]) / (2 * step) - gradient[place]) < 1e-9, (name, place)


def chapter6() -> None:
    values = forward(START)
    print("chapter 6, forward (row = sample)")
    for name in ("z1", "a1", "z2", "y", "losses", "loss"):
        show(name, values[name])

    print("chapter 6, gradients of sample 1's loss")
    for name, each in sample_gradients(START, values).items():
        show(f"d{name}", each[0])

    gradients = batch_gradients(START, values)
    check_gradients(START, gradients)
    print("chapter 6, gradients of the batch loss")
    for name, gradient in gradients.items():
        show(f"d{name}", gradient)

    path = [START]  # the weights before any step, after one, after two, ...
    for _ in range(10):
        gradients = batch_gradients(path[-1], forward(path[-1]))
        path.append({name: path[-1][name] - RATE * gradients[name] for name in START})
    print(f"chapter 6, weights after one SGD step at {RATE}")
    for name, value in path[1].items():
        show(name, value)
    print("chapter 6, forward after that step")
    for name, value in forward(path[1]).items():
        show(name, value)
    print("chapter 6, batch loss after each step")
    show("loss", [forward(weights)["loss"] for weights in path])


def chapter10() -> None:
    """L = y^2 with y = (x1 + x2) * x1: x1 reaches y along two paths, and its adjoint is their sum."""
    x1, x2 = 2.0, 3.0
    v3 = x1 + x2
    y = v3 * x1
    dy = 2 * y
    dv3 = dy * x1
    rows = {"v3": v3, "y": y, "loss": y**2, "dL/dy": dy, "dL/dv3": dv3, "dL/dx1": dy * v3 + dv3, "dL/dx2": dv3}
    print("chapter 10, x1 = 2, x2 = 3")
    for name, value in rows.items():
        show(name, value)


if __name__ == "__main__":
    chapter6()
    chapter10()
