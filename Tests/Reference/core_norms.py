#!/usr/bin/env python3
"""Computes the fixtures of the normalisations in the core family.

    python Tests/Reference/core_norms.py

Two values are normalised to almost exactly -1 and 1, whatever they are: with a small epsilon their gradients are differences of
nearly equal numbers, of which f32 leaves nothing. Cases of so few have a large epsilon.
"""

import torch
import torch.nn.functional as F

from fixtures import Fixture


def channels_first(x: torch.Tensor) -> torch.Tensor:
    return x.movedim(-1, 1)


def channels_last(x: torch.Tensor) -> torch.Tensor:
    return x.movedim(1, -1)


def affine(fixture: Fixture, *shape: int) -> dict:
    return {"weight": fixture.normal(*shape, mean=1.0, deviation=0.5), "bias": fixture.normal(*shape, deviation=0.7)}


def batch_norm() -> None:
    fixture = Fixture("core.batch_norm")

    def function(training: bool, momentum: float, epsilon: float):
        def apply(x, weight=None, bias=None, running_mean=None, running_var=None):
            y = F.batch_norm(channels_first(x), running_mean, running_var, weight, bias, training, momentum, epsilon)
            return channels_last(y)

        return apply

    variants = {
        "default": ({}, 0.1, 1e-5, True), "attributes": ({"momentum": 0.3, "epsilon": 0.01}, 0.3, 0.01, True),
        "plain": ({"affine": False}, 0.1, 1e-5, False)}
    shapes = [(7, 3), (2, 3, 5), (2, 4, 5, 6), (3, 5, 7, 33), (131, 32), (70, 70), (5, 6, 31), (3, 100, 2)]
    for name, (attributes, momentum, epsilon, has_affine) in variants.items():
        for shape in shapes if name == "default" else shapes[:3]:
            channels = shape[-1]
            buffers = {"running_mean": fixture.normal(channels), "running_var": fixture.uniform(channels, low=0.5, high=2.0)}
            parameters = affine(fixture, channels) if has_affine else {}
            for training in [True, False]:
                x = fixture.normal(*shape, mean=1.5, deviation=2.0)
                fixture.add(
                    f"{name} {list(shape)} {'training' if training else 'inference'}", attributes, [x], parameters,
                    function(training, momentum, epsilon), buffers=buffers, training=training)
    fixture.add(
        "two values", {"epsilon": 0.5}, [fixture.normal(2, 1)], affine(fixture, 1), function(True, 0.1, 0.5),
        buffers={"running_mean": fixture.normal(1), "running_var": fixture.uniform(1)}, training=True)
    # A mean that is large against the deviation, and a first row far from it.
    x = fixture.normal(300, 3, mean=1e4)
    x[0] = -50.0
    for name, case in [("far mean", x[1:]), ("far mean and first row", x)]:
        fixture.add(
            name, {}, [case], affine(fixture, 3), function(True, 0.1, 1e-5),
            buffers={"running_mean": fixture.normal(3), "running_var": fixture.uniform(3)}, training=True)
    fixture.save()


def group_norm() -> None:
    fixture = Fixture("core.group_norm")

    def function(groups: int, epsilon: float = 1e-5):
        return lambda x, weight=None, bias=None: channels_last(F.group_norm(channels_first(x), groups, weight, bias, epsilon))

    for groups, shape in [
        (1, (2, 3, 4)), (2, (3, 5, 4)), (4, (2, 3, 5, 4)), (3, (1, 7, 6)), (2, (5, 6)), (8, (2, 5, 13, 64)), (1, (1, 70, 33)),
        (5, (2, 67, 35)),
    ]:
        x = fixture.normal(*shape, mean=-1.0, deviation=3.0)
        fixture.add(f"{groups} groups of {list(shape)}", {"groups": groups}, [x], affine(fixture, shape[-1]), function(groups))
    x = fixture.normal(2, 3, 4)
    fixture.add("plain", {"groups": 2, "affine": False}, [x], {}, function(2))
    fixture.add("epsilon", {"groups": 2, "epsilon": 0.1}, [x], affine(fixture, 4), function(2, 0.1))
    fixture.add("far mean", {"groups": 2}, [fixture.normal(2, 50, 4, mean=1e4)], affine(fixture, 4), function(2))
    fixture.save()


def instance_norm() -> None:
    fixture = Fixture("core.instance_norm")

    def function(epsilon: float = 1e-5):
        def apply(x, weight=None, bias=None):
            y = F.instance_norm(channels_first(x), weight=weight, bias=bias, use_input_stats=True, eps=epsilon)
            return channels_last(y)

        return apply

    fixture.add("two values", {"affine": True, "epsilon": 0.5}, [fixture.normal(1, 2, 1)], affine(fixture, 1), function(0.5))
    for shape in [(2, 3, 5), (2, 4, 5, 3), (3, 67, 33), (2, 3, 5, 7, 2)]:
        x = fixture.normal(*shape, mean=2.0, deviation=0.5)
        fixture.add(f"default {list(shape)}", {}, [x], {}, function())
        fixture.add(f"affine {list(shape)}", {"affine": True, "epsilon": 0.001}, [x], affine(fixture, shape[-1]), function(0.001))
    fixture.save()


def layer_norm() -> None:
    fixture = Fixture("core.layer_norm")

    def function(axes: int, epsilon: float = 1e-5):
        return lambda x, weight=None, bias=None: F.layer_norm(x, x.shape[-axes:], weight, bias, epsilon)

    for axes, shape in [
        (1, (7,)), (1, (2, 3, 5)), (1, (67, 33)), (1, (2, 1543)), (2, (3, 5, 7)), (3, (2, 3, 4)), (2, (65, 2, 3)),
    ]:
        x = fixture.normal(*shape, mean=-2.0, deviation=1.5)
        attributes = {"axes": axes} if axes > 1 else {}
        fixture.add(f"{axes} axes of {list(shape)}", attributes, [x], affine(fixture, *shape[-axes:]), function(axes))
    fixture.add("one value", {}, [fixture.normal(5, 1)], affine(fixture, 1), function(1), gradient=False)
    fixture.add("two values", {"epsilon": 0.5}, [fixture.normal(3, 2)], affine(fixture, 2), function(1, 0.5))
    x = fixture.normal(4, 6)
    fixture.add("plain", {"affine": False}, [x], {}, function(1))
    fixture.add("no bias", {"bias": False}, [x], {"weight": fixture.normal(6)}, function(1))
    fixture.add("epsilon", {"epsilon": 0.1}, [x], affine(fixture, 6), function(1, 0.1))
    fixture.add("far mean", {}, [fixture.normal(3, 500, mean=1e4)], affine(fixture, 500), function(1))
    fixture.save()


def rms_norm() -> None:
    fixture = Fixture("core.rms_norm")

    def function(axes: int, epsilon: float = 1e-6):
        return lambda x, weight=None: F.rms_norm(x, x.shape[-axes:], weight, epsilon)

    fixture.add("one value", {"epsilon": 0.5}, [fixture.normal(5, 1)], {"weight": fixture.normal(1)}, function(1, 0.5))
    for axes, shape in [(1, (7,)), (1, (3, 2)), (1, (2, 3, 5)), (1, (67, 33)), (1, (2, 1543)), (2, (3, 5, 7))]:
        attributes = {"axes": axes} if axes > 1 else {}
        weight = {"weight": fixture.normal(*shape[-axes:], mean=1.0)}
        fixture.add(f"{axes} axes of {list(shape)}", attributes, [fixture.normal(*shape, mean=0.5)], weight, function(axes))
    x = fixture.normal(4, 6)
    fixture.add("plain", {"affine": False}, [x], {}, function(1))
    fixture.add("epsilon", {"epsilon": 0.1}, [x], {"weight": fixture.normal(6)}, function(1, 0.1))
    fixture.save()


if __name__ == "__main__":
    batch_norm()
    group_norm()
    instance_norm()
    layer_norm()
    rms_norm()
