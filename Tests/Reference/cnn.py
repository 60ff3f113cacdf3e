"""Writes the fixtures of the cnn family: convolution and pooling, channels last."""

from math import ceil

import torch
from torch.nn import functional as F

from fixtures import Fixture


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value * 2 if len(value) == 1 else value)


def sides(padding, shape, size, stride, dilation=(1, 1)):
    """(top, bottom, left, right), as zoo's manifests mean `padding`."""
    if padding == "valid":
        return (0, 0, 0, 0)
    if padding == "same":
        result = ()
        for length, k, s, d in zip(shape, size, stride, dilation):
            total = max(0, (ceil(length / s) - 1) * s + (k - 1) * d + 1 - length)
            result += (total // 2, total - total // 2)
        return result
    p = [padding] if isinstance(padding, int) else padding
    return tuple({1: [p[0]] * 4, 2: [p[0], p[0], p[-1], p[-1]], 4: p}[len(p)])


def first(x):
    return x.permute(0, 3, 1, 2)


def last(x):
    return x.permute(0, 2, 3, 1)


def widened(x, padding, size, stride, dilation=(1, 1), value=0.0):
    """x [N, H, W, C] as [N, C, H, W], padded."""
    top, bottom, left, right = sides(padding, x.shape[1:3], size, stride, dilation)
    return F.pad(first(x), (left, right, top, bottom), value=value)


def conv(attributes):
    size, stride = pair(attributes["kernel"]), pair(attributes.get("stride", 1))
    dilation, groups = pair(attributes.get("dilation", 1)), attributes.get("groups", 1)

    def fn(x, weight, bias=None):
        x = widened(x, attributes.get("padding", "valid"), size, stride, dilation)
        return last(F.conv2d(x, weight, bias, stride, 0, dilation, groups))

    return fn


def conv2d():
    fixture = Fixture("cnn.conv2d")
    cases = {
        # name: x's shape, attributes
        "one": ((1, 1, 1, 1), {"channels": 1, "kernel": 1}),
        "pointwise": ((2, 3, 5, 7), {"channels": 11, "kernel": 1}),
        "pointwise_strided": ((2, 5, 4, 3), {"channels": 5, "kernel": [1], "stride": 2}),
        "lenet_c1": ((3, 28, 28, 1), {"channels": 6, "kernel": 5, "padding": "same"}),
        "lenet_c3": ((3, 14, 14, 6), {"channels": 16, "kernel": 5}),
        "same_strided": ((2, 7, 8, 3), {"channels": 5, "kernel": 3, "stride": 2, "padding": "same"}),
        "same_even": ((1, 6, 5, 2), {"channels": 3, "kernel": [2, 4], "padding": "same"}),
        "same_stride_over_kernel": ((1, 7, 7, 2), {"channels": 2, "kernel": 2, "stride": 3, "padding": "same"}),
        "explicit_one": ((2, 5, 6, 3), {"channels": 4, "kernel": 3, "padding": 1}),
        "explicit_two": ((1, 5, 4, 3), {"channels": 7, "kernel": [3, 5], "padding": [1, 3], "stride": [2, 1]}),
        "explicit_four": ((2, 6, 7, 5), {"channels": 3, "kernel": 3, "padding": [0, 2, 3, 1], "stride": [1, 2]}),
        "over_padded": ((1, 2, 1, 3), {"channels": 2, "kernel": 2, "padding": 4}),
        "dilated": ((1, 11, 9, 3), {"channels": 5, "kernel": 3, "dilation": [2, 3], "padding": "same"}),
        "dilated_strided": ((2, 13, 8, 2), {"channels": 3, "kernel": [3, 2], "dilation": [3, 2], "stride": [2, 3]}),
        "groups": ((2, 5, 6, 6), {"channels": 9, "kernel": 3, "groups": 3, "padding": 1}),
        "groups_wide": ((1, 4, 5, 34), {"channels": 38, "kernel": 3, "groups": 2, "stride": 2, "padding": "same"}),
        "groups_dilated": ((1, 9, 7, 4), {"channels": 4, "kernel": 3, "groups": 2, "dilation": 2, "padding": 2}),
        "depthwise": ((2, 7, 9, 19), {"channels": 19, "kernel": 3, "groups": 19, "padding": 1}),
        "depthwise_strided": ((1, 8, 7, 5), {"channels": 5, "kernel": [3, 2], "groups": 5, "stride": [2, 3], "padding": [1, 0]}),
        "depthwise_dilated": ((1, 9, 9, 3), {"channels": 3, "kernel": 3, "groups": 3, "dilation": 2, "padding": "same"}),
        "depthwise_multiplied": ((1, 5, 5, 3), {"channels": 6, "kernel": 3, "groups": 3}),
        "whole_image": ((5, 3, 4, 7), {"channels": 13, "kernel": [3, 4]}),
        "larger_than_stride_needs": ((2, 4, 5, 3), {"channels": 3, "kernel": 3, "stride": 4}),
        "wide": ((2, 9, 8, 17), {"channels": 53, "kernel": 3, "padding": "same"}),
        "deep": ((1, 3, 3, 131), {"channels": 67, "kernel": 3, "padding": 1}),
        "long_sum": ((1, 4, 4, 97), {"channels": 3, "kernel": 4, "padding": [1, 2, 2, 1]}),
        "many_images": ((37, 4, 3, 2), {"channels": 3, "kernel": 2, "padding": "same"}),
        "row": ((1, 1, 301, 2), {"channels": 5, "kernel": [1, 7], "padding": "same"}),
        "column": ((1, 151, 1, 3), {"channels": 2, "kernel": [5, 1], "stride": 2}),
        "no_bias": ((2, 4, 4, 3), {"channels": 5, "kernel": 3, "bias": False}),
    }
    for name, (shape, attributes) in cases.items():
        channels, groups = attributes["channels"], attributes.get("groups", 1)
        weight = fixture.normal(channels, shape[3] // groups, *pair(attributes["kernel"]), deviation=0.5)
        parameters = {"weight": weight} | ({"bias": fixture.normal(channels)} if attributes.get("bias", True) else {})
        fixture.add(name, attributes, [fixture.normal(*shape)], parameters, conv(attributes))
    fixture.save()


def transposed(attributes):
    size, stride = pair(attributes["kernel"]), pair(attributes.get("stride", 1))
    dilation, groups, padding = pair(attributes.get("dilation", 1)), attributes.get("groups", 1), attributes.get("padding", "valid")
    further = pair(attributes.get("output_padding", 0))

    def fn(x, weight, bias=0.0):
        symmetric = padding if isinstance(padding, int) or len(padding) == 2 else 0
        y = F.conv_transpose2d(first(x), weight, None, stride, symmetric, further, groups, dilation)
        if symmetric == 0:
            large = [length * s for length, s in zip(x.shape[1:3], stride)]
            top, bottom, left, right = sides(padding, large, size, stride, dilation)
            if padding == "same":  # where windows are apart, the last ones do not reach the end
                bottom, right = (y.shape[2] - large[0] - top, y.shape[3] - large[1] - left)
            y = F.pad(y, (-left, -right, -top, -bottom))
        return last(y) + bias

    return fn


def conv_transpose2d():
    fixture = Fixture("cnn.conv_transpose2d")
    cases = {
        # name: x's shape, attributes
        "one": ((1, 1, 1, 1), {"channels": 1, "kernel": 1}),
        "pointwise": ((2, 3, 5, 7), {"channels": 11, "kernel": 1}),
        "pointwise_strided": ((2, 3, 4, 3), {"channels": 5, "kernel": 1, "stride": 2}),
        "dcgan_start": ((3, 1, 1, 10), {"channels": 7, "kernel": 4}),
        "dcgan": ((2, 4, 5, 6), {"channels": 5, "kernel": 4, "stride": 2, "padding": 1}),
        "dcgan_end": ((2, 7, 7, 16), {"channels": 1, "kernel": 4, "stride": 2, "padding": 1}),
        "doubled": ((1, 5, 3, 19), {"channels": 17, "kernel": 3, "stride": 2, "padding": 1, "output_padding": 1}),
        "unet": ((1, 3, 4, 18), {"channels": 20, "kernel": 2, "stride": 2}),
        "explicit_two": ((1, 5, 4, 3), {"channels": 7, "kernel": [3, 5], "padding": [1, 3], "stride": [2, 1]}),
        "explicit_four": ((2, 4, 3, 5), {"channels": 3, "kernel": 3, "padding": [0, 2, 2, 1], "stride": [1, 2], "output_padding": [0, 1]}),
        "same": ((2, 3, 4, 3), {"channels": 4, "kernel": 3, "stride": 2, "padding": "same"}),
        "same_even": ((1, 5, 2, 2), {"channels": 3, "kernel": [2, 4], "padding": "same"}),
        "same_stride_over_kernel": ((1, 3, 2, 2), {"channels": 2, "kernel": 2, "stride": 3, "padding": "same"}),
        "apart": ((2, 3, 2, 3), {"channels": 3, "kernel": 2, "stride": 4, "output_padding": 3}),
        "dilated": ((1, 6, 5, 3), {"channels": 5, "kernel": 3, "dilation": [2, 3], "padding": [1, 2]}),
        "dilated_further": (
            (2, 3, 4, 2), {"channels": 3, "kernel": [3, 2], "dilation": [3, 4], "stride": [2, 3], "output_padding": [2, 3]}),
        "groups": ((2, 5, 4, 6), {"channels": 9, "kernel": 3, "groups": 3, "padding": 1}),
        "groups_wide": ((1, 3, 3, 34), {"channels": 38, "kernel": 3, "groups": 2, "stride": 2, "output_padding": 1}),
        "depthwise": ((2, 4, 5, 19), {"channels": 19, "kernel": 3, "groups": 19, "padding": 1, "stride": 2}),
        "depthwise_multiplied": ((1, 3, 3, 3), {"channels": 6, "kernel": 3, "groups": 3}),
        "depthwise_reduced": ((1, 3, 3, 6), {"channels": 3, "kernel": 3, "groups": 3}),
        "cropped": ((1, 4, 5, 2), {"channels": 3, "kernel": 2, "padding": 2}),
        "wide": ((2, 4, 3, 53), {"channels": 17, "kernel": 3, "padding": 1}),
        "deep": ((1, 2, 2, 131), {"channels": 67, "kernel": 3, "stride": 2}),
        "large": ((2, 8, 8, 32), {"channels": 64, "kernel": 4, "stride": 2, "padding": 1}),
        "many_images": ((37, 2, 3, 2), {"channels": 3, "kernel": 2, "stride": 2}),
        "row": ((1, 1, 97, 2), {"channels": 5, "kernel": [1, 7], "padding": [0, 3]}),
        "no_bias": ((2, 3, 4, 3), {"channels": 5, "kernel": 3, "bias": False}),
    }
    for name, (shape, attributes) in cases.items():
        channels, groups = attributes["channels"], attributes.get("groups", 1)
        weight = fixture.normal(shape[3], channels // groups, *pair(attributes["kernel"]), deviation=0.5)
        parameters = {"weight": weight} | ({"bias": fixture.normal(channels)} if attributes.get("bias", True) else {})
        fixture.add(name, attributes, [fixture.normal(*shape)], parameters, transposed(attributes))
    fixture.save()


def upsample2d():
    fixture = Fixture("cnn.upsample2d")
    shapes = {"one": (1, 1, 1, 1), "odd": (2, 3, 5, 3), "gray": (3, 7, 4, 1), "channels": (1, 5, 3, 19)}
    targets = {
        "twice": {"scale": 2}, "thrice": {"scale": [3, 1]}, "half": {"scale": [1.0, 1.5]}, "fraction": {"scale": [1.7, 2.3]},
        "size": {"size": [7, 11]}, "same_size": {"size": 5}, "smaller": {"size": [2, 3]}, "point": {"size": 1},
    }  # fmt: skip
    for shape_name, shape in shapes.items():
        for target_name, target in targets.items():
            for mode in ["nearest", "bilinear"]:
                scale, size = target.get("scale"), target.get("size")
                options = {
                    "size": pair(size) if size else None,
                    "scale_factor": tuple(map(float, scale if isinstance(scale, list) else [scale] * 2)) if scale else None,
                    "mode": mode,
                } | ({"align_corners": False} if mode == "bilinear" else {})
                attributes = target | ({"mode": mode} if mode != "nearest" else {})
                fixture.add(
                    f"{shape_name} {target_name} {mode}", attributes, [fixture.normal(*shape)], {},
                    lambda x, options=options: last(F.interpolate(first(x), **options)))  # fmt: skip
    for name, shape, size in [("one", (2, 3, 2, 5), [5, 1]), ("odd", (1, 4, 5, 3), [7, 9]), ("vectors", (2, 3, 4, 19), [2, 11])]:
        fixture.add(
            f"{name} aligned", {"size": size, "mode": "bilinear", "align_corners": True}, [fixture.normal(*shape)], {},
            lambda x, size=size: last(F.interpolate(first(x), size=size, mode="bilinear", align_corners=True)))  # fmt: skip
    fixture.add(
        "scale aligned", {"scale": [2, 1.5], "mode": "bilinear", "align_corners": True}, [fixture.normal(2, 3, 5, 2)], {},
        lambda x: last(F.interpolate(first(x), scale_factor=(2.0, 1.5), mode="bilinear", align_corners=True)))  # fmt: skip
    fixture.save()


POOLING = {
    # name: x's shape, attributes
    "one": ((1, 1, 1, 1), {"size": 1}),
    "lenet_s2": ((3, 28, 28, 6), {"size": 2}),
    "lenet_s4": ((3, 10, 10, 16), {"size": [2]}),
    "odd": ((2, 7, 5, 3), {"size": 2}),
    "overlapping": ((2, 9, 8, 17), {"size": 3, "stride": 2}),
    "overlapping_padded": ((1, 8, 7, 5), {"size": 3, "stride": [1, 2], "padding": 1}),
    "apart": ((1, 11, 10, 2), {"size": [2, 1], "stride": [3, 4]}),
    "same": ((2, 7, 6, 3), {"size": 3, "stride": 2, "padding": "same"}),
    "same_even": ((1, 5, 6, 33), {"size": [2, 4], "stride": 1, "padding": "same"}),
    "explicit_two": ((1, 6, 9, 4), {"size": [3, 5], "padding": [1, 2]}),
    "explicit_four": ((1, 5, 5, 19), {"size": 3, "stride": 2, "padding": [0, 2, 1, 0]}),
    "whole": ((2, 5, 3, 11), {"size": [5, 3]}),
    "large_windows": ((1, 17, 13, 3), {"size": [16, 11], "stride": 1, "padding": [5, 4]}),
}


CEILED = {
    # name: x's shape, size, stride, padding; PyTorch's own padding, so that it is the same on both sides
    "ceil": ((2, 7, 5, 3), 2, 2, 0),
    "ceil_googlenet": ((1, 14, 13, 17), 3, 2, 0),
    "ceil_padded": ((2, 8, 7, 5), (3, 4), (2, 3), (1, 2)),
    "ceil_starts_behind": ((1, 5, 6, 2), 2, 3, 1),
    "ceil_small": ((2, 2, 3, 3), 3, 2, 0),
    "ceil_nothing_left": ((1, 9, 6, 4), 3, 3, 0),
}


def ceiled(size, stride, padding):
    numbers = {"size": size, "stride": stride, "padding": padding}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in numbers.items()} | {"ceil_mode": True}


def max_pool2d():
    fixture = Fixture("cnn.max_pool2d")
    for name, (shape, attributes) in POOLING.items():
        size = pair(attributes["size"])
        stride, padding = pair(attributes.get("stride", attributes["size"])), attributes.get("padding", "valid")

        def fn(x, size=size, stride=stride, padding=padding):
            return last(F.max_pool2d(widened(x, padding, size, stride, value=-torch.inf), size, stride))

        fixture.add(name, attributes, [fixture.normal(*shape)], {}, fn)
    # The first of equals is the maximum.
    ties = fixture.integers(2, 8, 8, 3, below=3).double()
    fixture.add("ties", {"size": 3, "stride": 2}, [ties], {}, lambda x: last(F.max_pool2d(first(x), 3, 2)))
    for name, (shape, *window) in CEILED.items():
        fixture.add(
            name, ceiled(*window), [fixture.normal(*shape)], {},
            lambda x, window=window: last(F.max_pool2d(first(x), *window, ceil_mode=True)))  # fmt: skip
    fixture.save()


def average_pool2d():
    fixture = Fixture("cnn.average_pool2d")
    for name, (shape, attributes) in POOLING.items():
        size = pair(attributes["size"])
        stride, padding = pair(attributes.get("stride", attributes["size"])), attributes.get("padding", "valid")

        def mean(x, size=size, stride=stride, padding=padding, counts=False):
            sums = F.avg_pool2d(widened(x, padding, size, stride), size, stride)
            shares = F.avg_pool2d(widened(torch.ones_like(x), padding, size, stride), size, stride)
            return last(sums if counts else sums / shares)

        x = fixture.normal(*shape)
        fixture.add(name, attributes, [x], {}, mean)
        if padding != "valid":
            counting = attributes | {"count_include_pad": True}
            fixture.add(name + "_counting", counting, [x], {}, lambda x, mean=mean: mean(x, counts=True))
    for name, (shape, *window) in CEILED.items():
        for counts in [False, True]:
            attributes = ceiled(*window) | ({"count_include_pad": True} if counts else {})
            fixture.add(
                name + "_counting" * counts, attributes, [fixture.normal(*shape)], {},
                lambda x, window=window, counts=counts: last(F.avg_pool2d(first(x), *window, True, counts)))  # fmt: skip
    fixture.save()


def global_pools():
    shapes = {
        "one": (1, 1, 1, 1), "odd": (3, 5, 7, 3), "vectors": (2, 3, 2, 37), "large": (1, 19, 23, 5), "flat": (4, 1, 3, 16),
    }  # fmt: skip
    for kind, reduce in [
        ("cnn.global_average_pool2d", lambda x, keep: x.mean((1, 2), keepdim=keep)),
        ("cnn.global_max_pool2d", lambda x, keep: last(F.max_pool2d(first(x), tuple(x.shape[1:3]))).reshape(
            (len(x), 1, 1, x.shape[3]) if keep else (len(x), x.shape[3]))),
    ]:  # fmt: skip
        fixture = Fixture(kind)
        for name, shape in shapes.items():
            fixture.add(name, {}, [fixture.normal(*shape)], {}, lambda x: reduce(x, False))
        fixture.add("keep_axes", {"keep_axes": True}, [fixture.normal(2, 3, 4, 5)], {}, lambda x: reduce(x, True))
        if kind == "cnn.global_max_pool2d":
            fixture.add("ties", {}, [fixture.integers(3, 4, 5, 6, below=2).double()], {}, lambda x: reduce(x, False))
        fixture.save()


if __name__ == "__main__":
    conv2d()
    conv_transpose2d()
    upsample2d()
    max_pool2d()
    average_pool2d()
    global_pools()
