#!/usr/bin/env python3
"""Computes the fixtures of the kinds for sound in the core family.

    python Tests/Reference/core_audio.py
"""

import torch

from fixtures import Fixture

SHAPES = [(), (1,), (7,), (2, 3, 5), (2, 301)]


def encode(levels: int):
    def function(x):
        mu = torch.tensor(levels - 1, dtype=torch.float64)
        x = x.clamp(-1, 1)
        f = torch.sign(x) * torch.log1p(mu * x.abs()) / torch.log1p(mu)
        return torch.floor((f + 1) / 2 * mu + 0.5).long()

    return function


def decode(levels: int):
    def function(y):
        mu = torch.tensor(levels - 1, dtype=torch.float64)
        f = 2 * y.double() / mu - 1
        return torch.sign(f) * ((1 + mu) ** f.abs() - 1) / mu

    return function


def main() -> None:
    fixture = Fixture("core.mu_law_encode")
    for levels in [256, 2, 3, 64, 65536]:
        for shape in SHAPES:
            attributes = {"levels": levels} if levels != 256 else {}
            fixture.add(f"{levels} {list(shape)}", attributes, [fixture.normal(*shape, deviation=0.4)], {}, encode(levels), gradient=False)
    ends = torch.tensor([-1.0, 1.0, 0.0, -0.0, -1.5, 2.0, 1e-6, -1e-6, 1e30, float("inf"), float("-inf")])
    fixture.add("ends", {}, [ends], {}, encode(256), gradient=False)
    fixture.save()

    fixture = Fixture("core.mu_law_decode")
    for levels in [256, 2, 3, 64, 65536]:
        for i, shape in enumerate(SHAPES):
            attributes = {"levels": levels} if levels != 256 else {}
            classes = fixture.integers(*shape, below=levels, dtype=torch.int32 if i % 2 else torch.int64)
            fixture.add(f"{levels} {list(shape)}", attributes, [classes], {}, decode(levels), gradient=False)
    fixture.add("all", {}, [torch.arange(256)], {}, decode(256), gradient=False)
    fixture.save()


if __name__ == "__main__":
    main()
