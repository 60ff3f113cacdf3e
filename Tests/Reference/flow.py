#!/usr/bin/env python3
"""Computes the fixtures of the flow family.

    python Tests/Reference/flow.py
"""

import torch

from fixtures import Fixture


def kept(width: int, keep: str) -> torch.Tensor:
    """Whether each feature is kept."""
    i = torch.arange(width)
    half = (width + 1) // 2
    return {"first": i < half, "second": i >= half, "even": i % 2 == 0, "odd": i % 2 == 1, "none": i < 0}[keep]


def coupling(attributes: dict):
    """y and the log-determinant as Dinh et al. write them, with a binary mask."""
    clamp, sign = attributes.get("clamp", 0), -1 if attributes.get("inverse") else 1

    def fn(x, shift, log_scale=None, before=None):
        moved = ~kept(x.shape[-1], attributes.get("keep", "first"))
        scale = torch.zeros_like(shift) if log_scale is None else log_scale
        scale = clamp * torch.tanh(scale / clamp) if clamp else scale
        t, s = (torch.zeros_like(x).masked_scatter(moved.expand_as(x), tensor) for tensor in (shift, scale))
        y = (x - t) * torch.exp(-s) if sign < 0 else x * torch.exp(s) + t
        determinant = sign * s.flatten(1).sum(1)
        return torch.where(moved, y, x), determinant if before is None else determinant + before

    return fn


def affine_coupling() -> None:
    fixture = Fixture("flow.affine_coupling")
    shapes = {
        "two": (7, 2), "one": (1, 2), "odd": (5, 7), "narrow": (131, 3), "wide": (2, 1301), "half": (9, 64), "images": (2, 3, 5, 6),
        "many positions": (3, 7, 11, 13),
    }  # fmt: skip
    for shape_name, shape in shapes.items():
        for keep in ["first", "second", "even", "odd", "none"]:
            if shape_name in ["wide", "many positions"] and keep not in ["first", "odd"]:
                continue
            for inverse in [False, True]:
                attributes = ({"keep": keep} if keep != "first" else {}) | ({"inverse": True} if inverse else {})
                attributes |= {"clamp": 1.5} if keep in ["odd", "second"] else {}
                some = (*shape[:-1], int((~kept(shape[-1], keep)).sum()))
                inputs = [fixture.normal(*shape), fixture.normal(*some), fixture.normal(*some, deviation=0.5)]
                if keep in ["even", "odd"]:
                    inputs.append(fixture.normal(shape[0]))
                fixture.add(f"{shape_name} {keep}{' inverse' if inverse else ''}", attributes, inputs, {}, coupling(attributes))
    for name, attributes in {"additive": {}, "additive inverse": {"keep": "odd", "inverse": True}}.items():
        fixture.add(name, attributes, [fixture.normal(5, 6), fixture.normal(5, 3)], {}, coupling(attributes))
        inputs = [fixture.normal(5, 6), fixture.normal(5, 3), None, fixture.normal(5)]
        fixture.add(name + " after others", attributes, inputs, {}, coupling(attributes))
    far = torch.tensor([[0.0, 1000.0, -1000.0, 40.0, -40.0]])
    fixture.add("far", {"keep": "none", "clamp": 3}, [fixture.normal(1, 5), fixture.normal(1, 5), far], {},
                coupling({"keep": "none", "clamp": 3}))  # fmt: skip
    fixture.save()


def half() -> None:
    fixture = Fixture("flow.half")
    for shape_name, shape in {"two": (7, 2), "odd": (5, 7), "wide": (3, 1031), "images": (2, 3, 5, 6)}.items():
        for keep in ["first", "second", "even", "odd"]:
            fixture.add(f"{shape_name} {keep}", {"keep": keep}, [fixture.normal(*shape)], {}, lambda x: x[..., kept(x.shape[-1], keep)])
    fixture.add("default", {}, [fixture.normal(1, 1)], {}, lambda x: x)
    fixture.save()


def standard_normal() -> None:
    fixture = Fixture("flow.standard_normal")
    normal = torch.distributions.Normal(torch.tensor(0.0, dtype=torch.float64), 1.0)
    for name, shape, others in [
        ("one", (1, 1), 0), ("two", (7, 2), 1), ("odd", (131, 5), 3), ("images", (2, 3, 5, 7), 2), ("long", (3, 1031), 1),
    ]:  # fmt: skip
        deviation = 0.8 if name == "long" else 1.7  # finite differences of a large sum see only its rounding
        inputs = [fixture.normal(*shape, mean=0.3, deviation=deviation)] + [fixture.normal(shape[0], deviation=3.0) for _ in range(others)]
        fixture.add(name, {}, inputs, {}, lambda z, *sums: normal.log_prob(z).flatten(1).sum(1) + sum(sums))
    fixture.save()


if __name__ == "__main__":
    affine_coupling()
    half()
    standard_normal()
