#!/usr/bin/env python3
"""Computes Tests/Fixtures/training/program.safetensors: ten steps of small training programs, according to PyTorch in double precision.

    python Tests/Reference/training_program.py

A network 3-5-1 with tanh, the squared error, 24 rows in batches of 12 in their order: two iterations an epoch, five epochs.
"""

import json
import math
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

PATH = Path(__file__).resolve().parent.parent / "Fixtures" / "training" / "program.safetensors"
EPOCHS, BATCH = 5, 12


def layers():
    return torch.nn.Sequential(OrderedDict(hidden=torch.nn.Linear(3, 5), tanh=torch.nn.Tanh(), out=torch.nn.Linear(5, 1)))


def network(initial):
    model = layers().double()
    model.load_state_dict({name: torch.tensor(values, dtype=torch.float64) for name, values in initial.items()})
    return model


def train(model, x, t, optimizer, schedule=None, clip=None, average=None, each=1):
    """Steps of `BATCH` rows, each made of `each` parts whose gradients add up; the norms of the gradients before clipping."""
    norms = []
    for _ in range(EPOCHS):
        for first in range(0, len(x), BATCH):
            optimizer.zero_grad()
            for part in range(first, first + BATCH, BATCH // each):
                rows = slice(part, part + BATCH // each)
                (torch.nn.functional.mse_loss(model(x[rows]), t[rows]) / each).backward()
            norms.append(math.sqrt(sum((p.grad**2).sum().item() for p in model.parameters())))
            if clip:
                clip(model.parameters())
            optimizer.step()
            if schedule:
                schedule.step()
            if average:
                average.update_parameters(model)
    return norms


def main() -> None:
    torch.manual_seed(11)
    x = torch.randn(24, 3).numpy()
    t = np.sin(x.sum(axis=1, keepdims=True)).astype(np.float32)
    initial = {name: p.detach().numpy() * 2 for name, p in layers().named_parameters()}
    xs, ts = torch.tensor(x, dtype=torch.float64), torch.tensor(t, dtype=torch.float64)
    tensors = {"x": x, "t": t} | {f"initial/{name}": value for name, value in initial.items()}
    norms = {}

    def keep(case, model, measured):
        for name, p in model.named_parameters():
            tensors[f"{case}/{name}"] = p.detach().numpy().astype(np.float32)
        norms[case] = measured

    # AdamW; biases without decay and at half the rate; warm-up over 4 steps, then half a cosine wave over 6; a global norm of 0.3.
    model = network(initial)
    optimizer = torch.optim.AdamW(
        [{"params": [model.hidden.weight, model.out.weight], "weight_decay": 0.1, "lr": 0.02},
         {"params": [model.hidden.bias, model.out.bias], "weight_decay": 0.0, "lr": 0.01}])
    factor = lambda step: 0.25 + 0.75 * step / 4 if step < 4 else (1 + math.cos(math.pi * (step - 4) / 6)) / 2
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    keep("groups", model, train(model, xs, ts, optimizer, schedule, lambda ps: torch.nn.utils.clip_grad_norm_(ps, 0.3)))

    # Momentum; every element of the gradient within 0.05; averages of the parameters, running and arithmetic.
    for case, function in [("running", torch.optim.swa_utils.get_ema_multi_avg_fn(0.8)), ("arithmetic", None)]:
        model = network(initial)
        average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=function)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        measured = train(model, xs, ts, optimizer, clip=lambda ps: torch.nn.utils.clip_grad_value_(ps, 0.05), average=average)
        keep("value", model, measured)
        keep(case, average.module, measured)

    # Three batches of four instead of one of twelve.
    model = network(initial)
    keep("accumulate", model, train(model, xs, ts, torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9), each=3))

    PATH.parent.mkdir(exist_ok=True)
    save_file({name: np.ascontiguousarray(value) for name, value in tensors.items()}, PATH, metadata={"norms": json.dumps(norms)})


if __name__ == "__main__":
    main()
