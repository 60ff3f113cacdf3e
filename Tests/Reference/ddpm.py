#!/usr/bin/env python3
"""Computes the fixtures of the ddpm family.

    python Tests/Reference/ddpm.py

Expected values are of the schedule in double precision; the kinds see it in f32.
"""

import math

import torch

from fixtures import Fixture


def schedule(steps: int, form: str = "linear", beta_first: float = 1e-4, beta_last: float = 0.02) -> tuple[torch.Tensor, torch.Tensor]:
    """beta and alpha_bar: Ho et al. 2020, section 4, and Nichol & Dhariwal 2021, equation 17."""
    if form == "linear":
        beta = torch.linspace(beta_first, beta_last, steps, dtype=torch.float64)
    else:
        f = torch.cos((torch.arange(steps + 1, dtype=torch.float64) / steps + 0.008) / 1.008 * math.pi / 2) ** 2
        beta = torch.clamp(1 - f[1:] / f[:-1], max=0.999)
    return beta, torch.cumprod(1 - beta, 0)


def schedules() -> None:
    fixture = Fixture("ddpm.schedule")
    for steps in [1, 2, 7, 1000]:
        fixture.add(f"linear {steps}", {"steps": steps}, [], {}, lambda: schedule(steps))
        fixture.add(f"cosine {steps}", {"steps": steps, "form": "cosine"}, [], {}, lambda: schedule(steps, "cosine"))
    about = {"steps": 13, "beta_first": 0.3, "beta_last": 0.05}
    fixture.add("falling", about, [], {}, lambda: schedule(**about))
    fixture.save()


def rows(numbers: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return numbers.reshape(-1, *[1] * (like.dim() - 1))


def add_noise() -> None:
    fixture = Fixture("ddpm.add_noise")
    for name, shape, steps, dtype in [
        ("one", (1,), 1, torch.int64), ("rows", (7, 3), 5, torch.int32), ("images", (5, 3, 2, 1), 1000, torch.int64),
        ("flat", (9,), 4, torch.int64),
    ]:  # fmt: skip
        for form in ["linear", "cosine"]:
            _, alpha_bar = schedule(steps, form)

            def fn(x, time, _, noise):
                share = rows(alpha_bar[time.long()], x)
                return share.sqrt() * x + (1 - share).sqrt() * noise, noise + 0  # equation 4

            time = fixture.integers(shape[0], below=steps, dtype=dtype)
            time[-1] = 0
            inputs = [fixture.normal(*shape), time, alpha_bar, fixture.normal(*shape)]
            fixture.add(f"{name} {form}", {}, inputs, {}, fn)
    fixture.save()


def step() -> None:
    """At time 0 alone: only there is nothing random. The other times are DenoisingTests'."""
    fixture = Fixture("ddpm.step")
    for name, shape, steps, attributes in [
        ("one", (1, 1), 1, {}), ("rows", (7, 3), 5, {"variance": "beta"}), ("images", (3, 5, 2, 1), 1000, {}),
        ("clipped", (3, 5, 2, 1), 1000, {"clip": 0.75}), ("one time", (3, 7), 50, {"clip": 1}),
    ]:  # fmt: skip
        for form in ["linear", "cosine"]:
            beta, alpha_bar = schedule(steps, form)

            def fn(x, noise, *_):
                start = (x - (1 - alpha_bar[0]).sqrt() * noise) / alpha_bar[0].sqrt()  # equation 4, solved for x_0
                return start.clamp(-attributes["clip"], attributes["clip"]) if "clip" in attributes else start

            time = torch.tensor(0) if name == "one time" else torch.zeros(shape[0], dtype=torch.int64)
            fixture.add(f"{name} {form}", attributes, [fixture.normal(*shape), fixture.normal(*shape), time, beta, alpha_bar], {}, fn)
    fixture.save()


def time_embedding() -> None:
    fixture = Fixture("ddpm.time_embedding")

    def waves(attributes: dict):
        def fn(time):
            half = attributes["width"] // 2
            turn = torch.exp(-math.log(attributes.get("period", 10000)) / (half - 1) * torch.arange(half, dtype=torch.float64))
            angle = time.reshape(-1, 1).double() * turn
            return torch.nn.functional.pad(torch.cat([angle.sin(), angle.cos()], 1), (0, attributes["width"] % 2))

        return fn

    for name, time, attributes in [
        ("four", torch.tensor([0, 1, 2]), {"width": 4}), ("odd", torch.tensor([999, 0, 500], dtype=torch.int32), {"width": 7}),
        ("one", torch.tensor(3), {"width": 32}), ("one, i32", torch.tensor(3, dtype=torch.int32), {"width": 5, "period": 17.5}),
        ("far", torch.tensor([123_456_789, -5]), {"width": 64}), ("ddpm", torch.arange(0, 1000, 37), {"width": 128}),
    ]:  # fmt: skip
        fixture.add(name, attributes, [time], {}, waves(attributes))
    fixture.save()


if __name__ == "__main__":
    schedules()
    add_noise()
    step()
    time_embedding()
