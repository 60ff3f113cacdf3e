#!/usr/bin/env python3
"""Computes the fixtures of the foreign family: functions of the system's libm, by PyTorch's own in double precision.

    python Tests/Reference/foreign.py
"""

import torch

from fixtures import Fixture


def of_libm(symbol: str, **attributes) -> dict:
    return {"library": "libm.so.6", "symbol": symbol} | attributes


def foreign_map() -> None:
    fixture = Fixture("foreign.map")
    fixture.add("erff", of_libm("erff"), [fixture.normal(7, 3)], {}, torch.erf, gradient=False)
    fixture.add("sinf trains by cosf", of_libm("sinf", derivative="cosf"), [fixture.normal(5, 2, deviation=2.0)], {}, torch.sin)
    fixture.add("expf is its own derivative", of_libm("expf", derivative="expf"), [fixture.normal(1)], {}, torch.exp)
    fixture.add("sin of f64", of_libm("sin", signature="f64(f64)", derivative="cos"), [fixture.normal(11)], {}, torch.sin)
    fixture.add(
        "a derivative of another type", of_libm("sinhf", derivative="cosh", derivative_signature="f64(f64)"), [fixture.normal(2, 1, 3)],
        {}, torch.sinh)
    fixture.add("one number", of_libm("sinf", derivative="cosf"), [torch.tensor(0.7)], {}, torch.sin)
    fixture.add("on several threads", of_libm("sinf", derivative="cosf", parallel=True), [fixture.normal(41, 101)], {}, torch.sin)
    fixture.add(
        "two inputs", of_libm("powf", signature="f32(f32, f32)", inputs="x, y"),
        [fixture.uniform(13, low=0.5, high=3.0), fixture.normal(13)], {}, torch.pow, gradient=False)
    fixture.add(
        "two inputs the other way round", of_libm("powf", signature="f32(f32, f32)", inputs="x, y", arguments="y, x"),
        [fixture.normal(13), fixture.uniform(13, low=0.5, high=3.0)], {}, lambda x, y: y**x, gradient=False)
    fixture.add(
        "two of f64", of_libm("atan2", signature="f64(f64, f64)", inputs="y, x"), [fixture.normal(3, 2), fixture.normal(3, 2)], {},
        torch.atan2, gradient=False)
    fixture.add(
        "a number for an exponent", of_libm("powf", signature="f32(f32, f32)", arguments="x, 2.5"),
        [fixture.uniform(4, low=0.1, high=2.0)], {}, lambda x: x**2.5, gradient=False)
    fixture.add(
        "a number for a base", of_libm("pow", signature="f64(f64, f64)", arguments="1.5, x"), [fixture.normal(4)], {},
        lambda x: 1.5**x, gradient=False)
    fixture.add(
        "three parameters", of_libm("fmaf", signature="f32(f32, f32, f32)", inputs="a, b", arguments="a, b, -0.25"),
        [fixture.normal(6), fixture.normal(6)], {}, lambda a, b: a * b - 0.25, gradient=False)
    fixture.add(
        "a whole number beside", of_libm("ldexpf", signature="f32(f32, i32)", inputs="x, exponent"),
        [fixture.normal(9), fixture.integers(9, below=7, dtype=torch.int32) - 3], {}, lambda x, e: x * 2.0**e, gradient=False)
    fixture.add(
        "a whole number out", of_libm("llrintf", signature="i64(f32)"), [fixture.normal(8, deviation=20.0)], {},
        lambda x: torch.round(x).long(), gradient=False)
    fixture.add("nothing at all", of_libm("sinf", derivative="cosf"), [torch.zeros(0, 3)], {}, torch.sin, gradient=False)
    fixture.save()


def foreign_call() -> None:
    fixture = Fixture("foreign.call")
    fixture.add(
        "frexpf", of_libm(
            "frexpf", signature="f32(f32, i32*)", arguments="x, exponent", outputs="fraction: f32[], exponent: i32[x.shape]",
            result="fraction"),
        [torch.tensor([-11.25])], {}, lambda x: (torch.frexp(x)[0].reshape(()), torch.frexp(x)[1].to(torch.int32)), gradient=False)
    fixture.save()


foreign_map()
foreign_call()
