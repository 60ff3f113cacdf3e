#!/usr/bin/env python3
"""Computes the fixtures of the losses and metrics in the core family.

    python Tests/Reference/core_losses.py
"""

import torch
import torch.nn.functional as F

from fixtures import Fixture

SHAPES = {"scalar": (), "one": (1,), "seven": (7,), "odd": (2, 3, 5), "long": (3, 701)}
REDUCTIONS = ["mean", "sum", "none"]


def elementwise(kind: str, variants: dict, batch: bool = False) -> Fixture:
    """The cases of one kind: `variants` maps a name to attributes, function(reduction, *inputs) and how each input is made."""
    fixture = Fixture(kind)
    for name, (attributes, function, makers) in variants.items():
        for shape_name, shape in SHAPES.items():
            reductions = REDUCTIONS + (["batch_mean"] if batch and shape else [])
            for reduction in reductions if shape_name != "long" else ["mean", "none"]:
                inputs = [make and make(fixture, shape) for make in makers]
                chosen = {"reduction": reduction} if (reduction, shape_name) != ("mean", "odd") else {}  # also the default
                fixture.add(f"{name} {reduction} {shape_name}", attributes | chosen, inputs, {}, lambda *x: function(reduction, *x))
    return fixture


def normal(deviation: float):
    return lambda fixture, shape: fixture.normal(*shape, deviation=deviation)


def uniform(fixture: Fixture, shape: tuple) -> torch.Tensor:
    return fixture.uniform(*shape)


def signs(fixture: Fixture, shape: tuple) -> torch.Tensor:
    return torch.where(fixture.uniform(*shape) < 0.5, -1.0, 1.0)


def probabilities(fixture: Fixture, shape: tuple) -> torch.Tensor:
    x = fixture.normal(*shape)
    return torch.softmax(x, -1) if shape else torch.sigmoid(x)


def log_probabilities(fixture: Fixture, shape: tuple) -> torch.Tensor:
    return probabilities(fixture, shape).log()


def reduced(each: torch.Tensor, reduction: str) -> torch.Tensor:
    return {"mean": each.mean, "sum": each.sum, "none": lambda: each}[reduction]()


def hinge(reduction: str, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return reduced(F.relu(1 - t.detach() * x), reduction)


def perceptron(reduction: str, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return reduced(F.relu(-t.detach() * x), reduction)


def divergence(log_target: bool):
    def function(reduction: str, x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        name = "batchmean" if reduction == "batch_mean" else reduction
        return F.kl_div(x, t, reduction=name, log_target=log_target)

    return function


def cross_entropy() -> None:
    fixture = Fixture("core.cross_entropy")
    shapes = [(2,), (7, 1), (3, 10), (2, 3, 5), (5, 131), (3, 1201)]

    def add(name: str, attributes: dict, inputs: list) -> None:
        def function(x, t):
            rows = x.reshape(-1, x.shape[-1])
            target = t.reshape(rows.shape if t.is_floating_point() else -1)
            loss = F.cross_entropy(
                rows, target if t.is_floating_point() else target.long(), ignore_index=attributes.get("ignore_index", -100),
                label_smoothing=attributes.get("label_smoothing", 0.0), reduction=attributes.get("reduction", "mean"))
            return loss.reshape(x.shape[:-1]) if attributes.get("reduction") == "none" else loss

        fixture.add(name, attributes, inputs, {}, function)

    for shape in shapes:
        classes, rows = shape[-1], shape[:-1]
        for reduction in REDUCTIONS if classes < 1000 else ["mean"]:
            for smoothing in [0.0, 0.1]:
                attributes = {"reduction": reduction} | ({"label_smoothing": smoothing} if smoothing else {})
                name = f"{list(shape)} {reduction}" + (f" smoothing {smoothing}" if smoothing else "")
                labels = fixture.integers(*rows, below=classes, dtype=torch.int64 if smoothing else torch.int32)
                add(f"labels {name}", attributes, [fixture.normal(*shape, deviation=3.0), labels])
                add(f"probabilities {name}", attributes, [fixture.normal(*shape, deviation=3.0), probabilities(fixture, shape)])
    some = torch.tensor([[1, -100, 0], [4, 3, -100]])
    for reduction in REDUCTIONS:
        add(f"ignored {reduction}", {"reduction": reduction}, [fixture.normal(2, 3, 5), some])
    add("ignored smoothing", {"label_smoothing": 0.3}, [fixture.normal(2, 3, 5), some.to(torch.int32)])
    add("ignored class", {"ignore_index": 0}, [fixture.normal(4, 3), torch.tensor([0, 1, 2, 0])])
    far = torch.tensor([[1000.0, -1000.0, 999.0], [-1000.0, -1001.0, -999.0]])
    add("far", {"reduction": "none"}, [far, torch.tensor([1, 1])])
    add("unnormalised", {}, [fixture.normal(4, 6), fixture.uniform(4, 6)])
    fixture.save()


def accuracy() -> None:
    fixture = Fixture("core.accuracy")

    def fraction(ignored: int):
        def function(x, t):
            counted = t != ignored
            return ((x.argmax(-1) == t) & counted).sum() / counted.sum().double()

        return function

    for shape in [(3,), (7, 1), (10, 2), (4, 5, 3), (131, 4), (9, 257)]:
        logits = fixture.normal(*shape)
        best, random = logits.argmax(-1), fixture.integers(*shape[:-1], below=shape[-1])
        labels = torch.where(fixture.uniform(*shape[:-1]) < 0.6, best, random)
        fixture.add(f"{list(shape)}", {}, [logits, labels], {}, fraction(-100), gradient=False)
        if len(shape) > 1:
            labels[..., :1] = -100
            fixture.add(f"{list(shape)} ignored", {}, [logits, labels.to(torch.int32)], {}, fraction(-100), gradient=False)
    ties = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 2.0, 2.0], [5.0, 5.0, 5.0]])
    fixture.add("ties", {}, [ties, torch.tensor([0, 1, 1, 2])], {}, fraction(-100), gradient=False)
    fixture.add("ignored class", {"ignore_index": 1}, [ties, torch.tensor([0, 1, 1, 2])], {}, fraction(1), gradient=False)
    fixture.save()


def iou() -> None:
    fixture = Fixture("core.iou")

    def mean_iou(ignored: int):
        def function(x, t):
            counted = t.reshape(-1) != ignored
            found, label = x.reshape(-1, x.shape[-1]).argmax(-1)[counted], t.reshape(-1)[counted]
            ratios = []
            for c in range(x.shape[-1]):
                both, either = ((found == c) & (label == c)).sum(), ((found == c) | (label == c)).sum()
                if either > 0:
                    ratios.append(both / either.double())
            return torch.stack(ratios).mean()

        return function

    for shape in [(3,), (7, 1), (10, 2), (2, 5, 7, 3), (131, 4), (9, 257), (2000, 3)]:
        logits = fixture.normal(*shape)
        best, random = logits.argmax(-1), fixture.integers(*shape[:-1], below=shape[-1])
        labels = torch.where(fixture.uniform(*shape[:-1]) < 0.6, best, random)
        fixture.add(f"{list(shape)}", {}, [logits, labels], {}, mean_iou(-100), gradient=False)
        if len(shape) > 1:
            labels[..., :1] = -100
            fixture.add(f"{list(shape)} ignored", {}, [logits, labels.to(torch.int32)], {}, mean_iou(-100), gradient=False)
    ties = torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 2.0, 2.0], [5.0, 5.0, 5.0]])
    fixture.add("ties", {}, [ties, torch.tensor([0, 1, 1, 1])], {}, mean_iou(-100), gradient=False)
    fixture.add("ignored class", {"ignore_index": 1}, [ties, torch.tensor([0, 1, 1, 2])], {}, mean_iou(1), gradient=False)
    fixture.save()


def binary(reduction: str, x: torch.Tensor, t: torch.Tensor, w: torch.Tensor | None) -> torch.Tensor:
    return F.binary_cross_entropy_with_logits(x, t, weight=None if w is None else w.detach(), reduction=reduction)


def main() -> None:
    two = [normal(1.0), normal(2.0)]
    elementwise("core.mse", {"plain": ({}, lambda r, x, t: F.mse_loss(x, t, reduction=r), two)}).save()
    elementwise("core.l1", {"plain": ({}, lambda r, x, t: F.l1_loss(x, t, reduction=r), two)}).save()
    elementwise(
        "core.huber",
        {
            "default": ({}, lambda r, x, t: F.huber_loss(x, t, reduction=r), two),
            "delta": ({"delta": 0.4}, lambda r, x, t: F.huber_loss(x, t, reduction=r, delta=0.4), two),
        },
    ).save()
    elementwise("core.hinge", {"plain": ({}, hinge, [normal(1.0), signs])}).save()
    elementwise("core.perceptron_loss", {"plain": ({}, perceptron, [normal(1.0), signs])}).save()

    fixture = elementwise(
        "core.binary_cross_entropy",
        {"plain": ({}, binary, [normal(3.0), uniform, None]), "weighted": ({}, binary, [normal(3.0), uniform, normal(1.0)])},
    )
    far = [torch.tensor([-1000.0, 1000.0, -1000.0, 1000.0, -15.0, 15.0, 0.0]), torch.tensor([0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]), None]
    right = [torch.tensor([-15.0, 15.0, -40.0, 40.0]), torch.tensor([0.0, 1.0, 0.0, 1.0]), None]
    for name, inputs in [("far", far), ("right", right)]:
        fixture.add(name, {"reduction": "none"}, inputs, {}, lambda *x: binary("none", *x))
    fixture.save()

    fixture = elementwise(
        "core.kl",
        {
            "plain": ({}, divergence(False), [log_probabilities, probabilities]),
            "log target": ({"log_target": True}, divergence(True), [log_probabilities, log_probabilities]),
        },
        batch=True,
    )
    zero = [fixture.normal(2, 3), torch.tensor([[0.0, 0.25, 0.75], [0.0, 1.0, 0.0]])]
    fixture.add("zero", {}, zero, {}, lambda x, t: divergence(False)("mean", x, t.detach()))
    fixture.save()
    cross_entropy()
    accuracy()
    iou()


if __name__ == "__main__":
    main()
