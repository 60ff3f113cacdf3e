#!/usr/bin/env python3
"""Computes the fixtures of the activations in the core family.

    python Tests/Reference/core_activations.py
"""

import math

import torch
import torch.nn.functional as F

from fixtures import Fixture

# Where formulas break that are right elsewhere.
FAR = [-1000.0, -89.0, -21.0, -9.0, -1.5, 1.5, 9.0, 21.0, 89.0, 1000.0]
SHAPES = {"scalar": (), "one": (1,), "seven": (7,), "odd": (2, 3, 5), "long": (2, 521)}


def away_from_kinks(x: torch.Tensor) -> torch.Tensor:
    """Moves what lies within 0.05 of 0, where some derivatives jump and a finite difference would see both sides."""
    return torch.where(x.abs() < 0.05, x.sign() * 0.05 + x, x)


def elementwise(kind: str, variants: dict, odd: tuple = (math.nan, math.inf, -math.inf)) -> None:
    """One file: `variants` maps a case name to attributes and the function, `odd` are the values that are no numbers.

    Their gradients are left out, as is -infinity where PyTorch computes -infinity times 0.
    """
    fixture = Fixture(kind)
    for name, (attributes, function) in variants.items():
        for shape_name, shape in SHAPES.items():
            fixture.add(f"{name} {shape_name}", attributes, [away_from_kinks(fixture.normal(*shape, deviation=2.0))], {}, function)
        fixture.add(f"{name} far", attributes, [torch.tensor(FAR, dtype=torch.float64)], {}, function)
        fixture.add(f"{name} zero", attributes, [torch.tensor([0.0, -0.0])], {}, function)
        fixture.add(f"{name} not a number", attributes, [torch.tensor(odd)], {}, function, gradient=False)
    fixture.save()


def maxout(pieces: int):
    """h[c] = max_j z[c, j]: the pieces of a unit are neighbours (Goodfellow et al. 2013)."""
    return lambda x: x.unflatten(-1, (-1, pieces)).max(-1).values


def main() -> None:
    elementwise("core.identity", {"plain": ({}, lambda x: x * 1)})
    elementwise("core.sigmoid", {"plain": ({}, torch.sigmoid)})
    elementwise("core.tanh", {"plain": ({}, torch.tanh)})
    elementwise("core.relu", {"plain": ({}, F.relu)})
    elementwise("core.relu6", {"plain": ({}, F.relu6)})
    elementwise(
        "core.leaky_relu",
        {
            "default": ({}, lambda x: F.leaky_relu(x, 0.01)),
            "slope": ({"slope": 0.3}, lambda x: F.leaky_relu(x, 0.3)),
            "steep": ({"slope": 1.7}, lambda x: F.leaky_relu(x, 1.7)),
            "falling": ({"slope": -0.7}, lambda x: F.leaky_relu(x, -0.7)),
        },
    )
    elementwise("core.abs", {"plain": ({}, torch.abs)})
    elementwise(
        "core.elu", {"default": ({}, lambda x: F.elu(x)), "alpha": ({"alpha": 0.7}, lambda x: F.elu(x, 0.7))}
    )
    elementwise(
        "core.softplus",
        {
            "default": ({}, lambda x: F.softplus(x)),
            "beta": ({"beta": 2.5}, lambda x: F.softplus(x, beta=2.5)),
            "threshold": ({"beta": 0.5, "threshold": 3.0}, lambda x: F.softplus(x, beta=0.5, threshold=3.0)),
        },
    )
    elementwise(
        "core.gelu",
        {
            "default": ({}, lambda x: F.gelu(x)),
            "erf": ({"approximation": "none"}, lambda x: F.gelu(x)),
            "tanh": ({"approximation": "tanh"}, lambda x: F.gelu(x, approximate="tanh")),
        },
        odd=(math.nan, math.inf),
    )
    elementwise("core.silu", {"plain": ({}, F.silu)}, odd=(math.nan, math.inf))

    fixture = Fixture("core.maxout")
    for pieces, shape in [(1, (3, 5)), (2, (14,)), (2, (3, 74)), (3, (2, 3, 21)), (5, (7, 5)), (11, (2, 22))]:
        fixture.add(f"{pieces} pieces of {list(shape)}", {"pieces": pieces}, [fixture.normal(*shape)], {}, maxout(pieces))
    ties = torch.tensor([1.0, 1.0, 0.0, 1.0, 2.0, 2.0, -math.inf, -math.inf, -math.inf, 3.0, math.nan, math.nan])
    fixture.add("ties", {"pieces": 3}, [ties], {}, maxout(3))
    fixture.save()

    for kind, function in [("core.softmax", torch.softmax), ("core.log_softmax", torch.log_softmax)]:
        fixture = Fixture(kind)
        rows = [("one", (1,)), ("two", (2,)), ("ten", (3, 10)), ("odd", (2, 3, 17)), ("long", (3, 521)), ("single", (5, 1))]
        for name, shape in rows:
            fixture.add(f"rows {name}", {}, [fixture.normal(*shape, deviation=3.0)], {}, lambda x: function(x, -1))
        for axis, shape in [(0, (7,)), (0, (5, 3)), (1, (2, 7, 3)), (-2, (3, 11, 70)), (0, (13, 130)), (2, (2, 3, 4, 5)), (1, (3, 1, 2))]:
            name = f"axis {axis} of {list(shape)}"
            fixture.add(name, {"axis": axis}, [fixture.normal(*shape, deviation=3.0)], {}, lambda x: function(x, axis))
        far = torch.tensor([[1000.0, -1000.0, 999.0], [-1000.0, -1000.0, -1001.0], [0.0, 80.0, -90.0]], dtype=torch.float64)
        broken = torch.tensor([[1.0, math.nan, 2.0], [1.0, -math.inf, 2.0]])
        fixture.add("broken rows", {}, [broken], {}, lambda x: function(x, -1), gradient=False)
        fixture.add("broken columns", {"axis": 0}, [broken.T], {}, lambda x: function(x, 0), gradient=False)
        fixture.add("far rows", {}, [far], {}, lambda x: function(x, -1))
        fixture.add("far columns", {"axis": 0}, [far.T], {}, lambda x: function(x, 0))
        fixture.save()


if __name__ == "__main__":
    main()
