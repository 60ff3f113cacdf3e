"""What a user would pick instead: PyTorch eager, torch.compile and ONNX Runtime, on a case's own module."""

import copy
import io
import platform
import re
import statistics
import time
import warnings
from collections.abc import Callable

import onnxruntime
import torch
from workloads import Case, difference

Call = Callable[[], object]
PEERS = {"pytorch": "PyTorch eager", "compile": "torch.compile", "onnxruntime": "ONNX Runtime"}
WARM_UP_S, SLICE_S = 0.2, 0.5  # each round times each peer for one slice
# Of the largest number. Sums in other orders differ by about 1e-6 in each layer.
TOLERANCE = 1e-4
# After an update or two: Adam divides by gradients, so that the smallest of them matter as much as the largest.
LOSS_TOLERANCE = 1e-3


class Unfit(Exception):
    """A peer that cannot do the work, and why."""


def arrays(outputs: object) -> list:
    return [output.numpy() for output in (outputs if isinstance(outputs, tuple) else (outputs,))]


def training_step(case: Case) -> Callable[[], torch.Tensor]:
    optimizer = case.workload.optimizer(case.module.parameters(), lr=case.rate)

    def step() -> torch.Tensor:
        optimizer.zero_grad()
        loss = case.module.loss(case.module(*case.inputs), case.target)
        loss.backward()
        optimizer.step()
        return loss.detach()

    return step


def eager(case: Case) -> Call:
    return torch.inference_mode()(lambda: case.module(*case.inputs))


def in_bf16(case: Case) -> Call:
    """PyTorch eager with parameters and activations in bf16."""
    module = copy.deepcopy(case.module).to(torch.bfloat16)
    inputs = [tensor.to(torch.bfloat16) if tensor.is_floating_point() else tensor for tensor in case.inputs]
    return torch.inference_mode()(lambda: module(*inputs))


def compiled(case: Case) -> Call:
    call = torch.no_grad()(torch.compile(case.module))
    expected = arrays(eager(case)())
    try:
        got = arrays(call(*case.inputs))
    except Exception as error:  # whatever it is, it is why there is no time
        raise Unfit(first_line(error)) from error
    check(got, expected, "torch.compile")
    return lambda: call(*case.inputs)


def onnx_runtime(case: Case, threads: int) -> Call:
    names = [f"input{i}" for i in range(len(case.inputs))]
    file = io.BytesIO()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the older exporter needs no further package
            torch.onnx.export(case.module, case.inputs, file, dynamo=False, input_names=names)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
        feed = {name: tensor.numpy() for name, tensor in zip(names, case.inputs) if name in {i.name for i in session.get_inputs()}}
        got = session.run(None, feed)
    except Exception as error:
        raise Unfit(first_line(error)) from error
    check(got, arrays(eager(case)()), "ONNX Runtime")
    return lambda: session.run(None, feed)


def first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    words = re.sub(r"(/[^\s/]+)+/", "", lines[0]) if lines else ""  # no folders of this machine
    return f"{type(error).__name__}: {words[:150]}"


def check(got: list, expected: list, who: str) -> None:
    """A peer that computes something else is no peer."""
    if not (error := difference(got, expected)) <= TOLERANCE:
        raise Unfit(f"{who} differs from PyTorch eager by {error:.1e} of the largest number")


def peers(case: Case, threads: int, wanted: list[str]) -> tuple[dict[str, Call], dict[str, str]]:
    """What competes: a call that does the work once, by name; and why others do not. Only eager trains as a user would."""
    torch.set_num_threads(threads)
    if case.workload.train:
        return ({"pytorch": training_step(case)} if "pytorch" in wanted else {}), {}
    makers = {"pytorch": eager, "compile": compiled, "onnxruntime": lambda case: onnx_runtime(case, threads)}
    calls, reasons = {}, {}
    for name in wanted:
        try:
            calls[name] = makers[name](case)
        except Unfit as reason:
            reasons[name] = str(reason)
    return calls, reasons


def times_ms(call: Call) -> tuple[float, float]:
    """The median and the fastest of a slice of calls, after a warm-up that wakes the threads and refills the caches."""
    end = time.perf_counter() + WARM_UP_S
    call()
    while time.perf_counter() < end:
        call()
    times: list[float] = []
    end = time.perf_counter() + SLICE_S
    while not times or time.perf_counter() < end:
        start = time.perf_counter_ns()
        call()
        times.append((time.perf_counter_ns() - start) / 1e6)
    return statistics.median(times), min(times)


def versions() -> dict[str, str]:
    return {"PyTorch": torch.__version__, "ONNX Runtime": onnxruntime.__version__, "Python": platform.python_version()}
