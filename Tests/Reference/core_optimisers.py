#!/usr/bin/env python3
"""Computes the fixtures of the optimisers' updates, and of dropout, in the core family.

    python Tests/Reference/core_optimisers.py

Every case is one step of torch.optim from the state that the step before it left; ten of them make a run. The proximal step of an L1
penalty, which torch.optim does not have, is torch's softshrink behind it. Newton's steps are numpy's solution of the equations.
"""

import numpy as np
import torch
import torch.nn.functional as F

from fixtures import Fixture, rounded

STEPS = 10


def run(fixture: Fixture, name: str, shape: tuple, attributes: dict, rate: float, names: list, make) -> None:
    """Ten cases. `names` are torch's for the states in the order of the kind's ports, None where it keeps none; `make` the optimiser."""
    state = [rounded(torch.zeros(shape)) for _ in names]
    parameter = rounded(fixture.normal(*shape))
    for step in range(1, STEPS + 1):
        rate_now = torch.tensor(rate / step**0.5)  # changes, so that a state that holds the rate too would show
        gradient = rounded(fixture.normal(*shape))

        def function(p, g, r, s, *states):
            trained = torch.nn.Parameter(p.detach().clone())
            trained.grad = g.detach().clone()
            optimizer = make([trained], r.item())
            kept = {"step": torch.tensor(float(step - 1))} | {n: t.detach().clone() for n, t in zip(names, states) if n}
            if names:
                optimizer.state[trained] = kept
            optimizer.step()
            moved = trained.detach()
            if "l1" in attributes:
                moved = F.softshrink(moved, float(r * rounded(torch.tensor(attributes["l1"]))))
            return [moved] + [optimizer.state[trained][n].detach() if n else t.detach() for n, t in zip(names, states)]

        inputs = [parameter, gradient, rate_now, torch.tensor(step), *state]
        fixture.add(f"{name} step {step}", attributes, inputs, {}, function, gradient=False)
        parameter, *state = [
            rounded(each) for each in function(*[t.double() if t.is_floating_point() else t for t in inputs])]


class ShiftedAdagrad(torch.optim.Adagrad):
    """Adagrad whose sums start with 1/4, which the state here leaves out."""

    def step(self):
        states = [self.state[p] for group in self.param_groups for p in group["params"]]
        for state in states:
            state["sum"] += 0.25
        super().step()
        for state in states:
            state["sum"] -= 0.25


def newton() -> None:
    fixture = Fixture("core.newton")

    def add(name: str, shape: tuple, attributes: dict, hessian: torch.Tensor, rate: float = 1.0) -> None:
        def function(p, g, r, s, h):
            matrix = h.numpy() + attributes.get("damping", 0.0) * np.eye(len(h))
            direction = np.linalg.solve(matrix, g.numpy().reshape(-1))
            return p - r * torch.from_numpy(direction).reshape(p.shape)

        inputs = [fixture.normal(*shape), fixture.normal(*shape), torch.tensor(rate), torch.tensor(1), hessian]
        fixture.add(name, attributes, inputs, {}, function, gradient=False)

    def symmetric(n: int) -> torch.Tensor:
        factor = fixture.normal(n, n)
        return rounded(factor @ factor.T / n + 0.3 * torch.eye(n)).double()

    add("scalar", (), {}, torch.tensor([[2.5]]))
    add("one", (1,), {"damping": 0.5}, torch.tensor([[2.0]]), 0.25)
    add("matrix", (2, 3), {}, symmetric(6), 0.7)
    add("units", (3,), {}, torch.diag(torch.tensor([1e6, 1.0, 1e-6])))
    add("long", (131,), {}, symmetric(131))
    saddle = symmetric(40) - 0.6 * torch.eye(40)
    add("damped", (5, 8), {"damping": 1.25}, saddle, 0.5)
    fixture.save()


def average() -> None:
    fixture = Fixture("core.average")
    for name, shape, weight in [("scalar", (), 0.3), ("seven", (7,), 0.001), ("first", (2, 3), 1.0), ("still", (2, 3), 0.0), ("long", (3, 701), 0.25)]:
        inputs = [fixture.normal(*shape), fixture.normal(*shape), torch.tensor(weight)]
        fixture.add(name, {}, inputs, {}, torch.lerp, gradient=False)
    fixture.save()


def main() -> None:
    sgd, adam, adamw = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW
    moments = ["exp_avg", "exp_avg_sq"]

    fixture = Fixture("core.sgd")
    run(fixture, "default", (7,), {}, 0.1, [], lambda p, r: sgd(p, lr=r))
    run(fixture, "decay", (2, 3, 5), {"weight_decay": 0.3}, 0.2, [], lambda p, r: sgd(p, lr=r, weight_decay=0.3))
    run(fixture, "l1", (41,), {"weight_decay": 0.1, "l1": 0.7}, 0.2, [], lambda p, r: sgd(p, lr=r, weight_decay=0.1))
    fixture.save()

    fixture = Fixture("core.momentum")
    buffer = ["momentum_buffer"]
    run(fixture, "default", (7,), {}, 0.1, buffer, lambda p, r: sgd(p, lr=r, momentum=0.9))
    run(
        fixture, "attributes", (2, 3, 5), {"momentum": 0.7, "weight_decay": 0.3}, 0.2, buffer,
        lambda p, r: sgd(p, lr=r, momentum=0.7, weight_decay=0.3))
    run(fixture, "l1", (41,), {"momentum": 0.5, "l1": 0.7}, 0.2, buffer, lambda p, r: sgd(p, lr=r, momentum=0.5))
    fixture.save()

    fixture = Fixture("core.nesterov")
    run(fixture, "default", (7,), {}, 0.1, buffer, lambda p, r: sgd(p, lr=r, momentum=0.9, nesterov=True))
    run(
        fixture, "attributes", (2, 3, 5), {"momentum": 0.7, "weight_decay": 0.3}, 0.2, buffer,
        lambda p, r: sgd(p, lr=r, momentum=0.7, weight_decay=0.3, nesterov=True))
    run(fixture, "l1", (41,), {"momentum": 0.5, "l1": 0.7}, 0.2, buffer, lambda p, r: sgd(p, lr=r, momentum=0.5, nesterov=True))
    fixture.save()

    adagrad, rmsprop = torch.optim.Adagrad, torch.optim.RMSprop
    fixture = Fixture("core.adagrad")
    run(fixture, "default", (7,), {}, 0.1, ["sum"], lambda p, r: adagrad(p, lr=r))
    options = {"weight_decay": 0.3}
    run(
        fixture, "attributes", (2, 3, 5), options | {"initial": 0.25, "epsilon": 0.01}, 0.2, ["sum"],
        lambda p, r: ShiftedAdagrad(p, lr=r, eps=0.01, **options))
    run(fixture, "l1", (41,), {"l1": 0.7}, 0.2, ["sum"], lambda p, r: adagrad(p, lr=r))
    fixture.save()

    fixture = Fixture("core.rmsprop")
    square, velocity, mean = "square_avg", "momentum_buffer", "grad_avg"
    run(fixture, "default", (7,), {}, 0.1, [square, None, None], lambda p, r: rmsprop(p, lr=r))
    options = {"alpha": 0.9, "momentum": 0.7, "weight_decay": 0.3, "centered": True}
    run(
        fixture, "attributes", (2, 3, 5), options | {"epsilon": 0.01}, 0.2, [square, velocity, mean],
        lambda p, r: rmsprop(p, lr=r, eps=0.01, **options))
    run(fixture, "momentum", (41,), {"momentum": 0.7}, 0.05, [square, velocity, None], lambda p, r: rmsprop(p, lr=r, momentum=0.7))
    run(
        fixture, "centered", (41,), {"centered": True, "epsilon": 0.1, "l1": 0.3}, 0.05, [square, None, mean],
        lambda p, r: rmsprop(p, lr=r, eps=0.1, centered=True))
    fixture.save()

    for kind, torch_kind in [("adam", adam), ("adamw", adamw)]:
        fixture = Fixture(f"core.{kind}")
        run(fixture, "default", (7,), {}, 0.1, moments, lambda p, r: torch_kind(p, lr=r))
        run(
            fixture, "attributes", (2, 3, 5), {"beta1": 0.8, "beta2": 0.95, "epsilon": 0.01, "weight_decay": 0.3}, 0.2, moments,
            lambda p, r: torch_kind(p, lr=r, betas=(0.8, 0.95), eps=0.01, weight_decay=0.3))
        run(fixture, "l1", (41,), {"weight_decay": 0.0, "l1": 0.7}, 0.1, moments, lambda p, r: torch_kind(p, lr=r, weight_decay=0))
        run(fixture, "scalar", (), {"weight_decay": 0.1}, 0.05, moments, lambda p, r: torch_kind(p, lr=r, weight_decay=0.1))
        fixture.save()

    newton()
    average()

    # What is drawn cannot be compared, only what is certain.
    fixture = Fixture("core.dropout")
    for name, probability in [("none", 0.0), ("all", 1.0)]:
        for shape in [(), (7,), (2, 3, 5)]:
            fixture.add(
                f"{name} of {list(shape)}", {"probability": probability}, [fixture.normal(*shape)], {},
                lambda x: torch.nn.functional.dropout(x, probability) if probability else x * 1, training=probability > 0)
    fixture.save()


if __name__ == "__main__":
    main()
