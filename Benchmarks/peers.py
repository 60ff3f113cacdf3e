#!/usr/bin/env python3
"""Times what a user would pick instead: PyTorch eager and ONNX Runtime, on the same weights and inputs, as JSON.

    python Benchmarks/peers.py --onnx lenet5.b1
"""

import argparse
import io
import json
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import onnxruntime
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "Reference"))
from lenet5 import TRAIN_ROWS, LeNet5, digits  # noqa: E402


@dataclass(frozen=True)
class Workload:
    model: str
    batch: int
    train: bool = False


# A workload is a row here; a new model is also a row in MODELS, with its module and its data.
WORKLOADS = {
    "lenet5.b1": Workload("lenet5", 1),
    "lenet5.b64": Workload("lenet5", 64),
    "lenet5.train.b64": Workload("lenet5", 64, train=True),
}
MODELS = {"lenet5": (LeNet5, digits)}
WARM_UP_S, SLICE_S = 0.2, 0.5  # each round times each peer for one slice


def prepare(workload: Workload, weights: Path | None) -> tuple[torch.nn.Module, torch.Tensor, torch.Tensor]:
    make, data = MODELS[workload.model]
    model = make()
    model.load_state_dict(load_file(weights or ROOT / "zoo" / "weights" / f"{workload.model}.safetensors"))
    inputs, targets = data()
    rows = slice(TRAIN_ROWS, TRAIN_ROWS + workload.batch)
    return model.train(workload.train), inputs[rows].contiguous(), targets[rows]


def eager(workload: Workload, weights: Path | None) -> Callable[[], None]:
    model, inputs, targets = prepare(workload, weights)
    if not workload.train:
        return torch.inference_mode()(lambda: model(inputs))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.002)

    def step() -> None:
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), targets).backward()
        optimizer.step()

    return step


def onnx_runtime(workload: Workload, weights: Path | None, threads: int) -> Callable[[], None]:
    model, inputs, _ = prepare(workload, weights)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the older exporter needs no further package
        torch.onnx.export(model, (inputs,), file, dynamo=False, input_names=["input"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    feed = {"input": inputs.numpy()}
    with torch.inference_mode():  # a peer that computes something else is no peer
        torch.testing.assert_close(torch.from_numpy(session.run(None, feed)[0]), model(inputs), rtol=1e-4, atol=1e-4)
    return lambda: session.run(None, feed)


def peers(name: str, weights: Path | None, threads: int, onnx: bool) -> dict[str, Callable[[], None]]:
    """What competes on this workload: a name and a call that does the work once. ONNX Runtime does not train."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    workload = WORKLOADS[name]
    result = {"pytorch": eager(workload, weights)}
    if onnx and not workload.train:
        result["onnxruntime"] = onnx_runtime(workload, weights, threads)
    return result


def times_ms(call: Callable[[], None]) -> list[float]:
    """Every call's time over one slice, after a warm-up that wakes the threads and refills the caches."""
    end = time.perf_counter() + WARM_UP_S
    while time.perf_counter() < end:
        call()
    times = []
    end += SLICE_S
    while not times or time.perf_counter() < end:
        start = time.perf_counter_ns()
        call()
        times.append((time.perf_counter_ns() - start) / 1e6)
    return times


def versions() -> dict[str, str]:
    return {"pytorch": torch.__version__, "onnxruntime": onnxruntime.__version__, "python": platform.python_version()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workloads", nargs="*", default=list(WORKLOADS), metavar="WORKLOAD", help=", ".join(WORKLOADS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--weights", type=Path, help="safetensors; else zoo/weights/MODEL.safetensors")
    parser.add_argument("--onnx", action="store_true", help="ONNX Runtime too")
    arguments = parser.parse_args()
    if unknown := set(arguments.workloads) - set(WORKLOADS):
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")

    results = []
    for name in arguments.workloads:
        calls = peers(name, arguments.weights, arguments.threads, arguments.onnx)
        times: dict[str, list[float]] = {peer: [] for peer in calls}
        for _ in range(arguments.rounds):
            for peer, call in calls.items():
                times[peer] += times_ms(call)
        for peer, every in times.items():
            row = {"workload": name, "peer": peer, "median_ms": statistics.median(every), "minimum_ms": min(every)}
            results.append(row | {"runs": len(every)})
    json.dump({"threads": arguments.threads, "versions": versions(), "results": results}, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
