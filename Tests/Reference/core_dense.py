"""Writes the fixture of core.dense."""

from torch.nn.functional import linear

from fixtures import Fixture


def y(x, weight, bias=None):
    return linear(x, weight, bias)


fixture = Fixture("core.dense")
for case, shape, units in [
    ("one", (1, 1), 1), ("row", (1, 7), 3), ("odd", (5, 13), 11), ("tall", (130, 3), 2), ("wide", (3, 67), 101),
    ("sequence", (2, 3, 5), 4), ("vector", (6,), 7), ("deep", (2, 1, 3, 2, 17), 19), ("batch", (64, 40), 12), ("large", (33, 150), 129),
]:  # fmt: skip
    width = shape[-1]
    weight, bias = fixture.normal(units, width, deviation=0.5), fixture.normal(units)
    fixture.add(case, {"units": units}, [fixture.normal(*shape)], {"weight": weight, "bias": bias}, y)
fixture.add("plain", {"units": 9, "bias": False}, [fixture.normal(4, 6)], {"weight": fixture.normal(9, 6)}, y)
fixture.save()
