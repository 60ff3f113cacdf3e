#!/usr/bin/env python3
"""Computes Tests/Fixtures/tangents: Jacobian-vector products of small networks by PyTorch's forward mode, in double precision.

    python Tests/Reference/tangents.py

Each file has the inputs and parameters of one network by the names that its manifest in ForwardModeTests.swift gives them, a direction in which
each of them moves (`tangent.`), and how the output `y` moves if the inputs do (`inputs`), if the parameters do (`parameters`), and if all
do (`all`).
"""

import math

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

import fixtures

fixtures.FOLDER = fixtures.FOLDER.parent / "tangents"


def write(name, y, inputs, parameters):
    """`y` takes the inputs and parameters by name; a number among the shapes' values is a mean."""
    fixture = fixtures.Fixture(name)

    def numbers(shapes, deviation=None):
        return {
            key: fixtures.rounded(
                fixture.normal(*shape, deviation=deviation or (1.2 / math.sqrt(math.prod(shape[1:])) if len(shape) > 1 else 0.3))
                + (1 if deviation is None and key.startswith("norm") and key.endswith("weight") else 0)
            ).double()
            for key, shape in shapes.items()
        }

    values = {"inputs": numbers(inputs, 1.0), "parameters": numbers(parameters)}
    moves = {"inputs": numbers(inputs, 1.0), "parameters": numbers(parameters, 0.5)}
    for part in values:
        for key in values[part]:
            fixture._put(key, values[part][key])
            fixture._put(f"tangent.{key}", moves[part][key])
    for moving in ["inputs", "parameters", "all"]:
        tangents = {
            part: {key: move if moving in (part, "all") else torch.zeros_like(move) for key, move in moves[part].items()} for part in moves
        }
        with sdpa_kernel(SDPBackend.MATH):
            value, tangent = torch.func.jvp(lambda v: y(v["inputs"], v["parameters"]), (values,), (tangents,))
        fixture._put(moving, tangent)
    fixture._put("y", value)
    fixture.save()


def dense(x, p, name):
    return F.linear(x, p[f"{name}.weight"], p[f"{name}.bias"])


def mlp(i, p):
    h = torch.tanh(dense(i["x"], p, "first"))
    h = F.layer_norm(h, (7,), p["norm.weight"], p["norm.bias"])
    return dense(F.relu(dense(h, p, "second")), p, "third")


write(
    "mlp", mlp, {"x": (3, 5)},
    {
        "first.weight": (7, 5), "first.bias": (7,), "norm.weight": (7,), "norm.bias": (7,), "second.weight": (4, 7), "second.bias": (4,),
        "third.weight": (2, 4), "third.bias": (2,),
    },
)  # fmt: skip


def convolutions(i, p):
    h = F.conv2d(i["x"].permute(0, 3, 1, 2), p["conv.weight"], p["conv.bias"], padding=1)
    h = F.max_pool2d(F.silu(F.batch_norm(h, None, None, p["norm.weight"], p["norm.bias"], training=True)), 2)
    return dense(h.permute(0, 2, 3, 1).flatten(1), p, "head")


write(
    "convolutions", convolutions, {"x": (2, 6, 4, 2)},
    {
        "conv.weight": (3, 2, 3, 3), "conv.bias": (3,), "norm.weight": (3,), "norm.bias": (3,), "head.weight": (4, 18), "head.bias": (4,),
    },
)  # fmt: skip


def lstm(i, p):
    h, c = i["h"], i["c"]
    for t in range(i["xs"].shape[1]):
        gates = F.linear(i["xs"][:, t], p["steps.cell.weight_ih"], p["steps.cell.bias_ih"])
        gates = gates + F.linear(h, p["steps.cell.weight_hh"], p["steps.cell.bias_hh"])
        a, b, g, o = gates.chunk(4, 1)
        c = torch.sigmoid(b) * c + torch.sigmoid(a) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
    return dense(h, p, "head")


write(
    "lstm", lstm, {"xs": (2, 4, 3), "h": (2, 5), "c": (2, 5)},
    {
        "steps.cell.weight_ih": (20, 3), "steps.cell.weight_hh": (20, 5), "steps.cell.bias_ih": (20,), "steps.cell.bias_hh": (20,),
        "head.weight": (3, 5), "head.bias": (3,),
    },
)  # fmt: skip


BLOCK = torch.nn.TransformerEncoderLayer(6, 2, 8, dropout=0, activation="gelu", batch_first=True, norm_first=True).double()
MASK = torch.ones(5, 5, dtype=torch.bool).triu(1)


def attention(i, p):
    parameters = {key.removeprefix("block."): value for key, value in p.items() if key.startswith("block.")}
    return dense(torch.func.functional_call(BLOCK, parameters, (i["x"],), {"src_mask": MASK}), p, "head")


write(
    "attention", attention, {"x": (2, 5, 6)},
    {f"block.{key}": tuple(value.shape) for key, value in BLOCK.named_parameters()} | {"head.weight": (3, 6), "head.bias": (3,)},
)  # fmt: skip
