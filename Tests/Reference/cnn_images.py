"""Writes the fixtures of the cnn family's rarer kinds over images: weights that are not shared, pooling by minimum, softmax and size, and shuffles."""

import torch
from torch.nn import functional as F

from cnn import CEILED, POOLING, ceiled, first, last, pair, widened
from fixtures import Fixture


def windows_of(attributes):
    size = pair(attributes["size"])
    return attributes.get("padding", "valid"), size, pair(attributes.get("stride", attributes["size"]))


def local2d():
    fixture = Fixture("cnn.local2d")
    cases = {
        # name: x's shape, attributes
        "one": ((1, 1, 1, 1), {"channels": 1, "kernel": 1}),
        "plain": ((2, 5, 7, 3), {"channels": 5, "kernel": 3}),
        "same": ((3, 4, 5, 2), {"channels": 7, "kernel": [2, 3], "padding": "same"}),
        "strided": ((2, 7, 6, 5), {"channels": 2, "kernel": 3, "stride": [2, 1], "padding": 1}),
        "dilated": ((1, 7, 8, 3), {"channels": 4, "kernel": [3, 2], "dilation": [2, 3], "padding": [0, 1, 2, 0]}),
        "apart": ((2, 5, 7, 2), {"channels": 3, "kernel": 2, "stride": 3}),
        "whole": ((2, 3, 4, 5), {"channels": 6, "kernel": [3, 4]}),
        "many": ((37, 3, 2, 3), {"channels": 6, "kernel": 2}),
        "deep": ((2, 3, 3, 67), {"channels": 19, "kernel": 2}),
        "no_bias": ((2, 4, 4, 3), {"channels": 5, "kernel": 3, "bias": False}),
    }
    for name, (shape, attributes) in cases.items():
        size, stride, dilation = (pair(attributes.get(key, 1)) for key in ["kernel", "stride", "dilation"])

        def windows(x):
            x = widened(x, attributes.get("padding", "valid"), size, stride, dilation)
            for axis in range(2):
                x = x.unfold(2 + axis, (size[axis] - 1) * dilation[axis] + 1, stride[axis])[..., :: dilation[axis]]
            return x

        places, channels = windows(fixture.normal(*shape)).shape[2:4], attributes["channels"]
        weight = fixture.normal(*places, channels, shape[3], *size, deviation=0.5)
        parameters = {"weight": weight} | ({"bias": fixture.normal(*places, channels)} if attributes.get("bias", True) else {})
        fixture.add(
            name, attributes, [fixture.normal(*shape)], parameters,
            lambda x, weight, bias=0.0: torch.einsum("ncijpq,ijocpq->nijo", windows(x), weight) + bias)  # fmt: skip
    fixture.save()


def min_pool2d():
    fixture = Fixture("cnn.min_pool2d")
    for name, (shape, attributes) in POOLING.items():
        padding, size, stride = windows_of(attributes)
        fixture.add(
            name, attributes, [fixture.normal(*shape)], {},
            lambda x: -last(F.max_pool2d(widened(-x, padding, size, stride, value=-torch.inf), size, stride)))  # fmt: skip
    ties = fixture.integers(2, 8, 8, 3, below=3).double()
    fixture.add("ties", {"size": 3, "stride": 2}, [ties], {}, lambda x: -last(F.max_pool2d(first(-x), 3, 2)))
    for name, (shape, *window) in CEILED.items():
        fixture.add(
            name, ceiled(*window), [fixture.normal(*shape)], {}, lambda x: -last(F.max_pool2d(first(-x), *window, ceil_mode=True)))  # fmt: skip
    fixture.save()


def softmax_pool2d():
    fixture = Fixture("cnn.softmax_pool2d")
    for beta, (name, (shape, attributes)) in zip([1, 2.5, -1.5, 0.25, 1, -0.5, 3, 1, 0, 10, 1, -1, 2], POOLING.items()):
        padding, size, stride = windows_of(attributes)

        def mix(x):
            windows = widened(x, padding, size, stride, value=torch.nan)
            windows = windows.unfold(2, size[0], stride[0]).unfold(3, size[1], stride[1]).flatten(4)
            inside = ~windows.isnan()
            weights = torch.where(inside, beta * windows, -torch.inf).softmax(4)
            return last((weights * torch.where(inside, windows, 0)).sum(4))

        fixture.add(name, attributes | ({"beta": beta} if beta != 1 else {}), [fixture.normal(*shape)], {}, mix)
    fixture.save()


def adaptive_pools():
    cases = {
        # name: x's shape, size
        "one": ((1, 1, 1, 1), 1),
        "global": ((2, 7, 5, 3), 1),
        "even": ((2, 12, 6, 17), [4, 3]),
        "vgg": ((1, 14, 14, 5), 7),
        "odd": ((3, 11, 7, 6), [4, 3]),
        "half_even": ((1, 12, 7, 19), [4, 3]),
        "more": ((2, 3, 2, 2), [7, 5]),
        "more_and_less": ((1, 5, 9, 3), [8, 4]),
    }
    for kind, pool in [("cnn.adaptive_average_pool2d", F.adaptive_avg_pool2d), ("cnn.adaptive_max_pool2d", F.adaptive_max_pool2d)]:
        fixture = Fixture(kind)
        for name, (shape, size) in cases.items():
            fixture.add(name, {"size": size}, [fixture.normal(*shape)], {}, lambda x: last(pool(first(x), pair(size))))
        if kind == "cnn.adaptive_max_pool2d":
            ties = fixture.integers(2, 7, 5, 3, below=3).double()
            fixture.add("ties", {"size": [3, 2]}, [ties], {}, lambda x: last(F.adaptive_max_pool2d(first(x), (3, 2))))
        fixture.save()


def shuffles():
    cases = {"one": ((1, 1, 1, 1), 1), "two": ((2, 3, 5, 3), 2), "three": ((1, 2, 1, 7), 3), "four": ((2, 1, 2, 1), 4), "five": ((1, 2, 3, 2), 5)}
    shuffle, unshuffle = Fixture("cnn.pixel_shuffle"), Fixture("cnn.pixel_unshuffle")
    for name, ((n, h, w, c), factor) in cases.items():
        shuffle.add(
            name, {"factor": factor}, [shuffle.normal(n, h, w, c * factor**2)], {}, lambda x: last(F.pixel_shuffle(first(x), factor)))  # fmt: skip
        unshuffle.add(
            name, {"factor": factor}, [unshuffle.normal(n, h * factor, w * factor, c)], {},
            lambda x: last(F.pixel_unshuffle(first(x), factor)))  # fmt: skip
    shuffle.save()
    unshuffle.save()


if __name__ == "__main__":
    local2d()
    min_pool2d()
    softmax_pool2d()
    adaptive_pools()
    shuffles()
