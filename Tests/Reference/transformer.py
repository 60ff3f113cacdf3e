#!/usr/bin/env python3
"""Computes the fixtures of the transformer family, and of core.sample at temperature 0.

    python Tests/Reference/transformer.py
"""

import math

import torch
from torch import nn
from torch.func import functional_call

from fixtures import Fixture


def random_parameters(fixture: Fixture, module: nn.Module) -> dict[str, torch.Tensor]:
    """Numbers that differ in every element, and that keep the scores of attention in a range where softmax is neither flat nor hard."""
    parameters = {}
    for name, tensor in module.named_parameters():
        deviation = 1.5 / math.sqrt(tensor.shape[-1]) if tensor.dim() == 2 else 0.3
        mean = 1.0 if name.startswith("norm") and name.endswith("weight") else 0.1
        parameters[name] = fixture.normal(*tensor.shape, deviation=deviation) + (mean if tensor.dim() == 1 else 0)
    return parameters


def mask(tokens: int, causal: bool) -> torch.Tensor | None:
    return torch.ones(tokens, tokens, dtype=torch.bool).triu(1) if causal else None


def attention() -> None:
    fixture = Fixture("transformer.attention")
    for case, (items, tokens, width, heads), attributes in [
        ("one", (1, 1, 1, 1), {}),
        ("one token", (3, 1, 6, 2), {}),
        ("two tokens", (1, 2, 6, 3), {}),
        ("two tokens of three", (3, 2, 10, 2), {"causal": False}),
        ("odd heads", (3, 7, 15, 3), {}),
        ("odd heads, both ways", (3, 7, 15, 3), {"causal": False}),
        ("one head", (1, 7, 5, 1), {}),
        ("no bias", (1, 7, 6, 2), {"bias": False}),
        ("blocks", (2, 131, 14, 2), {}),
        ("blocks, both ways", (1, 203, 6, 2), {"causal": False}),
        ("many blocks", (1, 397, 3, 1), {}),
    ]:  # fmt: skip
        causal = attributes.get("causal", True)
        module = nn.MultiheadAttention(width, heads, bias=attributes.get("bias", True), batch_first=True).double()

        def y(x, *_, module=module, causal=causal, **parameters):
            options = {"need_weights": False, "attn_mask": mask(x.shape[1], causal)}
            return functional_call(module, parameters, (x, x, x), options)[0]

        parameters = random_parameters(fixture, module)
        fixture.add(case, {"heads": heads} | attributes, [fixture.normal(items, tokens, width)], parameters, y)
        if case == "odd heads":
            fixture.add("no caches", {"heads": heads}, [fixture.normal(1, 2, width), None, None, None], parameters, y)
    fixture.save()


def block() -> None:
    fixture = Fixture("transformer.block")
    for case, (items, tokens, width, heads), attributes in [
        ("one", (1, 1, 2, 1), {}),
        ("before", (3, 7, 15, 3), {}),
        ("before, relu", (2, 2, 9, 3), {"activation": "relu", "hidden": 5}),
        ("after", (3, 7, 15, 3), {"norm_first": False, "epsilon": 0.01}),
        ("after, relu", (1, 2, 6, 2), {"norm_first": False, "activation": "relu", "hidden": 5}),
        ("both ways", (3, 2, 10, 2), {"causal": False, "hidden": 7, "epsilon": 0.001}),
        ("after, both ways", (1, 7, 5, 1), {"causal": False, "norm_first": False}),
        ("one token", (3, 1, 6, 2), {"hidden": 1}),
        ("blocks", (2, 67, 12, 2), {}),
        ("no dropout", (1, 2, 6, 1), {"dropout": 0}),
    ]:  # fmt: skip
        causal = attributes.get("causal", True)
        module = nn.TransformerEncoderLayer(
            width, heads, attributes.get("hidden", 4 * width), dropout=0, activation=attributes.get("activation", "gelu"),
            layer_norm_eps=attributes.get("epsilon", 1e-5), batch_first=True, norm_first=attributes.get("norm_first", True),
        ).double()  # fmt: skip

        def y(x, module=module, causal=causal, **parameters):
            return functional_call(module, parameters, (x,), {"src_mask": mask(x.shape[1], causal)})

        fixture.add(case, {"heads": heads} | attributes, [fixture.normal(items, tokens, width)], random_parameters(fixture, module), y)
    fixture.save()


def positions() -> None:
    fixture = Fixture("transformer.sinusoidal_positions")

    def y(x, position=torch.tensor(0)):
        tokens, width = x.shape[1:]
        place = position + torch.arange(tokens, dtype=torch.float64)[:, None]
        even = torch.arange(0, width, 2, dtype=torch.float64)
        angles = place * 10000 ** (-even / width)
        waves = torch.stack([angles.sin(), angles.cos()], -1).reshape(tokens, -1)[:, :width]
        return x + waves, position + tokens

    for case, shape, position in [
        ("one", (1, 1, 1), None), ("odd", (3, 7, 5), None), ("even", (2, 5, 6), None), ("long", (1, 300, 12), None),
        ("start", (1, 2, 4), 0), ("later", (3, 7, 5), 5), ("one later", (2, 1, 8), 255), ("far", (1, 3, 6), 1_000_003),
    ]:  # fmt: skip
        inputs = [fixture.normal(*shape)]
        if position is not None:
            inputs.append(torch.tensor(position))
        fixture.add(case, {}, inputs, {}, y)
    fixture.save()


def sample() -> None:
    fixture = Fixture("core.sample")

    def largest(logits):
        return logits.argmax(-1)

    attributes = {"temperature": 0}
    fixture.add("one", attributes, [fixture.normal(1)], {}, largest)
    fixture.add("row", attributes, [fixture.normal(7)], {}, largest)
    fixture.add("rows", attributes, [fixture.normal(2, 3, 11)], {}, largest)
    fixture.add("first of equals", attributes, [torch.tensor([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])], {}, largest)
    fixture.add("only one", {"top_k": 1}, [fixture.normal(5, 13)], {}, largest)
    fixture.add("no more than one", {"top_p": 0}, [fixture.normal(5, 13)], {}, largest)
    fixture.add("cold", {"temperature": 1e-30}, [fixture.normal(5, 13)], {}, largest)
    fixture.save()


attention()
block()
positions()
sample()
