#!/usr/bin/env python3
"""Computes the fixtures of the gan family.

    python Tests/Reference/gan.py
"""

import torch
import torch.nn.functional as F

from fixtures import Fixture

SHAPES = {"one": ((), ()), "odd": ((7,), (3, 1)), "two": ((2, 1), (2, 1)), "long": ((5, 821), (4099, 1))}


def cross_entropy(x: torch.Tensor, label: float) -> torch.Tensor:
    return F.binary_cross_entropy_with_logits(x, torch.full_like(x, label))


DISCRIMINATOR = {
    "non_saturating": lambda real, fake: cross_entropy(real, 1) + cross_entropy(fake, 0),
    "least_squares": lambda real, fake: ((real - 1) ** 2).mean() / 2 + (fake**2).mean() / 2,
    "hinge": lambda real, fake: F.relu(1 - real).mean() + F.relu(1 + fake).mean(),
    "wasserstein": lambda real, fake: fake.mean() - real.mean(),
}
GENERATOR = {
    "non_saturating": lambda fake: cross_entropy(fake, 1),
    "least_squares": lambda fake: ((fake - 1) ** 2).mean() / 2,
    "hinge": lambda fake: -fake.mean(),
    "wasserstein": lambda fake: -fake.mean(),
}
FAR = torch.tensor([1000.0, -1000.0, 90.0, -90.0, 16.0, -16.0, 0.0])


def main() -> None:
    for kind, losses, inputs in [("gan.discriminator_loss", DISCRIMINATOR, 2), ("gan.generator_loss", GENERATOR, 1)]:
        fixture = Fixture(kind)
        for objective, loss in losses.items():
            attributes = {"objective": objective}
            for name, shapes in SHAPES.items():
                fixture.add(f"{objective} {name}", attributes, [fixture.normal(*s, deviation=2.0) for s in shapes[-inputs:]], {}, loss)
            fixture.add(f"{objective} far", attributes, [FAR, FAR.flip(0)[:5]][:inputs], {}, loss)
        # Right by far: what is lost is 2e-7 or less, which the loss must not round away.
        right = [torch.tensor([16.0, 20.0, 40.0]), torch.tensor([-17.0, -21.0])] if inputs == 2 else [torch.tensor([16.0, 20.0, 40.0])]
        fixture.add("right", {}, right, {}, losses["non_saturating"])
        fixture.save()


if __name__ == "__main__":
    main()
