#!/usr/bin/env python3
"""Computes the fixtures of the kinds in the core family that rearrange, combine and reduce tensors.

    python Tests/Reference/core_tensors.py
"""

import math

import numpy as np
import torch

from fixtures import Fixture


def arithmetic() -> None:
    shapes = {
        "scalars": ((), ()),
        "one": ((1,), (1,)),
        "same": ((2, 3, 5), (2, 3, 5)),
        "long": ((3, 201), (3, 201)),
        "row": ((7, 5), (5,)),
        "narrow row": ((201, 3), (3,)),
        "row first": ((13,), (2, 3, 13)),
        "wide row": ((5, 130), (130,)),
        "column": ((5, 7), (5, 1)),
        "narrow column": ((301, 2), (301, 1)),
        "column first": ((301, 1), (301, 2)),
        "scalar": ((), (3, 7)),
        "one element": ((2, 7), (1, 1)),
        "outer": ((7, 1), (1, 5)),
        "middle": ((2, 1, 3), (4, 1)),
        "both": ((2, 1, 5, 1), (3, 1, 7)),
        "eight axes": ((2, 1, 2, 1, 2, 1, 2, 1), (1, 2, 1, 2, 1, 2, 1, 3)),
        "inner and outer": ((3, 4, 5), (1, 4, 1)),
    }
    functions = {"add": torch.add, "subtract": torch.sub, "multiply": torch.mul, "divide": torch.div}
    for name, function in functions.items():
        fixture = Fixture(f"core.{name}")
        for case, (a, b) in shapes.items():
            divisor = fixture.uniform(*b, low=0.5, high=2.0) * (fixture.integers(*b, below=2) * 2 - 1)
            fixture.add(case, {}, [fixture.normal(*a), divisor if name == "divide" else fixture.normal(*b)], {}, function)
        odd = torch.tensor([math.inf, -math.inf, math.nan, 1.0, 0.0])
        fixture.add("not numbers", {}, [odd, odd.flip(0)], {}, function, gradient=False)
        if name != "divide":
            for dtype in (torch.int32, torch.int64):
                bits = torch.iinfo(dtype).bits
                a, b = fixture.integers(3, 5, below=1000, dtype=dtype), fixture.integers(5, below=77, dtype=dtype)
                fixture.add(f"i{bits}", {}, [a - 500, b], {}, function)
                largest = torch.tensor([torch.iinfo(dtype).max, torch.iinfo(dtype).min], dtype=dtype)
                fixture.add(f"i{bits} wraps around", {}, [largest, torch.tensor([3], dtype=dtype)], {}, function)
        fixture.save()


def scale() -> None:
    fixture = Fixture("core.scale")
    fixture.add("default", {}, [fixture.normal(7)], {}, lambda x: x * 1)
    fixture.add("factor", {"factor": -2.5}, [fixture.normal(2, 3)], {}, lambda x: x * -2.5)
    fixture.add("offset", {"offset": 0.75}, [fixture.normal()], {}, lambda x: x + 0.75)
    fixture.add("both", {"factor": 0.5, "offset": -3}, [fixture.normal(2, 1, 131)], {}, lambda x: x * 0.5 - 3)
    fixture.save()


def concat() -> None:
    fixture = Fixture("core.concat")

    def add(case, attributes, axis, *shapes):
        fixture.add(case, attributes, [fixture.normal(*shape) for shape in shapes], {}, lambda *x: torch.cat(x, axis))

    add("last by default", {}, -1, (2, 3), (2, 5))
    add("one", {"axis": 0}, 0, (3, 2))
    add("first", {"axis": 0}, 0, (2, 3), (1, 3), (7, 3))
    add("middle", {"axis": 1}, 1, (2, 3, 5), (2, 1, 5), (2, 2, 5))
    add("negative", {"axis": -2}, -2, (2, 3, 5), (2, 4, 5))
    add("vectors", {}, 0, (1,), (5,), (2,))
    add("long", {"axis": 1}, 1, (4, 300), (4, 23))
    for dtype in (torch.int32, torch.int64, torch.uint8):
        name = str(dtype).removeprefix("torch.")
        x = [fixture.integers(3, n, below=100, dtype=dtype) for n in (2, 1, 5)]
        fixture.add(name, {}, x, {}, lambda *x: torch.cat(x, -1))
    fixture.save()


def split() -> None:
    fixture = Fixture("core.split")

    def add(case, attributes, sizes, axis, *shape):
        fixture.add(case, attributes, [fixture.normal(*shape)], {}, lambda x: torch.split(x, sizes, axis))

    add("sizes", {"sizes": [1, 4, 2]}, [1, 4, 2], -1, 3, 7)
    add("parts", {"parts": 3}, [2, 2, 2], -1, 5, 6)
    add("first", {"axis": 0, "sizes": [2, 5]}, [2, 5], 0, 7, 3)
    add("middle", {"axis": -2, "parts": 2}, [3, 3], 1, 2, 6, 5)
    add("whole", {"axis": 1, "sizes": [4]}, [4], 1, 2, 4)
    add("long", {"parts": 3}, [101, 101, 101], -1, 5, 303)
    fixture.add("i64", {"parts": 2}, [fixture.integers(3, 4, below=100)], {}, lambda x: torch.split(x, 2, -1))
    fixture.save()


def slice_() -> None:
    fixture = Fixture("core.slice")

    def add(case, attributes, index, *shape, x=None):
        def function(x):
            positions = torch.from_numpy(np.arange(x.numel()).reshape(x.shape)[index].copy())
            return x.flatten()[positions]  # negative steps are NumPy's

        fixture.add(case, attributes, [fixture.normal(*shape) if x is None else x], {}, function)

    s = np.s_
    add("start", {"starts": 2}, s[2:], 7)
    add("range", {"starts": [1], "ends": [4]}, s[1:4], 7, 3)
    add("from the end", {"starts": [-3], "ends": [-1]}, s[-3:-1], 7)
    add("beyond the edges", {"starts": [-100], "ends": [100]}, s[-100:100], 5)
    add("steps", {"starts": [1], "steps": [3]}, s[1::3], 11)
    add("backwards", {"starts": [-1], "steps": [-1]}, s[::-1], 5, 2)
    add("backwards by two", {"starts": [100], "ends": [1], "steps": [-2]}, s[100:1:-2], 8)
    add("backwards beyond", {"starts": [3], "ends": [-100], "steps": [-3]}, s[3:-100:-3], 8)
    add("axes", {"starts": [1, 2], "ends": [3, 9], "steps": [1, 2], "axes": [2, 1]}, s[:, 2:9:2, 1:3], 2, 9, 5)
    add("negative axis", {"starts": [4], "ends": [5], "axes": [-1]}, s[..., 4:5], 3, 2, 7)
    add("last", {"starts": [3], "axes": [-1]}, s[..., 3:], 4, 101)
    add("i32", {"starts": [0, 1], "steps": [2, 2]}, s[0::2, 1::2], x=fixture.integers(5, 6, below=99, dtype=torch.int32))
    add("huge step", {"starts": [1], "steps": [2**62]}, s[1 :: 2**62], 4, 3)
    fixture.save()


def reshape() -> None:
    fixture = Fixture("core.reshape")

    def add(case, wanted, got, *shape):
        fixture.add(case, {"shape": wanted}, [fixture.normal(*shape)], {}, lambda x: x.reshape(got) * 1)

    add("plain", [3, 4], (3, 4), 2, 6)
    add("inferred", [-1, 3], (4, 3), 2, 6)
    add("kept", [0, -1], (2, 15), 2, 3, 5)
    add("kept twice", [0, 0, 1, 5], (2, 3, 1, 5), 2, 3, 5)
    add("bare number", 6, (6,), 2, 3)
    add("to a scalar", [], (), 1, 1)
    add("from a scalar", [1, -1, 1], (1, 1, 1))
    add("eight axes", [2, 1, 2, 1, 2, 1, 2, 1], (2, 1, 2, 1, 2, 1, 2, 1), 16)
    fixture.add("i64", {"shape": [-1]}, [fixture.integers(2, 3, below=9)], {}, lambda x: x.flatten())
    fixture.save()

    fixture = Fixture("core.flatten")
    for case, attributes, (start, end), shape in [
        ("default", {}, (1, -1), (2, 3, 5)),
        ("nothing to do", {}, (1, -1), (2, 3)),
        ("all", {"start_axis": 0}, (0, -1), (2, 3, 5)),
        ("some", {"start_axis": 1, "end_axis": 2}, (1, 2), (2, 3, 5, 7)),
        ("negative", {"start_axis": -3, "end_axis": -2}, (-3, -2), (2, 3, 5, 7)),
        ("vector", {"start_axis": 0}, (0, -1), (5,)),
    ]:
        fixture.add(case, attributes, [fixture.normal(*shape)], {}, lambda x: x.flatten(start, end) * 1)
    fixture.save()


def transpose() -> None:
    fixture = Fixture("core.transpose")

    def add(case, axes, *shape):
        attributes = {} if axes is None else {"axes": axes}
        order = list(range(len(shape)))[::-1] if axes is None else axes
        fixture.add(case, attributes, [fixture.normal(*shape)], {}, lambda x: x.permute(order) * 1)

    add("scalar", None)
    add("vector", None, 5)
    add("matrix", None, 7, 5)
    add("tiles and edges", None, 37, 53)
    add("several blocks", None, 277, 19)
    add("reversed", None, 2, 3, 5)
    add("heads", [0, 2, 1, 3], 2, 5, 3, 7)
    add("channels first", [0, 3, 1, 2], 2, 9, 11, 17)
    add("channels last", [0, 2, 3, 1], 2, 17, 9, 11)
    add("negative", [-1, 0, 1], 4, 5, 6)
    add("nothing to do", [0, 1], 3, 4)
    add("eight axes", [7, 0, 6, 1, 5, 2, 4, 3], 2, 1, 3, 2, 1, 2, 2, 3)
    for dtype in (torch.uint8, torch.int32, torch.int64):
        name = str(dtype).removeprefix("torch.")
        fixture.add(name, {}, [fixture.integers(19, 35, below=100, dtype=dtype)], {}, lambda x: x.t())
    fixture.save()


def pad() -> None:
    fixture = Fixture("core.pad")

    def add(case, amounts, mode="constant", value=0.0, *, shape=(), x=None):
        x = fixture.normal(*shape) if x is None else x
        attributes = {"amounts": amounts} | ({} if mode == "constant" else {"mode": mode}) | ({"value": value} if value else {})
        widths = list(zip(amounts[::2], amounts[1::2]))

        def function(x):
            if mode == "constant":
                return torch.nn.functional.pad(x, [n for pair in widths[::-1] for n in pair], value=value)
            places = np.pad(np.arange(x.numel()).reshape(x.shape), widths, mode="edge" if mode == "replicate" else mode)
            return x.flatten()[torch.from_numpy(places)]

        fixture.add(case, attributes, [x], {}, function)

    add("zeros", [1, 2], shape=(5,))
    add("images", [0, 0, 1, 1, 2, 3, 0, 0], shape=(2, 3, 4, 5))
    add("a value", [2, 1, 0, 3], value=-1.5, shape=(2, 3))
    add("nothing", [0, 0, 0, 0], shape=(2, 3))
    add("channels", [0, 0, 2, 1], shape=(7, 3))
    add("i32", [1, 0, 0, 2], value=7, x=fixture.integers(2, 3, below=9, dtype=torch.int32))
    add("u8", [1, 1], value=255, x=fixture.integers(4, below=200, dtype=torch.uint8))
    for mode in ("reflect", "replicate", "wrap"):
        add(f"{mode} vector", [2, 3], mode, shape=(5,))
        add(f"{mode} images", [0, 0, 1, 2, 2, 1, 0, 0], mode, shape=(2, 3, 4, 5))
        add(f"{mode} all axes", [1, 2, 2, 1, 1, 1], mode, shape=(3, 4, 2))
        add(f"{mode} again and again", [7, 11], mode, shape=(3,))
        add(f"{mode} last axis", [0, 0, 4, 5], mode, shape=(6, 2))
        add(f"{mode} i64", [2, 2], mode, x=fixture.integers(4, below=200))
    add("replicate one", [2, 0], "replicate", shape=(1,))
    add("wrap one", [2, 1], "wrap", shape=(1,))
    fixture.save()


def gather() -> None:
    fixture = Fixture("core.gather")

    def add(case, axis, shape, indices, x=None):
        attributes = {} if axis == 0 else {"axis": axis}

        def function(x, i):
            places = np.take(np.arange(x.numel()).reshape(x.shape), i.numpy(), axis)
            return x.flatten()[torch.from_numpy(np.asarray(places))]

        fixture.add(case, attributes, [fixture.normal(*shape) if x is None else x, indices], {}, function)

    def some(*shape, below, dtype=torch.int64):
        return fixture.integers(*shape, below=below, dtype=dtype)

    add("vector", 0, (7,), some(5, below=7))
    add("rows", 0, (7, 3), some(2, 4, below=7, dtype=torch.int32))
    add("pairs", 0, (7, 2), some(9, below=7))
    add("columns", 1, (3, 7), some(11, below=7))
    add("middle", -2, (2, 5, 3), some(2, 2, below=5))
    add("one index", 1, (2, 5, 3), torch.tensor(3))
    add("from the end", 0, (5, 2), torch.tensor([-1, -5, 4, 0]))
    add("always the same", 0, (3, 4), torch.zeros(50, dtype=torch.int64))
    add("many", 0, (31, 67), some(103, below=31, dtype=torch.int32))
    add("many columns", 1, (7, 31), some(43, below=31))
    add("i64", 0, (), some(4, below=3), x=some(3, 2, below=1000))
    add("u8", 0, (), some(4, below=3), x=some(3, below=200, dtype=torch.uint8))
    fixture.save()

    fixture = Fixture("core.embedding")
    for case, count, width, indices, padding in [
        ("words", 7, 5, some(2, 3, below=7), None),
        ("one word", 3, 1, torch.tensor(2), None),
        ("padding", 5, 3, torch.tensor([[0, 2, 4], [2, 2, 1]], dtype=torch.int32), 2),
        ("first is padding", 4, 2, torch.tensor([0, 1, 0, 3]), 0),
        ("often the same", 5, 17, some(97, below=5), None),
        ("large", 53, 29, some(3, 11, below=53, dtype=torch.int32), 50),
    ]:
        attributes = {"count": count, "width": width} | ({} if padding is None else {"padding_index": padding})
        fixture.add(
            case, attributes, [indices], {"weight": fixture.normal(count, width)},
            lambda i, weight: torch.nn.functional.embedding(i.long(), weight, padding_idx=padding),
        )
    fixture.save()

    fixture = Fixture("core.one_hot")
    for case, classes, indices in [
        ("labels", 5, some(7, below=5)),
        ("scalar", 3, torch.tensor(1)),
        ("i32", 2, some(3, 4, below=2, dtype=torch.int32)),
        ("one class", 1, torch.tensor([0, 0])),
    ]:
        fixture.add(case, {"classes": classes}, [indices], {}, lambda i: torch.nn.functional.one_hot(i.long(), classes).double())
    fixture.save()

    fixture = Fixture("core.full")
    for case, shape, value, like in [
        ("zeros", [2, 3], None, None),
        ("scalar", [], -2.5, None),
        ("like", [3, 2], 7.25, (5, 2)),
        ("a number for each row", [], 3.0, (7,)),
        ("empty", [0, 3], 1.0, None),
    ]:
        attributes = {"shape": shape} | ({} if value is None else {"value": value})
        rows = [] if like is None else [like[0]]
        fixture.add(
            case, attributes, [None if like is None else fixture.normal(*like)], {},
            lambda _: torch.full(rows + shape, value or 0.0, dtype=torch.float64), gradient=False)
    fixture.save()


# Axes to reduce, and shapes that send the kernels down each of their paths.
REDUCTIONS = {
    "all": (None, (2, 3, 5)),
    "scalar": (None, ()),
    "one": (None, (1,)),
    "vector": (None, (7,)),
    "long vector": (None, (3001,)),
    "last": ([-1], (3, 7)),
    "last, long": ([1], (2, 2051)),
    "first": ([0], (7, 3)),
    "first, wide": ([0], (19, 530)),
    "first, narrow": ([0], (501, 3)),
    "middle": ([1], (2, 7, 5)),
    "outer": ([0, 2], (3, 5, 7)),
    "inner": ([1, 2], (3, 5, 7)),
    "alternating": ([1, 3], (2, 3, 4, 5)),
    "images": ([1, 2], (2, 9, 11, 13)),
    "of length one": ([1], (5, 1, 3)),
}


def reductions() -> None:
    def all_axes(x, axes):
        return tuple(range(x.dim())) if axes is None else tuple(axes)

    functions = {
        "sum": lambda x, axes, keep: x.sum(all_axes(x, axes), keepdim=keep) if x.dim() else x * 1,
        "mean": lambda x, axes, keep: x.mean(all_axes(x, axes), keepdim=keep) if x.dim() else x * 1,
        "max": lambda x, axes, keep: x.amax(all_axes(x, axes), keepdim=keep) if x.dim() else x * 1,
        "logsumexp": lambda x, axes, keep: x.logsumexp(all_axes(x, axes), keepdim=keep) if x.dim() else x * 1,
    }
    for name, function in functions.items():
        fixture = Fixture(f"core.{name}")
        for case, (axes, shape) in REDUCTIONS.items():
            attributes = {} if axes is None else {"axes": axes}
            fixture.add(case, attributes, [fixture.normal(*shape, mean=0.3)], {}, lambda x: function(x, axes, False))
        for case, axes, shape in [("kept", [0, -1], (3, 4, 5)), ("all kept", None, (3, 4))]:
            attributes = {"keep_axes": True} | ({} if axes is None else {"axes": axes})
            fixture.add(case, attributes, [fixture.normal(*shape)], {}, lambda x: function(x, axes, True))
        if name == "max":
            ties = fixture.integers(6, 5, below=3).double()
            fixture.add("ties", {"axes": [1]}, [ties], {}, lambda x: function(x, [1], False))
            fixture.add("ties in columns", {"axes": [0]}, [ties], {}, lambda x: function(x, [0], False))
            odd = fixture.normal(3, 130)
            odd[0, 77], odd[1, 3] = math.nan, math.inf
            odd[2] = -math.inf
            for axis in (0, 1):
                fixture.add(f"not numbers along {axis}", {"axes": axis}, [odd], {}, lambda x: function(x, [axis], False), gradient=False)
        if name == "logsumexp":
            far = torch.tensor([[1000.0, 999.0, -1000.0], [-1000.0, -1001.0, -1002.0], [-1000.0, 0.0, 1000.0]])
            for axis in (0, 1):
                fixture.add(f"far along {axis}", {"axes": [axis]}, [far], {}, lambda x: function(x, [axis], False))
            empty = torch.tensor([[-math.inf, -math.inf], [-math.inf, 2.0], [1.0, 3.0]])
            fixture.add("minus infinity", {"axes": [1]}, [empty], {}, lambda x: function(x, [1], False), gradient=False)
            odd = torch.tensor([[math.inf, 1.0], [math.nan, 1.0], [math.inf, -math.inf]])
            fixture.add("not numbers", {"axes": [1]}, [odd], {}, lambda x: function(x, [1], False), gradient=False)
        if name == "sum":
            # In f32 one after another, the sum would be off by 1e-5.
            fixture.add("many of one sign", {}, [fixture.uniform(20_003, low=0.9, high=1.1)], {}, lambda x: x.sum(), tolerance=2e-7)
        fixture.save()

    fixture = Fixture("core.argmax")

    def add(case, axis, x):
        attributes = {} if axis == -1 else {"axis": axis}
        fixture.add(case, attributes, [x], {}, lambda x: torch.from_numpy(np.asarray(np.argmax(x.detach().numpy(), axis))))

    add("vector", -1, fixture.normal(7))
    add("rows", -1, fixture.normal(5, 131))
    add("columns", 0, fixture.normal(7, 5))
    add("many columns", 0, fixture.normal(3, 301))
    add("middle", 1, fixture.normal(2, 7, 3))
    add("ties", -1, fixture.integers(9, 40, below=3).double())
    add("ties in columns", 0, fixture.integers(9, 40, below=3).double())
    odd = fixture.normal(4, 70)
    odd[0, 66], odd[0, 3], odd[1, 69] = math.nan, math.inf, math.nan
    odd[2], odd[3, 5] = -math.inf, math.inf
    add("not numbers", -1, odd)
    add("not numbers in columns", 0, odd)
    fixture.save()


def products() -> None:
    fixture = Fixture("core.matmul")
    for case, a, b in [
        ("matrices", (3, 5), (5, 7)),
        ("tiny", (1, 1), (1, 1)),
        ("larger than a tile", (37, 67), (67, 53)),
        ("vectors", (7,), (7,)),
        ("matrix and vector", (3, 5), (5,)),
        ("vector and matrix", (5,), (5, 7)),
        ("row", (1, 67), (67, 31)),
        ("column", (31, 67), (67, 1)),
        ("outer product", (7, 1), (1, 5)),
        ("batch", (4, 3, 5), (4, 5, 2)),
        ("batch and matrix", (4, 3, 5), (5, 7)),
        ("matrix and batch", (3, 5), (4, 5, 7)),
        ("batch and vector", (2, 4, 3, 5), (5,)),
        ("vector and batch", (5,), (2, 4, 5, 3)),
        ("broadcast", (2, 1, 3, 5), (4, 5, 7)),
        ("broadcast both", (1, 4, 3, 5), (2, 1, 5, 7)),
        ("broadcast first", (4, 3, 5), (2, 4, 5, 7)),
        ("broadcast middle", (2, 3, 4, 2, 5), (2, 1, 4, 5, 3)),
        ("heads", (2, 3, 17, 8), (2, 3, 8, 17)),
    ]:
        fixture.add(case, {}, [fixture.normal(*a), fixture.normal(*b)], {}, torch.matmul)
    for case, a, b, ta, tb in [
        ("transposed a", (5, 3), (5, 7), True, False),
        ("transposed b", (3, 5), (7, 5), False, True),
        ("both transposed", (5, 3), (7, 5), True, True),
        ("batch transposed a", (2, 5, 3), (2, 5, 7), True, False),
        ("batch transposed b", (2, 3, 5), (7, 5), False, True),
        ("broadcast both transposed", (2, 1, 5, 3), (4, 7, 5), True, True),
        ("scores", (2, 3, 37, 16), (2, 3, 41, 16), False, True),
    ]:
        attributes = ({"transpose_a": True} if ta else {}) | ({"transpose_b": True} if tb else {})
        fixture.add(
            case, attributes, [fixture.normal(*a), fixture.normal(*b)], {},
            lambda a, b: torch.matmul(a.mT if ta else a, b.mT if tb else b),
        )
    fixture.save()

    fixture = Fixture("core.einsum")
    for case, equation, shapes in [
        ("matrices", "ij,jk->ik", [(3, 5), (5, 7)]),
        ("result transposed", "ij,jk->ki", [(3, 5), (5, 7)]),
        ("both transposed", "ji,kj->ik", [(5, 3), (7, 5)]),
        ("dot", "i,i->", [(7,), (7,)]),
        ("outer", "i,j->ij", [(3,), (5,)]),
        ("outer transposed", "i,j->ji", [(3,), (5,)]),
        ("elementwise", "ij,ij->ij", [(3, 5), (3, 5)]),
        ("elementwise transposed", "ij,ji->ij", [(3, 5), (5, 3)]),
        ("rows scaled", "ij,i->ij", [(3, 5), (3,)]),
        ("rows' dot products", "bi,bi->b", [(4, 7), (4, 7)]),
        ("matrix and vector", "ij,j->i", [(3, 5), (5,)]),
        ("vector and matrix", "i,ij->j", [(3,), (3, 5)]),
        ("batch", "bij,bjk->bik", [(2, 3, 5), (2, 5, 7)]),
        ("batch last", "ijb,jkb->ikb", [(3, 5, 2), (5, 7, 2)]),
        ("batch in the middle", "ibj,jbk->ibk", [(3, 2, 5), (5, 2, 7)]),
        ("attention scores", "bthd,bshd->bhts", [(2, 5, 3, 4), (2, 7, 3, 4)]),
        ("attention values", "bhts,bshd->bthd", [(2, 3, 5, 7), (2, 7, 3, 4)]),
        ("projection of heads", "btd,dhk->bthk", [(2, 5, 6), (6, 3, 4)]),
        ("heads together", "bthk,hkd->btd", [(2, 5, 3, 4), (3, 4, 6)]),
        ("several contracted, other order", "iabj,bak->ijk", [(2, 3, 4, 5), (4, 3, 6)]),
        ("summed before", "ija,jkb->ik", [(3, 5, 2), (5, 7, 4)]),
        ("sums", "ij,kl->", [(2, 3), (4, 5)]),
        ("sum of one", "ij->", [(3, 5)]),
        ("rows' sums", "ij->i", [(3, 5)]),
        ("columns' sums", "ij->j", [(3, 5)]),
        ("transpose", "ijk->kij", [(2, 3, 5)]),
        ("trace", "ii->", [(5, 5)]),
        ("diagonal", "ii->i", [(5, 5)]),
        ("diagonals of a batch", "bii->bi", [(2, 4, 4)]),
        ("diagonal times matrix", "ii,ij->ij", [(3, 3), (3, 5)]),
        ("trace of a product", "ij,ji->", [(3, 5), (5, 3)]),
        ("bilinear", "bi,oij,bj->bo", [(4, 3), (2, 3, 5), (4, 5)]),
        ("three matrices", "ij,jk,kl->il", [(2, 3), (3, 4), (4, 5)]),
        ("three, one alone", "i,jk,j->ki", [(2,), (3, 4), (3,)]),
        ("four", "a,ab,bc,c->", [(2,), (2, 3), (3, 4), (4,)]),
        ("ellipsis", "...ij,...jk->...ik", [(2, 3, 4, 5), (2, 3, 5, 6)]),
        ("ellipsis of one operand", "...ij,jk->...ik", [(2, 3, 4, 5), (5, 6)]),
        ("ellipsis of two lengths", "...i,...i->...", [(2, 3, 5), (3, 5)]),
        ("ellipsis transposed", "i...->...i", [(2, 3, 5)]),
        ("spaces", " i j , j k -> i k ", [(3, 5), (5, 2)]),
        ("larger than a tile", "nij,jk->nik", [(2, 19, 67), (67, 53)]),
        ("of length one", "ij,jk->ik", [(1, 5), (5, 1)]),
        ("scalar", ",i->i", [(), (5,)]),
    ]:
        fixture.add(
            case, {"equation": equation}, [fixture.normal(*shape) for shape in shapes], {}, lambda *x: torch.einsum(equation, *x) * 1
        )
    fixture.save()


def main() -> None:
    arithmetic()
    scale()
    concat()
    split()
    slice_()
    reshape()
    transpose()
    pad()
    gather()
    reductions()
    products()


if __name__ == "__main__":
    main()
