"""Writes the fixtures of the cnn family's kinds over volumes: convolution, channels last."""

from math import ceil

from torch.nn import functional as F

from fixtures import Fixture


def triple(value):
    return (value,) * 3 if isinstance(value, int) else tuple(value * 3 if len(value) == 1 else value)


def sides(padding, shape, size, stride, dilation):
    """(front, back, top, bottom, left, right), as zoo's manifests mean `padding`."""
    if padding == "valid":
        return (0,) * 6
    if padding == "same":
        result = ()
        for length, k, s, d in zip(shape, size, stride, dilation):
            total = max(0, (ceil(length / s) - 1) * s + (k - 1) * d + 1 - length)
            result += (total // 2, total - total // 2)
        return result
    p = [padding] if isinstance(padding, int) else padding
    return tuple(p if len(p) == 6 else [triple(p)[i // 2] for i in range(6)])


def conv3d():
    fixture = Fixture("cnn.conv3d")
    cases = {
        # name: x's shape, attributes
        "one": ((1, 1, 1, 1, 1), {"channels": 1, "kernel": 1}),
        "pointwise": ((2, 2, 3, 5, 7), {"channels": 11, "kernel": 1}),
        "plain": ((2, 4, 5, 3, 3), {"channels": 5, "kernel": [2, 3, 2]}),
        "same": ((1, 3, 4, 5, 2), {"channels": 3, "kernel": 3, "padding": "same"}),
        "same_strided": ((2, 5, 3, 4, 3), {"channels": 4, "kernel": [3, 2, 3], "stride": [2, 1, 3], "padding": "same"}),
        "explicit_one": ((1, 3, 4, 3, 5), {"channels": 7, "kernel": 3, "padding": 1}),
        "explicit_three": ((1, 2, 5, 3, 3), {"channels": 2, "kernel": [2, 3, 1], "padding": [1, 0, 2]}),
        "explicit_six": ((1, 3, 2, 4, 2), {"channels": 3, "kernel": 2, "padding": [2, 0, 0, 1, 1, 3], "stride": 2}),
        "over_padded": ((1, 1, 2, 1, 3), {"channels": 2, "kernel": 2, "padding": 3}),
        "dilated": ((1, 7, 5, 6, 3), {"channels": 4, "kernel": [3, 2, 2], "dilation": [2, 3, 1]}),
        "dilated_strided": (
            (1, 9, 3, 5, 2),
            {"channels": 3, "kernel": [3, 1, 2], "dilation": [3, 1, 2], "stride": [2, 2, 1], "padding": [3, 0, 1]},
        ),
        "groups": ((2, 3, 3, 4, 6), {"channels": 9, "kernel": 2, "groups": 3}),
        "depthwise": ((1, 3, 4, 3, 5), {"channels": 5, "kernel": 3, "groups": 5, "padding": 1}),
        "deep": ((1, 2, 3, 2, 37), {"channels": 41, "kernel": 2}),
        "whole": ((3, 2, 3, 4, 3), {"channels": 5, "kernel": [2, 3, 4]}),
        "flat": ((2, 1, 5, 4, 3), {"channels": 4, "kernel": [1, 3, 3], "padding": [0, 1, 1]}),
        "film": ((1, 13, 3, 3, 2), {"channels": 3, "kernel": [5, 1, 1], "padding": "same"}),
        "no_bias": ((1, 3, 3, 4, 3), {"channels": 5, "kernel": 2, "bias": False}),
    }
    for name, (shape, attributes) in cases.items():
        channels, groups = attributes["channels"], attributes.get("groups", 1)
        size, stride, dilation = (triple(attributes.get(key, 1)) for key in ["kernel", "stride", "dilation"])
        front, back, top, bottom, left, right = sides(attributes.get("padding", "valid"), shape[1:4], size, stride, dilation)

        def fn(x, weight, bias=None):
            x = F.pad(x.permute(0, 4, 1, 2, 3), (left, right, top, bottom, front, back))
            return F.conv3d(x, weight, bias, stride, 0, dilation, groups).permute(0, 2, 3, 4, 1)

        weight = fixture.normal(channels, shape[4] // groups, *size, deviation=0.5)
        parameters = {"weight": weight} | ({"bias": fixture.normal(channels)} if attributes.get("bias", True) else {})
        fixture.add(name, attributes, [fixture.normal(*shape)], parameters, fn)
    fixture.save()


if __name__ == "__main__":
    conv3d()
