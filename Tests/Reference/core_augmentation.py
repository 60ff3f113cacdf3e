#!/usr/bin/env python3
"""Computes the fixtures of what is done by chance in training, in the core family, where the attributes leave nothing to chance.

    python Tests/Reference/core_augmentation.py
"""

import torch
import torch.nn.functional as F
import torchvision.transforms.functional as V

from fixtures import Fixture


def images(function):
    """A function of images [N, C, H, W] as one of [N, H, W, C]."""
    return lambda x: function(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def flips() -> None:
    fixture = Fixture("core.random_flip")
    for name, attributes, axes in [
        ("neither", {"horizontal": 0.0}, []),
        ("horizontal", {"horizontal": 1.0}, [2]),
        ("vertical", {"horizontal": 0.0, "vertical": 1.0}, [1]),
        ("both", {"horizontal": 1.0, "vertical": 1.0}, [1, 2]),
    ]:
        for shape in [(1, 1, 1, 1), (2, 3, 5, 1), (3, 4, 7, 3), (2, 5, 6, 4)]:
            fixture.add(f"{name} {list(shape)}", attributes, [fixture.normal(*shape)], {}, lambda x: torch.flip(x, axes), training=bool(axes))
    fixture.save()


def crops() -> None:
    fixture = Fixture("core.random_crop")
    fixture.add("whole", {}, [fixture.normal(2, 3, 5, 3)], {}, lambda x: x * 1)
    for padding, fill in [(1, 0.0), (3, -0.75)]:
        size = {"height": 4 + 2 * padding, "width": 5 + 2 * padding, "padding": padding, "fill": fill}
        fixture.add(
            f"padding {padding}", size, [fixture.normal(2, 4, 5, 3)], {},
            images(lambda x: F.pad(x, [padding] * 4, value=fill)))
    fixture.save()
    fixture = Fixture("core.random_shift")
    fixture.add("still", {"rows": 0, "columns": 0}, [fixture.normal(2, 3, 5, 3)], {}, lambda x: x * 1)
    fixture.save()


def turns() -> None:
    fixture = Fixture("core.random_rotate")
    for angle in [0.0, 10.0, -33.0, 90.0, 137.5, 180.0, -90.0, 360.0]:
        for shape in [(1, 1, 1, 1), (2, 7, 5, 1), (1, 8, 8, 3), (2, 6, 9, 2)]:
            for fill in [0.0, 1.5] if shape[3] == 3 else [0.0]:
                attributes = {"low": angle, "high": angle} | ({"fill": fill} if fill else {})
                fixture.add(
                    f"{angle} {list(shape)} {fill}", attributes, [fixture.normal(*shape)], {},
                    images(lambda x: V.rotate(x - fill, angle, V.InterpolationMode.BILINEAR) + fill), training=True, gradient=False)
    fixture.save()


def noise() -> None:
    fixture = Fixture("core.gaussian_noise")
    fixture.add("none", {"deviation": 0.0}, [fixture.normal(3, 7)], {}, lambda x: x * 1)
    fixture.save()
    fixture = Fixture("core.label_noise")
    for dtype in [torch.int32, torch.int64]:
        labels = fixture.integers(3, 5, below=9, dtype=dtype)
        fixture.add(f"none {dtype}", {"classes": 9, "probability": 0.0}, [labels], {}, lambda x: x.clone(), gradient=False)
    fixture.add("one class", {"classes": 1, "probability": 1.0}, [torch.tensor([0, 0, -100, 7])], {}, lambda x: x.clone(), gradient=False)
    fixture.save()


def masks() -> None:
    fixture = Fixture("core.random_mask")
    base = {"vocabulary": 50, "mask_token": 3, "always": True}
    for dtype in [torch.int32, torch.int64]:
        tokens = fixture.integers(4, 11, below=50, dtype=dtype)
        for name, attributes, function in [
            ("none", {"probability": 0.0}, lambda x: (x.clone(), torch.full_like(x, -100))),
            ("all", {"probability": 1.0, "masked": 1.0, "replaced": 0.0}, lambda x: (torch.full_like(x, 3), x.clone())),
            ("kept", {"probability": 1.0, "masked": 0.0, "replaced": 0.0}, lambda x: (x.clone(), x.clone())),
            (
                "special", {"probability": 1.0, "masked": 1.0, "replaced": 0.0, "special": [0, 7, 20], "ignore_index": -1},
                lambda x: (torch.where(torch.isin(x, torch.tensor([0, 7, 20])), x, 3), torch.where(torch.isin(x, torch.tensor([0, 7, 20])), -1, x)),
            ),
        ]:
            fixture.add(f"{name} {dtype}", base | attributes, [tokens], {}, function, gradient=False)
    fixture.save()


if __name__ == "__main__":
    flips()
    crops()
    turns()
    noise()
    masks()
