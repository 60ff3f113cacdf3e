#!/usr/bin/env python3
"""Computes the fixtures of the family of variational autoencoders.

    python Tests/Reference/vae.py
"""

import torch
from torch.distributions import Normal, kl_divergence

from fixtures import Fixture


def reparameterize() -> None:
    fixture = Fixture("vae.reparameterize")

    def z(mean, log_variance, noise):
        return mean + (log_variance / 2).exp() * noise

    for case, shape in [
        ("scalar", ()), ("one", (1,)), ("two", (2, 1)), ("odd", (7, 13)), ("images", (2, 3, 5, 7)), ("blocks", (67, 61)),
    ]:  # fmt: skip
        inputs = [fixture.normal(*shape, mean=0.3), fixture.normal(*shape, mean=-0.5), fixture.normal(*shape)]
        fixture.add(case, {}, inputs, {}, z)
    extremes = torch.tensor([-200.0, -100.0, -30.0, 0.0, 1e-6, 5.0, 20.0])
    fixture.add("extremes", {}, [fixture.normal(7), extremes, fixture.normal(7)], {}, z)
    fixture.add("in training", {"sample": "training"}, [fixture.normal(7, 13) for _ in range(3)], {}, z, training=True)
    fixture.save()


def gaussian_kl() -> None:
    fixture = Fixture("vae.gaussian_kl")

    def kl(reduction: str):
        def y(mean, log_variance):
            each = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(torch.zeros_like(mean), torch.ones_like(mean)))
            rows = each.flatten(1).sum(1)
            return {"none": rows, "sum": rows.sum(), "batch_mean": rows.mean()}[reduction]

        return y

    for case, shape in [
        ("one", (1, 1)), ("row", (1, 7)), ("column", (7, 1)), ("odd", (7, 13)), ("images", (2, 3, 5, 7)), ("long", (3, 1100)),
        ("rows", (701, 5)),
    ]:  # fmt: skip
        for reduction in ["none", "sum", "batch_mean"]:
            inputs = [fixture.normal(*shape, mean=0.3), fixture.normal(*shape, mean=-0.5)]
            attributes = {} if reduction == "batch_mean" else {"reduction": reduction}
            fixture.add(f"{case}, {reduction}", attributes, inputs, {}, kl(reduction))
    near = torch.tensor([[-0.49, -0.1, -1e-2, -1e-3, 0.0, 1e-4, 1e-2, 0.1, 0.3, 0.49]]).T
    fixture.add("nearly standard", {"reduction": "none"}, [torch.zeros(10, 1), near], {}, kl("none"))
    far = torch.tensor([[-90.0, -20.0, -5.0, -0.51, 0.51, 5.0, 20.0]]).T
    fixture.add("far", {"reduction": "none"}, [torch.zeros(7, 1), far], {}, kl("none"))
    fixture.save()


reparameterize()
gaussian_kl()
