"""Writes the fixtures of the cnn family's kinds over sequences, channels last."""

from math import ceil

import torch
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


def conv_transpose1d():
    fixture = Fixture("cnn.conv_transpose1d")
    cases = {
        # name: x's shape, attributes
        "one": ((1, 1, 1), {"channels": 1, "kernel": 1}),
        "pointwise": ((2, 5, 7), {"channels": 11, "kernel": 1}),
        "pointwise_strided": ((2, 4, 3), {"channels": 5, "kernel": 1, "stride": 2}),
        "start": ((3, 1, 10), {"channels": 7, "kernel": 4}),
        "twice": ((2, 5, 6), {"channels": 5, "kernel": 4, "stride": 2, "padding": 1}),
        "doubled": ((1, 5, 19), {"channels": 17, "kernel": 3, "stride": 2, "padding": 1, "output_padding": 1}),
        "explicit_two": ((2, 4, 5), {"channels": 3, "kernel": 3, "padding": [0, 2], "stride": 2}),
        "same": ((2, 4, 3), {"channels": 4, "kernel": 3, "stride": 2, "padding": "same"}),
        "same_even": ((1, 5, 2), {"channels": 3, "kernel": 4, "padding": "same"}),
        "same_stride_over_kernel": ((1, 3, 2), {"channels": 2, "kernel": 2, "stride": 3, "padding": "same"}),
        "apart": ((2, 3, 3), {"channels": 3, "kernel": 2, "stride": 4, "output_padding": 3}),
        "dilated": ((1, 6, 3), {"channels": 5, "kernel": 3, "dilation": 3, "padding": 2}),
        "dilated_further": ((2, 4, 2), {"channels": 3, "kernel": 3, "dilation": 4, "stride": 3, "output_padding": 3}),
        "groups": ((2, 5, 6), {"channels": 9, "kernel": 3, "groups": 3, "padding": 1}),
        "depthwise": ((2, 5, 19), {"channels": 19, "kernel": 3, "groups": 19, "padding": 1, "stride": 2}),
        "deep": ((1, 3, 131), {"channels": 67, "kernel": 3, "stride": 2}),
        "long": ((1, 97, 2), {"channels": 5, "kernel": 7, "padding": 3}),
        "no_bias": ((2, 4, 3), {"channels": 5, "kernel": 3, "bias": False}),
    }
    for name, (shape, attributes) in cases.items():
        channels, groups, size = attributes["channels"], attributes.get("groups", 1), attributes["kernel"]
        stride, dilation, padding = attributes.get("stride", 1), attributes.get("dilation", 1), attributes.get("padding", "valid")

        def fn(x, weight, bias=0.0):
            symmetric = padding if isinstance(padding, int) else 0
            y = F.conv_transpose1d(turned(x), weight, None, stride, symmetric, attributes.get("output_padding", 0), groups, dilation)
            if symmetric == 0:
                large = x.shape[1] * stride
                before, after = ends(padding, large, size, stride, dilation)
                if padding == "same":  # where windows are apart, the last one does not reach the end
                    after = y.shape[2] - large - before
                y = F.pad(y, (-before, -after))
            return turned(y) + bias

        weight = fixture.normal(shape[2], channels // groups, size, deviation=0.5)
        parameters = {"weight": weight} | ({"bias": fixture.normal(channels)} if attributes.get("bias", True) else {})
        fixture.add(name, attributes, [fixture.normal(*shape)], parameters, fn)
    fixture.save()


def local1d():
    fixture = Fixture("cnn.local1d")
    cases = {
        # name: x's shape, attributes
        "one": ((1, 1, 1), {"channels": 1, "kernel": 1}),
        "plain": ((2, 7, 3), {"channels": 5, "kernel": 3}),
        "same": ((3, 6, 2), {"channels": 7, "kernel": 4, "padding": "same"}),
        "strided": ((2, 11, 5), {"channels": 2, "kernel": 3, "stride": 2, "padding": 1}),
        "dilated": ((1, 9, 3), {"channels": 4, "kernel": 3, "dilation": 2, "padding": [0, 3]}),
        "apart": ((2, 8, 2), {"channels": 3, "kernel": 2, "stride": 3}),
        "many": ((37, 4, 3), {"channels": 6, "kernel": 2}),
        "deep": ((2, 4, 67), {"channels": 19, "kernel": 2}),
        "no_bias": ((2, 5, 3), {"channels": 5, "kernel": 3, "bias": False}),
    }
    for name, (shape, attributes) in cases.items():
        size, stride, dilation = attributes["kernel"], attributes.get("stride", 1), attributes.get("dilation", 1)
        around = ends(attributes.get("padding", "valid"), shape[1], size, stride, dilation)

        def windows(x):
            return F.pad(turned(x), around).unfold(2, (size - 1) * dilation + 1, stride)[..., ::dilation]

        places, channels = windows(fixture.normal(*shape)).shape[2], attributes["channels"]
        weight = fixture.normal(places, channels, shape[2], size, deviation=0.5)
        parameters = {"weight": weight} | ({"bias": fixture.normal(places, channels)} if attributes.get("bias", True) else {})
        fixture.add(
            name, attributes, [fixture.normal(*shape)], parameters,
            lambda x, weight, bias=0.0: torch.einsum("nctk,tock->nto", windows(x), weight) + bias)  # fmt: skip
    fixture.save()


POOLING = {
    # name: x's shape, attributes
    "one": ((1, 1, 1), {"size": 1}),
    "pairs": ((3, 28, 6), {"size": 2}),
    "odd": ((2, 7, 3), {"size": [2]}),
    "overlapping": ((2, 9, 17), {"size": 3, "stride": 2}),
    "overlapping_padded": ((1, 8, 5), {"size": 3, "stride": 2, "padding": 1}),
    "apart": ((1, 11, 2), {"size": 2, "stride": 3}),
    "same": ((2, 7, 3), {"size": 3, "stride": 2, "padding": "same"}),
    "same_even": ((1, 6, 33), {"size": 4, "stride": 1, "padding": "same"}),
    "explicit_two": ((1, 9, 19), {"size": 5, "stride": 2, "padding": [1, 3]}),
    "whole": ((2, 5, 11), {"size": 5}),
    "large_windows": ((1, 37, 3), {"size": 19, "stride": 1, "padding": 7}),
    "text": ((2, 41, 5), {"size": 40}),
}
CEILED = {
    # name: x's shape, size, stride, padding; PyTorch's own padding, so that it is the same at both ends
    "ceil": ((2, 7, 3), 2, 2, 0),
    "ceil_padded": ((2, 8, 5), 4, 3, 2),
    "ceil_starts_behind": ((1, 5, 2), 2, 3, 1),
    "ceil_small": ((2, 2, 3), 3, 2, 0),
}


def ceiled(size, stride, padding):
    return {"size": size, "stride": stride, "padding": padding, "ceil_mode": True}


def around(x, attributes, value=0.0):
    """x [N, T, C] as [N, C, T], padded; and size and stride of the windows."""
    size = attributes["size"] if isinstance(attributes["size"], int) else attributes["size"][0]
    stride = attributes.get("stride", size)
    return F.pad(turned(x), ends(attributes.get("padding", "valid"), x.shape[1], size, stride), value=value), size, stride


def distinct(fixture, *shape):
    """Numbers of which no two are nearer than 0.02, so that finite differences do not make another one the largest."""
    count = torch.Size(shape).numel()
    return (torch.randperm(count, generator=fixture.generator).double() - count / 2).reshape(shape) * 0.02


def extreme_pools():
    for name, sign in [("max", 1), ("min", -1)]:
        fixture = Fixture(f"cnn.{name}_pool1d")
        for case, (shape, attributes) in POOLING.items():
            fixture.add(
                case, attributes, [distinct(fixture, *shape)], {},
                lambda x: sign * turned(F.max_pool1d(*around(sign * x, attributes, value=-torch.inf))))  # fmt: skip
        ties = fixture.integers(3, 9, 4, below=3).double()
        fixture.add("ties", {"size": 3, "stride": 2}, [ties], {}, lambda x: sign * turned(F.max_pool1d(sign * turned(x), 3, 2)))
        for case, (shape, *window) in CEILED.items():
            fixture.add(
                case, ceiled(*window), [distinct(fixture, *shape)], {},
                lambda x: sign * turned(F.max_pool1d(sign * turned(x), *window, ceil_mode=True)))  # fmt: skip
        fixture.save()


def average_pool1d():
    fixture = Fixture("cnn.average_pool1d")
    for name, (shape, attributes) in POOLING.items():
        x = fixture.normal(*shape)

        def mean(x, counts, attributes=attributes):
            sums = F.avg_pool1d(*around(x, attributes))
            return turned(sums if counts else sums / F.avg_pool1d(*around(torch.ones_like(x), attributes)))

        fixture.add(name, attributes, [x], {}, lambda x: mean(x, False))
        if "padding" in attributes:
            fixture.add(name + "_counting", attributes | {"count_include_pad": True}, [x], {}, lambda x: mean(x, True))
    for name, (shape, *window) in CEILED.items():
        for counts in [False, True]:
            attributes = ceiled(*window) | ({"count_include_pad": True} if counts else {})
            fixture.add(
                name + "_counting" * counts, attributes, [fixture.normal(*shape)], {},
                lambda x: turned(F.avg_pool1d(turned(x), *window, True, counts)))  # fmt: skip
    fixture.save()


def softmax_pool1d():
    fixture = Fixture("cnn.softmax_pool1d")
    for beta, (name, (shape, attributes)) in zip([1, 2.5, -1.5, 0.25, 1, -0.5, 3, 1, 0, 10, 1, -1], POOLING.items()):

        def mix(x):
            windows, *_ = around(x, attributes, value=torch.nan)
            windows = windows.unfold(2, *around(x, attributes)[1:])
            inside = ~windows.isnan()
            weights = torch.where(inside, beta * windows, -torch.inf).softmax(3)
            return turned((weights * torch.where(inside, windows, 0)).sum(3))

        fixture.add(name, attributes | ({"beta": beta} if beta != 1 else {}), [fixture.normal(*shape)], {}, mix)
    fixture.add(
        "steep", {"size": 2, "beta": 1000}, [fixture.normal(2, 6, 3, deviation=100)], {},
        lambda x: turned((turned(x).unfold(2, 2, 2) * (1000 * turned(x).unfold(2, 2, 2)).softmax(3)).sum(3)))  # fmt: skip
    fixture.save()


def global_pools():
    shapes = {"one": (1, 1, 1), "odd": (3, 35, 7), "vectors": (2, 6, 37), "long": (1, 437, 5), "short": (4, 3, 16)}
    for kind, reduce in [
        ("cnn.global_average_pool1d", lambda x, keep: x.mean(1, keepdim=keep)),
        ("cnn.global_max_pool1d", lambda x, keep: x.max(1, keepdim=keep).values),
    ]:
        fixture = Fixture(kind)
        for name, shape in shapes.items():
            fixture.add(name, {}, [fixture.normal(*shape)], {}, lambda x: reduce(x, False))
        fixture.add("keep_axes", {"keep_axes": True}, [fixture.normal(2, 3, 5)], {}, lambda x: reduce(x, True))
        fixture.save()


def adaptive_pools():
    cases = {"one": ((1, 1, 1), 1), "global": ((2, 7, 3), 1), "even": ((2, 12, 5), 4), "odd": ((3, 11, 17), 4), "more": ((1, 3, 2), 7)}
    for kind, pool in [("cnn.adaptive_average_pool1d", F.adaptive_avg_pool1d), ("cnn.adaptive_max_pool1d", F.adaptive_max_pool1d)]:
        fixture = Fixture(kind)
        for name, (shape, size) in cases.items():
            fixture.add(name, {"size": size}, [fixture.normal(*shape)], {}, lambda x: turned(pool(turned(x), size)))
        fixture.save()


def upsample1d():
    fixture = Fixture("cnn.upsample1d")
    shapes = {"one": (1, 1, 1), "odd": (2, 5, 3), "channels": (1, 4, 19)}
    targets = {"twice": {"scale": 2}, "fraction": {"scale": 1.7}, "size": {"size": 11}, "smaller": {"size": [2]}}
    for shape_name, shape in shapes.items():
        for target_name, target in targets.items():
            for mode, aligns in [("nearest", None), ("linear", False), ("linear", True)]:
                attributes = target | ({"mode": mode} if mode != "nearest" else {}) | ({"align_corners": True} if aligns else {})
                scale, size = target.get("scale"), target.get("size")
                options = {
                    "size": size, "scale_factor": float(scale) if scale else None, "mode": mode, "align_corners": aligns,
                }  # fmt: skip
                fixture.add(
                    f"{shape_name} {target_name} {mode}{' aligned' if aligns else ''}", attributes, [fixture.normal(*shape)], {},
                    lambda x: turned(F.interpolate(turned(x), **options)))  # fmt: skip
    fixture.save()


if __name__ == "__main__":
    conv1d()
    conv_transpose1d()
    local1d()
    extreme_pools()
    average_pool1d()
    softmax_pool1d()
    global_pools()
    adaptive_pools()
    upsample1d()
