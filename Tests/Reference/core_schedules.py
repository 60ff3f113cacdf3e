#!/usr/bin/env python3
"""Computes Tests/Fixtures/schedules.safetensors: what each schedule of the core family makes of the rate in 100 steps.

    python Tests/Reference/core_schedules.py

Factors are torch.optim.lr_scheduler's where it has the schedule, with a rate of 1; the others are the formulas, in double precision.
"""

import json

import numpy as np
import torch
from torch.optim import lr_scheduler as torch_schedules

from fixtures import FOLDER, Fixture

STEPS = 100
T = np.arange(STEPS, dtype=np.float64)


def scheduled(make) -> np.ndarray:
    """The rates that a scheduler of PyTorch gives an optimiser whose own is 1."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    scheduler, rates = make(optimizer), []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return np.array(rates)


def cosine(start, end, progress):
    return end + (start - end) * (1 + np.cos(np.pi * progress)) / 2


def restarts(period: int, growth: int, decay: float, floor: float) -> np.ndarray:
    """Eta_min + (eta_0 gamma^i - eta_min) / 2 (1 + cos(pi (t - t_i) / T_i)), run by run."""
    factors, run, length = [], 0, period
    while len(factors) < STEPS:
        factors += list(cosine(decay**run, floor, np.arange(length) / length))
        run, length = run + 1, length * growth
    return np.array(factors[:STEPS])


def main() -> None:
    fixture = Fixture("schedules")

    def add(name: str, kind: str, attributes: dict, factors: np.ndarray, steps: int = STEPS) -> None:
        assert factors.shape == (STEPS,) and name not in fixture.metadata
        fixture.metadata[name] = json.dumps({"kind": f"core.{kind}", "attributes": attributes, "steps": steps})
        fixture._put(f"{name}/factors", factors)

    def torch_case(name: str, kind: str, attributes: dict, make, steps: int = STEPS) -> None:
        add(name, kind, attributes, scheduled(make), steps)

    s = torch_schedules
    add("constant", "constant_rate", {}, np.ones(STEPS))
    add("constant share", "constant_rate", {"factor": 0.375}, np.full(STEPS, 0.375))
    add("warmup", "linear_warmup", {}, T / 100)
    torch_case(
        "warmup attributes", "linear_warmup", {"start": 0.1, "steps": 40},
        lambda o: s.LinearLR(o, start_factor=0.1, end_factor=1.0, total_iters=40))
    torch_case("warmup of a phase", "linear_warmup", {"start": 0.25}, lambda o: s.LinearLR(o, 0.25, 1.0, total_iters=30), steps=30)
    torch_case("step", "step_decay", {"every": 30}, lambda o: s.StepLR(o, 30))
    torch_case("step attributes", "step_decay", {"every": 7, "gamma": 0.8}, lambda o: s.StepLR(o, 7, gamma=0.8))
    torch_case(
        "milestones", "step_decay", {"milestones": [0, 12, 13, 60], "gamma": 0.5}, lambda o: s.MultiStepLR(o, [0, 12, 13, 60], gamma=0.5))
    torch_case("line", "polynomial_decay", {}, lambda o: s.PolynomialLR(o, total_iters=100))
    torch_case("polynomial", "polynomial_decay", {"power": 2.5, "steps": 80}, lambda o: s.PolynomialLR(o, total_iters=80, power=2.5))
    add("polynomial to a floor", "polynomial_decay", {"power": 0.5, "floor": 0.2}, 0.2 + 0.8 * (1 - T / 100) ** 0.5)
    add("power", "power_decay", {}, 1 / (1 + T))
    add("power attributes", "power_decay", {"exponent": 0.7, "scale": 20}, (1 + T / 20) ** -0.7)
    torch_case("exponential", "exponential_decay", {"gamma": 0.95}, lambda o: s.ExponentialLR(o, 0.95))
    add("exponential by lambda", "exponential_decay", {"gamma": float(np.exp(-0.3)), "every": 10}, np.exp(-0.03 * T))
    add("inverse square root", "inverse_square_root", {}, (1 + T) ** -0.5)
    # The Transformer's min(n^-1/2, n w^-3/2), n from 1, is w^-1/2 at its peak, step n = w = 16, where this phase begins.
    add("inverse square root behind a warm-up", "inverse_square_root", {"scale": 16}, (T + 16) ** -0.5 / 16**-0.5)
    torch_case("cosine", "cosine_decay", {}, lambda o: s.CosineAnnealingLR(o, T_max=100))
    torch_case("cosine to a floor", "cosine_decay", {"floor": 0.05, "steps": 99}, lambda o: s.CosineAnnealingLR(o, T_max=99, eta_min=0.05))
    add("cosine that has ended", "cosine_decay", {"floor": 0.3}, cosine(1, 0.3, np.minimum(T / 60, 1)), steps=60)
    torch_case("restarts", "cosine_restarts", {"period": 13}, lambda o: s.CosineAnnealingWarmRestarts(o, 13))
    torch_case(
        "longer restarts", "cosine_restarts", {"period": 9, "growth": 2, "floor": 0.1},
        lambda o: s.CosineAnnealingWarmRestarts(o, 9, T_mult=2, eta_min=0.1))
    add(
        "lower restarts", "cosine_restarts", {"period": 8, "growth": 3, "decay": 0.6, "floor": 0.02}, restarts(8, 3, 0.6, 0.02))

    def one_cycle(o, **options):
        return s.OneCycleLR(o, max_lr=1.0, cycle_momentum=False, **options)

    for anneal, name in [("cos", "cosine"), ("linear", "linear")]:
        attributes = {} if name == "cosine" else {"anneal": "linear"}
        torch_case(f"one cycle, {name}", "one_cycle", attributes, lambda o: one_cycle(o, total_steps=100, anneal_strategy=anneal))
        torch_case(
            f"one cycle, {name}, attributes", "one_cycle", attributes | {"rise": 0.45, "start": 0.1, "floor": 0.001},
            lambda o: one_cycle(o, total_steps=100, pct_start=0.45, div_factor=10, final_div_factor=100, anneal_strategy=anneal))
        torch_case(
            f"one cycle, {name}, three phases", "one_cycle", attributes | {"three_phases": True},
            lambda o: one_cycle(o, total_steps=100, anneal_strategy=anneal, three_phase=True))
    fixture.save(FOLDER.parent)


if __name__ == "__main__":
    main()
