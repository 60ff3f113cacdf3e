#!/usr/bin/env python3
"""Computes the fixtures of the optimisers' updates, and of dropout, in the core family.

    python Tests/Reference/core_optimisers.py

Every case is one step of torch.optim from the state that the step before it left; ten of them make a run.
"""

import torch

from fixtures import Fixture, rounded

STEPS = 10


def run(fixture: Fixture, name: str, shape: tuple, attributes: dict, rate: float, names: list, make) -> None:
    """Ten cases. `names` are torch's for the states in the order of the kind's ports, `make` the optimiser."""
    state = [rounded(torch.zeros(shape)) for _ in names]
    parameter = rounded(fixture.normal(*shape))
    for step in range(1, STEPS + 1):
        rate_now = torch.tensor(rate / step**0.5)  # changes, so that a state that holds the rate too would show
        gradient = rounded(fixture.normal(*shape))

        def function(p, g, r, s, *states):
            trained = torch.nn.Parameter(p.detach().clone())
            trained.grad = g.detach().clone()
            optimizer = make([trained], r.item())
            kept = {"step": torch.tensor(float(step - 1))} | {n: t.detach().clone() for n, t in zip(names, states)}
            if names:
                optimizer.state[trained] = kept
            optimizer.step()
            return [trained.detach()] + [optimizer.state[trained][n].detach() for n in names]

        inputs = [parameter, gradient, rate_now, torch.tensor(step), *state]
        fixture.add(f"{name} step {step}", attributes, inputs, {}, function, gradient=False)
        parameter, *state = [
            rounded(each) for each in function(*[t.double() if t.is_floating_point() else t for t in inputs])]


def main() -> None:
    sgd, adam, adamw = torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW
    moments = ["exp_avg", "exp_avg_sq"]

    fixture = Fixture("core.sgd")
    run(fixture, "default", (7,), {}, 0.1, [], lambda p, r: sgd(p, lr=r))
    run(fixture, "decay", (2, 3, 5), {"weight_decay": 0.3}, 0.2, [], lambda p, r: sgd(p, lr=r, weight_decay=0.3))
    fixture.save()

    fixture = Fixture("core.momentum")
    buffer = ["momentum_buffer"]
    run(fixture, "default", (7,), {}, 0.1, buffer, lambda p, r: sgd(p, lr=r, momentum=0.9))
    run(
        fixture, "attributes", (2, 3, 5), {"momentum": 0.7, "weight_decay": 0.3}, 0.2, buffer,
        lambda p, r: sgd(p, lr=r, momentum=0.7, weight_decay=0.3))
    fixture.save()

    fixture = Fixture("core.nesterov")
    run(fixture, "default", (7,), {}, 0.1, buffer, lambda p, r: sgd(p, lr=r, momentum=0.9, nesterov=True))
    run(
        fixture, "attributes", (2, 3, 5), {"momentum": 0.7, "weight_decay": 0.3}, 0.2, buffer,
        lambda p, r: sgd(p, lr=r, momentum=0.7, weight_decay=0.3, nesterov=True))
    fixture.save()

    for kind, torch_kind in [("adam", adam), ("adamw", adamw)]:
        fixture = Fixture(f"core.{kind}")
        run(fixture, "default", (7,), {}, 0.1, moments, lambda p, r: torch_kind(p, lr=r))
        run(
            fixture, "attributes", (2, 3, 5), {"beta1": 0.8, "beta2": 0.95, "epsilon": 0.01, "weight_decay": 0.3}, 0.2, moments,
            lambda p, r: torch_kind(p, lr=r, betas=(0.8, 0.95), eps=0.01, weight_decay=0.3))
        run(fixture, "scalar", (), {"weight_decay": 0.1}, 0.05, moments, lambda p, r: torch_kind(p, lr=r, weight_decay=0.1))
        fixture.save()

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
