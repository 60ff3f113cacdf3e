#!/usr/bin/env python3
"""Prints what Tests/ZooCommandTests/ExampleKindTests.swift expects of the kinds in Examples: y, then every gradient."""

import torch
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


def leaf(values):
    return torch.tensor(values, requires_grad=True)


def show(name, y, weights, *leaves):
    print(name)
    for tensor in (y, *torch.autograd.grad((y * weights).sum(), leaves)):
        print("   ", [float(f"{value:.8g}") for value in tensor.flatten().tolist()])


x = leaf([[0.5, -1.25, 2.0], [-0.75, 0.0, 3.0]])
dy = torch.tensor([[1.0, -2.0, 0.5], [0.25, 3.0, -1.5]])
a = leaf([0.5, 1.5, 2.0])
show("curves.snake", x + torch.sin(a * x) ** 2 / a, dy, x, a)
n = x.norm(dim=-1, keepdim=True)
show("curves.squash", x * n / (1 + n * n), dy, x)
beta = leaf([0.5, 1.5, -2.0])
show("gates.swish", x * torch.sigmoid(beta * x), dy, x, beta)
show("angles.unit", F.normalize(x, dim=-1, eps=1e-6), dy, x)

dy = torch.tensor([[1.0, -2.0], [0.25, 3.0]])
weight = leaf([[0.5, 1.0, -0.25], [-1.5, 0.75, 2.0]])
show("angles.cosine", 3 * F.cosine_similarity(x[:, None, :], weight[None], dim=-1, eps=0), dy, x, weight)

x = leaf([[0.5, -1.25, 2.0, -0.5], [-0.75, 0.25, 3.0, 1.5]])
gates = {"sigmoid": torch.sigmoid, "silu": F.silu, "relu": torch.relu, "identity": lambda b: b}
for name, gate in gates.items():
    show(f"gates.glu {name}", x[:, :2] * gate(x[:, 2:]), dy, x)
