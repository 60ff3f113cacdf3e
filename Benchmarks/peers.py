#!/usr/bin/env python3
"""Times what a user would pick instead: PyTorch eager and ONNX Runtime, on the same models, as JSON.

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
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import onnxruntime
import torch
from safetensors.torch import load_file
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "Reference"))
from lenet5 import TRAIN_ROWS, LeNet5, digits  # noqa: E402
from models import GCN, GPT, LSTM, MLP, VAE, RealNVP  # noqa: E402


class HeldOutLeNet5(LeNet5):
    """LeNet-5 with the committed weights, on digits that it has not learned from."""

    def __init__(self) -> None:
        super().__init__()
        self.load_state_dict(load_file(ROOT / "zoo" / "weights" / "lenet5.safetensors"))

    def loss(self, logits: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        return F.cross_entropy(logits, label)

    @staticmethod
    def example(batch: int) -> tuple[tuple[torch.Tensor, ...], torch.Tensor]:
        image, label = digits()
        rows = slice(TRAIN_ROWS, TRAIN_ROWS + batch)
        return (image[rows].contiguous(),), label[rows]


@dataclass(frozen=True)
class Workload:
    model: str  # what zoo runs: a name, or a manifest beside this file
    batch: int
    module: type[torch.nn.Module]  # what PyTorch runs: with `loss` and `example` too
    train: bool = False
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.Adam


def adamw(parameters: Iterable[torch.nn.Parameter]) -> torch.optim.Optimizer:
    return torch.optim.AdamW(parameters, weight_decay=0.1)


WORKLOADS = {
    "lenet5.b1": Workload("lenet5", 1, HeldOutLeNet5),
    "lenet5.b64": Workload("lenet5", 64, HeldOutLeNet5),
    "lenet5.train.b64": Workload("lenet5", 64, HeldOutLeNet5, train=True),
    "mlp.train.b128": Workload("Benchmarks/models/mlp.json", 128, MLP, train=True),
    "vae.train.b128": Workload("vae-mnist", 128, VAE, train=True, optimizer=adamw),
    "realnvp.train.b256": Workload("Benchmarks/models/realnvp.json", 256, RealNVP, train=True),
    "gcn.cora": Workload("Benchmarks/models/gcn.json", 1, GCN),
    "gcn.train.cora": Workload("Benchmarks/models/gcn.json", 1, GCN, train=True),
    "lstm.t128.b1": Workload("Benchmarks/models/lstm.json", 1, LSTM),
    "lstm.t128.b16": Workload("Benchmarks/models/lstm.json", 16, LSTM),
    "lstm.train.t128.b16": Workload("Benchmarks/models/lstm.json", 16, LSTM, train=True),
    "gpt.train.t256.b8": Workload("Benchmarks/models/gpt.json", 8, GPT, train=True),
}
WARM_UP_S, SLICE_S = 0.2, 0.5  # each round times each peer for one slice


def prepare(workload: Workload) -> tuple[torch.nn.Module, tuple[torch.Tensor, ...], torch.Tensor]:
    return workload.module().train(workload.train), *workload.module.example(workload.batch)


def eager(workload: Workload) -> Callable[[], None]:
    model, inputs, targets = prepare(workload)
    if not workload.train:
        return torch.inference_mode()(lambda: model(*inputs))
    optimizer = workload.optimizer(model.parameters())

    def step() -> None:
        optimizer.zero_grad()
        model.loss(model(*inputs), targets).backward()
        optimizer.step()

    return step


def onnx_runtime(workload: Workload, threads: int) -> Callable[[], None] | None:
    """Nothing where ONNX has no such operators, or their names for inputs differ."""
    model, inputs, _ = prepare(workload)
    if len(inputs) > 1:
        return None
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the older exporter needs no further package
        torch.onnx.export(model, inputs, file, dynamo=False, input_names=["input"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(file.getvalue(), options, providers=["CPUExecutionProvider"])
    feed = {"input": inputs[0].numpy()}
    with torch.inference_mode():  # a peer that computes something else is no peer
        torch.testing.assert_close(torch.from_numpy(session.run(None, feed)[0]), model(*inputs), rtol=1e-4, atol=1e-4)
    return lambda: session.run(None, feed)


def peers(name: str, threads: int, onnx: bool) -> dict[str, Callable[[], None]]:
    """What competes on this workload: a name and a call that does the work once. ONNX Runtime does not train."""
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    workload = WORKLOADS[name]
    result = {"pytorch": eager(workload)}
    if onnx and not workload.train and (call := onnx_runtime(workload, threads)):
        result["onnxruntime"] = call
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
    parser.add_argument("--onnx", action="store_true", help="ONNX Runtime too")
    arguments = parser.parse_args()
    if unknown := set(arguments.workloads) - set(WORKLOADS):
        parser.error(f"no workload {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")

    results = []
    for name in arguments.workloads:
        calls = peers(name, arguments.threads, arguments.onnx)
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
