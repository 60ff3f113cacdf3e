"""Writes the fixtures of the cnn family's kinds over sequences: convolution, channels last."""

from math import ceil

from torch.nn import functional as F

from fixtures import Fixture


def ends(padding, length, size, stride, dilation=1):
    """(before, after), as zoo's manifests mean `padding`."""
    reach = (size - 1) * dilation
    if padding == "valid":
        return (0, 0)
    if padding == "causal":
        return (reach, 0)
    if padding == "same":
        total = max(0, (ceil(length / stride) - 1) * stride + reach + 1 - length)
        return (total // 2, total - total // 2)
    return (padding, padding) if isinstance(padding, int) else tuple(padding * 2 if len(padding) == 1 else padding)


def turned(x):
    """[N, T, C] as [N, C, T], or back."""
    return x.transpose(1, 2)


def conv1d():
    fixture = Fixture("cnn.conv1d")
    cases = {
        # name: x's shape, attributes
        "one": ((1, 1, 1), {"channels": 1, "kernel": 1}),
        "pointwise": ((2, 5, 7), {"channels": 11, "kernel": 1}),
        "pointwise_strided": ((2, 7, 3), {"channels": 5, "kernel": 1, "stride": 2}),
        "valid": ((2, 9, 3), {"channels": 5, "kernel": 4}),
        "whole": ((3, 5, 7), {"channels": 2, "kernel": 5}),
        "same": ((2, 7, 5), {"channels": 3, "kernel": 3, "padding": "same"}),
        "same_even": ((1, 6, 2), {"channels": 7, "kernel": 4, "padding": "same"}),
        "same_strided": ((2, 11, 3), {"channels": 5, "kernel": 5, "stride": 3, "padding": "same"}),
        "same_dilated": ((1, 13, 3), {"channels": 5, "kernel": 3, "dilation": 4, "padding": "same"}),
        "explicit_one": ((2, 5, 3), {"channels": 4, "kernel": 3, "padding": 1}),
        "explicit_two": ((2, 7, 3), {"channels": 2, "kernel": 5, "padding": [1, 3], "stride": 2}),
        "over_padded": ((1, 2, 3), {"channels": 2, "kernel": 2, "padding": 4}),
        "causal": ((2, 7, 3), {"channels": 5, "kernel": 3, "padding": "causal"}),
        "causal_dilated": ((2, 11, 5), {"channels": 3, "kernel": 2, "dilation": 4, "padding": "causal"}),
        "causal_longer_than_x": ((1, 3, 2), {"channels": 3, "kernel": 3, "dilation": 5, "padding": "causal"}),
        "causal_strided": ((1, 10, 3), {"channels": 4, "kernel": 3, "dilation": 2, "stride": 3, "padding": "causal"}),
        "groups": ((2, 7, 6), {"channels": 9, "kernel": 3, "groups": 3, "padding": 1}),
        "groups_wide": ((1, 5, 34), {"channels": 38, "kernel": 3, "groups": 2, "stride": 2, "padding": "same"}),
        "groups_causal": ((2, 9, 4), {"channels": 6, "kernel": 2, "groups": 2, "dilation": 3, "padding": "causal"}),
        "depthwise": ((2, 9, 19), {"channels": 19, "kernel": 3, "groups": 19, "padding": 1}),
        "depthwise_causal": ((1, 8, 5), {"channels": 5, "kernel": 4, "groups": 5, "dilation": 2, "padding": "causal"}),
        "depthwise_multiplied": ((1, 7, 3), {"channels": 6, "kernel": 3, "groups": 3}),
        "one_channel": ((3, 29, 1), {"channels": 6, "kernel": 7, "padding": "same"}),
        "deep": ((1, 4, 131), {"channels": 67, "kernel": 3, "padding": 1}),
        "wavenet": ((2, 37, 17), {"channels": 34, "kernel": 2, "dilation": 8, "padding": "causal"}),
        "long": ((1, 301, 2), {"channels": 5, "kernel": 7, "padding": "same"}),
        "many": ((37, 4, 2), {"channels": 3, "kernel": 2, "padding": "same"}),
        "no_bias": ((2, 5, 3), {"channels": 5, "kernel": 3, "bias": False}),
    }
    for name, (shape, attributes) in cases.items():
        channels, groups, size = attributes["channels"], attributes.get("groups", 1), attributes["kernel"]
        stride, dilation = attributes.get("stride", 1), attributes.get("dilation", 1)
        around = ends(attributes.get("padding", "valid"), shape[1], size, stride, dilation)

        def fn(x, weight, bias=None, around=around, stride=stride, dilation=dilation, groups=groups):
            return turned(F.conv1d(F.pad(turned(x), around), weight, bias, stride, 0, dilation, groups))

        weight = fixture.normal(channels, shape[2] // groups, size, deviation=0.5)
        parameters = {"weight": weight} | ({"bias": fixture.normal(channels)} if attributes.get("bias", True) else {})
        fixture.add(name, attributes, [fixture.normal(*shape)], parameters, fn)
    fixture.save()


if __name__ == "__main__":
    conv1d()
